/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <string.h>

#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A row written from its fields splits into the same fields. */
static void check_written(const struct csv_row *row, struct pool *pool)
{
	struct csv_row again;
	struct buf buf;
	struct err err;

	buf_init(&buf, 1 << 24);
	for (size_t i = 0; i < row->count; i++) {
		if (i > 0)
			buf_add_char(&buf, ',');
		csv_add_field(&buf, row->fields[i], row->lens[i], true);
	}
	buf_add_str(&buf, "\r\n");
	INVARIANT(csv_row_length(buf.data, buf.len, false) == buf.len);
	INVARIANT(csv_split(buf.data, buf.len, pool, &again, &err) == OK);
	INVARIANT(again.count == row->count);
	for (size_t i = 0; i < row->count; i++) {
		INVARIANT(again.lens[i] == row->lens[i]);
		INVARIANT(memcmp(again.fields[i], row->fields[i], row->lens[i]) == 0);
	}
	buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct csv_row row;
	struct pool pool;
	struct err err;
	size_t len;

	pool_init(&pool, 1 << 26);
	for (; size > 0; text += len, size -= len) {
		len = csv_row_length(text, size, true);
		INVARIANT(len > 0 && len <= size);
		if (csv_split(text, len, &pool, &row, &err) == OK)
			check_written(&row, &pool);
		pool_reset(&pool);
	}
	pool_free(&pool);
	return 0;
}
