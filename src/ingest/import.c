/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ingest/asterisk.h"
#include "ingest/field.h"
#include "ingest/jsonl.h"
#include "ingest/lines.h"
#include "ingest/pipeline.h"
#include "ingest/prepare.h"
#include "ingest/rejects.h"
#include "privacy/account_life.h"

#define SCRATCH_MAX ((size_t)512 * 1024 * 1024)
#define PROGRESS_STEP ((uint64_t)256 * 1024) /* bytes between two calls */

/* What is kept of each file until the last of its lines is stored. */
struct file {
	const char *path;
	struct rejects rejects;
	bool read; /* to its end */
};

struct run {
	const struct import_options *options;
	struct import_result *result;
	struct intake_context context;
	struct json_parser *parser;
	struct pool scratch; /* of one line */
	struct prepare prepare;
	struct pipeline pipe;
	struct file *files;
	uint64_t done, total, shown; /* bytes */
};

/* One file of it. */
struct reading {
	struct run *run;
	struct file *file;
	enum import_format format;
	struct lines *lines;
	struct asterisk_layout *layout;
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

enum result import_check_source(const char *source, struct err *err)
{
	if (text_is_utf8(source, strlen(source)) && field_word(source, strlen(source), FIELD_SOURCE_MAX, err) == OK)
		return OK;
	err_set(err, ERR_INPUT, "a source has 1 to %d printable characters", FIELD_SOURCE_MAX);
	return err_mend(err, "give the name of the system that the records come from, such as pbx-2");
}

/* ---- lines that are not taken ---- */

static void note_rejects_file(struct import_result *result, const struct rejects *rejects)
{
	if (result->rejects_files++ == 0)
		snprintf(result->rejects, sizeof result->rejects, "%.255s", rejects->path);
}

/* Tells of it, and keeps it with its reason. */
static enum result set_aside(struct run *run, struct file *file, const struct line *line, const struct err *why,
			     struct err *err)
{
	const struct import_options *options = run->options;
	bool first = file->rejects.path[0] == '\0';
	enum result r;

	if (options->bad_line != NULL)
		options->bad_line(options->arg, file->path, line->number, why);
	if (options->input != NULL)
		return OK;
	r = rejects_add(&file->rejects, options->rejects, file->path, line, why, err);
	if (first && file->rejects.path[0] != '\0')
		note_rejects_file(run->result, &file->rejects);
	return r;
}

static enum result set_aside_differing(struct run *run, const struct batch_record *record, struct err *err)
{
	struct file *file = &run->files[record->file];
	struct line line = {.text = record->line != NULL ? record->line : record->payload,
			    .len = record->line != NULL ? record->line_len : record->payload_len,
			    .number = record->line_number};
	struct err why;

	err_set(&why, ERR_EXISTS, "a record of this source, id and time is here already, with other content");
	err_mend(&why, "it was left as it was: a record cannot be replaced; to keep both, give this one an id of its own");
	return set_aside(run, file, &line, &why, err);
}

static int by_order(const void *a, const void *b)
{
	const struct batch_record *const *x = a, *const *y = b;

	return (*x)->order < (*y)->order ? -1 : (*x)->order > (*y)->order;
}

/* Files that are read to their end are closed; one more of their lines opens their rejects again. */
static enum result tell_differing(void *arg, struct batch *batch, struct err *err)
{
	struct run *run = arg;
	enum result r = OK;

	qsort(batch->differing, batch->differing_count, sizeof(void *), by_order);
	for (size_t i = 0; i < batch->differing_count && r == OK; i++) {
		struct file *file = &run->files[batch->differing[i]->file];
		bool last = i + 1 == batch->differing_count || &run->files[batch->differing[i + 1]->file] != file;

		r = set_aside_differing(run, batch->differing[i], err);
		if (r == OK && last && file->read)
			r = rejects_close(&file->rejects, err);
	}
	return r;
}

/* ---- while it runs ---- */

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
	return err_where(err, "%.200s:%" PRIu64 "%s%.60s", reading->file->path, line->number, why->where[0] ? ": " : "",
			 why->where);
}

