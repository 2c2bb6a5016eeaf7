/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/sweep.h"

#include <stdlib.h>

#include "retention/ended.h"
#include "retention/purge.h"
#include "retention/released.h"
#include "retention/sweep_run.h"

bool sweep_asked_to_stop(struct run *run, enum sweep_phase phase)
{
	run->phase = phase;
	if (run->progress != NULL && run->progress(run->arg, phase, run->done, run->total) && phase <= SWEEP_PERIODS)
		run->out->stopped = true;
	return run->out->stopped;
}

bool sweep_is_spent(struct run *run)
{
	const struct sweep_budget *budget = &run->budget;

	if (budget->records > 0 && run->deleted >= budget->records)
		run->out->spent = true;
	if (budget->ms > 0 && budget->clock(budget->clock_arg) - run->clock_began >= budget->ms)
		run->out->spent = true;
	return run->out->spent;
}

bool sweep_left_any(const struct sweep_left *left)
{
	return left->records != 0 || left->media != 0 || left->keys != 0 || left->counts != 0 || left->contacts != 0 ||
	       left->blobs != 0 || left->damaged != 0 || left->damaged_kept != 0 || left->log;
}

void sweep_name(struct sweep_result *result, const struct sweep_damaged *damaged)
{
	for (size_t i = 0; i < result->damaged_count; i++) {
		if (result->damaged[i].kind == damaged->kind && id_compare(result->damaged[i].id, damaged->id) == 0)
			return;
	}
	if (result->damaged_count < SWEEP_DAMAGED_MAX)
		result->damaged[result->damaged_count++] = *damaged;
}

/* ---- the job ---- */

static enum result begin_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct act act;
	enum result r = job_insert(session->data, &run->job, err);

	if (r != OK)
		return r;
	act_begin(&act, "retention.begin", run->account.number, run->now);
	act_id(&act, "job", JOB_PREFIX, run->job.id);
	return act_append(&act, session->data, NULL, err);
}

static enum result begin(struct run *run, struct err *err)
{
	const char *args;
	enum result r = sweep_write_args(run, &args, err);

	if (r != OK)
		return r;
	run->job = (struct job){.account = run->account.number, .id = id_new(run->now), .type = JOB_SWEEP,
				.state = JOB_RUNNING, .started = run->now, .args = args, .result = "{}"};
	return vault_write(run->vault, begin_op, run, err);
}

/* `newest` NULL: as they are now. */
static enum result read_policies(struct run *run, struct instant at, const int newest[KIND_COUNT], struct err *err)
{
	enum result r = policies_load_as_of(&run->vault->read, run->account.number, at, newest, run->pool,
					    &run->policies, err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		const struct policy *base = policies_base(&run->policies, (enum record_kind)kind);
		struct sweep_done *done = &run->out->kinds[kind];

		done->keep = base != NULL ? base->keep : (struct span){.unlimited = true};
		done->bounded = policies_last_cutoff(&run->policies, (enum record_kind)kind, run->out->today,
						     &done->cutoff);
	}
	return r;
}

/* What another process left is resumed before: one that runs is of a run before this one, in turns with others. */
static enum result begin_or_go_on(struct run *run, struct err *err)
{
	const struct sweep_budget budget = run->budget;
	int newest[KIND_COUNT] = {0};
	size_t count;
	enum result r = job_list_running(run->vault->read.data, run->account.number, JOB_SWEEP,
					 (struct instant){INT64_MIN}, (struct id){{0}}, run->pool, &run->job, 1, &count,
					 err);

	if (r == OK && count == 0) {
		r = read_policies(run, run->now, NULL, err);
		return r == OK ? begin(run, err) : r;
	}
	if (r == OK)
		r = sweep_read_args(run, newest, err);
	run->budget = budget;
	return r == OK ? read_policies(run, run->job.started, newest, err) : r;
}

static void set_terms(struct run *run)
{
	run->terms = (struct expire_terms){.vault = run->vault, .account = run->account.number, .job = run->job.id,
					   .now = run->now, .policies = &run->policies, .today = run->out->today};
}

/* ---- what released holds kept, duties whose day has come, deleted contacts ---- */

/* Deletions that come in batches of their own. */
struct batches { struct run *run; const struct removed *removed; const int64_t *contacts; int64_t before; };
static const struct removed no_records;

