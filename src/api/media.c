/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/media.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/condition.h"
#include "api/digest.h"
#include "api/opened.h"
#include "base/clock.h"
#include "ingest/intake.h"
#include "ingest/media_add.h"
#include "vault/media_open.h"

#define PIECE ((size_t)256 * 1024)

static const struct kind_of_file {
	const char *type, *ending;
} kinds[] = {
    [MEDIA_OTHER] = {"application/octet-stream", "bin"},
    [MEDIA_WAV] = {"audio/wav", "wav"},
    [MEDIA_MP3] = {"audio/mpeg", "mp3"},
    [MEDIA_OGG] = {"audio/ogg", "ogg"},
    [MEDIA_FLAC] = {"audio/flac", "flac"},
    [MEDIA_GSM] = {"audio/gsm", "gsm"},
    [MEDIA_IMAGE] = {"application/octet-stream", "bin"}, /* which sort it is says only what is in it */
    [MEDIA_TEXT] = {"text/plain; charset=utf-8", "txt"},
};

/* ---- which ---- */

static enum result no_record(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "there is no such record");
}

static enum result read_which(struct direct *direct, enum record_kind *kind, struct id *id, int *n, struct err *err)
{
	const char *record = request_parameter(direct->request, "record");
	long number = strtol(request_parameter(direct->request, "n"), NULL, 10); /* its digits have been checked */

	if (!kind_of_prefix(record, kind) || id_parse(kind_prefix(*kind), record, id, err) != OK)
		return no_record(err);
	*n = number < 0 || number > INTAKE_MEDIA_MAX ? INTAKE_MEDIA_MAX : (int)number;
	return OK;
}

static enum result find(struct direct *direct, struct record_row *record, struct media_row *out, struct err *err)
{
	struct media_row rows[INTAKE_MEDIA_MAX];
	struct db *data = direct->view->read.data;
	uint32_t account = direct->account->number;
	enum record_kind kind;
	struct id id;
	size_t count = 0;
	int n;
	enum result r = read_which(direct, &kind, &id, &n, err);

	if (r == OK)
		r = record_get(data, account, kind, id, direct->request->pool, record, err);
	if (r == OK)
		r = media_list(data, account, kind, id, rows, INTAKE_MEDIA_MAX, &count, err);
	if (r == ERR_NOT_FOUND)
		return no_record(err);
	for (size_t i = 0; i < count && r == OK; i++) {
		if (rows[i].n == n) {
			*out = rows[i];
			return OK;
		}
	}
	return r == OK ? err_set(err, ERR_NOT_FOUND, "the record has no such file: it has %zu, counted from 0", count) : r;
}

static const char *etag_of(const struct direct *direct, const struct media_row *row)
{
	char blob[ID_TEXT_MAX];

	id_format("file", row->blob, blob);
	return pool_printf(direct->request->pool, "\"%s\"", blob);
}

static void describe(struct direct *direct, const struct media_row *row)
{
	struct response *response = direct->response;
	struct pool *pool = direct->request->pool;
	char id[ID_TEXT_MAX];

	id_format(kind_prefix(row->kind), row->id, id);
	response_etag(response, etag_of(direct, row));
	response_header(response, "Content-Disposition",
			pool_printf(pool, "attachment; filename=\"%s-%d.%s\"", id, row->n, kinds[row->format].ending));
}

/* ---- up ---- */

/* What they say of it, which is checked before it is there. */
struct expected {
	bool given[2];
	struct hash hash[2];
	struct sha256_stream *sum;
};
static const char *const digest_fields[2] = {"content-digest", "repr-digest"};

static enum result read_expected(struct direct *direct, struct expected *out, struct err *err)
{
	enum result r = OK;

	for (int i = 0; i < 2 && r == OK; i++) {
		direct->field = i == 0 ? "Content-Digest" : "Repr-Digest";
		r = digest_read(request_header(direct->request, digest_fields[i]), &out->given[i], &out->hash[i], err);
	}
	if (r != OK)
		return r;
	direct->field = NULL;
	out->sum = sha256_begin();
	return out->sum != NULL ? OK : err_no_memory(err);
}

static enum result check_expected(struct direct *direct, struct expected *expected, struct hash *sum, struct err *err)
{
	*sum = sha256_end(expected->sum);
	expected->sum = NULL;
	for (int i = 0; i < 2; i++) {
		if (!expected->given[i] || memcmp(expected->hash[i].bytes, sum->bytes, sizeof sum->bytes) == 0)
			continue;
		direct->field = i == 0 ? "Content-Digest" : "Repr-Digest";
		err_set(err, ERR_INPUT, "what came is not what the digest is of");
		return err_mend(err, "it was damaged on its way, or the digest is of something else: send it again");
	}
	return OK;
}

static enum result take_body(struct direct *direct, struct media_add *add, struct expected *expected, struct err *err)
{
	char *piece = malloc(PIECE);
	size_t len = 0;
	enum result r = piece != NULL ? OK : err_no_memory(err);

