/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/media.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "export/sound.h"

/* One stored file, open. */
struct opened {
	struct blob_file *file;
	struct stream_reader *reader;
};

static void close_opened(struct opened *opened)
{
	stream_reader_free(opened->reader);
	blob_file_close(opened->file);
	*opened = (struct opened){0};
}

static enum result read_blob(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	return blob_read(arg, offset, out, len, err);
}

static enum result open_file(struct job *job, const struct key *record_key, const struct media_row *row,
			     struct opened *out, struct err *err)
{
	const struct blob_name name = {row->account, row->kind, instant_date(id_time(row->id)), row->blob};
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = media_aad(row, aad);
	uint64_t sealed;
	struct key key;
	enum result r = open_media_key(record_key, row, &key, err);

	if (r == OK)
		r = blob_get(job->blobs, &name, &out->file, &sealed, err);
	if (r == OK)
		r = stream_reader_new(&key, aad, aad_len, row->segment, sealed, read_blob, out->file, &out->reader,
				      err);
	key_wipe(&key);
	return r;
}

/* ---- names ---- */

/* Browsers run these when they are opened from a folder, and they come from whoever wrote to the account. */
static bool is_active(const char *ext)
{
	static const char *const active[] = {"htm", "html", "xht", "xhtml", "shtml", "svg", "svgz", "xml", "xsl", "xslt",
					     "mht", "mhtml", "js", "mjs", "hta", "exe", "com", "bat", "cmd", "scr",
					     "lnk", "vbs", "ps1", "sh", "jar", "msi", "url", "desktop"};

	for (size_t i = 0; i < sizeof active / sizeof active[0]; i++) {
		if (strcmp(ext, active[i]) == 0)
			return true;
	}
	return false;
}

/* The extension of the name the source gave, if it is a plain one. */
static void ext_of_name(const char *name, char out[MEDIUM_EXT_MAX])
{
	const char *dot = strrchr(name, '.');
	size_t len = dot != NULL ? strlen(dot + 1) : 0;

	memcpy(out, "bin", 4);
	if (len == 0 || len >= MEDIUM_EXT_MAX)
		return;
	for (size_t i = 1; i <= len; i++) {
		if (!isalnum((unsigned char)dot[i]))
			return;
	}
	for (size_t i = 0; i <= len; i++)
		out[i] = (char)tolower((unsigned char)dot[i + 1]);
	if (is_active(out))
		memcpy(out, "bin", 4);
}

static void ext_of(enum media_format format, const char *name, const char *type, char out[MEDIUM_EXT_MAX])
{
	static const char exts[][MEDIUM_EXT_MAX] = {
	    [MEDIA_WAV] = "wav", [MEDIA_MP3] = "mp3", [MEDIA_OGG] = "ogg", [MEDIA_FLAC] = "flac", [MEDIA_GSM] = "gsm"};

	if (format >= MEDIA_WAV && format <= MEDIA_GSM) {
		memcpy(out, exts[format], MEDIUM_EXT_MAX);
		return;
	}
	ext_of_name(name, out);
	if (strcmp(out, "bin") != 0)
		return;
	if (format == MEDIA_TEXT)
		memcpy(out, "txt", 4);
	else if (strcasecmp(type, "image/jpeg") == 0)
		memcpy(out, "jpg", 4);
	else if (strcasecmp(type, "image/png") == 0)
		memcpy(out, "png", 4);
	else if (strcasecmp(type, "application/pdf") == 0)
		memcpy(out, "pdf", 4);
}

/* ---- writing ---- */

static enum result check_only(void *arg, const void *data, size_t len, struct err *err)
{
	(void)data, (void)len;
	return job_show(arg, err);
}

static enum result to_zip(void *arg, const void *data, size_t len, struct err *err)
{
	struct job *job = arg;
	enum result r = job_show(job, err);

	return r == OK ? zip_write(job->zip, data, len, err) : r;
}

struct destination { unsigned char *at; };

static enum result to_memory(void *arg, const void *data, size_t len, struct err *err)
{
	struct destination *destination = arg;

	(void)err;
	memcpy(destination->at, data, len);
	destination->at += len;
	return OK;
}

static enum result read_plain(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	struct destination destination = {out};

	return stream_read(arg, offset, len, to_memory, &destination, err);
}

static enum result copy_file(struct job *job, const char *path, struct opened *opened, struct err *err)
{
	uint64_t size = stream_reader_size(opened->reader);
	enum result r = zip_begin(job->zip, path, size, false, err);

