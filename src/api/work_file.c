/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/work_file.h"

#include <stdlib.h>
#include <string.h>

#include "api/opened.h"
#include "store/job.h"
#include "vault/act.h"

/* Of a person's copy the log says whose it is: its name does. */
static void note_whose(struct act *act, const char *name)
{
	char text[KEPT_NAME_MAX];
	struct err ignored;
	struct id id;

	memcpy(text, name, sizeof text);
	text[strcspn(text, ".")] = '\0';
	if (id_parse(PERSON_PREFIX, text, &id, &ignored) == OK)
		act_id(act, "person", PERSON_PREFIX, id);
}

static enum result note(struct vault *vault, const struct work_row *row, const char *name, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "job.fetch", row->account, now);
	act_id(&act, "job", JOB_PREFIX, row->id);
	note_whose(&act, name);
	return vault_note(&vault->read, &act, err);
}

/* What was sent to be taken in is no result. */
static enum result check_made(const struct work_row *row, struct err *err)
{
	if (row->state == WORK_DONE && row->file_key != 0)
		return OK;
	if (row->ended.ms != 0)
		return err_set(err, ERR_NOT_FOUND, "the job has no file, or it is kept no more");
	err_set(err, ERR_NOT_FOUND, "the job has not ended yet");
	return err_mend(err, "`lethe job show` says how far it is");
}

enum result work_file_open(struct vault *vault, uint32_t account, struct id job, struct instant now, struct pool *pool,
			   struct kept_file *out, struct err *err)
{
	struct work_row row;
	enum result r = work_get(vault->read.data, account, job, pool, &row, err);

	*out = (struct kept_file){0};
	if (r == OK)
		r = check_made(&row, err);
	if (r == OK)
		r = kept_open(&vault->read, vault->dir, &row, now, out, err);
	if (r == OK)
		r = note(vault, &row, out->name, now, err);
	if (r != OK)
		kept_close(out);
	return r;
}

static void end_sending(void *arg)
{
	struct kept_file *file = arg;

	kept_close(file);
	free(file);
}

static const char *type_of(const char *name)
{
	const char *end = strrchr(name, '.');

	return end != NULL && strcmp(end, ".zip") == 0 ? "application/zip" : "application/octet-stream";
}

/* A job makes one file, and never another. */
static void describe(struct direct *direct, const char *name)
{
	struct response *response = direct->response;
	struct pool *pool = direct->request->pool;

	response_type(response, type_of(name));
	response_etag(response, pool_printf(pool, "\"%s\"", request_parameter(direct->request, "job")));
	response_header(response, "Content-Disposition", pool_printf(pool, "attachment; filename=\"%s\"", name));
}

enum result work_file_send(struct direct *direct, struct err *err)
{
	struct kept_file *file = calloc(1, sizeof *file);
	struct id id;
	enum result r = file != NULL ? OK : err_no_memory(err);

	if (r == OK && id_parse(JOB_PREFIX, request_parameter(direct->request, "job"), &id, err) != OK)
		r = err_set(err, ERR_NOT_FOUND, "there is no such job");
	if (r == OK)
		r = work_file_open(direct->view, direct->account->number, id, direct->request->now, direct->request->pool, file, err);
	if (r == OK)
		r = opened_answer(direct->response, file->reader, end_sending, file, err);
	if (r == OK)
		describe(direct, file->name);
	else if (file != NULL)
		end_sending(file);
	return r;
}