	while (r == OK && (r = request_read(direct->request, piece, PIECE, &len, err)) == OK && len > 0) {
		sha256_update(expected->sum, piece, len);
		r = media_add_write(add, piece, len, err);
	}
	if (piece != NULL)
		explicit_bzero(piece, PIECE);
	free(piece);
	return r;
}

static void answer_put(struct direct *direct, const struct media_row *row, uint64_t bytes, const struct hash *sum, bool made)
{
	struct response *response = direct->response;
	char id[ID_TEXT_MAX], account[ID_TEXT_MAX];
	struct json_writer w;
	struct buf digest;

	id_format(kind_prefix(row->kind), row->id, id);
	id_format(ACCOUNT_PREFIX, direct->account->id, account);
	buf_init(&digest, 128);
	digest_write(&digest, sum);
	response->status = made ? 201 : 200;
	response_type(response, "application/json");
	if (made)
		response_header(response, "Location", pool_printf(direct->request->pool, "/v1/accounts/%s/records/%s/media/%d",
								   account, id, row->n));
	json_writer_init(&w, &response->body, 2);
	json_begin_object(&w, NULL);
	json_string(&w, "result", made ? "new" : "known");
	json_string(&w, "record", id);
	json_int(&w, "n", row->n);
	json_int(&w, "bytes", (int64_t)bytes);
	json_string(&w, "content_type", kinds[row->format].type);
	json_string(&w, "digest", digest.data);
	json_end_object(&w);
	buf_free(&digest);
}

static uint64_t announced(const struct request *request)
{
	const char *length = request_header(request, "content-length");

	return length != NULL ? strtoull(length, NULL, 10) : 0;
}

static enum result not_as_demanded(struct err *err)
{
	err_set(err, ERR_CHANGED, "the file is not as If-Match or If-None-Match demands");
	return err_mend(err, "what is there is never replaced: ask for it, or send the next number");
}

/* Before anything of it is read. */
static enum result check_condition(struct direct *direct, struct err *err)
{
	enum condition condition = CONDITION_GO;
	struct record_row record;
	struct media_row media;
	enum result r = find(direct, &record, &media, err);
	bool there = r == OK;

	if (r == OK || r == ERR_NOT_FOUND)
		r = request_condition(direct->request, there ? etag_of(direct, &media) : NULL, &condition, err);
	return r == OK && condition != CONDITION_GO ? not_as_demanded(err) : r;
}

enum result media_put(struct direct *direct, struct err *err)
{
	bool new_only = request_header(direct->request, "if-none-match") != NULL;
	const char *type = direct->request->media_type;
	struct media_adding what = {.account = direct->account->number, .size = announced(direct->request),
				    .content_type = *type != '\0' ? type : NULL, .now = direct->request->now};
	struct expected expected = {.sum = NULL};
	struct media_add *add = NULL;
	struct hash sum;
	int64_t begun = monotonic_ms();
	bool made = false;
	enum result r = read_which(direct, &what.kind, &what.id, &what.n, err);

	if (r == OK)
		r = read_expected(direct, &expected, err);
	if (r == OK && condition_asked(direct->resource, direct->request))
		r = check_condition(direct, err);
	if (r == OK)
		r = media_add_begin(direct->view, &what, &add, err);
	if (r == OK)
		r = take_body(direct, add, &expected, err);
	if (r == OK)
		r = check_expected(direct, &expected, &sum, err);
	if (r == OK)
		r = direct_may_still(direct, begun, err);
	if (r == OK)
		r = media_add_finish(add, &made, err);
	if (r == OK && !made && new_only)
		r = not_as_demanded(err); /* another was quicker */
	if (r == OK)
		answer_put(direct, media_add_row(add), media_add_row(add)->bytes, &sum, made);
	if (expected.sum != NULL)
		(void)sha256_end(expected.sum);
	media_add_free(add);
	return r;
}

/* ---- down ---- */

static void end_sending(void *arg)
{
	struct media_open *open = arg;

	media_close(open);
	free(open);
}

static enum result note(const struct direct *direct, const struct record_row *record, struct err *err)
{
	struct act act;

	act_begin(&act, "record.media", record->account, direct->request->now);
	act_record(&act, "record", record->kind, record->id);
	return vault_note(&direct->view->read, &act, err);
}

enum result media_get(struct direct *direct, struct err *err)
{
	struct media_open *open = calloc(1, sizeof *open);
	struct record_row record;
	struct media_row media;
	enum result r = open != NULL ? find(direct, &record, &media, err) : err_no_memory(err);

	if (r == OK)
		r = media_open(&direct->view->read, direct->view->blobs, &record, &media, open, err);
	if (r == OK)
		r = note(direct, &record, err);
	if (r == OK)
		r = opened_answer(direct->response, open->reader, end_sending, open, err);
	if (r != OK) {
		if (open != NULL)
			end_sending(open);
		return r;
	}
	response_type(direct->response, kinds[media.format].type);
	describe(direct, &media);
	return OK;
}
