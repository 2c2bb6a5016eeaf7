/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tokens, sessions and links from any bytes, and the same bytes under a check that fits: what is taken is of the one form, and
 * one changed character is found. Also what is typed in: base64url, codes.
 */
#include <string.h>

#include "access/coding.h"
#include "access/opaque.h"
#include "access/recovery.h"
#include "access/totp.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct opaque known;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct hash hash;
	struct err err;

	(void)argc, (void)argv;
	INVARIANT(crypto_init(&err) == OK);
	opaque_make(OPAQUE_ACCOUNT, &known, &hash);
	return 0;
}

static void read_it(const char *text, size_t len)
{
	enum opaque_kind kind;
	struct hash hash, again;

	if (!opaque_read(text, len, &kind, &hash))
		return;
	INVARIANT(len == OPAQUE_LEN && text[6] == (char)kind);
	again = sha256(text, len);
	INVARIANT(memcmp(&again, &hash, sizeof hash) == 0);
}

/* Some characters of a good one put in place of. */
static void read_changed(const uint8_t *data, size_t len)
{
	struct opaque changed = known;

	for (size_t i = 0; i + 1 < len; i += 2)
		changed.text[data[i] % OPAQUE_LEN] = (char)data[i + 1];
	read_it(changed.text, OPAQUE_LEN);
}

static void read_base64(const char *text, size_t len)
{
	unsigned char bytes[256];
	char again[400];
	size_t got;

	if (!base64url_read(text, len, bytes, sizeof bytes, &got))
		return;
	INVARIANT(strlen(base64url_write(bytes, got, again)) == len && memcmp(again, text, len) == 0);
}

static void type_it(const uint8_t *data, size_t len)
{
	static const unsigned char digests[RECOVERY_DIGESTS], key[TOTP_KEY_LEN];
	char text[64];
	int64_t step = -5;

	if (len >= sizeof text)
		len = sizeof text - 1;
	memcpy(text, data, len);
	text[len] = '\0';
	INVARIANT(recovery_find(digests, text) == -1);
	if (totp_fits(key, (struct instant){30000}, 0, text, &step))
		INVARIANT(step == 1 || step == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	read_it((const char *)data, len);
	read_changed(data, len);
	read_base64((const char *)data, len);
	type_it(data, len);
	return 0;
}
