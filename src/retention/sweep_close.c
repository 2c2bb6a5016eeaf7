/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "retention/ended.h"
#include "retention/purge.h"
#include "retention/sweep_run.h"
#include "retention/unlabelled.h"
#include "shim/json_parse.h"
#include "store/media.h"
#include "vault/proof.h"
#include "vault/receipts.h"

#define STATEMENT_MAX ((size_t)64 * 1024)
#define MEDIA_PAGE 64
#define KEEPERS_POOL_MAX ((size_t)64 * 1024 * 1024)

/* ---- the job ---- */

/* For who resumes it; 0: it goes to the end. Who resumes it has no clock: then a batch is enough, which with the days whose
 * keys are gone ends what a crash can have left half done. */
static int64_t max_records_of(const struct sweep_budget *budget)
{
	if (budget->all_keys)
		return 0;
	if (budget->ms > 0 && (budget->records == 0 || budget->records > BATCH_RECORDS))
		return BATCH_RECORDS;
	return budget->records;
}

/* Of which day and by which versions of the policies it is decided, so that a crash is resumed to the same end. */
static void write_args(const struct run *run, struct buf *out)
{
	const struct sweep_budget *budget = &run->budget;
	struct json_writer w;

	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	json_date(&w, "today", run->out->today);
	json_string(&w, "command", run->vault->command);
	json_begin_object(&w, "policies");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (run->policies.newest[kind] > 0)
			json_int(&w, kind_name((enum record_kind)kind), run->policies.newest[kind]);
	}
	json_end_object(&w);
	if (max_records_of(budget) > 0)
		json_int(&w, "max_records", max_records_of(budget));
	json_end_object(&w);
}

enum result sweep_write_args(struct run *run, const char **out, struct err *err)
{
	struct buf args;

	buf_init(&args, STATEMENT_MAX);
	write_args(run, &args);
	*out = buf_to_pool(&args, "the job of a sweep", run->pool, err);
	return *out != NULL ? OK : err->code;
}

static enum result read_newest(const struct json *policies, int newest[KIND_COUNT], struct err *err)
{
	enum record_kind kind;

	for (const struct json *member = policies != NULL ? policies->first : NULL; member != NULL;
	     member = member->next) {
		if (!kind_parse(member->name, &kind))
			return err_set(err, ERR_CORRUPT, "the job of a sweep names a kind that does not exist");
		newest[kind] = (int)json_get_int(policies, member->name, 0);
	}
	return OK;
}

enum result sweep_read_args(struct run *run, int newest[KIND_COUNT], struct err *err)
{
	const struct json *args;
	const char *today;
	enum result r = json_parse_once(run->job.args, strlen(run->job.args), run->pool, &args, err);

	if (r != OK)
		return r;
	today = json_get_text(args, "today");
	if (today == NULL)
		return err_set(err, ERR_CORRUPT, "the job of a sweep does not say of which day it is");
	run->budget.records = json_get_int(args, "max_records", 0);
	r = date_parse(today, strlen(today), &run->out->today, err);
	return r == OK ? read_newest(json_get(args, "policies"), newest, err) : r;
}

/* ---- looking again ---- */

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
	int64_t all, spared, media;
	bool has_key;
	enum result r = record_count_day(session->data, run->account.number, swept->kind, swept->day,
					swept->spare, &all, &spared, err);

	if (r == OK)
		r = period_get(session->data, run->account.number, swept->kind, swept->day, &period, err);
	if (r == OK)
		r = count_media(run, swept, &media, err);
	if (r != OK)
		return r;
	left->records += all - spared;
	left->media += media > period.media ? media - period.media : 0;
	left->counts += period.records != all || period.media != media;
	period.kind = swept->kind;
	period.day = swept->day;
	r = expire_has_key(session, run->account.number, &period, swept->keys_before, &has_key, err);
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

