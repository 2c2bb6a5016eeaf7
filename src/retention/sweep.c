/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "retention/ended.h"
#include "retention/expire.h"
#include "retention/policies.h"
#include "retention/released.h"
#include "shim/json_parse.h"
#include "store/job.h"
#include "store/media.h"
#include "vault/proof.h"

#define BATCH_PERIODS 64
#define BATCH_RECORDS 4096 /* periods share a transaction up to so many records */
#define KEEPERS_POOL_MAX ((size_t)64 * 1024 * 1024)
#define STATEMENT_MAX ((size_t)64 * 1024)
#define MEDIA_PAGE 64

/* A period that was swept, for the second look. */
struct swept { enum record_kind kind; struct date day; int part; };

struct run {
	struct vault *vault;
	struct account account;
	struct instant now;
	sweep_progress *progress;
	void *arg;
	struct pool *pool;
	struct sweep_result *out;
	struct job job;
	int64_t done, total; /* records, for the progress */
	enum sweep_phase phase;
	struct swept *swept;
	size_t swept_count, swept_room;
	bool duties_swept;       /* to their end */
};

static bool asked_to_stop(struct run *run, enum sweep_phase phase)
{
	run->phase = phase;
	if (run->progress != NULL && run->progress(run->arg, phase, run->done, run->total) && phase <= SWEEP_PERIODS)
		run->out->stopped = true;
	return run->out->stopped;
}

bool sweep_left_any(const struct sweep_left *left)
{
	return left->records != 0 || left->media != 0 || left->keys != 0 || left->counts != 0 || left->blobs != 0 ||
	       left->damaged != 0 || left->damaged_kept != 0 || left->log;
}

/* ---- the job ---- */

/* What is to go, so that a crash is resumed with the same cutoffs. */
static void write_args(const struct run *run, struct buf *out)
{
	struct json_writer w;
	char text[TIME_TEXT_MAX];

	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	json_date(&w, "today", run->out->today);
	json_begin_object(&w, "keep");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (run->out->kinds[kind].bounded)
			json_string(&w, kind_name((enum record_kind)kind),
				    span_format(run->out->kinds[kind].keep, text));
	}
	json_end_object(&w);
	json_end_object(&w);
}

static enum result read_keep(const struct json *keep, struct sweep_result *out, struct err *err)
{
	enum record_kind kind;
	enum result r = OK;

	for (const struct json *member = keep != NULL ? keep->first : NULL; member != NULL && r == OK;
	     member = member->next) {
		if (!kind_parse(member->name, &kind) || member->type != JSON_STRING)
			return err_set(err, ERR_CORRUPT, "the job of a sweep names a kind that does not exist");
		r = span_parse(member->text, &out->kinds[kind].keep, err);
		out->kinds[kind].bounded = r == OK && !out->kinds[kind].keep.unlimited;
		if (out->kinds[kind].bounded)
			out->kinds[kind].cutoff = span_cutoff(out->kinds[kind].keep, out->today);
	}
	return r;
}

static enum result read_args(struct run *run, struct err *err)
{
	const struct json *args;
	const char *today;
	enum result r = json_parse_once(run->job.args, strlen(run->job.args), run->pool, &args, err);

	if (r != OK)
		return r;
	today = json_get_text(args, "today");
	if (today == NULL)
		return err_set(err, ERR_CORRUPT, "the job of a sweep does not say of which day it is");
	r = date_parse(today, strlen(today), &run->out->today, err);
	return r == OK ? read_keep(json_get(args, "keep"), run->out, err) : r;
}

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
	struct buf args;
	enum result r;

	run->out->today = instant_date(run->now);
	buf_init(&args, STATEMENT_MAX);
	write_args(run, &args);
	r = buf_ok(&args, "the job of a sweep", err);
	if (r == OK) {
		run->job = (struct job){.account = run->account.number, .id = id_new(run->now), .type = JOB_SWEEP,
					.state = JOB_RUNNING, .started = run->now, .args = args.data, .result = "{}"};
		r = vault_write(run->vault, begin_op, run, err);
	}
	buf_free(&args);
	run->job.args = "";
	return r;
}

