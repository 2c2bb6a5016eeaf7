/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/anonymise.h"

#include <string.h>

#include "retention/policies.h"
#include "retention/settings.h"
#include "store/party.h"

#define PROFILE_POOL_MAX ((size_t)4 * 1024 * 1024)

/* ---- once billed ---- */

static enum result deny_unbilled(struct date day, const char *until, const struct profile *profile, struct err *err)
{
	char text[TIME_TEXT_MAX];

	err_set(err, ERR_WRONG_STATE, "what happened on %s is not billed yet, and the profile %s lets go only of what is",
		date_format(day, text), profile->name);
	err_where(err, "billed_until %s", until != NULL ? until : "is not set");
	return err_mend(err, "nothing was changed; once it is billed, say so (`lethe account set NAME billed_until DAY`) "
			     "and try again");
}

static enum result check_day(struct session *session, uint32_t account, struct date day, struct pool *pool,
			     struct err *err)
{
	const struct profile *profile;
	struct billing billing;
	const char *plan, *until;
	enum result r = billing_load(session, account, pool, &billing, err);

	if (r != OK || !billing_waits(&billing, day))
		return r;
	r = settings_profile(session, account, pool, &profile, &plan, err);
	if (r == OK)
		r = settings_get(session, account, "billed_until", pool, &until, err);
	return r == OK ? deny_unbilled(day, until, profile, err) : r;
}

enum result anonymise_billed(struct session *session, uint32_t account, struct date day, struct err *err)
{
	struct pool pool;
	enum result r;

	pool_init(&pool, PROFILE_POOL_MAX);
	r = check_day(session, account, day, &pool, err);
	pool_free(&pool);
	return r;
}

enum result anonymise_person_billed(struct session *session, const struct erase_state *state, struct err *err)
{
	struct instant newest = {INT64_MIN}, at;
	enum result r = OK;

	for (size_t i = 0; i < state->identity_count && r == OK; i++) {
		r = party_newest(session->data, state->account, state->identities[i], &at, err);
		if (r == OK && at.ms > newest.ms)
			newest = at;
	}
	return r == OK && newest.ms > 0 ? anonymise_billed(session, state->account, instant_date(newest), err) : r;
}

/* ---- what stays ---- */

enum result anonymise_add(struct session *session, struct erase_state *state, const struct record_row *rows,
			  size_t count, struct pool *pool, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		struct aggregate_row row;

		r = aggregates_row(session, &rows[i], pool, &row, err);
		row.person = state->anonymous;
		if (r == OK)
			r = aggregate_add_waiting(session->data, state->account, &row, err);
		state->aggregated[rows[i].kind]++;
	}
	return r;
}

static void write_waits(struct json_writer *w, const struct aggregates_shown *shown)
{
	json_begin_array(w, "waits");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (shown->waits[kind])
			json_string(w, NULL, kind_name((enum record_kind)kind));
	}
	json_end_array(w);
}

void anonymise_write(struct json_writer *w, const int64_t records[KIND_COUNT], const struct aggregates_shown *shown)
{
	json_begin_object(w, "anonymised");
	json_begin_object(w, "records");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (records[kind] > 0)
			json_int(w, kind_name((enum record_kind)kind), records[kind]);
	}
	json_end_object(w);
	json_string(w, "kept", "counts by kind, time, direction, status, duration and queue; nothing that leads to anybody");
	json_int(w, "people_at_least", shown->k);
	json_begin_object(w, "shown");
	for (int step = 0; step < COARSEN_STEPS; step++) {
		if (shown->records[step] > 0)
			json_int(w, coarsen_name((enum coarsen_step)step), shown->records[step]);
	}
	json_end_object(w);
	write_waits(w, shown);
	json_end_object(w);
}
