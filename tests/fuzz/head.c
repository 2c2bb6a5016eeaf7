/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The head of a request as libmicrohttpd leaves it, from any bytes: the first two say where the target is. What is
 * taken is put together again from its parts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Goes through what was taken as libmicrohttpd's reader would, by NULs alone. */
static void check(const char *head, size_t len, size_t at, size_t fields)
{
	while (fields-- > 0) {
		size_t name = strlen(head + at), value = strlen(head + at + name + 1);

		INVARIANT(name > 0 && head[at] != ' ' && head[at] != '\t');
		INVARIANT(!memchr(head + at + name + 1, '\r', value) && !memchr(head + at + name + 1, '\n', value));
		at += name + 1 + value + 2;
	}
	INVARIANT(at + 2 == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t fields, target_at, target_len;
	struct err err;

	if (size < 2)
		return 0;
	target_at = data[0] % 16;
	target_len = data[1];
	data += 2;
	size -= 2;
	if (head_scan((const char *)data, size, target_at, target_len, &fields, &err) == OK)
		check((const char *)data, size, target_at + target_len + 1 + 10, fields);
	else
		INVARIANT(err.what[0]);
	return 0;
}