static enum result read_policies(struct run *run, struct err *err)
{
	struct policy_set policies;
	enum result r = policies_load(&run->vault->read, run->account.number, run->now, run->pool, &policies, err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		const struct policy *base = policies_base(&policies, (enum record_kind)kind);
		struct sweep_done *done = &run->out->kinds[kind];

		if (base == NULL || base->keep.unlimited)
			continue;
		done->bounded = true;
		done->keep = base->keep;
		done->cutoff = span_cutoff(base->keep, instant_date(run->now));
	}
	return r;
}

/* ---- what released holds kept ---- */

static bool stop_released(void *arg)
{
	return asked_to_stop(arg, SWEEP_RELEASED);
}

static enum result sweep_released(struct run *run, struct err *err)
{
	struct released released;
	enum result r = released_delete(run->vault, run->account.number, run->job.id, run->now, stop_released, run,
					&released, err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		run->out->kinds[kind].records += released.removed.records[kind];
	run->out->contacts += released.contacts;
	run->out->hold_keys += released.keys;
	run->out->moved += released.moved;
	asked_to_stop(run, SWEEP_RELEASED);
	return r == ERR_INTERRUPTED ? OK : r;
}

/* ---- duties whose day has come ---- */

static enum result sweep_duties(struct run *run, struct err *err)
{
	struct ended ended;
	enum result r = ended_delete(run->vault, run->account.number, run->job.id, run->now, stop_released, run, &ended,
				     err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		run->out->kinds[kind].records += ended.removed.records[kind];
	run->out->duties += ended.duties;
	run->out->cut_again += ended.cut;
	run->out->moved += ended.moved;
	run->out->left.damaged_kept += ended.damaged;
	run->duties_swept = r == OK && ended.damaged == 0;
	asked_to_stop(run, SWEEP_RELEASED);
	return r == ERR_INTERRUPTED ? OK : r;
}

/* ---- periods ---- */

struct batch {
	struct expiry periods[BATCH_PERIODS];
	size_t count;
	int64_t records;
};

static enum result remember(struct run *run, const struct expiry *expiry, struct err *err)
{
	size_t room = run->swept_room == 0 ? 1024 : run->swept_room * 2;
	struct swept *more;

	if (run->swept_count == run->swept_room) {
		more = realloc(run->swept, room * sizeof *more);
		if (more == NULL)
			return err_no_memory(err);
		run->swept = more;
		run->swept_room = room;
	}
	run->swept[run->swept_count++] = (struct swept){expiry->period.kind, expiry->period.day,
							   expiry->period.part};
	return OK;
}

static enum result count_done(struct run *run, const struct expiry *expiry, struct err *err)
{
	struct sweep_done *done = &run->out->kinds[expiry->period.kind];

	run->done += expiry->period.records;
	if (expiry->damaged) {
		run->out->left.damaged++;
		return OK;
	}
	done->periods++;
	done->records += expiry->records;
	done->media += expiry->media;
	done->bytes += expiry->bytes;
	done->kept += expiry->kept;
	done->cut += expiry->cut;
	done->held += expiry->held;
	return remember(run, expiry, err);
}

/* Counts those that are done and leaves those that are to be tried again. */
static enum result settle_batch(struct run *run, struct batch *batch, struct err *err)
{
	size_t left = 0;
	enum result r = OK;

	for (size_t i = 0; i < batch->count && r == OK; i++) {
		if (batch->periods[i].again)
			batch->periods[left++] = batch->periods[i];
		else
			r = count_done(run, &batch->periods[i], err);
	}
	batch->count = left;
	return r;
}

static enum result keep_batch(struct run *run, struct batch *batch, struct pool *pool, struct err *err)
{
	struct keepers keepers;
	enum result r = keepers_load(&run->vault->read, run->account.number, run->now, pool, &keepers, err);

	for (size_t i = 0; i < batch->count && r == OK; i++) {
		const struct period *period = &batch->periods[i].period;

		if (keepers_touch_period(&keepers, period->kind, period->day))
			r = expire_keep(run->vault, &keepers, &batch->periods[i], err);
	}
	keepers_free(&keepers);
	return r;
}

/* Keeps, then deletes; again for periods that a new keeper touched in between. */
static enum result expire_batch(struct run *run, struct batch *batch, struct err *err)
{
	struct pool pool;
	enum result r = OK;