static enum result reject(struct reading *reading, const struct line *line, const struct err *why, struct err *err)
{
	reading->run->result->rejected++;
	if (reading->run->options->strict)
		return stop_at(reading, line, why, err);
	reading->rejecting = true;
	return set_aside(reading->run, reading->file, line, why, err);
}

/* A byte order mark is nothing. */
static bool is_blank(const struct line *line)
{
	static const char bom[] = "\xef\xbb\xbf";
	bool marked = line->len >= 3 && memcmp(line->text, bom, 3) == 0;

	for (size_t i = marked ? 3 : 0; i < line->len; i++) {
		if (line->text[i] == '\0' || strchr(" \t\r\n", line->text[i]) == NULL)
			return false;
	}
	return true;
}

static enum result too_long(enum import_format format, struct err *err)
{
	err_set(err, ERR_LIMIT, "the line is longer than %zu bytes", INTAKE_LINE_MAX);
	if (format == IMPORT_ASTERISK)
		return err_mend(err, "no call detail record is: the file is damaged here, or is no CSV");
	return err_mend(err, "put long content into a file and name it in 'media'");
}

static enum result keep_header(struct reading *reading, const struct line *line, struct err *err)
{
	struct buf *header = &reading->file->rejects.header;

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

/* What came over the network. */
static enum result check_sent(const struct import_input *input, const struct intake *in, struct err *err)
{
	if (input == NULL)
		return OK;
	if (in->type == INTAKE_CONTACT && input->no_contacts != NULL) {
		err_set(err, ERR_INPUT, "contacts are not taken here");
		return err_mend(err, "%s", input->no_contacts);
	}
	if (in->media_count == 0)
		return OK;
	err_set(err, ERR_INPUT, "a line that is sent names no files");
	err_mend(err, "leave 'media' out, and send the file itself: PUT .../records/{record}/media/0");
	return err_where(err, "field 'media'");
}

static enum result read_line(struct reading *reading, const struct line *line, bool *is_header, struct intake *in,
			     struct err *err)
{
	struct run *run = reading->run;

	*is_header = false;
	if (line->too_long)
		return too_long(reading->format, err);
	if (reading->format == IMPORT_ASTERISK)
		return read_row(reading, line, is_header, in, err);
	return jsonl_read(run->parser, &run->context, line->text, line->len, &run->scratch, in, err);
}

/* So that it can be set aside should it turn out to be there already with other content. The payload of most is the
 * line itself. */
static enum result note_line(const struct reading *reading, const struct intake *in, const struct line *line,
			     struct err *err)
{
	struct run *run = reading->run;
	struct batch *batch = run->pipe.filling;
	struct batch_record *record;

	if (in->type == INTAKE_CONTACT)
		return OK;
	record = &batch->records[batch->record_count - 1];
	record->file = (uint32_t)(reading->file - run->files);
	record->line_number = line->number;
	if (reading->format == IMPORT_JSONL && in->media_count == 0)
		return OK;
	record->line = pool_strndup(&batch->pool, line->text, line->len);
	record->line_len = line->len;
	return record->line != NULL ? OK : err_no_memory(err);
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
		r = check_sent(run->options->input, &in, &why);
	if (r == OK)
		r = prepare_add(&run->prepare, &in, run->pipe.filling, &why);
	if (is_bad_line(r)) {
		if (reading->format == IMPORT_ASTERISK)
			lines_cut(reading->lines, line);
		return reject(reading, line, &why, err);
	}
	if (r != OK)
		*err = why;
	else
		r = note_line(reading, &in, line, err);
	return r == OK && batch_is_full(run->pipe.filling) ? pipeline_turn(&run->pipe, run->result, err) : r;
}

static enum result take(struct reading *reading, struct line *line, struct err *err)
{
	reading->run->result->input_bytes = (int64_t)(reading->run->done + lines_offset(reading->lines));
	if (line->continues)
		return reading->rejecting && reading->run->options->input == NULL ? rejects_add_more(&reading->file->rejects, line, err) : OK;
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

static enum result open_lines(struct reading *reading, bool csv, struct err *err)
{
	const struct import_input *input = reading->run->options->input;
	enum lines_split split = csv ? LINES_CSV : LINES_PLAIN;

