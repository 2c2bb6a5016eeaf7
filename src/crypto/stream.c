/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A sealed stream is one header and one or more segments:
 *
 *     40 (1 byte) || salt (32) || nonce prefix (7) || segment 0 || segment 1 ..
 *
 * All segments but the last have the segment size; the first is shorter by
 * the header, so that borders fall on multiples of it.  A segment is
 * AES-256-GCM of its plaintext without further data, the tag at its end, under
 * key HKDF-SHA256(ikm, salt, aad) and nonce prefix || number (4 bytes, big
 * endian) || 1 for the last, else 0.  A stream of no plaintext has one empty
 * segment; no other segment is empty.
 */
#include "crypto/stream.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SALT_LEN 32
#define PREFIX_LEN 7
#define SEGMENTS_MAX ((uint64_t)1 << 32)

_Static_assert(STREAM_HEADER_LEN == 1 + SALT_LEN + PREFIX_LEN, "the header is its parts");
_Static_assert(NONCE_LEN == PREFIX_LEN + 4 + 1, "the nonce is its parts");

/* ---- sizes ---- */

/* Any size the format can have, a little more than header and tag; what is sensible is the caller's to say. */
static enum result check_segment(size_t segment, struct err *err)
{
	if (segment > STREAM_HEADER_LEN + TAG_LEN && segment <= STREAM_SEGMENT_MAX)
		return OK;
	return err_set(err, ERR_INPUT, "a segment size of %zu bytes is not between %d and %zu", segment,
		       STREAM_HEADER_LEN + TAG_LEN + 1, STREAM_SEGMENT_MAX);
}

/* With the header counted as if it were plaintext, every segment but the last holds segment - TAG_LEN bytes. */
static uint64_t segments_of(uint64_t plain, size_t segment)
{
	return (STREAM_HEADER_LEN + plain + (segment - TAG_LEN) - 1) / (segment - TAG_LEN);
}

uint64_t stream_sealed_size(uint64_t plain, size_t segment)
{
	INVARIANT(segment > STREAM_HEADER_LEN + TAG_LEN && plain < UINT64_MAX / 4);
	return STREAM_HEADER_LEN + plain + segments_of(plain, segment) * TAG_LEN;
}

enum result stream_plain_size(uint64_t sealed, size_t segment, uint64_t *plain, struct err *err)
{
	uint64_t count, size;
	enum result rc = check_segment(segment, err);

	if (rc != OK)
		return rc;
	count = sealed / segment + (sealed % segment != 0);
	size = sealed - STREAM_HEADER_LEN - count * TAG_LEN; /* looked at only when that is not below zero */
	if (count == 0 || count > SEGMENTS_MAX || sealed < STREAM_HEADER_LEN + count * TAG_LEN ||
	    stream_sealed_size(size, segment) != sealed)
		return err_set(err, ERR_CORRUPT, "no sealed stream with segments of %zu bytes has %llu bytes", segment,
			       (unsigned long long)sealed);
	*plain = size;
	return OK;
}

/* ---- keys and nonces ---- */

struct stream_keys {
	struct key key;
	unsigned char prefix[PREFIX_LEN];
};

static void derive(struct stream_keys *keys, const struct key *ikm, const void *aad, size_t aad_len,
		   const unsigned char header[STREAM_HEADER_LEN])
{
	const struct span_in part = {ikm->bytes, KEY_LEN};

	hkdf_sha256(&part, 1, header + 1, SALT_LEN, aad, aad_len, keys->key.bytes, KEY_LEN);
	memcpy(keys->prefix, header + 1 + SALT_LEN, PREFIX_LEN);
}

static void make_nonce(const struct stream_keys *keys, uint64_t number, bool last, unsigned char nonce[NONCE_LEN])
{
	memcpy(nonce, keys->prefix, PREFIX_LEN);
	for (int i = 0; i < 4; i++)
		nonce[PREFIX_LEN + i] = (unsigned char)(number >> (24 - 8 * i));
	nonce[NONCE_LEN - 1] = last;
}

/* Bytes of the header that lie in segment `number`. */
static size_t header_in(uint64_t number)
{
	return number == 0 ? STREAM_HEADER_LEN : 0;
}

