/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/opened.h"

#include <stdlib.h>
#include <string.h>

/* One segment opened: the server asks for less at a time, and each would be decrypted again. */
struct opened {
	struct stream_reader *reader;
	void (*close)(void *arg);
	void *arg;
	uint64_t from; /* where in the file `piece` begins */
	size_t len;
	char piece[STREAM_SEGMENT_MAX];
};

static enum result keep(void *arg, const void *data, size_t len, struct err *err)
{
	struct opened *opened = arg;

	(void)err;
	INVARIANT(len <= sizeof opened->piece - opened->len);
	memcpy(opened->piece + opened->len, data, len);
	opened->len += len;
	return OK;
}

static enum result read_piece(void *arg, uint64_t offset, void *out, size_t len, size_t *got, struct err *err)
{
	struct opened *opened = arg;
	size_t within;
	enum result r = OK;

	if (offset < opened->from || offset >= opened->from + opened->len) {
		opened->from = offset;
		opened->len = 0;
		r = stream_read(opened->reader, offset, sizeof opened->piece, keep, opened, err);
	}
	if (r != OK)
		opened->len = 0; /* nothing of it is to be trusted */
	within = (size_t)(offset - opened->from);
	*got = opened->len - within < len ? opened->len - within : len;
	memcpy(out, opened->piece + within, *got);
	return r;
}

static void free_opened(void *arg)
{
	struct opened *opened = arg;

	opened->close(opened->arg);
	explicit_bzero(opened, sizeof *opened);
	free(opened);
}

enum result opened_answer(struct response *response, struct stream_reader *reader, void (*close)(void *arg), void *arg,
			  struct err *err)
{
	struct opened *opened = calloc(1, sizeof *opened);

	if (opened == NULL)
		return err_no_memory(err);
	opened->reader = reader;
	opened->close = close;
	opened->arg = arg;
	response_reader(response, read_piece, free_opened, opened, stream_reader_size(reader));
	return OK;
}
