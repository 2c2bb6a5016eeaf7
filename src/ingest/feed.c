/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/feed.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/jsonl.h"
#include "ingest/pipeline.h"
#include "ingest/prepare.h"
#include "privacy/account_life.h"

#define SCRATCH_MAX ((size_t)512 * 1024 * 1024) /* one line, parsed */
/* Others who write, and whoever reads what leaves a leaf, wait for a batch: it is smaller than a file's, where nobody waits. */
#define ROWS ((size_t)1000)
#define WHY_MAX ((size_t)16 * 1024 * 1024)      /* reasons of the lines of one batch that were refused */

/* A line until its batch is settled. */
struct noted {
	uint64_t number;
	struct id id;
	size_t order;          /* in its batch, among those of its type */
	const struct err *why; /* NULL: it is in the batch */
	enum intake_type type;
	enum record_kind kind;
};

/* What is beside a batch: its lines, those among them too that are not in it. */
struct half {
	const struct batch *batch;
	struct noted *lines;
	size_t count;
	struct pool reasons;
};

struct feed {
	const struct feed_options *options;
	struct import_options import; /* the same, for what an import uses too */
	struct import_result result;
	struct intake_context context;
	struct json_parser *parser;
	struct pool scratch; /* of one line */
	struct prepare prepare;
	struct pipeline pipe;
	struct half halves[2];
};

/* ---- telling ---- */

static struct half *half_of(struct feed *feed, const struct batch *batch)
{
	return &feed->halves[batch != feed->halves[0].batch];
}

static enum result tell(const struct feed *feed, const struct batch *batch, const struct noted *noted, struct err *err)
{
	struct feed_line line = {
	    .number = noted->number, .why = noted->why, .type = noted->type, .kind = noted->kind, .id = noted->id};

	if (noted->why == NULL)
		line.taken = (enum taken)(noted->type == INTAKE_CONTACT ? batch->taken_contacts[noted->order]
									: batch->taken_records[noted->order]);
	return feed->options->told(feed->options->arg, &line, err);
}

static void forget(struct half *half)
{
	half->count = 0;
	pool_reset(&half->reasons);
}

static void forget_lost(void *arg, const struct batch *batch)
{
	forget(half_of(arg, batch));
}

static enum result tell_all(void *arg, struct batch *batch, struct err *err)
{
	struct feed *feed = arg;
	struct half *half = half_of(feed, batch);
	enum result r = OK;

	for (size_t i = 0; i < half->count && r == OK; i++)
		r = tell(feed, batch, &half->lines[i], err);
	forget(half);
	return r;
}

/* ---- one line ---- */

static enum result turn_if_full(struct feed *feed, struct err *err)
{
	const struct batch *batch = feed->pipe.filling;

	if (!batch_is_full(batch) && half_of(feed, batch)->count < ROWS)
		return OK;
	return pipeline_turn(&feed->pipe, &feed->result, err);
}

static struct noted *add(struct feed *feed, uint64_t number)
{
	struct half *half = half_of(feed, feed->pipe.filling);
	struct noted *noted = &half->lines[half->count++];

	INVARIANT(half->count <= ROWS);
	*noted = (struct noted){.number = number};
	return noted;
}

static enum result refuse(struct feed *feed, uint64_t number, const struct err *why, struct err *err)
{
	struct err *kept = pool_alloc(&half_of(feed, feed->pipe.filling)->reasons, sizeof *kept);

	if (kept == NULL)
		return err_no_memory(err);
	*kept = *why;
	add(feed, number)->why = kept;
	feed->result.rejected++;
	return turn_if_full(feed, err);
}

static enum result note(struct feed *feed, uint64_t number, const struct intake *in, struct err *err)
{
	const struct batch *batch = feed->pipe.filling;
	struct noted *noted = add(feed, number);

	noted->type = in->type;
	noted->kind = in->kind;
	noted->order = (in->type == INTAKE_CONTACT ? batch->contact_count : batch->record_count) - 1;
	noted->id = in->type == INTAKE_CONTACT ? batch->contacts[noted->order].id : batch->records[noted->order].id;
	return turn_if_full(feed, err);
}

/* What a file may say and a line that comes from elsewhere may not. */
static enum result check(const struct feed *feed, const struct intake *in, struct err *err)
{
	const char *no = in->type == INTAKE_CONTACT ? feed->options->no_contacts : feed->options->no_records;

