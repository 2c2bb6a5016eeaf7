/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Content-Digest and Repr-Digest: what is read is written and read the same.
 */
#include <stdlib.h>
#include <string.h>

#include "api/digest.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc, (void)argv;
	INVARIANT(crypto_init(&err) == OK);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hash hash, again;
	struct buf written;
	struct err err;
	bool given, there;
	char *text;

	if (memchr(data, '\0', size))
		return 0;
	text = strndup((const char *)data, size);
	if (!text)
		return 0;
	if (digest_read(text, &given, &hash, &err) == OK && given) {
		buf_init(&written, 256);
		digest_write(&written, &hash);
		INVARIANT(digest_read(written.data, &there, &again, &err) == OK && there);
		INVARIANT(memcmp(hash.bytes, again.bytes, sizeof hash.bytes) == 0);
		buf_free(&written);
	}
	free(text);
	return 0;
}
