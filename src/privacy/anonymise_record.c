/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/anonymise_record.h"

#include <string.h>

#include "privacy/anonymise.h"
#include "retention/partial.h"
#include "shim/json_parse.h"
#include "vault/unfinished.h"

#define RUN_POOL_MAX ((size_t)64 * 1024 * 1024)
#define TEXT_MAX ((size_t)4 * 1024)

struct run {
	struct vault *vault;
	uint32_t account;
	struct instant now;
	struct id id;
	struct aggregate_row row;  /* what it says */
	struct job job;
	struct pool pool;
	struct record_anonymised *out;
};

/* ---- the job ---- */

static void write_args(const struct run *run, struct json_writer *w)
{
	json_begin_object(w, NULL);
	json_id(w, "record", kind_prefix(run->row.kind), run->id);
	json_end_object(w);
}

/* What it says, only until it is closed. */
static void write_row(const struct run *run, struct json_writer *w)
{
	json_begin_object(w, NULL);
	json_int(w, "direction", run->row.direction);
	json_int(w, "status", run->row.status);
	json_int(w, "duration_class", run->row.duration_class);
	json_int(w, "queue", run->row.queue);
	json_int(w, "duration_ms", run->row.duration_ms);
	json_int(w, "bytes", run->row.bytes);
	json_end_object(w);
}

static void write_closed(const struct run *run, struct json_writer *w)
{
	json_begin_object(w, NULL);
	json_int(w, "leaf", (int64_t)run->out->leaf);
	json_end_object(w);
}

static enum result write_text(struct run *run, void (*write)(const struct run *, struct json_writer *),
			      const char **out, struct err *err)
{
	struct json_writer w;
	struct buf buf;

	buf_init(&buf, TEXT_MAX);
	json_writer_init(&w, &buf, 0);
	write(run, &w);
	*out = buf_to_pool(&buf, "the job of an anonymisation", &run->pool, err);
	return *out != NULL ? OK : err->code;
}

static enum result read_job(struct run *run, struct err *err)
{
	const struct json *args, *result;
	const char *record;
	enum result r = json_parse_once(run->job.args, strlen(run->job.args), &run->pool, &args, err);

	if (r == OK)
		r = json_parse_once(run->job.result, strlen(run->job.result), &run->pool, &result, err);
	record = r == OK ? json_get_text(args, "record") : NULL;
	if (record == NULL || !kind_of_prefix(record, &run->row.kind) ||
	    id_parse(kind_prefix(run->row.kind), record, &run->id, err) != OK)
		return err_set(err, ERR_CORRUPT, "the job of an unfinished anonymisation cannot be read");
	run->account = run->job.account;
	run->row.from = instant_date(id_time(run->id));
	run->row.direction = (int)json_get_int(result, "direction", 0);
	run->row.status = (int)json_get_int(result, "status", 0);
	run->row.duration_class = (int)json_get_int(result, "duration_class", 0);
	run->row.queue = json_get_int(result, "queue", 0);
	run->row.duration_ms = json_get_int(result, "duration_ms", 0);
	run->row.bytes = json_get_int(result, "bytes", 0);
	run->row.records = 1;
	return OK;
}

static enum result begin_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct act act;
	enum result r = job_insert(session->data, &run->job, err);

	act_begin(&act, "record.anonymise.begin", run->account, run->now);
	act_id(&act, "job", JOB_PREFIX, run->job.id);
	act_record(&act, "record", run->row.kind, run->id);
	return r == OK ? act_append(&act, session->data, NULL, err) : r;
}

/* ---- may it go? ---- */

static enum result deny_kept(const struct run *run, struct err *err)
{
	char id[ID_TEXT_MAX];

	err_set(err, ERR_HELD, "a legal hold, a restriction or an obligation keeps this record");
	err_where(err, "%s", id_format(kind_prefix(run->row.kind), run->id, id));
	return err_mend(err, "it was not anonymised; `lethe why %s` says by which and until when", id);
}

static enum result check_kept(struct run *run, const struct record_row *record, struct err *err)
{
	struct verdict_rules rules = {.now = run->now, .only = &run->id};
	struct ruling ruling = {.fate = FATE_HELD};
	struct keepers keepers;
	enum result r = keepers_load(&run->vault->read, run->account, run->now, &run->pool, &keepers, err);

	rules.holds = &keepers.holds;
	rules.duties = &keepers.duties;
	if (r == OK && record->hold == 0)
		r = verdict_row(&run->vault->read, &rules, record, NULL, NULL, &run->pool, &ruling, err);
	keepers_free(&keepers);
	return r == OK && ruling.fate != FATE_GOES ? deny_kept(run, err) : r;
}

static enum result check(struct run *run, const struct record_row *record, struct err *err)
{
	enum result r = check_kept(run, record, err);

	return r == OK ? anonymise_billed(&run->vault->read, run->account, run->row.from, err) : r;
}

/* ---- taking it out of its day ---- */

/* No later than this is a record sealed under a part that is not the day's: the next sweep is to look. */
static enum result give_up_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct act act;
	enum result r = period_look_again(session->data, run->account, run->row.kind, run->row.from, err);

	run->job.state = JOB_DONE;
	run->job.ended = run->now;
	run->job.result = "{\"failed\":true}";
	if (r == OK)
		r = job_update(session->data, &run->job, err);
	act_begin(&act, "record.anonymise.failed", run->account, run->now);
	act_id(&act, "job", JOB_PREFIX, run->job.id);
	act_record(&act, "record", run->row.kind, run->id);
	return r == OK ? act_append(&act, session->data, NULL, err) : r;
}

