/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "api/import_refused.h"
#include "api/import_sums.h"
#include "api/import_upload.h"
#include "api/operations.h"
#include "ingest/import.h"

#define SHOWN_MAX 20  /* lines told of, of each sort; all are counted and kept */
#define LIST_MAX ((size_t)512 * 1024)
#define LISTED_MAX 100 /* in the answer of a job */

struct importing {
	struct call *call;
	struct call_progress progress;
	int rejected, differing;
	struct json_writer listed; /* lines that were not taken, of a job */
	struct buf list;
	int listed_count;
};

/* ---- while it runs ---- */

static bool asked_to_stop(void *arg)
{
	const struct importing *importing = arg;

	return call_interrupted(importing->call);
}

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	struct importing *importing = arg;

	(void)call_progress_show(&importing->progress, (int64_t)done, (int64_t)total); /* asked by asked_to_stop */
}

static void show_bad_line(void *arg, const char *file, uint64_t line, const struct err *why)
{
	struct importing *importing = arg;
	struct call *call = importing->call;
	int *shown = why->code == ERR_EXISTS ? &importing->differing : &importing->rejected;

	if ((*shown)++ >= SHOWN_MAX)
		return;
	call_remark(call, "%s:%" PRIu64 ": %s%s%s%s%s\n", call_clean(call, file), line, call_clean(call, why->where),
		    why->where[0] ? ": " : "", call_clean(call, why->what), why->mend[0] ? "\n    " : "",
		    call_clean(call, why->mend));
}

static void list_bad_line(void *arg, const char *file, uint64_t line, const struct err *why)
{
	struct importing *importing = arg;

	(void)file;
	if (importing->listed_count++ < LISTED_MAX)
		import_refused_add(&importing->listed, (int64_t)line, why);
}

/* ---- the outcome ---- */

/* What is in the vault is said also when the import ended early, before the error is. */
static void report(struct call *call, const struct import_result *result, enum result r)
{
	struct err ignored;

	if (r != OK)
		call_say(call, "The import ended early; this much is in the vault, whole. Run it again to go on: "
			       "what is there already is passed over.\n");
	import_sums_say(call, result);
	json_begin_object(&call->w, NULL);
	import_sums_write(&call->w, result);
	json_end_object(&call->w);
	if (r != OK && call_flush(call, &ignored) != OK)
		call->out.failed = true; /* the error that ended it is the one to tell */
}

/* ---- the command ---- */

struct given {
	const char *format, *source, *zone;
	struct import_options options;
};

static void say_more(struct call *call, int told, const char *what)
{
	if (told > SHOWN_MAX)
		call_remark(call, ".. and %d more %s\n", told - SHOWN_MAX, what);
}

static enum result read_given(struct given *given, struct err *err)
{
	if (given->format != NULL && !import_format_parse(given->format, &given->options.format)) {
		err_set(err, ERR_INPUT, "there is no format '%.40s'", given->format);
		err_where(err, "--format");
		return err_mend(err, "give jsonl or asterisk-csv; unless given, files whose names end in .csv are "
				     "asterisk-csv");
	}
	if (given->source != NULL && import_check_source(given->source, err) != OK)
		return err_where(err, "--source");
	given->options.source = given->source;
	if (given->zone != NULL && zone_open(given->zone, &given->options.zone, err) != OK)
		return err_where(err, "--tz");
	return OK;
}

static enum result run_import(struct call *call, struct given *given, int count, char **paths, bool *partly,
			      struct err *err)
{
	struct importing importing = {.call = call};
	struct import_result result;
	struct account account;
	enum result r = call_open_account(call, true, &account, err);

	if (r != OK)
		return r;
	given->options.account = &account;
	given->options.now = call->now;
	given->options.arg = &importing;
	given->options.stop = asked_to_stop;
	given->options.progress = show_progress;
	given->options.bad_line = show_bad_line;
	call_progress_begin(call, &importing.progress, "Importing");
	r = import_files(call->vault, &given->options, (const char *const *)paths, (size_t)count, &result, err);
	call_progress_end(&importing.progress);
	say_more(call, importing.rejected, importing.rejected == SHOWN_MAX + 1 ? "rejected line" : "rejected lines");
	say_more(call, importing.differing,
		 importing.differing == SHOWN_MAX + 1 ? "record with other content" : "records with other content");
	if (r == OK || result.lines > 0)
		report(call, &result, r);
	*partly = result.rejected > 0 || result.differs > 0;
	return r;
}

/* What was sent for a job. */
static enum result import_sent(struct call *call, struct importing *importing, struct given *given,
			       struct import_result *result, struct err *err)
{
	struct import_upload upload;
	enum result r = import_upload_open(call, given->options.account->number, &upload, err);

	if (r != OK)
		return r;
	given->options.input = &upload.input;
	given->options.bad_line = list_bad_line;
	call_progress_begin(call, &importing->progress, "Importing");
	r = import_files(call->vault, &given->options, NULL, 0, result, err);
	call_progress_end(&importing->progress);
	given->options.input = NULL;
	import_upload_close(&upload);
	return r;
}

static void print_sent(struct call *call, const struct importing *importing, const struct import_result *result)
{
	json_begin_object(&call->w, NULL);
	json_begin_object(&call->w, "sums");
	import_sums_write(&call->w, result);
	json_end_object(&call->w);
	buf_add_str(&call->out, ",\"refused\":");
	buf_add(&call->out, importing->list.data, importing->list.len);
	json_end_object(&call->w);
}

static enum result run_sent(struct call *call, struct given *given, bool *partly, struct err *err)
{
	struct importing importing = {.call = call};
	struct import_result result;
	struct account account;
	enum result r = call_open_account(call, true, &account, err);

	if (r != OK)
		return r;
	buf_init(&importing.list, LIST_MAX);
	json_writer_init(&importing.listed, &importing.list, 0);
	json_begin_array(&importing.listed, NULL);
	given->options.account = &account;
	given->options.now = call->now;
	given->options.arg = &importing;
	given->options.stop = asked_to_stop;
	given->options.progress = show_progress;
	r = import_sent(call, &importing, given, &result, err);
	json_end_array(&importing.listed);
	if (r == OK)
		r = buf_ok(&importing.list, "the lines that were not taken", err);
	if (r == OK)
		print_sent(call, &importing, &result);
	*partly = r == OK && (result.rejected > 0 || result.differs > 0);
	given->options.account = NULL; /* all of them end here */
	given->options.arg = NULL;
	buf_free(&importing.list);
	return r;
}

enum result op_import(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct given given = {.options = {.format = IMPORT_AUTO}};
	const struct call_option options[] = {
	    {"format", &given.format, NULL},
	    {"source", &given.source, NULL},
	    {"tz", &given.zone, NULL},
	    {"media-root", &given.options.media_root, NULL},
	    {"rejects", &given.options.rejects, NULL},
	    {"strict", NULL, &given.options.strict},
	};
	bool sent = call->job != NULL;
	enum result r = call_parse(call, options, sizeof options / sizeof *options, &argc, argv, sent ? 0 : 1, sent ? 0 : -1,
				   err);

	if (r == OK)
		r = read_given(&given, err);
	if (r == OK && sent)
		r = run_sent(call, &given, partly, err);
	else if (r == OK)
		r = run_import(call, &given, argc, argv, partly, err);
	zone_close(given.options.zone);
	return r;
}
