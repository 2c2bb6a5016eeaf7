/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/warn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATE_LEN 10
#define MARK_MAX 32

/* ---- lead times ---- */

struct leads { int days[SETTING_DAYS_MAX]; size_t count; }; /* falling */

static enum result read_leads(struct session *session, uint32_t account, struct pool *pool, struct leads *out,
			      struct err *err)
{
	const char *text;
	enum result r = settings_get(session, account, "warn_days", pool, &text, err);

	*out = (struct leads){.count = 0};
	if (r != OK)
		return r;
	/* Checked when it was set. */
	for (const char *at = text; at != NULL && out->count < SETTING_DAYS_MAX;) {
		long days = strtol(at, NULL, 10);

		if (days < 1 || days > (out->count > 0 ? out->days[out->count - 1] - 1 : AHEAD_DAYS_MAX)) {
			err_set(err, ERR_CORRUPT, "the account's setting warn_days is damaged");
			return err_mend(err, "set it again: lethe account set NAME warn_days 30,7,1");
		}
		out->days[out->count++] = (int)days;
		at = strchr(at, ',');
		at = at != NULL ? at + 1 : NULL;
	}
	return OK;
}

/* ---- what was warned of before ---- */

struct mark { struct date until; int version; };

static const char *name_of(enum record_kind kind)
{
	return kind == (enum record_kind)HELD_CONTACT ? "contact" : kind_name(kind);
}

static void mark_name(int lead, enum record_kind kind, char out[SETTING_NAME_MAX + 1])
{
	snprintf(out, SETTING_NAME_MAX + 1, "warned_%d_%s", lead, name_of(kind));
}

/* What cannot be read was not warned of: saying it twice loses nothing. */
static enum result read_mark(struct session *session, uint32_t account, int lead, enum record_kind kind,
			     struct pool *pool, struct mark *out, struct err *err)
{
	char name[SETTING_NAME_MAX + 1];
	const char *text;
	struct err ignored;
	enum result r;

	*out = (struct mark){.until = {INT32_MIN}, .version = -1};
	mark_name(lead, kind, name);
	r = setting_get(session->data, account, name, pool, &text, err);
	if (r != OK || text == NULL || strlen(text) <= DATE_LEN)
		return r;
	if (date_parse(text, DATE_LEN, &out->until, &ignored) == OK)
		out->version = (int)strtol(text + DATE_LEN, NULL, 10);
	return OK;
}

static enum result put_mark(struct session *session, uint32_t account, const struct warning *warning, struct err *err)
{
	char name[SETTING_NAME_MAX + 1], until[TIME_TEXT_MAX], value[MARK_MAX + TIME_TEXT_MAX];

	mark_name(warning->lead, warning->kind, name);
	snprintf(value, sizeof value, "%s %d", date_format(warning->until, until), warning->version);
	return setting_put(session->data, account, name, value, err);
}

/* ---- one kind at one lead ---- */

static void add_day(struct warning *warning, const struct forecast_day *day, struct date date)
{
	if (day->goes.records == 0 && day->cut == 0)
		return;
	if (warning->goes.records == 0 && warning->cut == 0)
		warning->first = date;
	warning->last = date;
	forecast_add(&warning->goes, &day->goes);
	warning->cut += day->cut;
}

/* `from` and the lead are days from today. */
static void look(const struct forecast *forecast, enum record_kind kind, int from, const struct mark *mark,
		 struct warning *out)
{
	int after = mark->version == out->version ? mark->until.days - forecast->today.days : -1;

	out->kind = kind;
	out->until = date_add_days(forecast->today, out->lead);
	for (int day = from > after + 1 ? from : after + 1; day <= out->lead; day++)
		add_day(out, &forecast->kinds[kind][day], date_add_days(forecast->today, day));
}

/* ---- all of them ---- */

static enum result find_lead(struct session *session, uint32_t account, const struct forecast *forecast,
			     const struct policy_set *policies, int from, int lead, struct pool *pool,
			     struct warnings *out, struct err *err)
{
	enum result r = OK;

	for (int kind = HELD_CONTACT; kind <= KIND_LAST && r == OK; kind++) {
		struct warning *warning = &out->list[out->count];
		struct mark mark;

		*warning = (struct warning){.lead = lead, .version = policies->newest[kind]};
		r = read_mark(session, account, lead, (enum record_kind)kind, pool, &mark, err);
		if (r != OK)
			break;
		look(forecast, (enum record_kind)kind, from, &mark, warning);
		out->count += warning->goes.records > 0 || warning->cut > 0;
	}
	return r;
}

enum result warnings_find(struct session *session, uint32_t account, struct instant now, struct pool *pool,
			  struct warnings *out, struct err *err)
{
	struct policy_set policies;
	struct forecast forecast;
	struct leads leads;
	enum result r = read_leads(session, account, pool, &leads, err);

	*out = (struct warnings){.count = 0};
	if (r == OK)
		r = policies_load_all(session, account, pool, &policies, err);
	if (r == OK)
		r = forecast_make(session, account, now, leads.days[0], UINT32_MAX, pool, &forecast, err);
	if (r != OK)
		return r;
	/* One more: the last one looked at may be empty. */
	out->list = pool_alloc(pool, (leads.count * KIND_COUNT + 1) * sizeof *out->list);
	if (out->list == NULL)
		return err_no_memory(err);
	for (size_t i = leads.count; i > 0 && r == OK; i--)
		r = find_lead(session, account, &forecast, &policies, i < leads.count ? leads.days[i] + 1 : 0,
			      leads.days[i - 1], pool, out, err);
	return r;
}

/* ---- they were said ---- */

struct marking { uint32_t account; const struct warnings *warnings; struct instant now; };

static enum result note(struct session *session, uint32_t account, const struct warning *warning, struct instant now,
			struct err *err)
{
	struct act act;

	act_begin(&act, "retention.warn", account, now);
	act_int(&act, "lead_days", warning->lead);
	act_word_(&act, "kind", name_of(warning->kind));
	act_instant(&act, "first_day", date_start(warning->first));
	act_instant(&act, "last_day", date_start(warning->last));
	act_int(&act, "records", warning->goes.records);
	act_int(&act, "media", warning->goes.media);
	act_int(&act, "cut_down", warning->cut);
	return act_append(&act, session->data, NULL, err);
}

static enum result mark_op(struct session *session, void *arg, struct err *err)
{
	const struct marking *marking = arg;
	enum result r = OK;

	for (size_t i = 0; i < marking->warnings->count && r == OK; i++) {
		r = put_mark(session, marking->account, &marking->warnings->list[i], err);
		if (r == OK)
			r = note(session, marking->account, &marking->warnings->list[i], marking->now, err);
	}
	return r;
}

enum result warnings_mark(struct vault *vault, uint32_t account, const struct warnings *warnings, struct instant now,
			  struct err *err)
{
	struct marking marking = {account, warnings, now};

	return warnings->count > 0 ? vault_write(vault, mark_op, &marking, err) : OK;
}
