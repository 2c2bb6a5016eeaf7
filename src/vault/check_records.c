/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Records, their parties, their periods.
 */
#include <stdlib.h>

#include "store/hold.h"
#include "store/media.h"
#include "store/party.h"
#include "store/period.h"
#include "vault/check_run.h"

#define BATCH 64 /* records of 4 MiB must fit the pool, sealed and opened */
#define MEDIA_MAX 64

/* One day of a kind. */
struct recount {
	struct check_run *run;
	struct period counted;
	struct record_row *rows; /* BATCH of them */
};

static enum result record_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct record_row row;
	const char *plain;
	bool covered;
	size_t len;
	enum result r = record_get(run->session->data, suspect->account, suspect->kind, suspect->id, &run->pool, &row,
				   err);

	*still = false;
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	r = check_covered(run, suspect->account, &covered, err);
	if (r != OK)
		return r;
	r = open_record(run->session->ring, &row, &run->pool, &plain, &len, err);
	*still = r == ERR_CORRUPT || (r == ERR_GONE && !covered);
	return check_is_problem(r) ? OK : r;
}

static enum result check_opens(struct check_run *run, const struct record_row *row, const char *id, bool *gone,
			       struct err *err)
{
	const struct suspect suspect = {
	    .check = CHECK_RECORDS, .again = record_again, .account = run->account, .kind = row->kind, .id = row->id};
	const char *plain;
	size_t len;
	enum result r = open_record(run->session->ring, row, &run->pool, &plain, &len, err);

	run->report->checks[CHECK_RECORDS].looked_at++;
	*gone = r == ERR_GONE;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s: %s", run->account, id,
		      r == ERR_GONE ? "unreadable: its key is gone and no unfinished job explains it"
				    : "its payload fails its tag");
	return OK;
}

static enum result party_row_exists(struct check_run *run, uint32_t account, enum record_kind kind, struct id id,
				    int64_t identity, bool *exists, struct err *err)
{
	struct party_key key = {
	    .month = date_month_index(instant_date(id_time(id))), .identity = identity, .kind = kind, .id = id};

	return party_exists(run->session->data, account, &key, exists, err);
}

/* The key may have been read before a sweep destroyed it, and the party rows looked for after they went. */
static enum result party_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct record_row row;
	const char *plain;
	bool exists;
	size_t len;
	enum result r = record_get(run->session->data, suspect->account, suspect->kind, suspect->id, &run->pool, &row,
				   err);

	*still = false;
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	r = party_row_exists(run, suspect->account, suspect->kind, suspect->id, suspect->number, &exists, err);
	if (r != OK || exists)
		return r;
	r = open_record(run->session->ring, &row, &run->pool, &plain, &len, err);
	*still = r != ERR_GONE;
	return check_is_problem(r) ? OK : r;
}

static enum result check_party_rows(struct check_run *run, const struct record_row *row, const char *id,
				    struct err *err)
{
	struct suspect suspect = {
	    .check = CHECK_PARTIES, .again = party_again, .account = run->account, .kind = row->kind, .id = row->id};
	bool exists;
	enum result r = OK;

	for (size_t i = 0; i < row->party_count && r == OK; i++) {
		suspect.number = row->parties[i].identity;
		r = party_row_exists(run, run->account, row->kind, row->id, suspect.number, &exists, err);
		run->report->checks[CHECK_PARTIES].looked_at++;
		if (r == OK && !exists)
			check_suspect(run, &suspect, "account %u: %s: identity %lld does not lead to it", run->account,
				      id, (long long)suspect.number);
	}
	return r;
}

static enum result check_media_rows(struct recount *day, const struct record_row *row, const char *id,
				    struct err *err)
{
	struct check_run *run = day->run;
	struct media_row media[MEDIA_MAX];
	size_t count = 0;
	enum result r = OK;

	if (row->media > 0)
		r = media_list(run->session->data, run->account, row->kind, row->id, media, MEDIA_MAX, &count, err);
	for (size_t i = 0; i < count && r == OK; i++)
		day->counted.media_bytes += (int64_t)media[i].bytes;
	day->counted.media += (int64_t)count;
	if ((r == OK || r == ERR_LIMIT) && (int64_t)count != row->media) {
		check_found(run, CHECK_MEDIA, "account %u: %s: it says %d media and has %zu", run->account, id,
			    row->media, count);
		r = OK;
	}
	return r;
}

static enum result check_hold_of(struct check_run *run, const struct record_row *row, const char *id, struct err *err)
{
	struct held_row held;
	enum result r = OK;

	if (row->hold != 0)
		r = held_get(run->session->data, run->account, row->hold, row->kind, row->id, &held, err);
	if (r != ERR_NOT_FOUND)
		return r;
	check_found(run, CHECK_HOLDS, "account %u: %s: it is under a hold's key and not listed as held", run->account,
		    id);
	return OK;
}

static enum result check_record(struct recount *day, const struct record_row *row, struct err *err)
{
	char id[ID_TEXT_MAX];
	bool gone;
	enum result r;

	id_format(kind_prefix(row->kind), row->id, id);
	day->counted.records++;
	day->counted.bytes += (int64_t)row->payload_len;
	if (row->hold == 0 && row->part > day->counted.part)
		day->counted.part = row->part;
	r = check_opens(day->run, row, id, &gone, err);
	/* A sweep under way removes the party rows of what nobody can open any more before its records. */
	if (r == OK && !gone)
		r = check_party_rows(day->run, row, id, err);
	if (r == OK)
		r = check_media_rows(day, row, id, err);
	if (r == OK)
		r = check_hold_of(day->run, row, id, err);
	for (size_t i = 0; i < row->label_count && r == OK; i++)
		r = check_label_named(day->run, row->labels[i], id, err);
	return r;
}