static void count_batches(struct batches *batches)
{
	int64_t sum = batches->before + (batches->contacts != NULL ? *batches->contacts : 0);

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		sum += batches->removed->records[kind];
	batches->run->deleted = sum;
}

static bool stop_batches(void *arg)
{
	struct batches *batches = arg;

	count_batches(batches);
	return sweep_asked_to_stop(batches->run, SWEEP_RELEASED) ||
	       (batches->run->deleted > 0 && sweep_is_spent(batches->run));
}

static void end_batches(struct batches *batches)
{
	count_batches(batches);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		batches->run->out->kinds[kind].records += batches->removed->records[kind];
		batches->run->out->kinds[kind].bytes += batches->removed->bytes[kind];
	}
	if (!sweep_asked_to_stop(batches->run, SWEEP_RELEASED) && batches->run->deleted > 0)
		sweep_is_spent(batches->run);
}

static enum result sweep_released(struct run *run, struct err *err)
{
	struct released done = {.contacts = 0};
	struct batches batches = {run, &done.removed, &done.contacts, run->deleted};
	enum result r = released_delete(run->vault, run->account.number, run->job.id, run->now, stop_batches, &batches,
					&done, err);

	run->out->contacts += done.contacts;
	run->out->hold_keys += done.keys;
	run->out->moved += done.moved;
	run->out->left.damaged_kept += done.damaged;
	end_batches(&batches);
	return r == ERR_INTERRUPTED ? OK : r;
}

static enum result sweep_duties(struct run *run, struct err *err)
{
	struct ended ended = {.duties = 0};
	struct batches batches = {run, &ended.removed, NULL, run->deleted};
	enum result r = ended_delete(run->vault, run->account.number, run->job.id, run->now, stop_batches, &batches,
				     &ended, err);

	run->out->duties += ended.duties;
	run->out->cut_again += ended.cut;
	run->out->moved += ended.moved;
	run->out->left.damaged_kept += ended.damaged;
	run->duties_swept = r == OK && ended.damaged == 0;
	end_batches(&batches);
	return r == ERR_INTERRUPTED ? OK : r;
}

static enum result sweep_contacts(struct run *run, struct err *err)
{
	struct purged done = {.contacts = 0};
	struct batches batches = {run, &no_records, &done.contacts, run->deleted};
	enum result r = purge_delete(run->vault, run->account.number, run->job.id, run->out->today, run->now,
				     stop_batches, &batches, &done, err);

	run->out->purged += done.contacts;
	run->out->purged_kept += done.kept;
	run->out->left.damaged_kept += done.damaged;
	run->contacts_swept = r == OK && done.damaged == 0;
	end_batches(&batches);
	return r == ERR_INTERRUPTED ? OK : r;
}

/* ---- cleaning ---- */

static enum result clean(struct run *run, struct err *err)
{
	uint64_t removed;
	enum result r = vault_scrub(run->vault, err);

	run->out->left.log = r == ERR_BUSY;
	if (r == OK || r == ERR_BUSY)
		r = vault_empty_trash(run->vault, &removed, err);
	if (r == OK)
		sweep_asked_to_stop(run, SWEEP_CLEANED);
	return r;
}

/* ---- running and resuming ---- */

/* A sweep meets each page once, and what a transaction changes is a fraction of this: with more it would only hold more,
 * the larger the vault. */
#define SWEEP_CACHE ((size_t)32 * 1024 * 1024)

static enum result limit_cache_op(struct session *session, void *arg, struct err *err)
{
	return db_limit_cache(session->data, *(const size_t *)arg, err);
}

static enum result limit_cache(struct run *run, size_t bytes, struct err *err)
{
	return vault_write(run->vault, limit_cache_op, &bytes, err);
}

static enum result give_up_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct act act;
	enum result r = job_update(session->data, &run->job, err);

	if (r != OK)
		return r;
	act_begin(&act, "retention.failed", run->account.number, run->now);
	act_id(&act, "job", JOB_PREFIX, run->job.id);
	return act_append(&act, session->data, NULL, err);
}

/* Doing it again would only fail again, before every command that writes. */
static bool is_hopeless(enum result r)
{
	return r == ERR_CORRUPT || r == ERR_UNSUPPORTED;
}

static enum result give_up(struct run *run, struct err *err)
{
	run->job.state = JOB_DONE;
	run->job.ended = run->now;
	run->job.result = "{\"failed\":true}";
	log_event(LOG_ERROR, "retention.failed", LOG_ID("job", JOB_PREFIX, run->job.id));
	return vault_write(run->vault, give_up_op, run, err);
}

