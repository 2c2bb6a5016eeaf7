/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/mediafile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quote.h"
#include "crypto/stream.h"

#define PIECE ((size_t)256 * 1024)
#define LARGE ((uint64_t)1024 * 1024) /* plaintext from which on segments are large */

/* ---- finding it ---- */

enum result mediafile_folder(const char *root, const char *input, struct mediafile_folder *out, struct err *err)
{
	const char *slash = strrchr(input, '/');
	char folder[PATH_MAX] = ".";

	out->absolute = root != NULL;
	if (root != NULL)
		snprintf(folder, sizeof folder, "%s", root);
	else if (slash != NULL)
		snprintf(folder, sizeof folder, "%.*s", slash == input ? 1 : (int)(slash - input), input);
	if (realpath(folder, out->path) != NULL)
		return OK;
	err_sys(err, "cannot find the folder of the media");
	return err_where(err, "%.280s", folder);
}

static enum result fault(const char *path, const char *what, const char *mend, struct err *err)
{
	char shown[QUOTE_MAX];

	err_set(err, ERR_INPUT, "%s %s", quote(path, strlen(path), shown), what);
	err_where(err, "field 'media'");
	return err_mend(err, "%s", mend);
}

static enum result system_fault(const char *path, const char *what, struct err *err)
{
	int reason = errno;
	char shown[QUOTE_MAX];

	err_set(err, ERR_INPUT, "%s %s: %s", quote(path, strlen(path), shown), what, strerror(reason));
	err_where(err, "field 'media'");
	return err_mend(err, reason == ENOENT ? "put the file there, or name the folder of the media with --media-root"
					      : "make it readable, then import the rejected lines again");
}

static bool is_below(const char *folder, const char *path)
{
	size_t len = strlen(folder);

	if (len == 1) /* "/" */
		return true;
	return strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* Symbolic links and ".." are followed first and judged by where they end. */
static enum result find(const struct mediafile_folder *folder, const char *path, char out[PATH_MAX], struct err *err)
{
	char full[PATH_MAX];
	int len;

	if (path[0] == '/' && !folder->absolute)
		return fault(path, "is an absolute path",
			     "give it relative to the folder of the import file, or allow a folder with --media-root", err);
	len = path[0] == '/' ? snprintf(full, sizeof full, "%s", path)
			     : snprintf(full, sizeof full, "%s/%s", folder->path, path);
	if (len < 0 || (size_t)len >= sizeof full)
		return fault(path, "is too long a path", "move the media nearer to the import file", err);
	if (realpath(full, out) == NULL)
		return system_fault(path, "cannot be found", err);
	if (!is_below(folder->path, out))
		return fault(path, "lies outside the folder of the media",
			     "an import takes files below one folder only: name it with --media-root", err);
	return OK;
}

static enum result open_file(const struct mediafile_folder *folder, const char *path, int *fd, uint64_t *size,
			     struct err *err)
{
	char found[PATH_MAX];
	struct stat st;
	enum result r = find(folder, path, found, err);

	if (r != OK)
		return r;
	*fd = open(found, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0 ? errno != ENXIO : fstat(*fd, &st) != 0) {
		r = system_fault(path, "cannot be opened", err);
	} else if (*fd < 0 || !S_ISREG(st.st_mode)) { /* a socket cannot be opened: ENXIO */
		r = fault(path, "is no file", "name the file itself", err);
	} else {
		*size = (uint64_t)st.st_size;
		posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		return OK;
	}
	if (*fd >= 0)
		close(*fd);
	return r;
}

/* ---- what it is ---- */

static bool has(const void *head, size_t len, size_t at, const char *bytes)
{
	size_t count = strlen(bytes);

	return len >= at + count && memcmp((const char *)head + at, bytes, count) == 0;
}

static enum media_format by_content(const void *head, size_t len)
{
	const unsigned char *byte = head;

	if (has(head, len, 0, "RIFF") && has(head, len, 8, "WAVE"))
		return MEDIA_WAV;
	if (has(head, len, 0, "OggS"))
		return MEDIA_OGG;
	if (has(head, len, 0, "fLaC"))
		return MEDIA_FLAC;
	if (has(head, len, 0, "ID3") || (len >= 2 && byte[0] == 0xff && (byte[1] & 0xe6) == 0xe2))
		return MEDIA_MP3;
	if (has(head, len, 0, "\x89PNG") || has(head, len, 0, "\xff\xd8\xff") || has(head, len, 0, "GIF8") ||
	    (has(head, len, 0, "RIFF") && has(head, len, 8, "WEBP")))
		return MEDIA_IMAGE;
	return MEDIA_OTHER;
}

static const struct known { const char *name; enum media_format format; } types[] = {
    {"audio/wav", MEDIA_WAV}, {"audio/x-wav", MEDIA_WAV}, {"audio/wave", MEDIA_WAV}, {"audio/vnd.wave", MEDIA_WAV},
    {"audio/mpeg", MEDIA_MP3}, {"audio/mp3", MEDIA_MP3}, {"audio/ogg", MEDIA_OGG}, {"audio/opus", MEDIA_OGG},
    {"audio/flac", MEDIA_FLAC}, {"audio/x-flac", MEDIA_FLAC}, {"audio/gsm", MEDIA_GSM}, {"audio/x-gsm", MEDIA_GSM},
    {"image/", MEDIA_IMAGE}, {"text/", MEDIA_TEXT}, {"application/json", MEDIA_TEXT},
}, endings[] = {
    {"wav", MEDIA_WAV}, {"mp3", MEDIA_MP3}, {"ogg", MEDIA_OGG}, {"oga", MEDIA_OGG}, {"opus", MEDIA_OGG},
    {"flac", MEDIA_FLAC}, {"gsm", MEDIA_GSM}, {"png", MEDIA_IMAGE}, {"jpg", MEDIA_IMAGE}, {"jpeg", MEDIA_IMAGE},
    {"gif", MEDIA_IMAGE}, {"webp", MEDIA_IMAGE}, {"tif", MEDIA_IMAGE}, {"tiff", MEDIA_IMAGE}, {"txt", MEDIA_TEXT},
    {"vtt", MEDIA_TEXT}, {"srt", MEDIA_TEXT}, {"json", MEDIA_TEXT}, {"csv", MEDIA_TEXT}, {"html", MEDIA_TEXT},
};

/* A content type may have parameters: "text/plain; charset=utf-8". */
static bool type_fits(const char *given, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(given, name, len) == 0 &&
	       (name[len - 1] == '/' || given[len] == '\0' || given[len] == ';' || given[len] == ' ');
}

enum media_format mediafile_format(const void *head, size_t len, const char *content_type, const char *name)
{
	enum media_format format = by_content(head, len);
	const char *dot = strrchr(name, '.');

	if (format != MEDIA_OTHER)
		return format;
	for (size_t i = 0; content_type != NULL && i < sizeof types / sizeof *types; i++) {
		if (type_fits(content_type, types[i].name))
			return types[i].format;
	}
	for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++) {
		if (strcasecmp(dot + 1, endings[i].name) == 0)
			return endings[i].format;
	}
	return MEDIA_OTHER;
}

