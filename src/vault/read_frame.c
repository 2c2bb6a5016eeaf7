/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/read_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/primitives.h"
#include "vault/act.h"

#define SUM_LEN 16
#define CHUNK ((size_t)256 * 1024)

_Static_assert(sizeof(struct id) == SUM_LEN, "the vault's id stands where the sum will");

/* ---- one ---- */

static unsigned char *put(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*at++ = (unsigned char)(value >> (8 * i));
	return at;
}

static uint64_t get(const unsigned char **at, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint64_t)(*at)[i] << (8 * i);
	*at += bytes;
	return value;
}

void read_frame_add(struct buf *out, struct id vault, const struct read_frame *frame)
{
	const struct leaf *leaf = &frame->leaf;
	unsigned char *start = buf_extend(out, READ_FRAME_HEAD + leaf->body_len), *at;
	struct hash sum;

	if (start == NULL)
		return;
	memcpy(start, vault.bytes, SUM_LEN);
	at = put(start + SUM_LEN, leaf->body_len, 4);
	at = put(at, leaf->account, 4);
	at = put(at, frame->number, 8);
	at = put(at, (uint64_t)leaf->at.ms, 8);
	at = put(at, (uint64_t)leaf->term, 4);
	memcpy(at, leaf->body, leaf->body_len);
	sum = sha256(start, READ_FRAME_HEAD + leaf->body_len);
	memcpy(start, sum.bytes, SUM_LEN);
}

bool read_frame_head(const unsigned char *data, struct read_frame *out)
{
	const unsigned char *at = data + SUM_LEN;

	out->leaf = (struct leaf){.body_len = (size_t)get(&at, 4)};
	out->leaf.account = (uint32_t)get(&at, 4);
	out->number = get(&at, 8);
	out->leaf.at.ms = (int64_t)get(&at, 8);
	out->leaf.term = (enum leaf_term)get(&at, 4);
	return out->leaf.body_len > 0 && out->leaf.body_len <= ACT_LEAF_MAX;
}

bool read_frame_whole(const unsigned char *data, struct id vault, struct read_frame *out)
{
	unsigned char copy[READ_FRAME_HEAD + ACT_LEAF_MAX];
	struct hash sum;
	size_t len;

	if (!read_frame_head(data, out))
		return false;
	len = READ_FRAME_HEAD + out->leaf.body_len;
	memcpy(copy, data, len);
	memcpy(copy, vault.bytes, SUM_LEN);
	sum = sha256(copy, len);
	out->leaf.body = (const char *)data + READ_FRAME_HEAD;
	return memcmp(sum.bytes, data, SUM_LEN) == 0;
}

/* ---- all ---- */

/* One half, read as far as it is needed: most of it is old, or was never written. */
struct half {
	int fd;
	off_t offset;
	unsigned char *data; /* READ_HALF bytes */
	size_t filled;
	bool ended;
};

static enum result fill(struct half *half, size_t need, struct err *err)
{
	while (half->filled < need && !half->ended) {
		size_t left = READ_HALF - half->filled;
		ssize_t got = pread(half->fd, half->data + half->filled, left < CHUNK ? left : CHUNK,
				    half->offset + (off_t)half->filled);

		if (got < 0 && errno != EINTR)
			return err_sys(err, "cannot read the file of reads");
		half->ended = got == 0;
		half->filled += got > 0 ? (size_t)got : 0;
	}
	return OK;
}

/* `*whole` false: here it ends. What is old is passed over unread. */
static enum result take(struct half *half, struct id vault, uint64_t from, size_t at, struct read_frame *out, bool *whole,
			struct err *err)
{
	enum result r;

	*whole = false;
	if (at + READ_FRAME_HEAD > READ_HALF)
		return OK;
	r = fill(half, at + READ_FRAME_HEAD, err);
	if (r != OK || half->filled < at + READ_FRAME_HEAD || !read_frame_head(half->data + at, out) ||
	    at + READ_FRAME_HEAD + out->leaf.body_len > READ_HALF)
		return r;
	*whole = out->number < from;
	if (*whole)
		return OK;
	r = fill(half, at + READ_FRAME_HEAD + out->leaf.body_len, err);
	*whole = r == OK && half->filled >= at + READ_FRAME_HEAD + out->leaf.body_len &&
		 read_frame_whole(half->data + at, vault, out);
	return r;
}

static enum result each_of_half(struct half *half, struct id vault, uint64_t from, read_frame_each *each, void *arg,
				struct err *err)
{
	struct read_frame frame;
	uint64_t next = 0;
	size_t at = 0;
	bool whole;
	enum result r = take(half, vault, from, at, &frame, &whole, err);

	/* Numbers go up, with a gap where something could not be written; what is old has lower ones. */
	while (r == OK && whole && frame.number >= next) {
		if (frame.number >= from)
			r = each(arg, &frame, err);
		next = frame.number + 1;
		at += READ_FRAME_HEAD + frame.leaf.body_len;
		if (r == OK)
			r = take(half, vault, from, at, &frame, &whole, err);
	}
	return r;
}

/* The number that a half begins with; 0: it was never written. */
static enum result first_of(struct half *half, uint64_t *out, struct err *err)
{
	struct read_frame frame;
	enum result r = fill(half, READ_FRAME_HEAD, err);

	*out = r == OK && half->filled >= READ_FRAME_HEAD && read_frame_head(half->data, &frame) ? frame.number : 0;
	return r;
}

enum result read_frames(int fd, struct id vault, uint64_t from, read_frame_each *each, void *arg, struct err *err)
{
	struct half halves[2] = {{.fd = fd, .data = malloc(READ_HALF)},
				 {.fd = fd, .offset = (off_t)READ_HALF, .data = malloc(READ_HALF)}};
	uint64_t first[2] = {0, 0};
	enum result r = halves[0].data != NULL && halves[1].data != NULL ? OK : err_no_memory(err);

	for (int i = 0; i < 2 && r == OK; i++)
		r = first_of(&halves[i], &first[i], err);
	for (int i = 0; i < 2 && r == OK; i++)
		r = each_of_half(&halves[first[0] <= first[1] ? i : 1 - i], vault, from, each, arg, err);
	free(halves[0].data);
	free(halves[1].data);
	return r;
}