static bool has_ended(const struct run *run)
{
	return run->out->stopped || run->out->spent;
}

static enum result sweep_due_days(struct run *run, struct err *err)
{
	struct err ignored; /* what failed first is the news */
	enum result r = limit_cache(run, SWEEP_CACHE, err), restored;

	if (r == OK)
		r = sweep_destroy_keys(run, err);
	if (r == OK && !has_ended(run))
		r = sweep_periods(run, err);
	restored = limit_cache(run, 0, r == OK ? err : &ignored);
	return r == OK ? restored : r;
}

static enum result work(struct run *run, struct err *err)
{
	enum result r;

	set_terms(run);
	run->out->job = run->job.id;
	r = sweep_sum_total(run, err);
	if (r == OK && !sweep_asked_to_stop(run, SWEEP_BEGUN))
		r = sweep_released(run, err);
	if (r == OK && !has_ended(run))
		r = sweep_duties(run, err);
	if (r == OK && !has_ended(run))
		r = sweep_contacts(run, err);
	if (r == OK && !run->out->stopped)
		r = sweep_due_days(run, err);
	if (r == OK)
		r = clean(run, err);
	if (r == OK)
		r = sweep_look_again(run, err);
	if (r == OK)
		r = sweep_close(run, err);
	free(run->swept);
	free(run->cleared);
	return r;
}

static enum result say_stopped(const struct run *run, struct err *err)
{
	if (run->locked) {
		err_set(err, ERR_INTERRUPTED, "stopped; of what is due nothing can be read any more, but not all rows are gone");
		return err_mend(err, "the next command that writes, such as `lethe retention run`, removes them first");
	}
	err_set(err, ERR_INTERRUPTED, "stopped; what is deleted is deleted wholly, the rest is as it was");
	return err_mend(err, "`lethe retention run` goes on with it");
}

enum result sweep_run_within(struct vault *vault, const struct account *account, struct instant now,
			     const struct sweep_budget *budget, sweep_progress *progress, void *arg,
			     struct pool *pool, struct sweep_result *out, struct err *err)
{
	struct run run = {.vault = vault, .account = *account, .now = now, .budget = *budget, .progress = progress,
			  .arg = arg, .pool = pool, .out = out};
	enum result r;

	INVARIANT(budget->ms == 0 || budget->clock != NULL);
	*out = (struct sweep_result){.today = instant_date(now)};
	run.clock_began = budget->ms > 0 ? budget->clock(budget->clock_arg) : 0;
	r = duties_known(&vault->read, account->number, now, err);
	if (r == OK)
		r = begin_or_go_on(&run, err);
	if (r == OK)
		r = work(&run, err);
	if (is_hopeless(r)) {
		struct err ignored; /* what failed first is the news */

		if (give_up(&run, &ignored) != OK)
			return r;
	}
	return r == OK && out->stopped ? say_stopped(&run, err) : r;
}

enum result sweep_run(struct vault *vault, const struct account *account, struct instant now,
		      sweep_progress *progress, void *arg, struct pool *pool, struct sweep_result *out,
		      struct err *err)
{
	return sweep_run_within(vault, account, now, &(struct sweep_budget){.records = 0}, progress, arg, pool, out,
				err);
}

static enum result resume_next(struct vault *vault, struct instant now, struct pool *pool, bool *more, struct err *err)
{
	struct sweep_result out = {.stopped = false};
	struct run run = {.vault = vault, .now = now, .pool = pool, .out = &out};
	int newest[KIND_COUNT] = {0};
	enum result r = job_next_running(vault->read.data, JOB_SWEEP, pool, &run.job, err);

	*more = r == OK;
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r == OK)
		r = accounts_get(&vault->read, run.job.account, pool, &run.account, err);
	if (r == OK)
		r = sweep_read_args(&run, newest, err);
	if (r == OK)
		r = read_policies(&run, run.job.started, newest, err);
	if (r == OK)
		r = work(&run, err);
	return is_hopeless(r) ? give_up(&run, err) : r;
}

enum result sweep_resume(struct vault *vault, struct instant now, struct err *err)
{
	struct pool pool;
	bool more;
	enum result r;

	do {
		pool_init(&pool, (size_t)16 * 1024 * 1024);
		r = resume_next(vault, now, &pool, &more, err);
		pool_free(&pool);
	} while (r == OK && more);
	return r;
}
