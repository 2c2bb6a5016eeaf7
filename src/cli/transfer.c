/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What comes: a person's copy, the file of a job, a record's media.
 */
#include "cli/transfer.h"

#include <string.h>

#include "api/outfile.h"
#include "api/person_export.h"
#include "cli/follow.h"
#include "cli/interrupt.h"
#include "cli/reply.h"
#include "cli/whom.h"
#include "privacy/person.h"

#define TRIES 5 /* while a download breaks off */

enum result transfer_parse(struct asked *asked, const struct call_option *options, size_t count, int least, int most,
			   struct err *err)
{
	enum result r = call_parse(asked->call, options, count, &asked->argc, asked->argv, least, most, err);

	if (r == OK)
		r = asked_check_globals(asked, err);
	if (r == OK && asked->call->account == NULL) {
		err_set(err, ERR_INPUT, "which account is meant is not said");
		return err_mend(err, "say which with --account or LETHE_ACCOUNT");
	}
	return r;
}

/* ---- a file ---- */

static void show_bytes(void *arg, int64_t done, int64_t total)
{
	(void)call_progress_show(arg, done, total); /* asked by `stop` */
}

/* What broke off is gone on with. */
static enum result get_rest(struct asked *asked, struct ask_request *request, struct ask_download *download,
			    struct outfile *out, struct err *err)
{
	char etag[ASK_TEXT_MAX] = "";
	struct ask_answer answer;
	struct buf body;
	enum result r = ERR_IO;

	buf_init(&body, REPLY_MAX);
	for (int i = 0; i < TRIES; i++) {
		download->from = out->written;
		download->etag = etag;
		r = reply_get(asked, request, NULL, &body, &answer, err);
		if (r == OK || !answer.broken || answer.etag[0] == '\0' || request->range != NULL || interrupt_asked())
			break;
		memcpy(etag, answer.etag, sizeof etag);
	}
	download->etag = NULL;
	buf_free(&body);
	return r;
}

static enum result get_file(struct asked *asked, const char *target, const char *range, struct outfile *out, struct err *err)
{
	struct call_progress progress;
	struct ask_download download = {.write = outfile_write, .arg = out};
	struct ask_request request = {.method = "GET", .target = target, .download = &download, .range = range,
				      .stop = interrupt_asked, .progress = show_bytes, .progress_arg = &progress};
	enum result r;

	call_progress_begin(asked->call, &progress, "Fetching");
	r = get_rest(asked, &request, &download, out, err);
	call_progress_end(&progress);
	return r;
}

/* Of the account's, below `what`. */
static enum result make_target(struct asked *asked, struct buf *target, const char *what, const char *id, const char *rest,
			       struct err *err)
{
	buf_init(target, ASKED_TARGET_MAX);
	buf_add_str(target, "/v1/accounts/");
	asked_encode(target, asked->call->account);
	buf_add_str(target, what);
	asked_encode(target, id);
	buf_add_str(target, rest);
	return buf_ok(target, "the request", err);
}

static void say_file(struct call *call, const struct outfile *out)
{
	char size[32];

	if (strcmp(out->path, "-") == 0)
		return;
	call_say(call, "%s: %s\n", call_clean(call, out->path), call_bytes(out->written, size));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "file", out->path);
	json_int(&call->w, "bytes", (int64_t)out->written);
	json_end_object(&call->w);
}

static enum result fetch_to(struct asked *asked, const char *what, const char *id, const char *rest, const char *range,
			    const char *path, struct err *err)
{
	struct outfile out;
	struct buf target;
	enum result r = make_target(asked, &target, what, id, rest, err);

	if (r == OK)
		r = outfile_open(asked->call, path, &out, err);
	if (r == OK) {
		r = get_file(asked, target.data, range, &out, err);
		r = outfile_close(&out, r, err);
	}
	if (r == OK)
		say_file(asked->call, &out);
	buf_free(&target);
	return r;
}

/* ---- commands ---- */

static enum result job_fetch(struct asked *asked, bool *partly, struct err *err)
{
	const char *out = NULL;
	const struct call_option options[] = {{"out", &out, NULL}};
	enum result r = transfer_parse(asked, options, 1, 1, 1, err);

	(void)partly;
	return r == OK ? fetch_to(asked, "/jobs/", asked->argv[0], "/result", NULL, out, err) : r;
}

static enum result record_media(struct asked *asked, bool *partly, struct err *err)
{
	const char *out = NULL, *n = "0", *range = NULL;
	const struct call_option options[] = {{"out", &out, NULL}, {"n", &n, NULL}, {"range", &range, NULL}};
	struct buf rest;
	enum result r = transfer_parse(asked, options, 3, 1, 1, err);

