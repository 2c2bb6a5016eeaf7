/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/import_upload.h"

#include <stdlib.h>
#include <string.h>

#include "api/keyed.h"
#include "api/work.h"
#include "base/clock.h"
#include "net/problem.h"
#include "privacy/account_life.h"

#define PIECE ((size_t)256 * 1024)
#define KEPT_MS (INT64_C(7) * 24 * 3600 * 1000) /* for a job that waits */

/* ---- as it comes ---- */

static enum result take_body(struct direct *direct, struct kept_put *put, struct err *err)
{
	char *piece = malloc(PIECE);
	size_t len = 0;
	enum result r = piece != NULL ? OK : err_no_memory(err);

	while (r == OK && (r = request_read(direct->request, piece, PIECE, &len, err)) == OK && len > 0)
		r = kept_write(put, piece, len, err);
	if (piece != NULL)
		explicit_bzero(piece, PIECE);
	free(piece);
	if (r == OK && kept_bytes(put) == 0)
		return err_set(err, ERR_INPUT, "there are no lines in what was sent");
	return r;
}

/* Wrong words are refused before much has come. */
static enum result check_words(struct direct *direct, struct err *err)
{
	const char *source = direct_query(direct, "source"), *zone = direct_query(direct, "tz");
	struct zone *opened = NULL;
	enum result r = OK;

	direct->field = "source";
	if (source != NULL)
		r = import_check_source(source, err);
	if (r == OK)
		direct->field = "tz";
	if (r == OK && zone != NULL)
		r = zone_open(zone, &opened, err);
	zone_close(opened);
	if (r != OK)
		return r;
	direct->field = NULL;
	return account_life_takes_in(&direct->view->read, direct->account->number, err);
}

static const char *name_of(const struct request *request)
{
	return strcmp(request->media_type, "text/csv") == 0 ? "sent.csv" : "sent.jsonl";
}

static struct work_asking asking_of(const struct direct *direct, struct kept_put *put)
{
	return (struct work_asking){.view = direct->view, .account = direct->account->number, .resource = direct->resource,
				    .request = direct->request, .actor = direct->actor, .kept_max = direct->desk->kept_max,
				    .put = put};
}

/* As it says itself; the server has seen that it is a number. */
static uint64_t announced(const struct request *request)
{
	const char *length = request_header(request, "content-length");

	return length != NULL ? strtoull(length, NULL, 10) : 0;
}

/* What would be refused at the end is not taken in. */
static enum result check_room(struct direct *direct, struct err *err)
{
	const struct work_asking asking = asking_of(direct, NULL);

	return work_room(&direct->view->read, &asking, announced(direct->request), err);
}

static enum result file(struct direct *direct, struct kept_put *put, struct id id, struct err *err)
{
	const struct work_asking asking = asking_of(direct, put);
	struct work_row row = {.id = id};
	enum result r = keyed_stream_guard(direct->keyed, err);

	if (r == OK)
		r = work_file(&asking, &row, err);
	if (r != OK && !vault_witnessed(direct->view)) /* what is cleaned up is nothing that the key is of */
		vault_witness(direct->view, NULL, NULL);
	if (r != OK)
		return r;
	kept_done(put);
	r = work_answer(direct->account, &row, direct->request, direct->response, err);
	if (r == OK)
		direct->desk->wake(direct->desk->wake_arg);
	return r;
}

enum result import_upload(struct direct *direct, struct err *err)
{
	const struct kept_what what = {.account = direct->account->number, .job = id_new(direct->request->now),
				       .now = direct->request->now};
	struct kept_put *put = NULL;
	int64_t begun = monotonic_ms();
	enum result r = check_words(direct, err);

	if (r == OK)
		r = check_room(direct, err);
	if (r == OK)
		r = kept_begin(direct->view, &what, &put, err);
	if (r == OK)
		r = take_body(direct, put, err);
	if (r == OK)
		r = direct_may_still(direct, begun, err);
	if (r == OK)
		r = kept_seal(put, name_of(direct->request), (struct instant){what.now.ms + KEPT_MS}, err);
	if (r == OK)
		r = file(direct, put, what.job, err);
	kept_free(put);
	return r;
}

/* ---- when the job runs ---- */

struct copying { char *to; size_t len; };

static enum result copy(void *arg, const void *data, size_t len, struct err *err)
{
	struct copying *copying = arg;

	(void)err;
	memcpy(copying->to + copying->len, data, len);
	copying->len += len;
	return OK;
}

static enum result read_sent(void *arg, void *out, size_t len, size_t *got, struct err *err)
{
	struct import_upload *upload = arg;
	struct copying copying = {.to = out};
	enum result r = stream_read(upload->file.reader, upload->at, len, copy, &copying, err);

	upload->at += copying.len;
	*got = copying.len;
	return r;
}

enum result import_upload_open(struct call *call, uint32_t account, struct import_upload *out, struct err *err)
{
	struct work_row row;
	enum result r = work_get(call->vault->read.data, account, *call->job, &call->pool, &row, err);

	*out = (struct import_upload){.at = 0};
	if (r == OK)
		r = kept_open(&call->vault->read, call->vault->dir, &row, call->now, &out->file, err);
	if (r != OK)
		return r;
	out->input = (struct import_input){.read = read_sent, .arg = out, .name = out->file.name,
					   .size = stream_reader_size(out->file.reader)};
	if (call->actor != NULL && access_may(call->actor, MAY_CONTACT_WRITE, account) != ACCESS_YES)
		out->input.no_contacts = "who sent it may not: it needs contact.write";
	return OK;
}

void import_upload_close(struct import_upload *upload)
{
	kept_close(&upload->file);
}
