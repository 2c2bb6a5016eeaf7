/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "ingest/asterisk.h"
#include "ingest/batch.h"
#include "ingest/jsonl.h"
#include "ingest/lines.h"
#include "ingest/prepare.h"
#include "ingest/rejects.h"
#include "ingest/sealer.h"

#define SCRATCH_MAX ((size_t)512 * 1024 * 1024)
#define PROGRESS_STEP ((uint64_t)256 * 1024) /* bytes between two calls */

struct run {
	const struct import_options *options;
	struct import_result *result;
	struct intake_context context;
	struct json_parser *parser;
	struct pool scratch; /* of one line */
	struct prepare prepare;
	struct sealer *sealer;
	struct batch *filling, *writing;
	uint64_t done, total, shown; /* bytes */
};

/* One file of it. */
struct reading {
	struct run *run;
	const char *path;
	enum import_format format;
	struct lines *lines;
	struct asterisk_layout *layout;
	struct rejects rejects;
	bool rejecting; /* the line that goes on was rejected */
};

bool import_format_parse(const char *name, enum import_format *out)
{
	if (strcmp(name, "jsonl") == 0)
		*out = IMPORT_JSONL;
	else if (strcmp(name, "asterisk-csv") == 0 || strcmp(name, "asterisk") == 0)
		*out = IMPORT_ASTERISK;
	else
		return false;
	return true;
}

/* ---- batches ---- */

/* Hands over the batch that is full, so that the writer need not wait, and then waits for the one before it, which is
 * filled next. Also when that one failed the other is in flight: see finish(). */
static enum result hand_over(struct run *run, struct err *err)
{
	struct batch *full = run->filling;
	enum result r;

	if (batch_is_empty(full)) {
		batch_reset(full);
		return OK;
	}
	batch_submit(full);
	r = batch_wait(run->writing, run->result, err);
	run->filling = run->writing;
	run->writing = full;
	return r;
}

static enum result finish_batches(struct run *run, struct err *err)
{
	struct err second;
	enum result r = hand_over(run, err), last = batch_wait(run->writing, run->result, &second);

	if (r == OK && last != OK)
		*err = second;
	return r != OK ? r : last;
}

static bool must_stop(const struct run *run)
{
	return run->options->stop != NULL && run->options->stop(run->options->arg);
}

static void show_progress(struct run *run, const struct lines *lines)
{
	uint64_t at = run->done + lines_offset(lines);

	if (run->options->progress == NULL || at < run->shown + PROGRESS_STEP)
		return;
	run->shown = at;
	run->options->progress(run->options->arg, at, run->total);
}

/* ---- lines ---- */

static bool is_bad_line(enum result r)
{
	return r == ERR_INPUT || r == ERR_LIMIT;
}

static enum result stop_at(const struct reading *reading, const struct line *line, const struct err *why,
			   struct err *err)
{
	*err = *why;
	err->code = ERR_INPUT;
	return err_where(err, "%.200s:%" PRIu64 "%s%.60s", reading->path, line->number, why->where[0] ? ": " : "",
			 why->where);
}

static void note_rejects_file(struct reading *reading)
{
	struct import_result *result = reading->run->result;

	if (result->rejects_files++ == 0)
		snprintf(result->rejects, sizeof result->rejects, "%.255s", reading->rejects.path);
}

static enum result reject(struct reading *reading, const struct line *line, const struct err *why, struct err *err)
{
	const struct import_options *options = reading->run->options;
	bool first = reading->rejects.lines == NULL;
	enum result r;

	reading->run->result->rejected++;
	if (options->strict)
		return stop_at(reading, line, why, err);
	if (options->bad_line != NULL)
		options->bad_line(options->arg, reading->path, line->number, why);
	reading->rejecting = true;
	r = rejects_add(&reading->rejects, options->rejects, reading->path, line, why, err);
	if (first && reading->rejects.path[0] != '\0')
		note_rejects_file(reading);
	return r;
}

static bool is_blank(const struct line *line)
{
	for (size_t i = 0; i < line->len; i++) {
		if (line->text[i] == '\0' || strchr(" \t\r\n", line->text[i]) == NULL)
			return false;
	}
	return true;
}

static enum result too_long(struct err *err)
{
	err_set(err, ERR_LIMIT, "the line is longer than %zu bytes", INTAKE_LINE_MAX);
	return err_mend(err, "put long content into a file and name it in 'media'");
}

static enum result keep_header(struct reading *reading, const struct line *line, struct err *err)
{
	struct buf *header = &reading->rejects.header;

	buf_free(header);
	buf_init(header, 2 * INTAKE_LINE_MAX);
	buf_add(header, line->text, line->len);
	return buf_ok(header, "the header row", err);
}

static enum result read_row(struct reading *reading, const struct line *line, bool *is_header, struct intake *in,
			    struct err *err)
{
	struct run *run = reading->run;
	struct csv_row row;
	enum result r = csv_split(line->text, line->len, &run->scratch, &row, err);

	return r == OK ? asterisk_read(reading->layout, &run->context, &row, &run->scratch, is_header, in, err) : r;
}

static enum result read_line(struct reading *reading, const struct line *line, bool *is_header, struct intake *in,
			     struct err *err)
{
	struct run *run = reading->run;

	*is_header = false;
	if (line->too_long)
		return too_long(err);
	if (reading->format == IMPORT_ASTERISK)
		return read_row(reading, line, is_header, in, err);
	return jsonl_read(run->parser, &run->context, line->text, line->len, &run->scratch, in, err);
}

static enum result take_line(struct reading *reading, struct line *line, struct err *err)
{
	struct run *run = reading->run;
	struct intake in;
	struct err why;
	bool is_header;
	enum result r;

