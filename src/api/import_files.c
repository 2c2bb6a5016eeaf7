/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "api/import_sums.h"
#include "api/operations.h"
#include "ingest/import.h"

#define SHOWN_MAX 20 /* lines told of, of each sort; all are counted and kept */

struct importing {
	struct call *call;
	struct call_progress progress;
	int rejected, differing;
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
	enum result r = call_parse(call, options, sizeof options / sizeof *options, &argc, argv, 1, -1, err);

	if (r == OK)
		r = read_given(&given, err);
	if (r == OK)
		r = run_import(call, &given, argc, argv, partly, err);
	zone_close(given.options.zone);
	return r;
}
