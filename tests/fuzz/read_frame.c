/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file of reads, as a crash may leave it: its halves are made from what the
 * input says: whole frames with numbers that go up or are old, and bytes.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/primitives.h"
#include "vault/read_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct id vault = {{1}};

struct seen { uint64_t last, from; size_t count; };

/* What is handed on is whole, and wanted; within a half it goes up. */
static enum result see(void *arg, const struct read_frame *frame, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	INVARIANT(frame->number >= seen->from && frame->leaf.body_len > 0);
	for (size_t i = 0; i < frame->leaf.body_len; i++)
		INVARIANT(frame->leaf.body[i] == 'b');
	seen->last = frame->number;
	seen->count++;
	return OK;
}

/* One piece of a half; how much of the input it took. */
static size_t add(struct buf *half, uint64_t *number, const uint8_t *data, size_t size)
{
	static const char body[256] = {[0 ... 255] = 'b'};
	size_t len = size > 1 ? data[1] : 0;
	struct read_frame frame = {.leaf = {.account = 1, .term = LEAF_ACCESS, .body = body, .body_len = len + 1}};

	if (data[0] % 4 == 3) {
		len = len < size - (size > 1 ? 2 : 1) ? len : size - (size > 1 ? 2 : 1);
		buf_add(half, data + (size > 1 ? 2 : 1), len);
		return len + (size > 1 ? 2 : 1);
	}
	if (data[0] % 4 == 2)
		frame.number = *number / 2;
	else
		frame.number = *number += 1 + data[0] % 4;
	read_frame_add(half, vault, &frame);
	return size > 1 ? 2 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("reads", MFD_CLOEXEC);
	struct seen seen = {.from = size > 0 ? data[0] : 0};
	uint64_t number = 1;
	struct buf halves[2];
	struct err err;
	size_t at = 0;

	INVARIANT(crypto_init(&err) == OK && fd >= 0);
	for (int i = 0; i < 2; i++) {
		size_t end = i == 0 ? size / 2 : size;

		buf_init(&halves[i], READ_HALF);
		while (at < end)
			at += add(&halves[i], &number, data + at, end - at);
		INVARIANT(pwrite(fd, halves[i].data, halves[i].len, i * (off_t)READ_HALF) == (ssize_t)halves[i].len);
	}
	INVARIANT(read_frames(fd, vault, seen.from, see, &seen, &err) == OK);
	INVARIANT(seen.count <= size && seen.last <= number);
	buf_free(&halves[0]);
	buf_free(&halves[1]);
	close(fd);
	return 0;
}
