/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/media_add.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/intake.h"
#include "ingest/mediafile.h"
#include "privacy/account_life.h"
#include "store/period.h"
#include "vault/media_open.h"
#include "vault/outbox.h"

#define POOL_MAX ((size_t)64 * 1024 * 1024) /* a record's row */

struct media_add {
	struct vault *view;
	struct media_adding what;
	struct media_row row;
	struct key key; /* the media's own */
	struct blob_batch *blobs;
	struct blob_put *put;
	struct stream_writer *stream;
	struct media_open there; /* that of its number, which it is compared with */
	bool again, differs;
	uint64_t bytes;
	struct pool pool;
};

/* ---- beginning ---- */

static enum result to_blob(void *arg, const void *data, size_t len, struct err *err)
{
	return blob_put_write(arg, data, len, err);
}

static enum result no_record(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "there is no such record");
}

/* What is kept for one reason alone is kept as it was. */
static enum result check_open(const struct record_row *record, struct err *err)
{
	if (record->hold == 0)
		return OK;
	err_set(err, ERR_EXISTS, "the record is past its time and kept as it was: it takes no more files");
	return err_mend(err, "`lethe why` says what keeps it");
}

static enum result check_number(const struct record_row *record, int n, struct err *err)
{
	if (n >= INTAKE_MEDIA_MAX)
		return err_set(err, ERR_INPUT, "a record has at most %d files", INTAKE_MEDIA_MAX);
	if (n <= record->media)
		return OK;
	err_set(err, ERR_INPUT, "the record has %d file%s", record->media, record->media == 1 ? "" : "s");
	return err_mend(err, "they are counted from 0: the next one is %d", record->media);
}

static enum result begin_new(struct media_add *add, const struct record_row *record, struct err *err)
{
	const struct blob_name name = {record->account, (uint32_t)record->kind, instant_date(id_time(record->id)),
				       add->row.blob};
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = media_aad(&add->row, aad);
	struct key record_key;
	enum result r = check_open(record, err);

	if (r == OK)
		r = seal_record_key(add->view->read.ring, record, &record_key, err);
	if (r != OK)
		return r;
	key_wipe(&record_key); /* it has one: more is not asked yet */
	add->key = key_random();
	r = blob_batch_new(add->view->blobs, &add->blobs, err);
	if (r == OK)
		r = blob_put_begin(add->blobs, &name, &add->put, err);
	return r == OK ? stream_writer_new(&add->key, aad, aad_len, add->row.segment, to_blob, add->put, &add->stream, err)
		       : r;
}

static enum result begin_again(struct media_add *add, const struct record_row *record, struct err *err)
{
	struct media_row rows[INTAKE_MEDIA_MAX];
	size_t count;
	enum result r = media_list(add->view->read.data, record->account, record->kind, record->id, rows, INTAKE_MEDIA_MAX,
				   &count, err);

	if (r == OK && (size_t)add->what.n >= count)
		return no_record(err); /* it went between two looks */
	if (r != OK)
		return r;
	add->again = true;
	add->row = rows[add->what.n];
	return media_open(&add->view->read, add->view->blobs, record, &add->row, &add->there, err);
}

static enum result begin(struct media_add *add, struct err *err)
{
	const struct media_adding *what = &add->what;
	struct record_row record;
	enum result r = account_life_takes_in(&add->view->read, what->account, err);

	if (r == OK)
		r = record_get(add->view->read.data, what->account, what->kind, what->id, &add->pool, &record, err);
	if (r == ERR_NOT_FOUND)
		return no_record(err);
	if (r == OK)
		r = check_number(&record, what->n, err);
	if (r != OK)
		return r;
	add->row = (struct media_row){.account = what->account, .kind = what->kind, .id = what->id, .n = what->n,
				      .blob = id_new(id_time(what->id)), .segment = mediafile_segment(what->size)};
	return what->n < record.media ? begin_again(add, &record, err) : begin_new(add, &record, err);
}

enum result media_add_begin(struct vault *view, const struct media_adding *what, struct media_add **out, struct err *err)
{
	struct media_add *add = calloc(1, sizeof *add);
	enum result r;

	*out = NULL;
	if (add == NULL)
		return err_no_memory(err);
	add->view = view;
	add->what = *what;
	pool_init(&add->pool, POOL_MAX);
	r = begin(add, err);
	if (r == OK)
		*out = add;
	else
		media_add_free(add);
	return r;
}

void media_add_free(struct media_add *add)
{
	if (add == NULL)
		return;
	stream_writer_free(add->stream);
	blob_put_abort(add->put);
	blob_batch_free(add->blobs);
	media_close(&add->there);
	key_wipe(&add->key);
	pool_free(&add->pool);
	free(add);
}

