/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text of a root file: what is read must print and read again as the same; what is refused leaves no key.
 */
#include <string.h>
#include "crypto/root_provider.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc;
	(void)argv;
	INVARIANT(crypto_init(&err) == OK);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct root_keys empty;
	struct root_keys keys, again;
	struct buf text;
	struct err err;

	if (root_file_parse((const char *)data, len, &keys, &err) != OK) {
		INVARIANT(err.code == ERR_CORRUPT && memcmp(&keys, &empty, sizeof keys) == 0);
		return 0;
	}
	buf_init(&text, ROOT_FILE_MAX);
	root_file_print(&keys, &text);
	INVARIANT(buf_ok(&text, "text", &err) == OK);
	INVARIANT(root_file_parse(text.data, text.len, &again, &err) == OK);
	INVARIANT(memcmp(&keys, &again, sizeof keys) == 0);
	buf_free(&text);
	return 0;
}
