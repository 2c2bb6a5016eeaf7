/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Media rows, their streams, and the blobs in the store.
 */
#include <stdio.h>

#include "crypto/stream.h"
#include "store/media.h"
#include "vault/check_run.h"

#define BATCH 64

static struct blob_name blob_of(const struct suspect *suspect)
{
	return (struct blob_name){suspect->account, (uint32_t)suspect->kind, suspect->day, suspect->id};
}

static enum result is_named(struct check_run *run, const struct suspect *suspect, bool *named, struct err *err)
{
	return media_names_blob(run->session->data, suspect->account, suspect->kind, suspect->day, suspect->id, named,
				err);
}

/* ---- media rows ---- */

static enum result blob_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	const struct blob_name name = blob_of(suspect);
	struct blob_file *file;
	uint64_t size = 0;
	enum result r = is_named(run, suspect, still, err);

	if (r != OK || !*still)
		return r;
	r = blob_get(run->vault->blobs, &name, &file, &size, err);
	if (r == OK)
		blob_file_close(file);
	*still = r == ERR_NOT_FOUND || (r == OK && size != suspect->bytes);
	return r == ERR_NOT_FOUND ? OK : r;
}

/* The row, or an unfinished job, may have explained what the stream did. */
static enum result stream_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	bool covered = false;
	enum result r = is_named(run, suspect, still, err);

	if (r == OK)
		r = check_covered(run, suspect->account, &covered, err);
	*still = *still && !covered;
	return r;
}

static enum result from_blob(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	return blob_read(arg, offset, out, len, err);
}

static enum result nowhere(void *arg, const void *data, size_t len, struct err *err)
{
	(void)arg, (void)data, (void)len, (void)err;
	return OK;
}

static enum result decrypt(const struct media_row *row, const struct key *key, struct blob_file *file, uint64_t size,
			   struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = media_aad(row, aad);
	struct stream_reader *reader = NULL;
	enum result r = stream_reader_new(key, aad, aad_len, row->segment, size, from_blob, file, &reader, err);

	if (r == OK)
		r = stream_read(reader, 0, stream_reader_size(reader), nowhere, NULL, err);
	stream_reader_free(reader);
	return r;
}

/* ERR_NOT_FOUND: no such record. */
static enum result open_stream(struct check_run *run, const struct media_row *row, struct blob_file *file,
			       uint64_t size, struct err *err)
{
	struct key record_key, key;
	struct record_row record;
	enum result r = record_get(run->session->data, run->account, row->kind, row->id, &run->pool, &record, err);

	if (r == OK)
		r = seal_record_key(run->session->ring, &record, &record_key, err);
	if (r != OK)
		return r;
	r = open_media_key(&record_key, row, &key, err);
	if (r == OK && file != NULL && !run->options->quick)
		r = decrypt(row, &key, file, size, err);
	key_wipe(&record_key);
	key_wipe(&key);
	return r;
}

/* A restore looks at names and sizes: it brings back only a blob that is not there. */
static const char *stream_fault(enum result r, const struct blob_name *name, char out[CHECK_TEXT_MAX])
{
	char path[BLOB_PATH_MAX];

	if (r == ERR_NOT_FOUND)
		return "it belongs to a record that does not exist";
	if (r == ERR_GONE)
		return "its key is gone and no unfinished job explains it";
	snprintf(out, CHECK_TEXT_MAX, "it cannot be decrypted; move blobs/%s away before a restore", blob_path(name, path));
	return out;
}

static enum result check_one(struct check_run *run, const struct media_row *row, struct err *err)
{
	struct suspect suspect = {.check = CHECK_MEDIA,
				  .again = blob_again,
				  .account = run->account,
				  .kind = row->kind,
				  .id = row->blob,
				  .day = instant_date(id_time(row->id)),
				  .bytes = stream_sealed_size(row->bytes, row->segment)};
	const struct blob_name name = blob_of(&suspect);
	struct blob_file *file = NULL;
	char id[ID_TEXT_MAX], fault[CHECK_TEXT_MAX];
	uint64_t size = 0;
	enum result r = blob_get(run->vault->blobs, &name, &file, &size, err);