static enum result check_counts(struct check_run *run, const struct period *counted, struct err *err)
{
	struct period said;
	char day[TIME_TEXT_MAX];
	enum result r = period_get(run->session->data, run->account, counted->kind, counted->day, &said, err);

	run->report->checks[CHECK_PERIODS].looked_at++;
	if (r == OK && (said.records != counted->records || said.bytes != counted->bytes ||
			said.media != counted->media || said.media_bytes != counted->media_bytes))
		check_found(run, CHECK_PERIODS,
			    "account %u: %s of %s: counted as %lld records, %lld media; there are %lld and %lld%s",
			    run->account, kind_plural(counted->kind), date_format(counted->day, day),
			    (long long)said.records, (long long)said.media, (long long)counted->records,
			    (long long)counted->media,
			    said.records == counted->records && said.media == counted->media ? "; sizes differ" : "");
	/* New records would go under a key that was destroyed, and make it anew. */
	if (r == OK && said.part < counted->part)
		check_found(run, CHECK_PERIODS,
			    "account %u: %s of %s: new records would be sealed as part %d; there are some of part %d",
			    run->account, kind_plural(counted->kind), date_format(counted->day, day), said.part,
			    counted->part);
	return r;
}

static enum result check_day(struct recount *day, struct err *err)
{
	struct check_run *run = day->run;
	struct id after = {{0}};
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = record_list_day(run->session->data, run->account, day->counted.kind, day->counted.day, after,
				    &run->pool, day->rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = check_record(day, &day->rows[i], err);
		after = r == OK && count > 0 ? day->rows[count - 1].id : after;
		if (r == OK)
			r = check_step(run, (int64_t)count, err);
	} while (r == OK && count == BATCH);
	return r == OK ? check_counts(run, &day->counted, err) : r;
}

static enum result check_kind(struct check_run *run, struct recount *day, enum record_kind kind, struct err *err)
{
	struct date at = {INT32_MIN / 2};
	enum result r;

	for (;;) {
		r = record_next_day(run->session->data, run->account, kind, at, &at, err);
		if (r != OK)
			return r == ERR_NOT_FOUND ? OK : r;
		day->counted = (struct period){.kind = kind, .day = at};
		r = check_begin(run, err);
		if (r != OK)
			return r;
		r = check_day(day, err);
		check_end(run);
		if (r != OK)
			return r;
	}
}

/* A period that is counted and has no records at all: no day of records leads to it. */
static enum result check_empty_period(void *arg, const struct period *period, struct err *err)
{
	struct check_run *run = arg;
	struct period none = {.kind = period->kind, .day = period->day};
	struct date next = {0};
	enum result r = check_begin(run, err);

	if (r != OK)
		return r;
	r = record_next_day(run->session->data, run->account, period->kind, date_add_days(period->day, -1), &next, err);
	if (r == ERR_NOT_FOUND || (r == OK && next.days != period->day.days))
		r = check_counts(run, &none, err);
	check_end(run);
	return r;
}

static enum result check_periods(struct check_run *run, enum record_kind kind, struct err *err)
{
	return period_walk(run->session->data, run->account, kind, (struct date){INT32_MIN}, (struct date){INT32_MAX},
			   check_empty_period, run, err);
}

enum result check_records(struct check_run *run, struct err *err)
{
	struct recount day = {.run = run, .rows = calloc(BATCH, sizeof *day.rows)};
	enum result r = day.rows != NULL ? OK : err_no_memory(err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		r = check_kind(run, &day, kind, err);
		if (r == OK)
			r = check_periods(run, kind, err);
	}
	free(day.rows);
	return r;
}

/* ---- party rows ---- */

static enum result check_party_row(struct check_run *run, const struct party_key *key, struct err *err)
{
	struct record_row row;
	char id[ID_TEXT_MAX];
	bool named = false;
	enum result r = record_get(run->session->data, run->account, key->kind, key->id, &run->pool, &row, err);

	if (r == OK) {
		for (size_t i = 0; i < row.party_count; i++)
			named |= row.parties[i].identity == key->identity;
		named &= key->month == date_month_index(instant_date(id_time(key->id)));
	}
	if (r != OK && r != ERR_NOT_FOUND)
		return r;
	run->report->checks[CHECK_PARTIES].looked_at++;
	if (!named)
		check_found(run, CHECK_PARTIES, "account %u: identity %lld leads to %s, which %s", run->account,
			    (long long)key->identity, id_format(kind_prefix(key->kind), key->id, id),
			    r == OK ? "does not name it" : "does not exist");
	return OK;
}

static enum result check_months(struct check_run *run, struct err *err)
{
	int32_t month = INT32_MIN;
	int64_t said, rows;
	enum result r;

	for (;;) {
		r = check_begin(run, err);
		if (r != OK)
			return r;
		r = party_month_next(run->session->data, run->account, month, &month, &said, &rows, err);
		check_end(run);
		if (r != OK)
			return r == ERR_NOT_FOUND ? OK : r;
		if (said != rows)
			check_found(run, CHECK_PARTIES,
				    "account %u: month %d-%02d is counted as %lld party rows and has %lld", run->account,
				    1970 + month / 12, month % 12 + 1, (long long)said, (long long)rows);
	}
}

enum result check_parties(struct check_run *run, struct err *err)
{
	struct party_key rows[BATCH], after = {0};
	size_t count;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = check_begin(run, err);
		if (r != OK)
			return r;
		r = party_walk(run->session->data, run->account, &after, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = check_party_row(run, &rows[i], err);
		check_end(run);
		after = r == OK && count > 0 ? rows[count - 1] : after;
		if (r == OK)
			r = check_step(run, 0, err);
	} while (r == OK && count == BATCH);
	return r == OK ? check_months(run, err) : r;
}