	pool_init(&pool, KEEPERS_POOL_MAX);
	while (batch->count > 0 && r == OK) {
		pool_reset(&pool);
		r = keep_batch(run, batch, &pool, err);
		if (r != OK || asked_to_stop(run, SWEEP_KEPT))
			break;
		r = expire_delete(run->vault, run->account.number, run->job.id, run->now, batch->periods,
				  batch->count, err);
		if (r == OK)
			r = settle_batch(run, batch, err);
	}
	batch->count = 0;
	batch->records = 0;
	pool_free(&pool);
	return r;
}

static enum result add_period(struct run *run, struct batch *batch, const struct period *period, struct err *err)
{
	struct sweep_done *done = &run->out->kinds[period->kind];
	bool needed;
	enum result r = expire_needed(&run->vault->read, run->account.number, period, &needed, err);

	if (r != OK)
		return r;
	if (!needed) {
		done->held += period->records;
		run->done += period->records;
		return OK;
	}
	batch->periods[batch->count++] = (struct expiry){.period = *period,
							 .due = date_start(date_add_span(period->day, done->keep))};
	batch->records += period->records;
	if (batch->records < BATCH_RECORDS && batch->count < BATCH_PERIODS)
		return OK;
	r = expire_batch(run, batch, err);
	asked_to_stop(run, SWEEP_PERIODS);
	return r;
}

static enum result sweep_kind(struct run *run, enum record_kind kind, struct batch *batch, struct err *err)
{
	struct period periods[BATCH_PERIODS];
	struct date after = {INT32_MIN};
	size_t count;
	enum result r;

	do {
		r = period_list(run->vault->read.data, run->account.number, kind, after, run->out->kinds[kind].cutoff,
				periods, BATCH_PERIODS, &count, err);
		for (size_t i = 0; i < count && r == OK && !run->out->stopped; i++) {
			after = periods[i].day;
			r = add_period(run, batch, &periods[i], err);
		}
	} while (r == OK && count == BATCH_PERIODS && !run->out->stopped);
	return r;
}

static enum result sum_total(struct run *run, struct err *err)
{
	struct period sum;
	int64_t days;
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		if (!run->out->kinds[kind].bounded)
			continue;
		r = period_sum(run->vault->read.data, run->account.number, (enum record_kind)kind,
			       run->out->kinds[kind].cutoff, &sum, &days, err);
		run->total += r == OK ? sum.records : 0;
	}
	return r;
}

static enum result sweep_periods(struct run *run, struct err *err)
{
	struct batch batch = {.count = 0};
	enum result r = OK;

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK && !run->out->stopped; kind++) {
		if (run->out->kinds[kind].bounded)
			r = sweep_kind(run, (enum record_kind)kind, &batch, err);
	}
	if (r == OK && !run->out->stopped)
		r = expire_batch(run, &batch, err);
	if (r == OK)
		asked_to_stop(run, SWEEP_PERIODS);
	return r;
}

/* ---- cleaning and looking again ---- */

static enum result clean(struct run *run, struct err *err)
{
	uint64_t removed;
	enum result r = vault_scrub(run->vault, err);

	run->out->left.log = r == ERR_BUSY;
	if (r == OK || r == ERR_BUSY)
		r = vault_empty_trash(run->vault, &removed, err);
	if (r == OK)
		asked_to_stop(run, SWEEP_CLEANED);
	return r;
}

static enum result count_media(struct run *run, const struct swept *swept, int64_t *out, struct err *err)
{
	struct media_row rows[MEDIA_PAGE], last = {.n = -1};
	size_t count;
	enum result r;

	*out = 0;
	do {
		r = media_list_day(run->vault->read.data, run->account.number, swept->kind, swept->day, last.id,
				   last.n, rows, MEDIA_PAGE, &count, err);
		*out += r == OK ? (int64_t)count : 0;
		if (r == OK && count > 0)
			last = rows[count - 1];
	} while (r == OK && count == MEDIA_PAGE);
	return r;
}

