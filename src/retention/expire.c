/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/expire.h"

#include <stdlib.h>
#include <string.h>

#include "retention/day.h"
#include "store/job.h"
#include "store/label.h"
#include "store/media.h"
#include "store/party.h"

#define MEDIA_MAX 64
#define KEYS_MAX 65536 /* party rows that are sorted before they are deleted */
_Static_assert(KEYS_MAX >= DAY_ROWS * PARTIES_MAX, "those of some records fit");
#define KEEPERS_POOL_MAX ((size_t)64 * 1024 * 1024)

void expire_name(struct expire_damage *damage, struct id id)
{
	if (damage->count < EXPIRE_NAMED_MAX)
		damage->named[damage->count] = id;
	damage->count++;
}

struct verdict_rules expire_rules(const struct expire_terms *terms, const struct keepers *keepers)
{
	return (struct verdict_rules){.policies = terms->policies,
				      .holds = keepers != NULL ? &keepers->holds : NULL,
				      .duties = keepers != NULL ? &keepers->duties : NULL,
				      .now = date_start(terms->today),
				      .only = terms->only};
}

bool expire_due(const struct expire_terms *terms, const struct record_row *row)
{
	const struct verdict_rules rules = expire_rules(terms, NULL);
	const struct verdict_case c = {.row = row};
	struct ruling ruling;

	verdict_of(&rules, &c, &ruling);
	return ruling.fate != FATE_STAYS;
}

void expire_range(const struct expiry *batch, size_t count, struct date *first, struct date *last)
{
	*first = *last = count > 0 ? batch[0].period.day : (struct date){0};
	for (size_t i = 1; i < count; i++) {
		struct date day = batch[i].period.day;

		*first = day.days < first->days ? day : *first;
		*last = day.days > last->days ? day : *last;
	}
}

/* ---- what is to be kept ---- */

/* Has a keeper a claim to it that is not met yet? What nobody can open any more has nothing to keep. */
static enum result wants_keeping(struct session *session, const struct verdict_rules *rules,
				 const struct record_row *row, struct ruling *ruling, bool *wants, struct err *err)
{
	const struct verdict_case c = {.row = row};

	*wants = false;
	if (row->hold != 0)
		return OK;
	verdict_of(rules, &c, ruling);
	if (ruling->fate != FATE_HELD && ruling->fate != FATE_CUT)
		return OK;
	return verdict_opens(session, row, wants, err);
}

/* ---- keeping ---- */

struct keeping {
	const struct expire_terms *terms;
	struct verdict_rules rules;
	struct expiry *expiry;
	struct record_row *rows; /* a batch */
	size_t count;
	int64_t kept, cut;
	struct id at;            /* which record */
	struct pool *pool;
};

static enum result keep_op(struct session *session, void *arg, struct err *err)
{
	struct keeping *keeping = arg;
	enum result r = OK;

	keeping->kept = keeping->cut = 0;
	for (size_t i = 0; i < keeping->count && r == OK; i++) {
		struct ruling ruling;
		bool wants;

		keeping->at = keeping->rows[i].id;
		r = wants_keeping(session, &keeping->rules, &keeping->rows[i], &ruling, &wants, err);
		if (r != OK || !wants)
			continue;
		keeping->kept += ruling.fate == FATE_HELD;
		keeping->cut += ruling.fate == FATE_CUT;
		r = verdict_keep(session, &keeping->rules, &ruling, &keeping->rows[i], NULL, keeping->pool, err);
	}
	return r;
}

static enum result keep_rows(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			     struct err *err)
{
	struct keeping *keeping = arg;
	struct vault *vault = keeping->terms->vault;
	struct ruling ruling;
	bool wants = false;
	enum result r = OK;

	*stop = false;
	for (size_t i = 0; i < count && r == OK && !wants; i++) {
		keeping->at = rows[i].id;
		r = wants_keeping(&vault->read, &keeping->rules, &rows[i], &ruling, &wants, err);
	}
	if (r != OK || !wants)
		return r;
	keeping->rows = rows;
	keeping->count = count;
	keeping->pool = pool;
	r = vault_write(vault, keep_op, keeping, err);
	keeping->expiry->kept += r == OK ? keeping->kept : 0;
	keeping->expiry->cut += r == OK ? keeping->cut : 0;
	return r;
}

