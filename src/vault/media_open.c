/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/media_open.h"

static enum result from_blob(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	return blob_read(arg, offset, out, len, err);
}

static enum result media_key(struct session *session, const struct record_row *record, const struct media_row *media,
			     struct key *out, struct err *err)
{
	struct key record_key;
	enum result r = seal_record_key(session->ring, record, &record_key, err);

	if (r != OK)
		return r;
	r = open_media_key(&record_key, media, out, err);
	key_wipe(&record_key);
	return r;
}

/* Whoever deletes takes the row away before the file. */
static enum result not_there(struct session *session, const struct blob_name *name, struct err *err)
{
	bool named;
	enum result r = media_names_blob(session->data, name->account, (enum record_kind)name->kind, name->day, name->id,
					 &named, err);

	if (r != OK)
		return r;
	if (!named)
		return err_set(err, ERR_NOT_FOUND, "the file has been deleted meanwhile");
	err_set(err, ERR_CORRUPT, "the record's file is not in storage");
	return err_mend(err, "`lethe check` lists all that are missing; restore a backup that has them");
}

enum result media_open(struct session *session, struct blob_store *blobs, const struct record_row *record,
		       const struct media_row *media, struct media_open *out, struct err *err)
{
	const struct blob_name name = {media->account, (uint32_t)media->kind, instant_date(id_time(media->id)),
				       media->blob};
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = media_aad(media, aad);
	struct key key;
	uint64_t size;
	enum result r = media_key(session, record, media, &key, err);

	*out = (struct media_open){0};
	if (r != OK)
		return r;
	r = blob_get(blobs, &name, &out->file, &size, err);
	if (r == ERR_NOT_FOUND)
		r = not_there(session, &name, err);
	if (r == OK)
		r = stream_reader_new(&key, aad, aad_len, media->segment, size, from_blob, out->file, &out->reader, err);
	key_wipe(&key);
	if (r != OK)
		media_close(out);
	return r;
}

void media_close(struct media_open *open)
{
	stream_reader_free(open->reader);
	blob_file_close(open->file);
	*open = (struct media_open){0};
}