/* ---- writing ---- */

struct stream_writer {
	struct stream_keys keys;
	stream_sink *sink;
	void *arg;
	uint64_t number; /* of the segment being filled */
	size_t segment, fill;
	bool stopped;           /* finished or failed: nothing may follow */
	unsigned char *buffer;  /* a whole segment, plaintext until it is sealed; the header stands before the first */
};

static size_t room(const struct stream_writer *w)
{
	return w->segment - TAG_LEN - header_in(w->number);
}

enum result stream_writer_new(const struct key *ikm, const void *aad, size_t aad_len, size_t segment,
			      stream_sink *sink, void *arg, struct stream_writer **out, struct err *err)
{
	struct stream_writer *w;
	enum result rc = check_segment(segment, err);

	if (rc != OK)
		return rc;
	w = sodium_malloc(sizeof *w);
	if (w == NULL)
		return err_no_memory(err);
	*w = (struct stream_writer){.sink = sink, .arg = arg, .segment = segment};
	w->buffer = malloc(segment);
	if (w->buffer == NULL) {
		stream_writer_free(w);
		return err_no_memory(err);
	}
	w->buffer[0] = STREAM_HEADER_LEN;
	random_bytes(w->buffer + 1, STREAM_HEADER_LEN - 1);
	derive(&w->keys, ikm, aad, aad_len, w->buffer);
	*out = w;
	return OK;
}

void stream_writer_free(struct stream_writer *w)
{
	if (w == NULL)
		return;
	if (w->buffer != NULL)
		sodium_memzero(w->buffer, w->segment);
	free(w->buffer);
	sodium_free(w); /* wipes */
}

/* Seals what waits in the buffer, where it lies, and `len` bytes after it; hands the segment on. */
static enum result emit(struct stream_writer *w, const void *data, size_t len, bool last, struct err *err)
{
	unsigned char nonce[NONCE_LEN];
	size_t header = header_in(w->number), total = w->fill + len;
	const struct span_in parts[] = {{w->buffer + header, w->fill}, {data, len}};
	enum result rc;

	if (w->number >= SEGMENTS_MAX)
		return err_set(err, ERR_LIMIT, "a stream has at most 2^32 segments of %zu bytes", w->segment);
	make_nonce(&w->keys, w->number, last, nonce);
	rc = aead_seal_parts(&w->keys.key, nonce, NULL, 0, parts, 2, w->buffer + header, err);
	if (rc != OK)
		return rc;
	w->number++;
	w->fill = 0;
	return w->sink(w->arg, w->buffer, header + total + TAG_LEN, err);
}

/* A full segment waits until more comes: it might be the last, and is marked then. What completes it is not copied. */
static enum result take(struct stream_writer *w, const unsigned char **data, size_t *len, struct err *err)
{
	enum result rc = OK;
	size_t left = room(w) - w->fill, n = left < *len ? left : *len;

	if (*len > left)
		rc = emit(w, *data, n, false, err);
	else {
		memcpy(w->buffer + header_in(w->number) + w->fill, *data, n);
		w->fill += n;
	}
	*data += n;
	*len -= n;
	return rc;
}

static enum result check_open(const struct stream_writer *w, struct err *err)
{
	if (!w->stopped)
		return OK;
	return err_set(err, ERR_INTERNAL, "a sealed stream that was finished or has failed cannot be continued");
}

enum result stream_write(struct stream_writer *w, const void *data, size_t len, struct err *err)
{
	const unsigned char *at = data;
	enum result rc = check_open(w, err);

	while (rc == OK && len > 0)
		rc = take(w, &at, &len, err);
	w->stopped = rc != OK;
	return rc;
}

enum result stream_finish(struct stream_writer *w, struct err *err)
{
	enum result rc = check_open(w, err);

	if (rc != OK)
		return rc;
	w->stopped = true;
	return emit(w, NULL, 0, true, err);
}

/* ---- reading ---- */

struct stream_reader {
	struct stream_keys keys;
	stream_source *source;
	void *arg;
	uint64_t sealed_size, plain_size, count; /* count of segments */
	size_t segment;
	uint64_t held;         /* segment that `plain` holds opened; `count` for none */
	size_t held_len;
	unsigned char *plain;  /* one segment: read sealed, opened in place */
};