enum result expire_keep(const struct expire_terms *terms, const struct keepers *keepers, struct expiry *expiry,
			struct err *err)
{
	struct keeping keeping = {.terms = terms, .rules = expire_rules(terms, keepers), .expiry = expiry};
	struct ruling whole;
	enum result r;

	if (verdict_of_period(&keeping.rules, expiry->period.kind, expiry->period.day, &whole))
		return OK;
	r = day_walk(&terms->vault->read, terms->account, &expiry->period, (struct id){{0}}, keep_rows, &keeping, err);
	expiry->damaged = r == ERR_CORRUPT;
	if (expiry->damaged)
		expire_name(&expiry->damage, keeping.at);
	return r == ERR_CORRUPT ? OK : r;
}

/* ---- what is left of a day that went whole ---- */

enum result expire_has_key(struct session *session, uint32_t account, const struct period *period, int before,
			   bool *has, struct err *err)
{
	struct wrapped_key key;
	enum result r = ERR_NOT_FOUND;

	for (int part = 0; part < before && r == ERR_NOT_FOUND; part++)
		r = key_get(session->keys, account, KEY_PERIOD, key_period_number(period->kind, period->day, part), &key,
			    err);
	*has = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result expire_needed(struct session *session, uint32_t account, const struct period *period, bool *needed,
			  struct err *err)
{
	int64_t all, held;
	enum result r = record_has_unheld(session->data, account, period->kind, period->day, needed, err);

	if (r != OK || *needed)
		return r;
	r = record_count_day(session->data, account, period->kind, period->day, PART_ALL, &all, &held, err);
	if (r != OK)
		return r;
	*needed = all != held || all != period->records;
	if (*needed)
		return OK;
	return expire_has_key(session, account, period, period->part + 1, needed, err);
}

/* ---- deleting ---- */

struct deleting {
	const struct expire_terms *terms;
	struct session *session;
	uint32_t account;
	struct keepers keepers; /* as they are in this very transaction: one may have been made since the records were kept */
	struct verdict_rules rules;
	bool labelled;          /* the account has labels */
	struct expiry *batch, *at;
	size_t count;
	struct party_key *keys; /* KEYS_MAX of them */
	size_t key_count;
	struct period left;
	int64_t held;           /* of what is left */
};

/* Is it on its way out? */
static bool goes(const struct deleting *deleting, const struct record_row *row)
{
	return row->hold == 0 && row->part != deleting->at->spare;
}

/* What is on its way out with its period goes by its own verdict, or it must be kept first. */
static enum result must_wait(struct deleting *deleting, const struct record_row *row, bool *must, struct err *err)
{
	const struct verdict_case c = {.row = row};
	struct ruling ruling;

	*must = false;
	if (row->hold != 0)
		return OK;
	verdict_of(&deleting->rules, &c, &ruling);
	if (ruling.fate == FATE_GOES || (ruling.fate == FATE_STAYS && !goes(deleting, row)))
		return OK;
	INVARIANT(ruling.fate != FATE_STAYS || deleting->at->spare != PART_ALL);
	return verdict_opens(deleting->session, row, must, err);
}

static enum result find_waiting(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
				struct err *err)
{
	struct deleting *deleting = arg;
	enum result r = OK;

	(void)pool;
	for (size_t i = 0; i < count && r == OK && !*stop; i++)
		r = must_wait(deleting, &rows[i], stop, err);
	deleting->at->again = *stop;
	return r;
}

static enum result delete_keys(struct deleting *deleting, struct err *err)
{
	int64_t deleted;
	enum result r;

	qsort(deleting->keys, deleting->key_count, sizeof *deleting->keys, party_key_compare);
	r = party_delete(deleting->session->data, deleting->account, deleting->keys, deleting->key_count, &deleted, err);
	deleting->at->parties += r == OK ? deleted : 0;
	deleting->key_count = 0;
	return r;
}

static enum result collect_keys(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
				struct err *err)
{
	struct deleting *deleting = arg;
	int32_t month = date_month_index(deleting->at->period.day);

	(void)pool;
	*stop = false;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < rows[i].party_count && goes(deleting, &rows[i]); j++)
			deleting->keys[deleting->key_count++] = (struct party_key){
			    .month = month, .identity = rows[i].parties[j].identity, .kind = rows[i].kind, .id = rows[i].id};
	}
	return deleting->key_count + DAY_ROWS * PARTIES_MAX > KEYS_MAX ? delete_keys(deleting, err) : OK;
}