	reading->rejecting = false;
	pool_reset(&run->scratch);
	r = read_line(reading, line, &is_header, &in, &why);
	if (r == OK && is_header)
		return keep_header(reading, line, err);
	run->result->lines++;
	if (r == OK)
		r = prepare_add(&run->prepare, &in, run->filling, &why);
	if (is_bad_line(r)) {
		if (reading->format == IMPORT_ASTERISK)
			lines_cut(reading->lines, line);
		return reject(reading, line, &why, err);
	}
	if (r != OK)
		*err = why;
	return r == OK && batch_is_full(run->filling) ? hand_over(run, err) : r;
}

static enum result take(struct reading *reading, struct line *line, struct err *err)
{
	reading->run->result->input_bytes = (int64_t)(reading->run->done + lines_offset(reading->lines));
	if (line->continues)
		return reading->rejecting ? rejects_add_more(&reading->rejects, line, err) : OK;
	return is_blank(line) ? OK : take_line(reading, line, err);
}

/* ---- files ---- */

static enum import_format format_of(const struct import_options *options, const char *path)
{
	size_t len = strlen(path);

	if (options->format != IMPORT_AUTO)
		return options->format;
	return len > 4 && strcasecmp(path + len - 4, ".csv") == 0 ? IMPORT_ASTERISK : IMPORT_JSONL;
}

static enum result begin_file(struct reading *reading, struct err *err)
{
	struct run *run = reading->run;
	bool csv = reading->format == IMPORT_ASTERISK;
	enum result r = lines_open(reading->path, csv ? LINES_CSV : LINES_PLAIN, &reading->lines, err);

	if (r == OK)
		r = mediafile_folder(run->options->media_root, reading->path, &run->prepare.folder, err);
	return r == OK && csv ? asterisk_layout_new(&reading->layout, err) : r;
}

static enum result read_lines(struct reading *reading, struct err *err)
{
	struct line line;
	bool more = true;
	enum result r = OK;

	while (r == OK) {
		if (must_stop(reading->run))
			return err_set(err, ERR_INTERRUPTED, "stopped between two lines");
		r = lines_next(reading->lines, &line, &more, err);
		if (r != OK || !more)
			return r;
		r = take(reading, &line, err);
		show_progress(reading->run, reading->lines);
	}
	return r;
}

static enum result import_file(struct run *run, const char *path, struct err *err)
{
	struct reading reading = {.run = run, .path = path, .format = format_of(run->options, path)};
	struct err second;
	enum result r = begin_file(&reading, err), closed;

	if (r == OK)
		r = read_lines(&reading, err);
	closed = rejects_close(&reading.rejects, &second);
	if (r == OK && closed != OK) {
		*err = second;
		r = closed;
	}
	if (reading.lines != NULL)
		run->done += lines_offset(reading.lines);
	lines_close(reading.lines);
	asterisk_layout_free(reading.layout);
	return r;
}

/* ---- the whole ---- */

static uint64_t total_size(const char *const *paths, size_t count)
{
	uint64_t total = 0;
	struct stat st;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(paths[i], "-") == 0 || stat(paths[i], &st) != 0 || !S_ISREG(st.st_mode))
			return 0;
		total += (uint64_t)st.st_size;
	}
	return total;
}

static enum result check_options(const struct import_options *options, size_t count, struct err *err)
{
	if (options->rejects != NULL && count > 1) {
		err_set(err, ERR_INPUT, "one file for rejected lines, but %zu files to import", count);
		return err_mend(err, "import them one by one, or leave --rejects out: each then gets its own");
	}
	return rejects_check(options->rejects, err);
}

static enum result begin(struct run *run, struct vault *vault, struct err *err)
{
	const struct import_options *options = run->options;
	enum result r;

	run->context = (struct intake_context){.default_source = options->source != NULL ? options->source : "import",
					       .zone = options->zone};
	run->prepare = (struct prepare){.vault = vault, .options = options, .scratch = &run->scratch};
	pool_init(&run->scratch, SCRATCH_MAX);
	r = prepare_begin(&run->prepare, err);
	if (r == OK)
		r = json_parser_new(INTAKE_LINE_MAX, &run->parser, err);
	if (r == OK)
		r = sealer_new(&run->sealer, err);
	if (r == OK)
		r = batch_new(vault, options, run->sealer, &run->filling, err);
	return r == OK ? batch_new(vault, options, run->sealer, &run->writing, err) : r;
}

static void end(struct run *run)
{
	batch_free(run->filling);
	batch_free(run->writing);
	sealer_free(run->sealer);
	json_parser_free(run->parser);
	prepare_end(&run->prepare);
	pool_free(&run->scratch);
}

/* What was read before a Ctrl-C is still written; what was read before a fault of the input or the system is not, but
 * what the writer has of it is waited for. */
static enum result finish(struct run *run, enum result r, struct err *err)
{
	struct err second;
	enum result last;

	if (r == OK)
		return finish_batches(run, err);
	last = r == ERR_INTERRUPTED ? finish_batches(run, &second) : batch_wait(run->writing, run->result, &second);
	if (r == ERR_INTERRUPTED && last != OK) {
		*err = second;
		return last;
	}
	return r;
}

enum result import_files(struct vault *vault, const struct import_options *options, const char *const *paths,
			 size_t count, struct import_result *out, struct err *err)
{
	struct run run = {.options = options, .result = out, .total = total_size(paths, count)};
	enum result r;

	*out = (struct import_result){0};
	r = check_options(options, count, err);
	if (r != OK)
		return r;
	r = begin(&run, vault, err);
	for (size_t i = 0; i < count && r == OK; i++)
		r = import_file(&run, paths[i], err);
	if (run.writing != NULL)
		r = finish(&run, r, err);
	end(&run);
	return r;
}
