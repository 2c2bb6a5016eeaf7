/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cursors from any bytes, and a good one with some characters changed: none is taken but one that was given out, and that
 * one says what it said.
 */
#include <string.h>

#include "api/paging.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct key key = {{1, 2, 3}};
static char known[PAGING_CURSOR_LEN + 1];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc, (void)argv;
	INVARIANT(crypto_init(&err) == OK);
	paging_write(&key, "hold list", 7, (struct id){{9}}, known);
	return 0;
}

static void read_it(const char *text, size_t len)
{
	int64_t number = 0;
	struct id id = {{0}};
	bool same = len == strlen(known) && memcmp(text, known, len) == 0;

	INVARIANT(paging_read(&key, "hold list", text, len, &number, &id) == same);
	INVARIANT(!same || (number == 7 && id.bytes[0] == 9));
	INVARIANT(!paging_read(&key, "user list", text, len, &number, &id));
}

/* Whatever is pointed to comes back. */
static void write_and_read(const uint8_t *data, size_t len)
{
	char text[PAGING_CURSOR_LEN + 1];
	struct id id = {{0}}, read;
	int64_t number = 0, got;

	memcpy(&number, data, len < 8 ? len : 8);
	if (len > 8)
		memcpy(id.bytes, data + 8, len - 8 < sizeof id.bytes ? len - 8 : sizeof id.bytes);
	paging_write(&key, "x", number, id, text);
	INVARIANT(paging_read(&key, "x", text, strlen(text), &got, &read));
	INVARIANT(got == number && memcmp(&id, &read, sizeof id) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char changed[PAGING_CURSOR_LEN + 1];

	memcpy(changed, known, sizeof changed);
	for (size_t i = 0; i + 1 < len; i += 2)
		changed[data[i] % strlen(known)] = (char)data[i + 1];
	read_it((const char *)data, len);
	read_it(changed, strlen(known));
	write_and_read(data, len);
	return 0;
}