/* In the order of the table: the more at once, the fewer of its pages are met again. */
static enum result delete_parties(struct deleting *deleting, struct err *err)
{
	enum result r;

	deleting->key_count = 0;
	r = day_walk(deleting->session, deleting->account, &deleting->at->period, (struct id){{0}}, collect_keys,
		     deleting, err);
	return r == OK ? delete_keys(deleting, err) : r;
}

static enum result add_left(void *arg, struct record_row *rows, size_t count, struct pool *pool, bool *stop,
			    struct err *err)
{
	struct deleting *deleting = arg;
	struct media_row media[MEDIA_MAX];
	size_t media_count;
	enum result r = OK;

	(void)pool;
	*stop = false;
	for (size_t i = 0; i < count && r == OK; i++) {
		deleting->left.records++;
		deleting->held += rows[i].hold != 0;
		deleting->left.bytes += (int64_t)rows[i].payload_len;
		if (rows[i].media == 0)
			continue;
		r = media_list(deleting->session->data, deleting->account, rows[i].kind, rows[i].id, media, MEDIA_MAX,
			       &media_count, err);
		for (size_t j = 0; j < media_count && r == OK; j++) {
			deleting->left.media++;
			deleting->left.media_bytes += (int64_t)media[j].bytes;
		}
	}
	return r;
}

/* The period's row says what is left, whatever it said before. */
static enum result correct_period(struct deleting *deleting, struct err *err)
{
	struct expiry *at = deleting->at;
	struct period was, *left = &deleting->left;
	struct period delta = {.kind = at->period.kind, .day = at->period.day};
	enum result r = period_get(deleting->session->data, deleting->account, delta.kind, delta.day, &was, err);

	*left = delta;
	deleting->held = 0;
	if (r == OK)
		r = day_walk(deleting->session, deleting->account, &delta, (struct id){{0}}, add_left, deleting, err);
	if (r != OK)
		return r;
	delta.records = left->records - was.records;
	delta.bytes = left->bytes - was.bytes;
	delta.media = left->media - was.media;
	delta.media_bytes = left->media_bytes - was.media_bytes;
	at->bytes = -(delta.bytes + delta.media_bytes);
	at->held = deleting->held;
	if (delta.records == 0 && delta.bytes == 0 && delta.media == 0 && delta.media_bytes == 0)
		return OK;
	return period_add(deleting->session->data, deleting->account, &delta, err);
}

static enum result note_expiry(const struct deleting *deleting, struct err *err)
{
	const struct expiry *at = deleting->at;
	struct act act;

	if (deleting->terms->only != NULL)
		act_begin(&act, "record.anonymise.delete", deleting->account, deleting->terms->now);
	else
		act_begin(&act, "retention.expire", deleting->account, deleting->terms->now);
	act_id(&act, "job", JOB_PREFIX, deleting->terms->job);
	act_instant(&act, "day", date_start(at->period.day));
	act_int_of_kind(&act, "records", at->period.kind, at->records);
	act_int(&act, "media", at->media);
	act_int(&act, "parties", at->parties);
	act_int(&act, "held", at->held);
	if (at->spare != PART_ALL)
		act_int(&act, "part", at->spare); /* it stays */
	return act_append(&act, deleting->session->data, NULL, err);
}

/* Those of the parts before the one that stays; with a whole day also of one that a crash kept from being named. */
static enum result destroy_keys(struct deleting *deleting, struct err *err)
{
	const struct period *period = &deleting->at->period;
	int spare = deleting->at->spare;
	struct period now;
	bool existed;
	enum result r = period_get(deleting->session->data, deleting->account, period->kind, period->day, &now, err);

	for (int part = 0; r == OK && part < (spare == PART_ALL ? now.part + 2 : spare); part++)
		r = keyring_destroy(deleting->session->ring, deleting->account, KEY_PERIOD,
				    key_period_number(period->kind, period->day, part), &existed, err);
	return r;
}

/* The rest need not be looked at before another rule's time. */
static enum result note_looked(struct deleting *deleting, struct err *err)
{
	const struct expire_terms *terms = deleting->terms;
	struct period period = deleting->at->period;