	if (r == OK)
		r = stream_read(opened->reader, 0, size, to_zip, job, err);
	return r == OK ? zip_end(job->zip, err) : r;
}

static enum result convert_file(struct job *job, const char *path, const struct sound_input *input,
				const struct sound_shape *shape, struct err *err)
{
	enum result r = zip_begin(job->zip, path, sound_wav_size(shape), false, err);

	if (r == OK)
		r = sound_write_wav(input, shape, to_zip, job, err);
	return r == OK ? zip_end(job->zip, err) : r;
}

static bool wants_converting(enum media_format format)
{
	return format == MEDIA_MP3 || format == MEDIA_OGG || format == MEDIA_FLAC || format == MEDIA_GSM;
}

/* Once through, before a byte goes out: sets how the file will leave. */
static enum result examine(struct job *job, struct opened *opened, const struct sound_input *input,
			   struct medium *medium, struct sound_shape *shape, struct err *err)
{
	enum result r = ERR_UNSUPPORTED;

	medium->state = MEDIUM_COPIED;
	if (wants_converting((enum media_format)medium->format)) {
		r = sound_measure(input, shape, err);
		medium->state = r == OK ? MEDIUM_CONVERTED : MEDIUM_NOT_CONVERTED;
	}
	if (r != ERR_UNSUPPORTED)
		return r;
	return stream_read(opened->reader, 0, stream_reader_size(opened->reader), check_only, job, err);
}

static enum result write_opened(struct job *job, struct opened *opened, struct medium *medium, bool *damaged,
				struct err *err)
{
	const struct sound_input input = {read_plain, opened->reader, stream_reader_size(opened->reader),
					  medium->format == MEDIA_GSM};
	struct sound_shape shape;
	char path[ZIP_NAME_MAX];
	enum result r = examine(job, opened, &input, medium, &shape, err);

	*damaged = r == ERR_CORRUPT;
	if (r != OK)
		return r;
	if (medium->state != MEDIUM_CONVERTED)
		return copy_file(job, medium_path(job, medium, path), opened, err);
	memcpy(medium->ext, "wav", 4);
	return convert_file(job, medium_path(job, medium, path), &input, &shape, err);
}

/* A file that cannot be had is listed, and the export goes on. */
static enum result write_medium(struct job *job, const struct key *record_key, const struct media_row *row,
				struct medium *medium, struct err *err)
{
	struct opened opened = {0};
	bool damaged = false;
	enum result r = open_file(job, record_key, row, &opened, err);

	if (r == OK) {
		r = write_opened(job, &opened, medium, &damaged, err);
	} else if (r == ERR_NOT_FOUND) {
		medium->state = MEDIUM_MISSING;
		r = OK;
	} else {
		damaged = r == ERR_CORRUPT;
	}
	close_opened(&opened);
	if (damaged) {
		medium->state = MEDIUM_DAMAGED;
		r = OK;
	}
	return r == OK ? job_add_medium(job, *medium, err) : r;
}

static enum result write_media_of(struct job *job, size_t index, const struct view *view, struct err *err)
{
	struct media_row rows[JOB_MEDIA_MAX];
	struct key key;
	size_t count;
	enum result r = media_list(job->session->data, job->row.account, job->row.kind, job->row.id, rows,
				   JOB_MEDIA_MAX, &count, err);

	if (r != OK || count == 0)
		return r;
	r = seal_record_key(job->session->ring, &job->row, &key, err);
	if (r == ERR_GONE) { /* erased since its row was read */
		job->items[index].left = LEFT_GONE;
		return OK;
	}
	for (size_t i = 0; i < count && r == OK; i++) {
		struct medium medium = {.item = (uint32_t)index, .n = (unsigned char)rows[i].n, .only = count == 1,
					.format = (unsigned char)rows[i].format};

		ext_of(rows[i].format, view_media_name(view, rows[i].n), view_media_type(view, rows[i].n), medium.ext);
		r = write_medium(job, &key, &rows[i], &medium, err);
	}
	key_wipe(&key);
	return r;
}

enum result media_export(struct job *job, struct err *err)
{
	struct view view;
	bool there;
	enum result r = OK;

	for (size_t i = 0; i < job->count && r == OK; i++) {
		r = job_view(job, i, &view, &there, err);
		if (r == OK && there && job->row.media > 0)
			r = write_media_of(job, i, &view, err);
		if (r == OK && there && view.held && job->row.hold != 0)
			job->held++;
	}
	return r;
}