	id_format(kind_prefix(row->kind), row->id, id);
	run->report->checks[CHECK_MEDIA].looked_at++;
	if (r != OK && r != ERR_NOT_FOUND)
		return r;
	if (r == ERR_NOT_FOUND || size != suspect.bytes) {
		check_suspect(run, &suspect, "account %u: %s: blob of its media %d %s", run->account, id, row->n,
			      r == OK ? "has the wrong size" : "is missing");
		blob_file_close(file);
		return OK;
	}
	r = open_stream(run, row, file, size, err);
	blob_file_close(file);
	run->report->checks[CHECK_STREAMS].looked_at++;
	if (!check_is_problem(r))
		return r;
	suspect.check = r == ERR_NOT_FOUND ? CHECK_MEDIA : CHECK_STREAMS;
	suspect.again = stream_again;
	check_suspect(run, &suspect, "account %u: %s: media %d: %s", run->account, id, row->n,
		      stream_fault(r, &name, fault));
	return OK;
}

enum result check_media(struct check_run *run, struct err *err)
{
	struct media_row rows[BATCH], after = {0};
	size_t count;
	enum result r;

	do {
		r = media_walk(run->session->data, run->account, &after, rows, BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			pool_reset(&run->pool);
			r = check_one(run, &rows[i], err);
			if (r == OK)
				r = check_step(run, 1, err);
		}
		after = r == OK && count > 0 ? rows[count - 1] : after;
	} while (r == OK && count == BATCH);
	return r;
}

/* ---- blobs ---- */

static enum result is_needed(struct check_run *run, const struct suspect *suspect, bool *needed, struct err *err)
{
	const struct trash_row trash = {suspect->account, suspect->kind, suspect->day, suspect->id};
	enum result r = is_named(run, suspect, needed, err);

	return r == OK && !*needed ? trash_has(run->session->data, &trash, needed, err) : r;
}

/* While somebody writes, blobs that are published and journalled have their rows to come; where somebody was stopped,
 * the next opening for writing removes them. */
static enum result orphan_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	const struct blob_name name = blob_of(suspect);
	struct blob_file *file;
	uint64_t size, unsettled = 0;
	bool needed;
	enum result r = is_needed(run, suspect, &needed, err);

	*still = false;
	if (r != OK || needed)
		return r;
	r = blob_unsettled(run->vault->blobs, &unsettled, err);
	if (r == OK && unsettled > 0)
		return OK;
	if (r == OK)
		r = blob_get(run->vault->blobs, &name, &file, &size, err);
	if (r == OK) {
		blob_file_close(file);
		*still = true;
	}
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result look_at_blob(void *arg, const struct blob_name *name, const char *path, uint64_t size,
				struct err *err)
{
	struct check_run *run = arg;
	struct suspect suspect = {.check = CHECK_BLOBS, .again = orphan_again};
	bool needed;
	enum result r;

	(void)size;
	run->report->checks[CHECK_BLOBS].looked_at++;
	if (name == NULL) {
		/* Its name may say anything, and is not repeated. */
		check_found(run, CHECK_BLOBS, "a file below blobs/ is none of lethe's");
		return OK;
	}
	suspect.account = name->account;
	suspect.kind = (enum record_kind)name->kind;
	suspect.day = name->day;
	suspect.id = name->id;
	r = is_needed(run, &suspect, &needed, err);
	if (r == OK && !needed)
		check_suspect(run, &suspect, "blob %s: no record has it", path);
	return r == OK ? check_step(run, 0, err) : r;
}

/* Both are right while somebody writes, and what a crash leaves; the next opening for writing clears them away. */
static enum result check_leftovers(struct check_run *run, struct err *err)
{
	struct trash_row one;
	uint64_t unsettled = 0;
	size_t count;
	enum result r = trash_list(run->session->data, &one, 1, &count, err);

	if (r == OK)
		r = blob_unsettled(run->vault->blobs, &unsettled, err);
	run->report->unsettled = r == OK && !run->report->writing && (count > 0 || unsettled > 0);
	return r;
}

enum result check_blobs(struct check_run *run, struct err *err)
{
	enum result r = blob_walk(run->vault->blobs, look_at_blob, run, err);

	return r == OK ? check_leftovers(run, err) : r;
}
