/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Receipts.  Whatever the input, only the statement that was logged verifies.
 */
#include <string.h>
#include "audit/receipt.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct note_key key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	unsigned char seed[SIGN_SEED_LEN], public_key[SIGN_PUBLIC_LEN];
	struct err err;

	(void)argc;
	(void)argv;
	memset(seed, 9, sizeof seed);
	INVARIANT(crypto_init(&err) == OK);
	sign_keypair(seed, public_key);
	INVARIANT(note_key_make("lethe.example.org/audit", public_key, &key, &err) == OK);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct json *statement;
	struct checkpoint at;
	struct pool pool;
	struct err err;

	pool_init(&pool, 64 << 20);
	if (receipt_verify((const char *)data, len, &key, &pool, &statement, &at, &err) == OK)
		INVARIANT(strcmp(json_get_text(statement, "act"), "erase") == 0 && at.size > 0);
	pool_free(&pool);
	return 0;
}