	period.part = deleting->at->spare;
	if (terms->only == NULL) {
		period.looked = terms->today;
		period.looked_policy = terms->policies->begun[period.kind];
	}
	return period_set_looked(deleting->session->data, deleting->account, &period, err);
}

/* Before its keys go: one that is there came with records, and party rows. */
static enum result have_parties_gone(struct deleting *deleting, bool *gone, struct err *err)
{
	const struct period *period = &deleting->at->period;
	struct period now;
	bool has = true;
	enum result r = OK;

	if (deleting->at->cleared)
		r = period_get(deleting->session->data, deleting->account, period->kind, period->day, &now, err);
	if (r == OK && deleting->at->cleared)
		r = expire_has_key(deleting->session, deleting->account, &now, now.part + 2, &has, err);
	*gone = !has;
	return r;
}

static enum result delete_period(struct deleting *deleting, struct err *err)
{
	struct session *session = deleting->session;
	struct expiry *at = deleting->at;
	const struct period *period = &at->period;
	bool gone;
	enum result r = have_parties_gone(deleting, &gone, err);

	if (r == OK)
		r = destroy_keys(deleting, err);
	if (r == OK && !gone)
		r = delete_parties(deleting, err);
	if (r == OK && deleting->labelled)
		r = label_leave_day(session->data, deleting->account, period->kind, period->day, at->spare, err);
	if (r == OK)
		r = record_delete_day(session->data, deleting->account, period->kind, period->day, at->spare,
				      &at->records, err);
	if (r == OK)
		r = media_trash_day(session->data, deleting->account, period->kind, period->day, &at->media, err);
	if (r == OK)
		r = correct_period(deleting, err);
	if (r == OK && at->spare != PART_ALL)
		r = note_looked(deleting, err);
	return r == OK ? note_expiry(deleting, err) : r;
}

static enum result delete_unless_waiting(struct deleting *deleting, struct err *err)
{
	struct expiry *at = deleting->at;
	struct ruling whole;
	bool look = !verdict_of_period(&deleting->rules, at->period.kind, at->period.day, &whole) ||
		    whole.fate != FATE_GOES;
	enum result r = OK;

	at->records = at->media = at->bytes = at->parties = at->held = 0;
	at->again = false;
	if (at->damaged)
		return OK;
	if (look)
		r = day_walk(deleting->session, deleting->account, &at->period, (struct id){{0}}, find_waiting,
			     deleting, err);
	return r == OK && !at->again ? delete_period(deleting, err) : r;
}

static enum result find_labels(struct deleting *deleting, struct pool *pool, struct err *err)
{
	struct label_row one;
	size_t count;
	enum result r = label_list(deleting->session->data, deleting->account, 0, pool, &one, 1, &count, err);

	deleting->labelled = r == OK && count > 0;
	return r;
}

static enum result load_keepers(struct deleting *deleting, struct pool *pool, struct err *err)
{
	struct date first, last;

	expire_range(deleting->batch, deleting->count, &first, &last);
	return keepers_load_due(deleting->session, deleting->account, deleting->terms->now, first, last, pool,
				&deleting->keepers, err);
}

static enum result delete_op(struct session *session, void *arg, struct err *err)
{
	struct deleting *deleting = arg;
	struct pool pool;
	enum result r;

	deleting->session = session;
	pool_init(&pool, KEEPERS_POOL_MAX);
	r = load_keepers(deleting, &pool, err);
	deleting->rules = expire_rules(deleting->terms, &deleting->keepers);
	if (r == OK)
		r = find_labels(deleting, &pool, err);
	for (size_t i = 0; i < deleting->count && r == OK; i++) {
		deleting->at = &deleting->batch[i];
		r = delete_unless_waiting(deleting, err);
	}
	keepers_free(&deleting->keepers);
	pool_free(&pool);
	return r;
}

enum result expire_delete(const struct expire_terms *terms, struct expiry *batch, size_t count, struct err *err)
{
	struct deleting deleting = {.terms = terms, .account = terms->account, .batch = batch, .count = count};
	enum result r;

	deleting.keys = malloc((size_t)KEYS_MAX * sizeof *deleting.keys);
	if (deleting.keys == NULL)
		return err_no_memory(err);
	r = vault_write(terms->vault, delete_op, &deleting, err);
	free(deleting.keys);
	return r;
}