enum result sweep_look_again(struct run *run, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < run->swept_count && r == OK; i++)
		r = look_at(run, &run->swept[i], err);
	if (r == OK && run->duties_swept)
		r = look_at_duties(run, err);
	if (r == OK && run->contacts_swept)
		r = purge_left(&run->vault->read, run->account.number, run->out->today, &run->out->left.contacts, err);
	if (r == OK)
		r = vault_trash_left(run->vault, &run->out->left.blobs, err);
	if (r == OK)
		sweep_asked_to_stop(run, SWEEP_LOOKED);
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
	json_int(w, "parts", done->parts);
	json_int(w, "records", done->records);
	json_int(w, "media", done->media);
	json_int(w, "bytes", done->bytes);
	json_int(w, "kept", done->kept);
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
	json_int(w, "contacts", left->contacts);
	json_int(w, "blobs", left->blobs);
	json_int(w, "damaged", left->damaged);
	json_int(w, "damaged_kept", left->damaged_kept);
	json_bool(w, "log", left->log);
	json_end_object(w);
}

void sweep_damaged_write(struct json_writer *w, const struct sweep_result *result)
{
	json_int(w, "carried", result->carried);
	json_begin_array(w, "damaged");
	for (size_t i = 0; i < result->damaged_count; i++) {
		const struct sweep_damaged *damaged = &result->damaged[i];

		json_begin_object(w, NULL);
		json_id(w, "id", kind_prefix(damaged->kind), damaged->id);
		json_bool(w, "waits", damaged->waits);
		json_end_object(w);
	}
	json_end_array(w);
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
	json_bool(&w, "spent", result->spent);
	json_begin_array(&w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (result->kinds[kind].bounded || result->kinds[kind].records > 0)
			state_kind(&w, (enum record_kind)kind, &result->kinds[kind]);
	}
	json_end_array(&w);
	json_int(&w, "contacts", result->contacts);
	json_int(&w, "purged", result->purged);
	json_int(&w, "purged_kept", result->purged_kept);
	json_int(&w, "hold_keys", result->hold_keys);
	json_int(&w, "duties_ended", result->duties);
	json_int(&w, "cut_again", result->cut_again);
	sweep_left_write(&w, &result->left);
	sweep_damaged_write(&w, result);
	json_end_object(&w);
}

struct closing { struct run *run; char digest[65]; };

/* Rows whose keys went and which are there yet: a job explains them, and goes on with them. */
static enum result begin_rest(struct session *session, const struct run *run, struct err *err)
{
	struct job rest = run->job;
	struct act act;
	enum result r;

	rest.id = id_new(run->now);
	rest.state = JOB_RUNNING;
	rest.ended = (struct instant){0};
	rest.result = "{}";
	r = job_insert(session->data, &rest, err);
	if (r != OK)
		return r;
	act_begin(&act, "retention.begin", run->account.number, run->now);
	act_id(&act, "job", JOB_PREFIX, rest.id);
	return act_append(&act, session->data, NULL, err);
}

static enum result close_op(struct session *session, void *arg, struct err *err)
{
	struct closing *closing = arg;
	struct run *run = closing->run;
	struct act act;
	enum result r = unlabelled_delete(session, run->account.number, run->now, &run->out->labels, err);

	if (r != OK)
		return r;
	act_begin(&act, "retention.run", run->account.number, run->now);
	act_id(&act, "job", JOB_PREFIX, run->job.id);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (run->out->kinds[kind].records > 0)
			act_int_of_kind(&act, "records", (enum record_kind)kind, run->out->kinds[kind].records);
	}
	act_int(&act, "periods", (int64_t)run->swept_count);
	act_int(&act, "contacts", run->out->contacts + run->out->purged);
	act_int(&act, "left", sweep_left_any(&run->out->left));
	if (run->out->labels > 0)
		act_int(&act, "labels", run->out->labels);
	if (run->out->carried > 0)
		act_int(&act, "carried", run->out->carried);
	act_int(&act, "stopped", run->out->stopped);
	act_int(&act, "spent", run->out->spent);
	act_digest(&act, "statement", closing->digest);
	r = act_append(&act, session->data, &run->out->seq, err);
	if (r == OK)
		r = receipts_result(run->out->statement, run->out->seq, run->pool, &run->job.result, err);
	if (r == OK)
		r = job_update(session->data, &run->job, err);
	return r == OK && run->locked ? begin_rest(session, run, err) : r;
}

enum result sweep_close(struct run *run, struct err *err)
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
	return vault_write(run->vault, close_op, &closing, err);
}
