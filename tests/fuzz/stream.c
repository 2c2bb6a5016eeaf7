/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sealed media.  Byte 0 chooses, bytes 1 to 4 are numbers:
 *   even: the rest is opened as a sealed stream; not one byte may come out;
 *   odd:  the rest is sealed, read back by a range, then damaged in one place; only true bytes may come out.
 */
#include <stdlib.h>
#include <string.h>
#include "crypto/stream.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define SEALED_MAX ((size_t)1 << 20)

static struct key key;
static unsigned char sealed[SEALED_MAX];

struct bytes_in { const unsigned char *data; size_t len; };
/* What comes out must equal `want`, of which `at` bytes have come. */
struct expect { const unsigned char *want; size_t len, at; };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc;
	(void)argv;
	INVARIANT(crypto_init(&err) == OK);
	memset(key.bytes, 7, sizeof key.bytes);
	return 0;
}

static enum result fetch(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct bytes_in *in = arg;

	(void)err;
	INVARIANT(offset <= in->len && len <= in->len - offset); /* the reader knows the size */
	memcpy(out, in->data + offset, len);
	return OK;
}

static enum result compare(void *arg, const void *data, size_t len, struct err *err)
{
	struct expect *e = arg;

	(void)err;
	INVARIANT(len <= e->len - e->at && memcmp(data, e->want + e->at, len) == 0);
	e->at += len;
	return OK;
}

static enum result append(void *arg, const void *data, size_t len, struct err *err)
{
	size_t *at = arg;

	(void)err;
	INVARIANT(len <= SEALED_MAX - *at);
	memcpy(sealed + *at, data, len);
	*at += len;
	return OK;
}

static enum result open_range(struct bytes_in in, size_t segment, uint64_t from, uint64_t len, struct expect *e)
{
	struct stream_reader *r;
	struct err err;
	enum result rc = stream_reader_new(&key, "aad", 3, segment, in.len, fetch, &in, &r, &err);

	if (rc != OK)
		return rc;
	rc = stream_read(r, from, len, compare, e, &err);
	stream_reader_free(r);
	return rc;
}

static void open_foreign(const unsigned char *data, size_t len, size_t segment)
{
	struct expect nothing = {NULL, 0, 0};

	INVARIANT(open_range((struct bytes_in){data, len}, segment, 0, UINT64_MAX, &nothing) != OK);
}

static size_t seal(const unsigned char *data, size_t len, size_t segment)
{
	struct stream_writer *w;
	struct err err;
	size_t size = 0;

	INVARIANT(stream_writer_new(&key, "aad", 3, segment, append, &size, &w, &err) == OK);
	INVARIANT(stream_write(w, data, len / 3, &err) == OK && stream_write(w, data + len / 3, len - len / 3, &err) == OK);
	INVARIANT(stream_finish(w, &err) == OK && size == stream_sealed_size(len, segment));
	stream_writer_free(w);
	return size;
}

static void seal_and_damage(const unsigned char *data, size_t len, size_t segment, size_t place)
{
	size_t size = seal(data, len, segment), from = len > 0 ? place % len : 0;
	struct expect range = {data + from, len - from, 0}, all = {data, len, 0};

	INVARIANT(open_range((struct bytes_in){sealed, size}, segment, from, UINT64_MAX, &range) == OK);
	INVARIANT(range.at == range.len);
	if (place % 2 == 0)
		sealed[place / 2 % size] ^= (unsigned char)(1u << place % 7);
	else
		size = place / 2 % size;
	INVARIANT(open_range((struct bytes_in){sealed, size}, segment, 0, UINT64_MAX, &all) != OK);
	INVARIANT(all.at < len || len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t segment, place;

	if (len < 5 || len > SEALED_MAX / 32)
		return 0;
	segment = 57 + data[1] + (data[2] % 4) * 256u;
	place = data[3] | (size_t)data[4] << 8;
	if (data[0] % 2 == 0)
		open_foreign(data + 5, len - 5, segment);
	else
		seal_and_damage(data + 5, len - 5, segment, place);
	return 0;
}