static enum result look_at(struct run *run, const struct swept *swept, struct err *err)
{
	struct session *session = &run->vault->read;
	struct sweep_left *left = &run->out->left;
	struct period period;
	int64_t all, held, media;
	bool has_key;
	enum result r = record_count_day(session->data, run->account.number, swept->kind, swept->day, PART_ALL,
					&all, &held, err);

	if (r == OK)
		r = period_get(session->data, run->account.number, swept->kind, swept->day, &period, err);
	if (r == OK)
		r = count_media(run, swept, &media, err);
	if (r != OK)
		return r;
	left->records += all - held;
	left->media += media > period.media ? media - period.media : 0;
	left->counts += period.records != all || period.media != media;
	period.kind = swept->kind;
	period.day = swept->day;
	r = expire_has_key(session, run->account.number, &period, swept->part + 1, &has_key, err);
	left->keys += r == OK && has_key;
	return r;
}

/* What is left of duties that should have ended: they go with their keys. */
static enum result look_at_duties(struct run *run, struct err *err)
{
	struct duty_set duties;
	struct pool pool;
	int64_t due = 0;
	enum result r;

	pool_init(&pool, KEEPERS_POOL_MAX);
	r = duties_load(&run->vault->read, run->account.number, run->now, &pool, &duties, err);
	if (r == OK)
		r = ended_left(&run->vault->read, &duties, &due, err);
	duties_free(&duties);
	pool_free(&pool);
	run->out->left.keys += due;
	return r;
}

static enum result look_again(struct run *run, struct err *err)
{
	struct trash_row trash[MEDIA_PAGE];
	size_t count;
	enum result r = OK;

	for (size_t i = 0; i < run->swept_count && r == OK; i++)
		r = look_at(run, &run->swept[i], err);
	if (r == OK && run->duties_swept)
		r = look_at_duties(run, err);
	if (r == OK)
		r = trash_list(run->vault->read.data, trash, MEDIA_PAGE, &count, err);
	if (r == OK) {
		run->out->left.blobs = (int64_t)count;
		asked_to_stop(run, SWEEP_LOOKED);
	}
	return r;
}

/* ---- closing ---- */

static void state_kind(struct json_writer *w, enum record_kind kind, const struct sweep_done *done)
{
	char text[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_string(w, "kind", kind_name(kind));
	if (done->bounded) {
		json_string(w, "keep", span_format(done->keep, text));
		json_date(w, "until", done->cutoff);
	}
	json_int(w, "periods", done->periods);
	json_int(w, "records", done->records);
	json_int(w, "media", done->media);
	json_int(w, "held", done->held);
	json_int(w, "cut", done->cut);
	json_end_object(w);
}

void sweep_left_write(struct json_writer *w, const struct sweep_left *left)
{
	json_begin_object(w, "left");
	json_int(w, "records", left->records);
	json_int(w, "media", left->media);
	json_int(w, "keys", left->keys);
	json_int(w, "counts", left->counts);
	json_int(w, "blobs", left->blobs);
	json_int(w, "damaged", left->damaged);
	json_int(w, "damaged_kept", left->damaged_kept);
	json_bool(w, "log", left->log);
	json_end_object(w);
}

static void state(const struct run *run, struct buf *out)
{
	const struct sweep_result *result = run->out;
	struct json_writer w;

	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "act", "retention.run");
	json_id(&w, "vault", "vault", run->vault->id);
	json_id(&w, "account", ACCOUNT_PREFIX, run->account.id);
	json_id(&w, "job", JOB_PREFIX, run->job.id);
	json_instant(&w, "started", run->job.started);
	json_instant(&w, "at", run->now);
	json_bool(&w, "stopped", result->stopped);
	json_begin_array(&w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (result->kinds[kind].bounded || result->kinds[kind].records > 0)
			state_kind(&w, (enum record_kind)kind, &result->kinds[kind]);
	}
	json_end_array(&w);
	json_int(&w, "contacts", result->contacts);
	json_int(&w, "hold_keys", result->hold_keys);
	json_int(&w, "duties_ended", result->duties);
	json_int(&w, "cut_again", result->cut_again);
	sweep_left_write(&w, &result->left);
	json_end_object(&w);
}

struct closing { struct run *run; char digest[65]; };