	if (input != NULL)
		return lines_open_from(input->read, input->arg, input->name, split, &reading->lines, err);
	return lines_open(reading->file->path, split, &reading->lines, err);
}

static enum result begin_file(struct reading *reading, struct err *err)
{
	struct run *run = reading->run;
	bool csv = reading->format == IMPORT_ASTERISK;
	enum result r = open_lines(reading, csv, err);

	if (r == OK && run->options->input == NULL)
		r = mediafile_folder(run->options->media_root, reading->file->path, &run->prepare.folder, err);
	return r == OK && csv ? asterisk_layout_new(&reading->layout, err) : r;
}

/* Excel and PowerShell write it unasked: not one of its lines could be read. */
static enum result refuse_utf16(const struct reading *reading, const struct line *line, struct err *err)
{
	if (line->number > 1 || line->len < 2 ||
	    (memcmp(line->text, "\xff\xfe", 2) != 0 && memcmp(line->text, "\xfe\xff", 2) != 0))
		return OK;
	err_set(err, ERR_INPUT, "the file is in UTF-16; UTF-8 is read");
	err_where(err, "%.280s", reading->file->path);
	return err_mend(err, "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW-FILE, or save it as UTF-8");
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
		r = refuse_utf16(reading, &line, err);
		if (r == OK)
			r = take(reading, &line, err);
		show_progress(reading->run, reading->lines);
	}
	return r;
}

static enum result import_file(struct run *run, struct file *file, struct err *err)
{
	struct reading reading = {.run = run, .file = file, .format = format_of(run->options, file->path)};
	struct err second;
	enum result r = begin_file(&reading, err), closed;

	if (r == OK)
		r = read_lines(&reading, err);
	file->read = true;
	closed = rejects_close(&file->rejects, &second);
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

static enum result begin(struct run *run, struct vault *vault, const char *const *paths, size_t count, struct err *err)
{
	const struct import_options *options = run->options;
	enum result r;

	run->context = (struct intake_context){.default_source = options->source != NULL ? options->source : "import",
					       .zone = options->zone,
					       .latest = {options->now.ms + INTAKE_FUTURE_MS}};
	run->prepare = (struct prepare){.vault = vault, .options = options, .scratch = &run->scratch};
	pool_init(&run->scratch, SCRATCH_MAX);
	run->files = calloc(count + 1, sizeof *run->files);
	if (run->files == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < count; i++)
		run->files[i].path = paths[i];
	r = prepare_begin(&run->prepare, err);
	if (r == OK)
		r = json_parser_new(INTAKE_LINE_MAX, &run->parser, err);
	run->pipe = (struct pipeline){.settled = tell_differing, .arg = run};
	return r == OK ? pipeline_begin(&run->pipe, vault, options, err) : r;
}

static void end(struct run *run, size_t count)
{
	for (size_t i = 0; i < count && run->files != NULL; i++)
		rejects_free(&run->files[i].rejects);
	free(run->files);
	pipeline_end(&run->pipe);
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
		return pipeline_finish(&run->pipe, run->result, err);
	last = r == ERR_INTERRUPTED ? pipeline_finish(&run->pipe, run->result, &second)
				    : pipeline_settle(&run->pipe, run->result, &second);
	if (r == ERR_INTERRUPTED && last != OK) {
		*err = second;
		return last;
	}
	return r;
}

enum result import_files(struct vault *vault, const struct import_options *options, const char *const *paths,
			 size_t count, struct import_result *out, struct err *err)
{
	const struct import_input *input = options->input;
	const char *const *names = input != NULL ? &input->name : paths;
	struct run run = {.options = options, .result = out};
	enum result r;

	count = input != NULL ? 1 : count;
	run.total = input != NULL ? input->size : total_size(paths, count);
	*out = (struct import_result){0};
	r = check_options(options, count, err);
	if (r != OK)
		return r;
	r = account_life_takes_in(&vault->read, options->account->number, err);
	if (r != OK)
		return r;
	r = begin(&run, vault, names, count, err);
	for (size_t i = 0; i < count && r == OK; i++)
		r = import_file(&run, &run.files[i], err);
	if (run.pipe.writing != NULL)
		r = finish(&run, r, err);
	end(&run, count);
	return r;
}
