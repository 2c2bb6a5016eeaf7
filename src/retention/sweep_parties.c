/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Party rows of days whose keys are gone, by walking each month once, before
 * their records: row by row they cost several times as much as the records.
 *
 * A day without a key gets no new rows, for what an import adds comes with a
 * key. So each transaction looks whether one has come to its days since; these
 * are left to retention/expire.h, as are days with something held in them.
 */
#include <stdlib.h>

#include "retention/sweep_run.h"
#include "store/party.h"

#define SLICE_ROWS 131072 /* walked in one transaction */
/* A row that is walked past costs a twentieth of one that is looked up and deleted. */
#define WORTH 16

struct clearing {
	struct run *run;
	struct party_days days;
	int64_t records;       /* of these days */
	struct party_key from; /* walked up to here */
	bool more, clean;
	int64_t deleted;
};

/* ---- which days ---- */

static enum result day_is_clean(struct session *session, uint32_t account, enum record_kind kind, struct date day,
				bool *clean, struct err *err)
{
	struct period period;
	bool has = false;
	enum result r = period_get(session->data, account, kind, day, &period, err);

	if (r == OK)
		r = expire_has_key(session, account, &period, period.part + 2, &has, err);
	if (r == OK && !has)
		r = record_has_held(session->data, account, kind, day, day, &has, err);
	*clean = r == OK && !has;
	return r;
}

/* Days in between that have no period among them. */
static enum result days_are_clean(struct session *session, uint32_t account, const struct party_days *days,
				  bool *clean, struct err *err)
{
	enum result r = OK;

	*clean = true;
	for (struct date day = days->first; day.days <= days->last.days && r == OK && *clean; day.days++)
		r = day_is_clean(session, account, days->kind, day, clean, err);
	return r;
}

/* ---- clearing them ---- */

static enum result note_cleared(const struct clearing *clearing, struct session *session, struct err *err)
{
	struct act act;

	act_begin(&act, "retention.parties", clearing->run->account.number, clearing->run->now);
	act_id(&act, "job", JOB_PREFIX, clearing->run->job.id);
	act_instant(&act, "from", date_start(clearing->days.first));
	act_instant(&act, "until", date_start(date_add_days(clearing->days.last, 1)));
	act_int_of_kind(&act, "parties", clearing->days.kind, clearing->deleted);
	return act_append(&act, session->data, NULL, err);
}

static enum result clear_op(struct session *session, void *arg, struct err *err)
{
	struct clearing *clearing = arg;
	uint32_t account = clearing->run->account.number;
	struct party_key from = clearing->from; /* a commit that fails has not moved it */
	enum result r = days_are_clean(session, account, &clearing->days, &clearing->clean, err);

	if (r != OK || !clearing->clean)
		return r;
	r = party_delete_days(session->data, account, &clearing->days, SLICE_ROWS, &from, &clearing->deleted,
			      &clearing->more, err);
	clearing->from = from;
	return r == OK && clearing->deleted > 0 ? note_cleared(clearing, session, err) : r;
}

static enum result remember(struct run *run, const struct party_days *days, struct err *err)
{
	struct party_days *more;

	if (run->cleared_count == run->cleared_room) {
		more = realloc(run->cleared, (run->cleared_room + 64) * sizeof *more);
		if (more == NULL)
			return err_no_memory(err);
		run->cleared = more;
		run->cleared_room += 64;
	}
	run->cleared[run->cleared_count++] = *days;
	return OK;
}

static enum result is_worth_it(const struct clearing *clearing, bool *worth, struct err *err)
{
	struct run *run = clearing->run;
	int64_t parties = 0;
	enum result r = party_month_get(run->vault->read.data, run->account.number, clearing->days.month, &parties,
					err);

	*worth = clearing->records >= parties / WORTH;
	return r;
}

static enum result clear_days(struct clearing *clearing, struct err *err)
{
	struct run *run = clearing->run;
	bool worth;
	enum result r = is_worth_it(clearing, &worth, err);

	clearing->from = (struct party_key){.identity = 0};
	clearing->more = clearing->clean = worth;
	while (r == OK && clearing->more && clearing->clean && !run->out->stopped) {
		r = vault_write(run->vault, clear_op, clearing, err);
		if (r == OK && clearing->clean)
			sweep_asked_to_stop(run, SWEEP_PARTIES);
	}
	if (r == OK && worth && clearing->clean && !clearing->more)
		r = remember(run, &clearing->days, err);
	clearing->records = 0;
	return r;
}

/* ---- walking ---- */

static bool goes_along(const struct clearing *clearing, const struct period *period)
{
	return clearing->records > 0 && clearing->days.kind == period->kind &&
	       clearing->days.month == date_month_index(period->day);
}

/* A day in between that a hold touches has its key yet: who walks past it would walk for nothing. */
static enum result gap_is_clean(const struct clearing *clearing, const struct period *period, bool *clean,
				struct err *err)
{
	const struct party_days gap = {.kind = period->kind,
				       .first = date_add_days(clearing->days.last, 1),
				       .last = date_add_days(period->day, -1)};

	return days_are_clean(&clearing->run->vault->read, clearing->run->account.number, &gap, clean, err);
}

static enum result add_day(struct clearing *clearing, const struct period *period, struct err *err)
{
	struct run *run = clearing->run;
	bool along = goes_along(clearing, period), clean;
	enum result r = day_is_clean(&run->vault->read, run->account.number, period->kind, period->day, &clean, err);

	if (r == OK && clean && along)
		r = gap_is_clean(clearing, period, &along, err);
	if (r == OK && clearing->records > 0 && !(clean && along))
		r = clear_days(clearing, err);
	if (r != OK || !clean)
		return r;
	if (clearing->records == 0)
		clearing->days = (struct party_days){
		    .month = date_month_index(period->day), .kind = period->kind, .first = period->day};
	clearing->days.last = period->day;
	clearing->records += period->records;
	return OK;
}

enum result sweep_clear_parties(struct run *run, const struct period *periods, size_t count, struct err *err)
{
	struct clearing clearing = {.run = run};
	enum result r = OK;

	run->cleared_count = 0;
	for (size_t i = 0; i < count && r == OK && !run->out->stopped; i++)
		r = add_day(&clearing, &periods[i], err);
	if (r == OK && clearing.records > 0 && !run->out->stopped)
		r = clear_days(&clearing, err);
	if (r == OK && !run->out->stopped)
		sweep_asked_to_stop(run, SWEEP_PARTIES);
	return r;
}

bool sweep_is_cleared(const struct run *run, enum record_kind kind, struct date day)
{
	for (size_t i = 0; i < run->cleared_count; i++) {
		const struct party_days *days = &run->cleared[i];

		if (days->kind == kind && days->first.days <= day.days && day.days <= days->last.days)
			return true;
	}
	return false;
}