static enum result close_op(struct session *session, void *arg, struct err *err)
{
	struct closing *closing = arg;
	struct run *run = closing->run;
	struct act act;
	enum result r = job_update(session->data, &run->job, err);

	if (r != OK)
		return r;
	act_begin(&act, "retention.run", run->account.number, run->now);
	act_id(&act, "job", JOB_PREFIX, run->job.id);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (run->out->kinds[kind].records > 0)
			act_int_of_kind(&act, "records", (enum record_kind)kind, run->out->kinds[kind].records);
	}
	act_int(&act, "periods", (int64_t)run->swept_count);
	act_int(&act, "left", sweep_left_any(&run->out->left));
	act_int(&act, "stopped", run->out->stopped);
	act_digest(&act, "statement", closing->digest);
	return act_append(&act, session->data, &run->out->seq, err);
}

static enum result close_job(struct run *run, struct err *err)
{
	struct closing closing = {.run = run};
	struct buf statement;
	enum result r;

	buf_init(&statement, STATEMENT_MAX);
	state(run, &statement);
	r = buf_ok(&statement, "the statement of a sweep", err);
	if (r == OK)
		r = proof_digest(statement.data, statement.len, closing.digest, err);
	if (r == OK) {
		run->out->statement = pool_strndup(run->pool, statement.data, statement.len);
		r = run->out->statement != NULL ? OK : err_no_memory(err);
	}
	buf_free(&statement);
	if (r != OK)
		return r;
	run->job.state = JOB_DONE;
	run->job.ended = run->now;
	run->job.result = run->out->statement;
	return vault_write(run->vault, close_op, &closing, err);
}

/* ---- running and resuming ---- */

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

/* Doing it again would only fail again. */
static enum result give_up(struct run *run, struct err *err)
{
	run->job.state = JOB_DONE;
	run->job.ended = run->now;
	run->job.result = "{\"failed\":true}";
	log_event(LOG_ERROR, "retention.failed", LOG_ID("job", JOB_PREFIX, run->job.id));
	return vault_write(run->vault, give_up_op, run, err);
}

static enum result work(struct run *run, struct err *err)
{
	enum result r = sum_total(run, err);

	run->out->job = run->job.id;
	if (r == OK && !asked_to_stop(run, SWEEP_BEGUN))
		r = sweep_released(run, err);
	if (r == OK && !run->out->stopped)
		r = sweep_duties(run, err);
	if (r == OK && !run->out->stopped)
		r = sweep_periods(run, err);
	if (r == OK)
		r = clean(run, err);
	if (r == OK)
		r = look_again(run, err);
	if (r == OK)
		r = close_job(run, err);
	free(run->swept);
	return r;
}

enum result sweep_run(struct vault *vault, const struct account *account, struct instant now,
		      sweep_progress *progress, void *arg, struct pool *pool, struct sweep_result *out,
		      struct err *err)
{
	struct run run = {.vault = vault, .account = *account, .now = now, .progress = progress, .arg = arg,
			  .pool = pool, .out = out};
	enum result r;

	*out = (struct sweep_result){.stopped = false};
	r = read_policies(&run, err);
	if (r == OK)
		r = begin(&run, err);
	if (r == OK)
		r = work(&run, err);
	if (r == ERR_CORRUPT) {
		struct err ignored; /* what failed first is the news */

		if (give_up(&run, &ignored) != OK)
			return r;
	}
	if (r == OK && out->stopped) {
		err_set(err, ERR_INTERRUPTED, "stopped; what is deleted is deleted wholly, the rest is as it was");
		r = err_mend(err, "`lethe retention run` goes on with it");
	}
	return r;
}

static enum result resume_next(struct vault *vault, struct instant now, struct pool *pool, bool *more, struct err *err)
{
	struct sweep_result out = {.stopped = false};
	struct run run = {.vault = vault, .now = now, .pool = pool, .out = &out};
	enum result r = job_next_running(vault->read.data, JOB_SWEEP, pool, &run.job, err);

	*more = r == OK;
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r == OK)
		r = accounts_get(&vault->read, run.job.account, pool, &run.account, err);
	if (r == OK)
		r = read_args(&run, err);
	if (r == OK)
		r = work(&run, err);
	return r == ERR_CORRUPT ? give_up(&run, err) : r;
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
