/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P17, for tink-stream.py: `stream seal SEGMENT` seals standard input to standard output, `stream open SEGMENT` the reverse,
 * under the fixed key 00 01 .. 1f and the fixed aad "lethe/foreign".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/stream.h"

#define AAD "lethe/foreign"

struct input { unsigned char *data; size_t len; };

static enum result put(void *arg, const void *data, size_t len, struct err *err)
{
	(void)arg;
	return file_write_all(STDOUT_FILENO, data, len, err);
}

static enum result get(void *arg, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct input *in = arg;

	(void)err;
	memcpy(out, in->data + offset, len);
	return OK;
}

static struct input read_stdin(void)
{
	struct input in = {malloc((size_t)64 << 20), 0};

	INVARIANT(in.data != NULL);
	in.len = fread(in.data, 1, (size_t)64 << 20, stdin);
	return in;
}

static enum result seal(const struct key *key, size_t segment, const struct input *in, struct err *err)
{
	struct stream_writer *w;
	enum result rc = stream_writer_new(key, AAD, strlen(AAD), segment, put, NULL, &w, err);

	if (rc != OK)
		return rc;
	rc = stream_write(w, in->data, in->len, err);
	if (rc == OK)
		rc = stream_finish(w, err);
	stream_writer_free(w);
	return rc;
}

static enum result unseal(const struct key *key, size_t segment, struct input *in, struct err *err)
{
	struct stream_reader *r;
	enum result rc = stream_reader_new(key, AAD, strlen(AAD), segment, in->len, get, in, &r, err);

	if (rc != OK)
		return rc;
	rc = stream_read(r, 0, UINT64_MAX, put, NULL, err);
	stream_reader_free(r);
	return rc;
}

int main(int argc, char **argv)
{
	struct input in;
	struct key key;
	struct err err;
	size_t segment;
	enum result rc = crypto_init(&err);

	if (argc != 3) {
		fputs("usage: stream seal|open SEGMENT\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < KEY_LEN; i++)
		key.bytes[i] = (unsigned char)i;
	segment = strtoul(argv[2], NULL, 10);
	in = read_stdin();
	if (rc == OK)
		rc = strcmp(argv[1], "seal") == 0 ? seal(&key, segment, &in, &err) : unseal(&key, segment, &in, &err);
	free(in.data);
	if (rc != OK)
		fprintf(stderr, "%s\n", err.what);
	return rc == OK ? 0 : 1;
}
