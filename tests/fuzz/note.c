/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checkpoints and verifier keys.  The input is read as a signed note, as a verifier key, and as the text of a note
 * that carries a good signature, so that what lies behind the signature is reached too.
 */
#include <string.h>
#include "audit/base64.h"
#include "audit/note.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned char seed[SIGN_SEED_LEN];
static struct note_key key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	unsigned char public_key[SIGN_PUBLIC_LEN];
	struct err err;

	(void)argc;
	(void)argv;
	memset(seed, 9, sizeof seed);
	INVARIANT(crypto_init(&err) == OK);
	sign_keypair(seed, public_key);
	INVARIANT(note_key_make("lethe.example.org/audit", public_key, &key, &err) == OK);
	return 0;
}

static void read_key(const char *text)
{
	char again[NOTE_KEY_TEXT_MAX];
	struct note_key out, twin;
	struct err err;

	if (note_key_parse(text, &out, &err) != OK)
		return;
	INVARIANT(note_key_parse(note_key_format(&out, again), &twin, &err) == OK);
	INVARIANT(memcmp(&out, &twin, sizeof out) == 0);
}

static void read_signed(const uint8_t *data, size_t len)
{
	unsigned char blob[4 + SIGNATURE_LEN];
	struct checkpoint out;
	struct buf note;
	struct err err;

	for (int i = 0; i < 4; i++)
		blob[i] = (unsigned char)(key.hash >> (24 - 8 * i));
	sign_detached(seed, data, len, blob + 4);
	buf_init(&note, 1 << 20);
	buf_add(&note, data, len);
	buf_printf(&note, "\n\xe2\x80\x94 %s ", key.name);
	base64_add(&note, blob, sizeof blob);
	buf_add_char(&note, '\n');
	if (checkpoint_verify(note.data, note.len, &key, &out, &err) == OK) {
		INVARIANT(strnlen(out.origin, NOTE_NAME_MAX) < NOTE_NAME_MAX && out.size <= INT64_MAX);
		buf_reset(&note);
		INVARIANT(checkpoint_sign(&out, &key, seed, &note, &err) == OK);
		INVARIANT(checkpoint_verify(note.data, note.len, &key, &out, &err) == OK);
	}
	buf_free(&note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct checkpoint out;
	struct buf text;
	struct err err;

	if (checkpoint_verify((const char *)data, len, &key, &out, &err) != OK)
		INVARIANT(err.code == ERR_CORRUPT);
	read_signed(data, len);
	buf_init(&text, 1 << 20);
	buf_add(&text, data, len);
	if (text.data)
		read_key(text.data);
	buf_free(&text);
	return 0;
}
