/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/primitives.h"

#define CHUNK ((size_t)64 * 1024)
#define SEALED (CHUNK + SEAL_OVERHEAD)
#define NO_CHUNK UINT64_MAX

struct spool {
	const char *folder;
	uint64_t max, size;
	int fd; /* -1 until there is a file */
	struct key key;
	uint64_t opened; /* which chunk `open` has */
	unsigned char sealed[SEALED];
	char last[CHUNK]; /* what is not in the file yet */
	char open[CHUNK];
};

enum result spool_new(const char *folder, uint64_t max, struct spool **out, struct err *err)
{
	struct spool *spool = calloc(1, sizeof *spool);

	*out = spool;
	if (!spool)
		return err_no_memory(err);
	spool->folder = folder;
	spool->max = max;
	spool->fd = -1;
	spool->opened = NO_CHUNK;
	spool->key = key_random();
	return OK;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	if (spool->fd >= 0)
		close(spool->fd);
	explicit_bzero(spool, sizeof *spool);
	free(spool);
}

uint64_t spool_size(const struct spool *spool)
{
	return spool->size;
}

static enum result open_file(struct spool *spool, struct err *err)
{
	if (spool->fd < 0)
		spool->fd = open(spool->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (spool->fd >= 0)
		return OK;
	err_sys(err, "cannot make a temporary file");
	return err_where(err, "%s", spool->folder);
}

static enum result transfer(struct spool *spool, uint64_t chunk, bool out, struct err *err)
{
	off_t from = (off_t)(chunk * SEALED);
	size_t done = 0;

	while (done < SEALED) {
		unsigned char *at = spool->sealed + done;
		ssize_t some = out ? pwrite(spool->fd, at, SEALED - done, from + (off_t)done)
				   : pread(spool->fd, at, SEALED - done, from + (off_t)done);

		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0) {
			errno = some == 0 ? EIO : errno;
			err_sys(err, "cannot %s a temporary file", out ? "write" : "read");
			return err_where(err, "%s", spool->folder);
		}
		done += (size_t)some;
	}
	return OK;
}

/* Its number goes into the tag, so that chunks cannot change places. */
static enum result put_chunk(struct spool *spool, uint64_t chunk, struct err *err)
{
	enum result r = open_file(spool, err);

	if (r == OK)
		r = aead_seal(&spool->key, &chunk, sizeof chunk, spool->last, CHUNK, spool->sealed, err);
	return r ? r : transfer(spool, chunk, true, err);
}

enum result spool_write(struct spool *spool, const void *data, size_t len, struct err *err)
{
	const char *at = data;

	if (len > spool->max - spool->size)
		return err_set(err, ERR_LIMIT, "there are more results than the %llu bytes that are kept",
			       (unsigned long long)spool->max);
	while (len > 0) {
		size_t used = spool->size % CHUNK, part = len < CHUNK - used ? len : CHUNK - used;

		memcpy(spool->last + used, at, part);
		if (used + part == CHUNK) {
			enum result r = put_chunk(spool, spool->size / CHUNK, err);

			if (r)
				return r;
		}
		spool->size += part;
		at += part;
		len -= part;
	}
	return OK;
}

static enum result get_chunk(struct spool *spool, uint64_t chunk, struct err *err)
{
	enum result r;

	if (spool->opened == chunk)
		return OK;
	spool->opened = NO_CHUNK;
	r = transfer(spool, chunk, false, err);
	if (r == OK)
		r = aead_open(&spool->key, &chunk, sizeof chunk, spool->sealed, SEALED, spool->open, err);
	if (r == OK)
		spool->opened = chunk;
	return r;
}

enum result spool_read(struct spool *spool, uint64_t offset, void *out, size_t len, size_t *got, struct err *err)
{
	uint64_t chunk = offset / CHUNK, left = offset < spool->size ? spool->size - offset : 0;
	size_t within = (size_t)(offset % CHUNK), part = CHUNK - within;
	const char *from = spool->last;

	*got = 0;
	if (chunk < spool->size / CHUNK) {
		enum result r = get_chunk(spool, chunk, err);

		if (r)
			return r;
		from = spool->open;
	}
	if (part > left)
		part = (size_t)left;
	if (part > len)
		part = len;
	memcpy(out, from + within, part);
	*got = part;
	return OK;
}

static enum result read_answer(void *arg, uint64_t offset, void *out, size_t len, size_t *got, struct err *err)
{
	return spool_read(arg, offset, out, len, got, err);
}

static void free_answer(void *arg)
{
	spool_free(arg);
}

void spool_answer(struct spool *spool, struct response *response)
{
	response_reader(response, read_answer, free_answer, spool, spool->size);
}
