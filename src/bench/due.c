/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Vaults in which much is past its time, and sweeps of copies of them.
 */
#include <stdio.h>

#include "base/file.h"
#include "bench/measure.h"
#include "privacy/person.h"
#include "retention/sweep.h"
#include "store/policy.h"

#define DAYS 730
#define EXPIRED_DAYS 608 /* five sixths */
#define COPY "swept"

/* The number of the first call on that day or after it. */
static int64_t first_on(const struct calls *calls, int days)
{
	int64_t n = calls->total * days / calls->days;
	int64_t start = date_start(date_add_days(calls->first, days)).ms;

	while (n > 0 && call_make(calls, n - 1).at.ms >= start)
		n--;
	while (n < calls->total && call_make(calls, n).at.ms < start)
		n++;
	return n;
}

struct due measure_due(int64_t records)
{
	struct due due = {.records = records};

	due.calls = (struct calls){.seed = 6, .total = records, .people = records / 10, .first = calls_epoch(),
				   .days = DAYS};
	due.expired = first_on(&due.calls, EXPIRED_DAYS);
	/* With a day to keep, whatever is of an earlier day is due. */
	due.before = date_start(due.calls.first);
	due.after = date_start(date_add_days(due.calls.first, EXPIRED_DAYS));
	return due;
}

struct sizes measure_due_sizes(const struct measure *m)
{
	return measure_sizes_between(100000, m->options->swept);
}

/* ---- making ---- */

static enum result set_policy(struct session *session, void *arg, struct err *err)
{
	const struct plot *plot = arg;
	struct policy policy = {.kind = KIND_CALL, .keep = {.days = 1}, .set_at = date_start(calls_epoch()),
				.begins_at = date_start(calls_epoch()), .set_by = "bench"};

	return policy_put(session->data, plot->account.number, &policy, err);
}

struct making { struct measure *m; const char *name; };

static enum result limit(void *arg, struct sample *out, struct err *err)
{
	struct making *making = arg;
	struct plot plot;
	enum result r = ground_open(&making->m->ground, making->name, true, &plot, err);

	(void)out;
	if (r != OK)
		return r;
	r = vault_write(plot.vault, set_policy, &plot, err);
	ground_close(&plot);
	return r;
}

enum result measure_due_vault(struct measure *m, const struct due *due, char name[DUE_NAME_MAX], struct err *err)
{
	struct making making = {m, name};
	char path[GROUND_PATH_MAX];
	struct sample ignored;
	enum result r;

	snprintf(name, DUE_NAME_MAX, "due-%lld", (long long)due->records);
	if (file_exists(ground_path(&m->ground, name, path)))
		return OK;
	r = measure_step(m, err, "filling a vault with %lld records", (long long)due->records);
	if (r == OK)
		r = ground_fill(&m->ground, name, &due->calls, err);
	return r == OK ? child_run(limit, &making, &ignored, err) : r;
}

/* ---- sweeping ---- */

struct sweeping {
	struct measure *m;
	const struct due *due;
	struct sample *out;
	struct moment started;
};

/* Keys and logs: from here on nothing that is due can be read. */
static bool note_first(void *arg, enum sweep_phase phase, int64_t done, int64_t total)
{
	struct sweeping *sweeping = arg;

	(void)done;
	(void)total;
	if (phase == SWEEP_UNREADABLE && sweeping->out->first_ns == 0)
		child_first(sweeping->out, sweeping->started);
	return false;
}

static enum result sweep_plot(struct sweeping *sweeping, struct plot *plot, struct err *err)
{
	long long due = (long long)sweeping->due->expired;
	struct sweep_result result;
	enum result r;

	sweeping->started = child_now();
	r = sweep_run(plot->vault, &plot->account, sweeping->due->after, note_first, sweeping, &plot->pool, &result,
		      err);
	child_stop(sweeping->out, sweeping->started);
	sweeping->out->units = due;
	if (r == OK && (result.kinds[KIND_CALL].records + result.kinds[KIND_CALL].kept != due ||
			(result.kinds[KIND_CALL].kept > 0) != sweeping->due->held || sweep_left_any(&result.left)))
		r = err_set(err, ERR_INTERNAL, "of %lld records due, %lld were deleted and %lld kept", due,
			    (long long)result.kinds[KIND_CALL].records, (long long)result.kinds[KIND_CALL].kept);
	return r;
}

/* Whoever made the first call. */
static enum result hold_somebody(const struct due *due, struct plot *plot, struct err *err)
{
	struct hold_request request = {.has_person = true, .reason = "bench"};
	char phone[CALL_PHONE_MAX];
	struct id hold;
	enum result r = person_find_one(&plot->vault->read, &plot->account,
					call_phone(call_make(&due->calls, 0).from, phone), &plot->pool, &request.person,
					err);

	return r == OK ? holds_add(plot->vault, &plot->account, &request, due->before, &hold, err) : r;
}

static enum result sweep_copy(void *arg, struct sample *out, struct err *err)
{
	struct sweeping *sweeping = arg;
	struct plot plot;
	enum result r = ground_open(&sweeping->m->ground, COPY, true, &plot, err);

	if (r != OK)
		return r;
	sweeping->out = out;
	if (sweeping->due->held)
		r = hold_somebody(sweeping->due, &plot, err);
	if (r == OK)
		r = sweep_plot(sweeping, &plot, err);
	ground_close(&plot);
	return r;
}

enum result measure_due_sweep(struct measure *m, const struct due *due, struct sample *out, struct err *err)
{
	struct sweeping sweeping = {.m = m, .due = due};
	char name[DUE_NAME_MAX];
	enum result r = measure_due_vault(m, due, name, err);

	if (r == OK)
		r = measure_step(m, err, "copying a vault of %lld records", (long long)due->records);
	if (r == OK)
		r = ground_copy(&m->ground, name, COPY, err);
	if (r == OK)
		r = measure_step(m, err, "sweeping %lld of %lld records", (long long)due->expired,
				 (long long)due->records);
	if (r == OK)
		r = child_run(sweep_copy, &sweeping, out, err);
	ground_remove(&m->ground, COPY);
	return r;
}
