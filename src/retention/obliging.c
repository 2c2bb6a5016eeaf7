/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/obliging.h"

#include <string.h>

#include "base/quote.h"
#include "vault/labels.h"

#define POOL_MAX ((size_t)64 * 1024 * 1024)
#define PAGE 64

struct obliging {
	uint32_t account;
	const char *code, *set_by;
	struct instant now;
	const struct obligation *law;
	struct pool *pool;
};

static enum result unknown(const char *code, struct err *err)
{
	char shown[QUOTE_MAX];

	err_set(err, ERR_NOT_FOUND, "there is no obligation %s", quote(code, strlen(code), shown));
	return err_mend(err, "`lethe obligation list` shows those there are, by country");
}

static enum result find_law(struct obliging *o, struct err *err)
{
	struct obligations all;
	enum result r = obligations_load(o->pool, &all, err);

	if (r == OK)
		o->law = obligation_find(&all, o->code);
	return r;
}

static enum result note(struct session *session, const struct obliging *o, bool ended, struct err *err)
{
	struct act act;

	if (ended)
		act_begin(&act, "obligation.end", o->account, o->now);
	else
		act_begin(&act, "obligation.add", o->account, o->now);
	/* A code is a fixed word of our own files, so it may stand in a leaf; one that is none of them does not. */
	if (o->law != NULL) {
		act_word_(&act, "code", o->law->code);
		act_int(&act, "months", o->law->period.months);
		act_int(&act, "days", o->law->period.days);
		act_int(&act, "fields", o->law->fields);
	}
	return act_append(&act, session->data, NULL, err);
}

/* ---- add ---- */

static enum result check_applies(const struct duty_set *set, const struct obliging *o, struct err *err)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->laws[i].law->code, o->code) != 0)
			continue;
		err_set(err, ERR_EXISTS, "the account is under %s already", o->code);
		return err_mend(err, "there is nothing left to do: `lethe obligation show` tells what it keeps");
	}
	if (set->count < DUTIES_MAX)
		return OK;
	err_set(err, ERR_LIMIT, "the account is under %d obligations, which is the maximum", DUTIES_MAX);
	return err_mend(err, "end those that do not bind it: `lethe obligation show` shows them");
}

/* What arrives with such a tag is known by it at once, even when it is past its time. */
static enum result make_tags(struct session *session, const struct obliging *o, struct err *err)
{
	int64_t label;
	enum result r = OK;

	for (size_t i = 0; i < o->law->tag_count && r == OK; i++)
		r = labels_make(session, o->account, LABEL_TAG, o->law->tags[i], o->pool, &label, err);
	return r;
}

static enum result add_op(struct session *session, void *arg, struct err *err)
{
	struct obliging *o = arg;
	const struct obligation_row row = {.code = o->code, .applied = o->now, .set_by = o->set_by};
	struct duty_set set;
	enum result r = duties_load(session, o->account, o->now, o->pool, &set, err);

	if (r == OK)
		r = check_applies(&set, o, err);
	duties_free(&set);
	if (r == OK)
		r = make_tags(session, o, err);
	if (r == OK)
		r = obligation_put(session->data, o->account, &row, err);
	return r == OK ? note(session, o, false, err) : r;
}

enum result obliging_add(struct vault *vault, const struct account *account, const char *code, const char *set_by,
			 struct instant now, struct err *err)
{
	struct obliging o = {.account = account->number, .code = code, .set_by = set_by, .now = now};
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	o.pool = &pool;
	r = find_law(&o, err);
	if (r == OK && o.law == NULL)
		r = unknown(code, err);
	if (r == OK)
		r = vault_write(vault, add_op, &o, err);
	pool_free(&pool);
	return r;
}

/* ---- end ---- */

static enum result end_op(struct session *session, void *arg, struct err *err)
{
	struct obliging *o = arg;
	char shown[QUOTE_MAX];
	enum result r = obligation_end_row(session->data, o->account, o->code, o->now, err);

	if (r == ERR_NOT_FOUND) {
		err_set(err, r, "the account is not under %s", quote(o->code, strlen(o->code), shown));
		return err_mend(err, "`lethe obligation show` shows those it is under");
	}
	return r == OK ? note(session, o, true, err) : r;
}

struct tally { int64_t due, cut; };

static enum result count_fate(void *arg, const struct held_row *held, const struct record_row *row,
			      enum ended_fate fate, struct err *err)
{
	struct tally *tally = arg;

	(void)held, (void)row, (void)err;
	tally->due += fate == ENDED_GOES;
	tally->cut += fate == ENDED_CUT;
	return OK;
}

/* Of all duties that are due; with and without the obligation, the difference is what ending it makes due. */
static enum result count_due(struct session *session, const struct obliging *o, struct tally *out, struct err *err)
{
	struct keepers keepers;
	struct pool pool;
	enum result r;

	*out = (struct tally){.due = 0};
	pool_init(&pool, POOL_MAX);
	r = keepers_load(session, o->account, o->now, &pool, &keepers, err);
	if (r == OK)
		r = ended_walk(session, &keepers, count_fate, out, err);
	keepers_free(&keepers);
	pool_free(&pool);
	return r;
}

enum result obliging_end(struct vault *vault, const struct account *account, const char *code, struct instant now,
			 int64_t *due, int64_t *cut, struct err *err)
{
	struct obliging o = {.account = account->number, .code = code, .now = now};
	struct tally before = {.due = 0}, after = {.due = 0};
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	o.pool = &pool;
	r = find_law(&o, err);
	if (r == OK)
		r = count_due(&vault->read, &o, &before, err);
	/* One that this program does not know can be ended all the same. */
	if (r == OK || r == ERR_UNSUPPORTED)
		r = vault_write(vault, end_op, &o, err);
	if (r == OK)
		r = count_due(&vault->read, &o, &after, err);
	r = r == ERR_UNSUPPORTED ? OK : r;
	pool_free(&pool);
	*due = after.due > before.due ? after.due - before.due : 0;
	*cut = after.cut > before.cut ? after.cut - before.cut : 0;
	return r;
}

/* ---- what one keeps ---- */

static enum result count_duty(struct session *session, const struct duty_row *duty, const char *code, int64_t *records,
			      struct date *until, struct err *err)
{
	int64_t listed = 0;
	enum result r = OK;

	if (!duties_names(duty, code))
		return OK;
	r = held_count(session->data, duty->account, duty->duty, &listed, err);
	*records += listed;
	if (listed > 0 && duty->ends.days > until->days)
		*until = duty->ends;
	return r;
}

enum result obliging_count(struct session *session, uint32_t account, const char *code, int64_t *records,
			   struct date *until, struct err *err)
{
	struct duty_row rows[PAGE];
	struct pool pool;
	int64_t after = 0;
	size_t count;
	enum result r;

	*records = 0;
	*until = (struct date){0};
	pool_init(&pool, POOL_MAX);
	do {
		pool_reset(&pool);
		r = duty_list(session->data, account, (struct date){INT32_MAX}, after, &pool, rows, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = rows[i].duty;
			r = count_duty(session, &rows[i], code, records, until, err);
		}
	} while (r == OK && count == PAGE);
	pool_free(&pool);
	return r;
}
