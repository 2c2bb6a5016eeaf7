/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/person_export.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "privacy/person.h"
#include "store/job.h"
#include "vault/kept.h"

#define TRIES 3 /* while others are erased or deleted, of whom the copy may tell */

static bool show_progress(void *arg, int64_t done, int64_t total)
{
	return call_progress_show(arg, done, total);
}

static void say(struct call *call, const char *path, const struct export_result *result)
{
	char a[32], b[32], c[32], d[32];

	call_say(call, "%s: %s records, %s contacts, %s media files, %s\n", call_clean(call, path),
		 call_count(result->records, a), call_count(result->contacts, b), call_count(result->media, c),
		 call_bytes(result->bytes, d));
	if (result->others_masked > 0)
		call_say(call, "masked: %s other people and agents\n", call_count(result->others_masked, a));
	if (result->left_out + result->media_left_out > 0)
		call_say(call, "left out: %s records and contacts, %s media files; manifest.json says which and why\n",
			 call_count(result->left_out, a), call_count(result->media_left_out, b));
	call_say(call, "audit leaf %" PRIu64 "\n", result->leaf);
}

static void print_counts(struct json_writer *w, const struct export_request *request, const struct export_result *result)
{
	json_int(w, "bytes", (int64_t)result->bytes);
	json_string(w, "others", request->show_others ? "show" : "mask");
	json_int(w, "records", result->records);
	json_int(w, "contacts", result->contacts);
	json_int(w, "media", result->media);
	json_int(w, "files", result->files);
	json_int(w, "others_masked", result->others_masked);
	json_int(w, "left_out", result->left_out);
	json_int(w, "media_left_out", result->media_left_out);
	json_int(w, "audit_leaf", (int64_t)result->leaf);
}

static enum result read_others(const char *word, bool *show, struct err *err)
{
	*show = word != NULL && strcmp(word, "show") == 0;
	if (word == NULL || *show || strcmp(word, "mask") == 0)
		return OK;
	err_set(err, ERR_INPUT, "--others is 'mask' or 'show', not '%.40s'", word);
	return err_mend(err, "leave it out to mask the names, numbers and addresses of other people");
}

static enum result run(struct call *call, const struct account *account, const struct export_request *asked,
		       struct export_result *result, struct err *err)
{
	struct export_request request = *asked;
	struct call_progress progress;
	enum result r;

	call_progress_begin(call, &progress, "exporting");
	request.progress = show_progress;
	request.progress_arg = &progress;
	request.now = call->now;
	r = export_person(call->vault, account, &request, result, err);
	call_progress_end(&progress);
	return r;
}

void person_export_report(struct call *call, const char *path, struct id person, const struct export_request *request,
			  const struct export_result *result)
{
	say(call, path, result);
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "person", PERSON_PREFIX, person);
	json_string(&call->w, "file", path);
	print_counts(&call->w, request, result);
	json_end_object(&call->w);
}

/* ---- into a file of whoever asks ---- */

static enum result write_file(struct call *call, const struct account *account, struct export_request *request,
			      const char *path, struct export_result *result, struct err *err)
{
	enum result r;

	signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error like a full disk: the part is removed */
	request->path = path;
	r = run(call, account, request, result, err);
	if (r == OK)
		person_export_report(call, path, request->person, request, result);
	return r;
}

/* ---- kept with the job, to be fetched ---- */

static enum result to_kept(void *arg, const void *data, size_t len, struct err *err)
{
	return kept_write(arg, data, len, err);
}

static enum result keep_once(struct call *call, const struct account *account, struct export_request *request,
			     struct instant until, struct export_result *result, struct err *err)
{
	const struct kept_what what = {.account = account->number, .job = *call->job, .tells = true, .now = call->now};
	char id[ID_TEXT_MAX], name[KEPT_NAME_MAX];
	struct kept_put *put;
	enum result r = kept_begin(call->vault, &what, &put, err);

	if (r != OK)
		return r;
	snprintf(name, sizeof name, "%s.zip", id_format(PERSON_PREFIX, request->person, id));
	request->write = to_kept;
	request->write_arg = put;
	r = run(call, account, request, result, err);
	if (r == OK)
		r = kept_finish(put, name, until, err);
	kept_free(put);
	return r;
}

static enum result keep(struct call *call, const struct account *account, struct export_request *request,
			struct export_result *result, struct err *err)
{
	const struct instant until = {call->now.ms + call->keeps.ms};
	char of[ID_TEXT_MAX], job[ID_TEXT_MAX];
	const char *where;
	enum result r = ERR_BUSY;

	for (int i = 0; i < TRIES && r == ERR_BUSY; i++)
		r = keep_once(call, account, request, until, result, err);
	if (r != OK)
		return r;
	where = pool_printf(&call->pool, "/v1/accounts/%s/jobs/%s/result", id_format(ACCOUNT_PREFIX, account->id, of),
			    id_format(JOB_PREFIX, *call->job, job));
	if (where == NULL)
		return err_no_memory(err);
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "person", PERSON_PREFIX, request->person);
	json_string(&call->w, "result", where);
	json_instant(&call->w, "kept_until", until);
	print_counts(&call->w, request, result);
	json_end_object(&call->w);
	return OK;
}

/* ---- the operation ---- */

enum result op_person_export(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *out = NULL, *others = NULL;
	const struct call_option options[] = {{"out", &out, NULL}, {"others", &others, NULL}};
	struct export_request request = {0};
	struct export_result result;
	struct account account;
	enum result r = call_parse(call, options, 2, &argc, argv, 1, 1, err);

	if (r == OK)
		r = read_others(others, &request.show_others, err);
	if (r == OK && out == NULL && call->job == NULL) {
		err_set(err, ERR_INPUT, "where the ZIP goes is missing");
		r = err_mend(err, "say --out FILE.zip");
	}
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = person_find_one(&call->vault->read, &account, argv[0], &call->pool, &request.person, err);
	if (r == OK && call->job != NULL)
		r = keep(call, &account, &request, &result, err);
	else if (r == OK)
		r = write_file(call, &account, &request, out, &result, err);
	*partly = r == OK && result.left_out + result.media_left_out > 0;
	return r;
}