	if (no != NULL) {
		err_set(err, ERR_INPUT, "no %s are taken here", in->type == INTAKE_CONTACT ? "contacts" : "records");
		err_mend(err, "%s", no);
		return err_where(err, "field 'type'");
	}
	if (in->media_count == 0)
		return OK;
	err_set(err, ERR_INPUT, "a line that comes over HTTP cannot name files");
	err_mend(err, "leave 'media' out, and send the file itself: PUT .../records/{record}/media/0");
	return err_where(err, "field 'media'");
}

enum result feed_take(struct feed *feed, uint64_t number, const char *line, size_t len, struct err *err)
{
	struct intake in;
	struct err why;
	enum result r;

	feed->result.lines++;
	feed->result.input_bytes += (int64_t)len;
	pool_reset(&feed->scratch);
	r = jsonl_read(feed->parser, &feed->context, line, len, &feed->scratch, &in, &why);
	if (r == OK)
		r = check(feed, &in, &why);
	in.as = feed->options->contact;
	if (r == OK)
		r = prepare_add(&feed->prepare, &in, feed->pipe.filling, &why);
	if (r == OK)
		return note(feed, number, &in, err);
	if (r == ERR_INPUT || r == ERR_LIMIT)
		return refuse(feed, number, &why, err);
	*err = why;
	return r;
}

enum result feed_refuse(struct feed *feed, uint64_t number, const struct err *why, struct err *err)
{
	feed->result.lines++;
	return refuse(feed, number, why, err);
}

enum result feed_finish(struct feed *feed, struct err *err)
{
	return pipeline_finish(&feed->pipe, &feed->result, err);
}

enum result feed_break_off(struct feed *feed, struct err *err)
{
	return pipeline_settle(&feed->pipe, &feed->result, err);
}

const struct import_result *feed_result(const struct feed *feed)
{
	return &feed->result;
}

/* ---- the whole ---- */

static enum result half_new(struct half *half, const struct batch *batch, struct err *err)
{
	half->batch = batch;
	half->lines = calloc(ROWS, sizeof *half->lines);
	return half->lines != NULL ? OK : err_no_memory(err);
}

static enum result begin(struct feed *feed, struct vault *vault, struct err *err)
{
	enum result r = account_life_takes_in(&vault->read, feed->options->account->number, err);

	if (r == OK)
		r = prepare_begin(&feed->prepare, err);
	if (r == OK)
		r = json_parser_new(INTAKE_LINE_MAX, &feed->parser, err);
	if (r == OK)
		r = pipeline_begin(&feed->pipe, vault, &feed->import, err);
	if (r == OK)
		r = half_new(&feed->halves[0], feed->pipe.filling, err);
	return r == OK ? half_new(&feed->halves[1], feed->pipe.writing, err) : r;
}

enum result feed_new(struct vault *vault, const struct feed_options *options, struct feed **out, struct err *err)
{
	struct feed *feed = calloc(1, sizeof *feed);
	enum result r;

	*out = NULL;
	if (feed == NULL)
		return err_no_memory(err);
	feed->options = options;
	feed->import = (struct import_options){.account = options->account, .now = options->now, .batch_rows = ROWS};
	feed->context = (struct intake_context){.default_source = options->source != NULL ? options->source : "import",
						.zone = options->zone,
						.latest = {options->now.ms + INTAKE_FUTURE_MS}};
	feed->prepare = (struct prepare){.vault = vault, .options = &feed->import, .scratch = &feed->scratch};
	feed->pipe = (struct pipeline){.settled = tell_all, .lost = forget_lost, .arg = feed};
	pool_init(&feed->scratch, SCRATCH_MAX);
	for (int i = 0; i < 2; i++)
		pool_init(&feed->halves[i].reasons, WHY_MAX);
	r = begin(feed, vault, err);
	if (r == OK)
		*out = feed;
	else
		feed_free(feed);
	return r;
}

void feed_free(struct feed *feed)
{
	if (feed == NULL)
		return;
	pipeline_end(&feed->pipe);
	json_parser_free(feed->parser);
	prepare_end(&feed->prepare);
	for (int i = 0; i < 2; i++) {
		pool_free(&feed->halves[i].reasons);
		free(feed->halves[i].lines);
	}
	pool_free(&feed->scratch);
	free(feed);
}