static enum result read_header(struct stream_reader *r, const struct key *ikm, const void *aad, size_t aad_len,
			       struct err *err)
{
	unsigned char header[STREAM_HEADER_LEN];
	enum result rc = r->source(r->arg, 0, header, sizeof header, err);

	if (rc != OK)
		return rc;
	if (header[0] != STREAM_HEADER_LEN)
		return err_set(err, ERR_CORRUPT, "a sealed stream begins with the byte %d, not %d", STREAM_HEADER_LEN,
			       header[0]);
	derive(&r->keys, ikm, aad, aad_len, header);
	return OK;
}

enum result stream_reader_new(const struct key *ikm, const void *aad, size_t aad_len, size_t segment,
			      uint64_t sealed_size, stream_source *source, void *arg, struct stream_reader **out,
			      struct err *err)
{
	struct stream_reader *r;
	uint64_t plain;
	enum result rc = stream_plain_size(sealed_size, segment, &plain, err);

	if (rc != OK)
		return rc;
	r = sodium_malloc(sizeof *r);
	if (r == NULL)
		return err_no_memory(err);
	*r = (struct stream_reader){.source = source, .arg = arg, .sealed_size = sealed_size, .plain_size = plain,
				    .segment = segment};
	r->count = r->held = segments_of(plain, segment);
	r->plain = malloc(segment);
	rc = r->plain != NULL ? read_header(r, ikm, aad, aad_len, err) : err_no_memory(err);
	if (rc != OK)
		stream_reader_free(r);
	else
		*out = r;
	return rc;
}

void stream_reader_free(struct stream_reader *r)
{
	if (r == NULL)
		return;
	if (r->plain != NULL)
		sodium_memzero(r->plain, r->segment);
	free(r->plain);
	sodium_free(r); /* wipes */
}

uint64_t stream_reader_size(const struct stream_reader *r)
{
	return r->plain_size;
}

/* Makes `plain` hold segment `number`. On failure it holds none: aead_open_nonce has wiped it. */
static enum result hold(struct stream_reader *r, uint64_t number, struct err *err)
{
	uint64_t at = number * r->segment + header_in(number), end = (number + 1) * r->segment;
	bool last = number == r->count - 1;
	size_t len = (size_t)((last ? r->sealed_size : end) - at);
	unsigned char nonce[NONCE_LEN];
	enum result rc;

	if (r->held == number)
		return OK;
	r->held = r->count;
	rc = r->source(r->arg, at, r->plain, len, err);
	if (rc != OK)
		return rc;
	make_nonce(&r->keys, number, last, nonce);
	rc = aead_open_nonce(&r->keys.key, nonce, NULL, 0, r->plain, len, r->plain, err);
	if (rc == ERR_CORRUPT)
		return err_set(err, ERR_CORRUPT, "segment %llu of %llu does not match its tag: it was changed, cut or "
			       "moved, or belongs to something else", (unsigned long long)number + 1,
			       (unsigned long long)r->count);
	r->held = rc == OK ? number : r->count;
	r->held_len = len - TAG_LEN;
	return rc;
}

enum result stream_read(struct stream_reader *r, uint64_t offset, uint64_t len, stream_sink *sink, void *arg,
			struct err *err)
{
	enum result rc = OK;

	if (r->plain_size == 0) /* nothing to give, but its one segment still has to prove that */
		return hold(r, 0, err);
	if (offset >= r->plain_size)
		return OK;
	if (len > r->plain_size - offset)
		len = r->plain_size - offset;
	while (rc == OK && len > 0) {
		uint64_t place = STREAM_HEADER_LEN + offset; /* as if the header were plaintext */
		uint64_t number = place / (r->segment - TAG_LEN);
		size_t skip = (size_t)(place % (r->segment - TAG_LEN)) - header_in(number), n;

		rc = hold(r, number, err);
		if (rc != OK)
			break;
		n = r->held_len - skip < len ? r->held_len - skip : (size_t)len;
		rc = sink(arg, r->plain + skip, n, err);
		offset += n;
		len -= n;
	}
	return rc;
}
