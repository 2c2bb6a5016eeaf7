/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes: files to be imported, one after the other, each as a job.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/import_sums.h"
#include "cli/follow.h"
#include "cli/interrupt.h"
#include "cli/reply.h"
#include "cli/transfer.h"

#define SHOWN_MAX 20 /* lines told of: all are counted */

struct given { const char *format, *source, *zone, *media_root, *rejects; bool strict; };

/* ---- words ---- */

static enum result refuse(const char *option, const char *why, struct err *err)
{
	err_set(err, ERR_UNSUPPORTED, "a daemon is not asked for --%s: %s", option, why);
	return err_mend(err, "leave it out, or run it at the machine, without --server or LETHE_SERVER");
}

static enum result check_given(const struct given *given, struct err *err)
{
	enum import_format format;

	if (given->media_root != NULL)
		return refuse("media-root", "lines that are sent name no files", err);
	if (given->rejects != NULL)
		return refuse("rejects", "the lines are yours, and those that are refused are told of by number", err);
	if (given->strict)
		return refuse("strict", "it looks at all lines", err);
	if (given->format == NULL || import_format_parse(given->format, &format))
		return OK;
	err_set(err, ERR_INPUT, "there is no format '%.40s'", given->format);
	err_where(err, "--format");
	return err_mend(err, "give jsonl or asterisk-csv; unless given, files whose names end in .csv are asterisk-csv");
}

static bool is_csv(const struct given *given, const char *path)
{
	size_t len = strlen(path);
	enum import_format format = IMPORT_AUTO;

	if (given->format != NULL && import_format_parse(given->format, &format))
		return format == IMPORT_ASTERISK;
	return len > 4 && strcasecmp(path + len - 4, ".csv") == 0;
}

/* ---- one file ---- */

static enum result open_file(const char *path, struct ask_upload *out, struct err *err)
{
	struct stat st;

	out->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (out->fd < 0 && errno == ENOENT) {
		err_set(err, ERR_NOT_FOUND, "there is no such file");
		return err_where(err, "%.280s", path);
	}
	if (out->fd < 0 || fstat(out->fd, &st) != 0)
		return err_sys(err, "cannot open %.250s", path);
	out->size = S_ISREG(st.st_mode) && out->fd != STDIN_FILENO ? (int64_t)st.st_size : -1;
	if (!S_ISDIR(st.st_mode))
		return OK;
	err_set(err, ERR_INPUT, "it is a folder, not a file");
	err_where(err, "%.280s", path);
	return err_mend(err, "name the files in it");
}

static void add_query(struct buf *target, const char *name, const char *value, char *before)
{
	if (value == NULL)
		return;
	buf_printf(target, "%c%s=", *before, name);
	asked_encode(target, value);
	*before = '&';
}

static enum result make_target(struct asked *asked, const struct given *given, struct buf *target, struct err *err)
{
	char before = '?';

	buf_init(target, ASKED_TARGET_MAX);
	buf_add_str(target, "/v1/accounts/");
	asked_encode(target, asked->call->account);
	buf_add_str(target, "/imports");
	add_query(target, "source", given->source, &before);
	add_query(target, "tz", given->zone, &before);
	return buf_ok(target, "the request", err);
}

static void show_sent(void *arg, int64_t done, int64_t total)
{
	(void)call_progress_show(arg, done, total); /* asked by `stop` */
}

static enum result send_file(struct asked *asked, const struct given *given, const struct ask_upload *upload, const char **job,
			     struct err *err)
{
	struct call_progress progress;
	struct ask_request request = {.method = "POST", .upload = upload, .json = true, .stop = interrupt_asked,
				      .progress = show_sent, .progress_arg = &progress};
	struct ask_answer answer;
	struct buf target, body;
	enum result r = make_target(asked, given, &target, err);

	buf_init(&body, REPLY_MAX);
	request.target = target.data;
	call_progress_begin(asked->call, &progress, "Sending");
	if (r == OK)
		r = reply_get(asked, &request, "application/json", &body, &answer, err);
	call_progress_end(&progress);
	if (r == OK)
		r = follow_id(asked, &body, job, err);
	else if (r == ERR_INTERRUPTED)
		err_mend(err, "nothing of what was sent is there; send it again");
	buf_free(&target);
	buf_free(&body);
	return r;
}

static const char *text_of(const struct json *line, const char *name)
{
	const char *text = json_get_text(line, name);

	return text != NULL ? text : "";
}

/* As at the machine; of the rest of them how many there are. */
static void tell_refused(struct call *call, const char *path, const struct json *answer, int64_t all)
{
	const struct json *refused = json_get(answer, "refused");
	int64_t told = 0;

	for (const struct json *at = refused != NULL ? refused->first : NULL; at != NULL && told < SHOWN_MAX; at = at->next, told++) {
		const char *where = text_of(at, "where"), *mend = text_of(at, "mend");

		call_remark(call, "%s:%" PRId64 ": %s%s%s%s%s\n", call_clean(call, path), json_get_int(at, "line", 0),
			    call_clean(call, where), *where != '\0' ? ": " : "", call_clean(call, text_of(at, "reason")),
			    *mend != '\0' ? "\n    " : "", call_clean(call, mend));
	}
	if (all > told)
		call_remark(call, ".. and %" PRId64 " more rejected line%s\n", all - told, all - told == 1 ? "" : "s");
}

static enum result import_one(struct asked *asked, const struct given *given, const char *path, struct import_result *result,
			      struct err *err)
{
	struct ask_upload upload = {.type = is_csv(given, path) ? "text/csv" : "application/x-ndjson"};
	const struct json *answer = NULL, *sums = NULL;
	const char *job = NULL;
	enum result r = open_file(path, &upload, err);

	if (r == OK)
		r = send_file(asked, given, &upload, &job, err);
	if (upload.fd > STDIN_FILENO)
		close(upload.fd);
	if (r == OK)
		r = follow(asked, job, "Importing", &answer, err);
	if (r == OK)
		sums = json_get(answer, "sums");
	if (r == OK && sums == NULL) {
		err_set(err, ERR_IO, "what answers there is no Lethe: an import has no sums");
		return err_where(err, "%s", asked->server.url);
	}
	if (r != OK)
		return r;
	import_sums_add(result, sums);
	tell_refused(asked->call, path, answer, json_get_int(sums, "rejected", 0) + json_get_int(sums, "differs", 0));
	return OK;
}

/* ---- the command ---- */

enum result transfer_import(struct asked *asked, bool *partly, struct err *err)
{
	struct given given = {.strict = false};
	const struct call_option options[] = {
	    {"format", &given.format, NULL}, {"source", &given.source, NULL}, {"tz", &given.zone, NULL},
	    {"media-root", &given.media_root, NULL}, {"rejects", &given.rejects, NULL}, {"strict", NULL, &given.strict},
	};
	struct import_result result = {.lines = 0};
	struct call *call = asked->call;
	enum result r = transfer_parse(asked, options, sizeof options / sizeof *options, 1, -1, err);

	if (r == OK)
		r = check_given(&given, err);
	for (int i = 0; i < asked->argc && r == OK; i++)
		r = import_one(asked, &given, asked->argv[i], &result, err);
	if (r != OK)
		return r;
	import_sums_say(call, &result);
	json_begin_object(&call->w, NULL);
	import_sums_write(&call->w, &result);
	json_end_object(&call->w);
	*partly = result.rejected > 0 || result.differs > 0;
	return OK;
}