const struct media_row *media_add_row(const struct media_add *add)
{
	return &add->row;
}

/* ---- as it comes ---- */

struct comparing {
	const char *at;
	bool same;
};

static enum result compare(void *arg, const void *data, size_t len, struct err *err)
{
	struct comparing *comparing = arg;

	(void)err;
	comparing->same = comparing->same && memcmp(comparing->at, data, len) == 0;
	comparing->at += len;
	return OK;
}

static enum result compare_part(struct media_add *add, const void *data, size_t len, struct err *err)
{
	struct comparing comparing = {.at = data, .same = true};
	enum result r = OK;

	if (!add->differs && add->bytes + len <= stream_reader_size(add->there.reader))
		r = stream_read(add->there.reader, add->bytes, len, compare, &comparing, err);
	else
		add->differs = true;
	add->differs = add->differs || !comparing.same;
	add->bytes += len;
	return r;
}

enum result media_add_write(struct media_add *add, const void *data, size_t len, struct err *err)
{
	if (add->again)
		return compare_part(add, data, len, err);
	if (add->bytes == 0)
		add->row.format = mediafile_format(data, len, add->what.content_type, "");
	add->bytes += len;
	return stream_write(add->stream, data, len, err);
}

/* ---- all of it ---- */

static enum result tell(struct media_add *add, struct session *session, struct err *err)
{
	struct outbox_list list = {0};
	struct act act;
	uint64_t seq;
	int n = 0;
	enum result r;

	act_begin(&act, "media.add", add->row.account, add->what.now);
	act_record(&act, "record", add->row.kind, add->row.id);
	act_int(&act, "n", add->row.n);
	r = act_append(&act, session->data, &seq, err);
	if (r == OK)
		r = outbox_add(&list, (int)add->row.kind, add->row.id, err);
	if (r == OK)
		r = outbox_put(session->data, &list, EVENT_RECORDING_READY, add->row.account, seq, &n, add->what.now, err);
	outbox_free(&list);
	return r;
}

static enum result changed_meanwhile(struct err *err)
{
	err_set(err, ERR_EXISTS, "another file of that number came meanwhile");
	return err_mend(err, "look how many the record has, and send this one again");
}

static enum result seal_key(struct media_add *add, struct session *session, const struct record_row *record,
			    struct err *err)
{
	struct key record_key;
	enum result r = seal_record_key(session->ring, record, &record_key, err);

	if (r != OK)
		return r;
	r = seal_media_key(&record_key, &add->key, &add->row, err);
	key_wipe(&record_key);
	return r;
}

static enum result insert(struct media_add *add, struct session *session, struct record_row *record, struct err *err)
{
	const struct period delta = {.kind = record->kind, .day = instant_date(id_time(record->id)), .media = 1,
				     .media_bytes = (int64_t)add->row.bytes};
	enum result r = seal_key(add, session, record, err);

	record->media++;
	if (r == OK)
		r = media_insert(session->data, &add->row, err);
	if (r == OK)
		r = record_reseal(session->data, record, err);
	return r == OK ? period_add(session->data, record->account, &delta, err) : r;
}

static enum result add_op(struct session *session, void *arg, struct err *err)
{
	struct media_add *add = arg;
	struct record_row record;
	enum result r;

	pool_reset(&add->pool);
	r = record_get(session->data, add->row.account, add->row.kind, add->row.id, &add->pool, &record, err);
	if (r == ERR_NOT_FOUND)
		return no_record(err);
	if (r == OK)
		r = check_open(&record, err);
	if (r == OK && record.media != add->row.n)
		r = changed_meanwhile(err);
	if (r == OK)
		r = insert(add, session, &record, err);
	if (r == OK)
		r = blob_publish(add->blobs, err);
	return r == OK ? tell(add, session, err) : r;
}

static enum result finish_again(const struct media_add *add, struct err *err)
{
	if (!add->differs && add->bytes == stream_reader_size(add->there.reader))
		return OK;
	err_set(err, ERR_EXISTS, "the record has another file of that number already");
	return err_mend(err, "it was left as it was; send this one under the next number");
}

enum result media_add_finish(struct media_add *add, bool *made, struct err *err)
{
	enum result r;

	*made = false;
	if (add->bytes == 0)
		return err_set(err, ERR_INPUT, "the file is empty");
	if (add->again)
		return finish_again(add, err);
	add->row.bytes = add->bytes;
	r = stream_finish(add->stream, err);
	if (r == OK) {
		struct blob_put *put = add->put;

		add->put = NULL; /* it is freed by it, whatever comes of it */
		r = blob_put_finish(put, err);
	}
	if (r == OK)
		r = vault_write(add->view, add_op, add, err);
	if (r != OK)
		return r;
	*made = true;
	return blob_settle(add->blobs, err);
}