/* Closes the job, so that it does not stand in the way of every command after; the error stays what it was. */
static enum result give_up(struct run *run, enum result r)
{
	struct err second;

	log_event(LOG_ERROR, "record.anonymise.failed", LOG_ID("job", JOB_PREFIX, run->job.id));
	if (vault_write(run->vault, give_up_op, run, &second) != OK)
		run->job.state = JOB_RUNNING;
	return r;
}

static enum result blame_day(const struct run *run, struct err *err)
{
	char id[ID_TEXT_MAX];

	err_set(err, ERR_CORRUPT, "another record of the same day is damaged, so the day cannot be sealed anew");
	err_where(err, "%s", id_format(kind_prefix(run->row.kind), run->id, id));
	return err_mend(err, "it was not anonymised; `lethe check` names the damaged one: restore a backup, or erase its "
			     "person, and try again");
}

static enum result take_out(struct run *run, const struct record_row *record, struct err *err)
{
	const struct expire_terms terms = {.vault = run->vault,
					   .account = run->account,
					   .job = run->job.id,
					   .now = run->now,
					   .today = instant_date(run->now),
					   .only = &run->id};
	struct expiry expiry = {0};
	enum result r = period_get(run->vault->read.data, run->account, run->row.kind, run->row.from, &expiry.period,
				   err);

	/* Sealed under an older part: an earlier run has moved the others already. */
	expiry.spare = record->part == expiry.period.part ? record->part + 1 : expiry.period.part;
	if (r == OK)
		r = partial_move(&terms, &expiry, err);
	if (r == OK && !expiry.damaged)
		r = expire_delete(&terms, &expiry, 1, err);
	if (r == OK && expiry.damaged)
		return give_up(run, blame_day(run, err));
	return r == OK && expiry.again ? give_up(run, deny_kept(run, err)) : r;
}

/* ---- the end ---- */

static enum result finish_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct act act;
	enum result r = aggregate_add_waiting(session->data, run->account, &run->row, err);

	if (r == OK)
		r = aggregates_show(session, run->account, &run->out->shown, err);
	act_begin(&act, "record.anonymise", run->account, run->now);
	act_id(&act, "job", JOB_PREFIX, run->job.id);
	act_record(&act, "record", run->row.kind, run->id);
	if (r == OK)
		r = act_append(&act, session->data, &run->out->leaf, err);
	if (r == OK)
		r = write_text(run, write_closed, &run->job.result, err);
	run->job.state = JOB_DONE;
	run->job.ended = run->now;
	return r == OK ? job_update(session->data, &run->job, err) : r;
}

static enum result go_on(struct run *run, struct err *err)
{
	struct record_row record;
	uint64_t removed;
	enum result r = record_get(run->vault->read.data, run->account, run->row.kind, run->id, &run->pool, &record, err);

	/* A hold or an obligation since has it now. */
	if (r == OK && record.hold != 0)
		return give_up(run, deny_kept(run, err));
	if (r == OK)
		r = take_out(run, &record, err);
	else if (r == ERR_NOT_FOUND)
		r = OK;
	if (r != OK || run->job.state == JOB_DONE)
		return r;
	r = vault_scrub(run->vault, err);
	if (r == OK)
		r = vault_empty_trash(run->vault, &removed, err);
	if (r == OK)
		r = vault_write(run->vault, finish_op, run, err);
	if (r != OK)
		run->job.state = JOB_RUNNING;
	return r;
}

static enum result begin(struct run *run, struct err *err)
{
	struct record_row record;
	enum result r = record_get(run->vault->read.data, run->account, run->row.kind, run->id, &run->pool, &record, err);

	if (r == OK)
		r = aggregates_row(&run->vault->read, &record, &run->pool, &run->row, err);
	if (r == OK)
		r = check(run, &record, err);
	run->job = (struct job){.account = run->account,
				.id = id_new(run->now),
				.type = JOB_RECORD,
				.state = JOB_RUNNING,
				.started = run->now};
	run->out->job = run->job.id;
	if (r == OK)
		r = write_text(run, write_args, &run->job.args, err);
	if (r == OK)
		r = write_text(run, write_row, &run->job.result, err);
	return r == OK ? vault_write(run->vault, begin_op, run, err) : r;
}

enum result record_anonymise(struct vault *vault, const struct account *account, enum record_kind kind, struct id id,
			     struct instant now, struct record_anonymised *out, struct err *err)
{
	struct run run = {.vault = vault, .account = account->number, .now = now, .id = id, .out = out};
	bool begun;
	enum result r;

	*out = (struct record_anonymised){0};
	run.row.kind = kind;
	pool_init(&run.pool, RUN_POOL_MAX);
	r = begin(&run, err);
	begun = r == OK;
	if (r == OK)
		r = go_on(&run, err);
	if (r != OK && begun && run.job.state != JOB_DONE)
		unfinished_add(vault->unfinished, run.account, run.job.id);
	pool_free(&run.pool);
	return r;
}

enum result record_anonymise_go_on(struct vault *vault, const struct job *job, struct instant now, struct err *err)
{
	struct record_anonymised out = {0};
	struct run run = {.vault = vault, .now = now, .job = *job, .out = &out};
	enum result r;

	pool_init(&run.pool, RUN_POOL_MAX);
	r = read_job(&run, err);
	if (r == OK)
		r = go_on(&run, err);
	pool_free(&run.pool);
	return run.job.state == JOB_DONE ? OK : r;
}