/* ---- sealing it ---- */

struct sealing {
	int fd;
	const struct intake_media *media;
	struct media_row *row;
	struct stream_writer *stream;
	bool (*stop)(void *arg);
	void *arg;
	char *piece;
};

static enum result to_blob(void *arg, const void *data, size_t len, struct err *err)
{
	return blob_put_write(arg, data, len, err);
}

/* As much as there is, up to a piece; 0 at the end. */
static enum result read_piece(struct sealing *s, size_t *len, struct err *err)
{
	ssize_t n;

	if (s->stop != NULL && s->stop(s->arg))
		return err_set(err, ERR_INTERRUPTED, "stopped while a file was read");
	do
		n = read(s->fd, s->piece, PIECE);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return system_fault(s->media->path, "cannot be read", err);
	*len = (size_t)n;
	return OK;
}

static enum result copy(struct sealing *s, struct err *err)
{
	size_t len = 0;
	enum result r;

	s->row->bytes = 0;
	while ((r = read_piece(s, &len, err)) == OK) {
		if (s->row->bytes == 0)
			s->row->format = mediafile_format(s->piece, len, s->media->content_type, s->media->path);
		if (len == 0)
			return stream_finish(s->stream, err);
		s->row->bytes += len;
		r = stream_write(s->stream, s->piece, len, err);
		if (r != OK)
			return r;
	}
	return r;
}

static enum result seal_into(struct sealing *s, struct blob_put *put, const struct key *key, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = media_aad(s->row, aad);
	enum result r = stream_writer_new(key, aad, aad_len, s->row->segment, to_blob, put, &s->stream, err);

	if (r != OK)
		return r;
	s->piece = malloc(PIECE);
	r = s->piece != NULL ? copy(s, err) : err_no_memory(err);
	if (s->piece != NULL)
		explicit_bzero(s->piece, PIECE);
	free(s->piece);
	stream_writer_free(s->stream);
	return r;
}

static enum result seal_file(struct sealing *s, struct blob_batch *blobs, const struct key *key, struct err *err)
{
	const struct blob_name name = {s->row->account, (uint32_t)s->row->kind, instant_date(id_time(s->row->id)),
				       s->row->blob};
	struct blob_put *put;
	enum result r = blob_put_begin(blobs, &name, &put, err);

	if (r != OK)
		return r;
	r = seal_into(s, put, key, err);
	if (r == OK)
		return blob_put_finish(put, err);
	blob_put_abort(put);
	return r;
}

uint32_t mediafile_segment(uint64_t size)
{
	return (uint32_t)(size > 0 && size < LARGE ? STREAM_SEGMENT_MIN : STREAM_SEGMENT_MAX);
}

enum result mediafile_seal(const struct mediafile_folder *folder, const struct intake_media *media,
			   struct blob_batch *blobs, bool (*stop)(void *arg), void *arg, struct media_row *row,
			   struct key *key, struct err *err)
{
	struct sealing s = {.media = media, .row = row, .stop = stop, .arg = arg};
	uint64_t size = 0;
	enum result r = open_file(folder, media->path, &s.fd, &size, err);

	if (r != OK)
		return r;
	row->blob = id_new(id_time(row->id));
	row->segment = mediafile_segment(size == 0 ? 1 : size);
	*key = key_random();
	r = seal_file(&s, blobs, key, err);
	close(s.fd);
	return r;
}