	(void)partly;
	buf_init(&rest, ASKED_NAME_MAX * 8);
	buf_add_str(&rest, "/media/");
	asked_encode(&rest, n);
	if (r == OK)
		r = buf_ok(&rest, "the request", err);
	if (r == OK)
		r = fetch_to(asked, "/records/", asked->argv[0], rest.data, range, out, err);
	buf_free(&rest);
	return r;
}

/* ---- a person's copy ---- */

static enum result begin_export(struct asked *asked, const char *person, const char *others, const char **job, struct err *err)
{
	struct ask_request request = {.method = "POST", .json = true, .stop = interrupt_asked};
	struct buf target, body, sent;
	struct ask_answer answer;
	struct json_writer w;
	enum result r = make_target(asked, &target, "/persons/", person, "/export", err);

	buf_init(&body, REPLY_MAX);
	buf_init(&sent, ASKED_BODY_MAX);
	json_writer_init(&w, &sent, 0);
	json_begin_object(&w, NULL);
	if (others != NULL)
		json_string(&w, "others", others);
	json_end_object(&w);
	if (r == OK)
		r = buf_ok(&sent, "the request", err);
	request.target = target.data;
	request.body = sent.data;
	if (r == OK)
		r = reply_get(asked, &request, "application/json", &body, &answer, err);
	if (r == OK)
		r = follow_id(asked, &body, job, err);
	buf_free(&target);
	buf_free(&body);
	buf_free(&sent);
	return r;
}

static enum result read_result(const struct json *answer, struct id *person, struct export_result *out, struct err *err)
{
	const char *text = json_get_text(answer, "person");

	*out = (struct export_result){.records = json_get_int(answer, "records", 0),
				      .contacts = json_get_int(answer, "contacts", 0),
				      .media = json_get_int(answer, "media", 0),
				      .files = json_get_int(answer, "files", 0),
				      .left_out = json_get_int(answer, "left_out", 0),
				      .media_left_out = json_get_int(answer, "media_left_out", 0),
				      .others_masked = json_get_int(answer, "others_masked", 0),
				      .bytes = (uint64_t)json_get_int(answer, "bytes", 0),
				      .leaf = (uint64_t)json_get_int(answer, "audit_leaf", 0)};
	return id_parse(PERSON_PREFIX, text != NULL ? text : "", person, err);
}

static enum result fetch_copy(struct asked *asked, const char *job, struct outfile *out, struct err *err)
{
	struct buf target;
	enum result r = make_target(asked, &target, "/jobs/", job, "/result", err);

	if (r == OK)
		r = get_file(asked, target.data, NULL, out, err);
	if (r == ERR_INTERRUPTED || r == ERR_IO)
		err_mend(err, "it is made, and kept for a while: `lethe job fetch %s --out FILE`", job);
	buf_free(&target);
	return r;
}

static enum result export_to(struct asked *asked, const char *person, const char *others, struct outfile *out,
			     struct export_result *result, struct id *whose, struct err *err)
{
	const struct json *answer = NULL;
	const char *job = NULL;
	enum result r = begin_export(asked, person, others, &job, err);

	if (r == OK)
		r = follow(asked, job, "exporting", &answer, err);
	if (r == OK)
		r = read_result(answer, whose, result, err);
	return r == OK ? fetch_copy(asked, job, out, err) : r;
}

static enum result person_export(struct asked *asked, bool *partly, struct err *err)
{
	const char *path = NULL, *others = NULL;
	const struct call_option options[] = {{"out", &path, NULL}, {"others", &others, NULL}};
	struct export_request request = {.show_others = false};
	struct export_result result = {.records = 0};
	struct outfile out;
	enum result r = transfer_parse(asked, options, 2, 1, 1, err);

	if (r == OK && path == NULL) {
		err_set(err, ERR_INPUT, "where the ZIP goes is missing");
		r = err_mend(err, "say --out FILE.zip");
	}
	if (r == OK)
		r = whom_person(asked, &asked->argv[0], err);
	if (r == OK)
		r = outfile_open(asked->call, path, &out, err);
	if (r != OK)
		return r;
	r = export_to(asked, asked->argv[0], others, &out, &result, &request.person, err);
	r = outfile_close(&out, r, err);
	if (r != OK)
		return r;
	request.show_others = others != NULL && strcmp(others, "show") == 0;
	*partly = result.left_out + result.media_left_out > 0;
	if (strcmp(path, "-") != 0)
		person_export_report(asked->call, path, request.person, &request, &result);
	return OK;
}

/* ---- which ---- */

transfer_run *transfer_find(const char *command)
{
	static const struct { const char *name; transfer_run *run; } all[] = {
	    {"person export", person_export},
	    {"job fetch", job_fetch},
	    {"record media", record_media},
	    {"import", transfer_import},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (strcmp(all[i].name, command) == 0)
			return all[i].run;
	}
	return NULL;
}
