/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "audit/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/base64.h"
#include "base/text.h"

#define ALG_ED25519 0x01
#define KEY_BLOB_LEN (1 + SIGN_PUBLIC_LEN)
#define SIG_BLOB_LEN (4 + SIGNATURE_LEN)
#define DASH "\xe2\x80\x94 " /* em dash, space: begins a signature line */
#define DASH_LEN (sizeof DASH - 1)
#define SIGNATURES_MAX 100

/* A piece of the note. */
struct piece {
	const char *text;
	size_t len;
};

/* Code points that Unicode calls white space, beyond ASCII's, as UTF-8. */
static bool has_wide_space(const char *text)
{
	static const char *const spaces[] = {
	    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
	    "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
	    "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
	    "\xe3\x80\x80",
	};

	for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
		if (strstr(text, spaces[i]))
			return true;
	}
	return false;
}

static bool has_control(const char *text, size_t len, char allowed)
{
	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)text[i] < 0x20 || text[i] == 0x7f) && text[i] != allowed)
			return true;
	}
	return false;
}

static bool name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < NOTE_NAME_MAX && text_is_utf8(name, len) && !has_control(name, len, '\0') &&
	       !strpbrk(name, " +") && !has_wide_space(name);
}

static uint32_t key_hash(const char *name, const unsigned char blob[KEY_BLOB_LEN])
{
	unsigned char text[NOTE_NAME_MAX + KEY_BLOB_LEN];
	size_t len = strlen(name);
	struct hash hash;

	memcpy(text, name, len);
	text[len] = '\n';
	memcpy(text + len + 1, blob, KEY_BLOB_LEN);
	hash = sha256(text, len + 1 + KEY_BLOB_LEN);
	return (uint32_t)hash.bytes[0] << 24 | (uint32_t)hash.bytes[1] << 16 | (uint32_t)hash.bytes[2] << 8 |
	       hash.bytes[3];
}

enum result note_key_make(const char *name, const unsigned char public_key[SIGN_PUBLIC_LEN], struct note_key *out,
			  struct err *err)
{
	unsigned char blob[KEY_BLOB_LEN] = {ALG_ED25519};

	if (!name_valid(name)) {
		err_set(err, ERR_INPUT, "'%.100s' cannot be the name of a signing key", name);
		return err_mend(err, "use 1 to %d bytes of UTF-8 without spaces and without '+', such as "
				     "lethe.example.org/audit", NOTE_NAME_MAX - 1);
	}
	memcpy(blob + 1, public_key, SIGN_PUBLIC_LEN);
	memset(out, 0, sizeof *out);
	memcpy(out->name, name, strlen(name));
	memcpy(out->public_key, public_key, SIGN_PUBLIC_LEN);
	out->hash = key_hash(name, blob);
	return OK;
}

/* Eight lower-case hex digits. */
static bool hash_parse(const char *text, size_t len, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";

	if (len != 8)
		return false;
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return false;
		*out = *out << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

static enum result key_malformed(struct err *err, const char *why)
{
	err_set(err, ERR_INPUT, "this is not a verifier key: %s", why);
	return err_mend(err, "a verifier key is one line: name+8 hex digits+base64, as in lethe.pub of the region's folder");
}

enum result note_key_parse(const char *text, struct note_key *out, struct err *err)
{
	size_t len = strlen(text);
	const char *plus = strchr(text, '+'), *second = plus ? strchr(plus + 1, '+') : NULL;
	unsigned char blob[KEY_BLOB_LEN];
	char name[NOTE_NAME_MAX];
	uint32_t hash;

	if (len && text[len - 1] == '\n')
		len--;
	if (!second)
		return key_malformed(err, "it has not three parts with '+' between");
	if ((size_t)(plus - text) >= sizeof name)
		return key_malformed(err, "its name is too long");
	memcpy(name, text, (size_t)(plus - text));
	name[plus - text] = '\0';
	if (!hash_parse(plus + 1, (size_t)(second - plus - 1), &hash))
		return key_malformed(err, "its second part is not 8 hex digits");
	if (!base64_read_exactly(second + 1, len - (size_t)(second + 1 - text), blob, sizeof blob))
		return key_malformed(err, "its third part is not the base64 of 33 bytes");
	if (blob[0] != ALG_ED25519)
		return key_malformed(err, "it is not an Ed25519 key");
	if (note_key_make(name, blob + 1, out, err) != OK)
		return err->code;
	if (out->hash != hash)
		return key_malformed(err, "its hash does not match; a character was lost or changed");
	return OK;
}

char *note_key_format(const struct note_key *key, char out[NOTE_KEY_TEXT_MAX])
{
	unsigned char blob[KEY_BLOB_LEN] = {ALG_ED25519};
	struct buf text;

	memcpy(blob + 1, key->public_key, SIGN_PUBLIC_LEN);
	buf_init(&text, NOTE_KEY_TEXT_MAX - 1);
	buf_printf(&text, "%s+%08" PRIx32 "+", key->name, key->hash);
	base64_add(&text, blob, sizeof blob);
	snprintf(out, NOTE_KEY_TEXT_MAX, "%s", text.data ? text.data : "");
	buf_free(&text);
	return out;
}

static enum result add_signature(const struct note_key *key, const unsigned char seed[SIGN_SEED_LEN], struct buf *out,
				 size_t text_at, struct err *err)
{
	unsigned char public_key[SIGN_PUBLIC_LEN], blob[SIG_BLOB_LEN];

	sign_keypair(seed, public_key);
	if (memcmp(public_key, key->public_key, sizeof public_key) != 0)
		return err_set(err, ERR_CORRUPT, "the signing seed does not belong to the key %s", key->name);
	for (int i = 0; i < 4; i++)
		blob[i] = (unsigned char)(key->hash >> (24 - 8 * i));
	sign_detached(seed, out->data + text_at, out->len - text_at, blob + 4);
	buf_printf(out, "\n" DASH "%s ", key->name);
	base64_add(out, blob, sizeof blob);
	buf_add_char(out, '\n');
	return buf_ok(out, "the checkpoint", err);
}

enum result checkpoint_sign(const struct checkpoint *checkpoint, const struct note_key *key,
			    const unsigned char seed[SIGN_SEED_LEN], struct buf *out, struct err *err)
{
	size_t len = strnlen(checkpoint->origin, NOTE_NAME_MAX), text_at = out->len;

	if (len == 0 || len == NOTE_NAME_MAX || !text_is_utf8(checkpoint->origin, len) ||
	    has_control(checkpoint->origin, len, '\0'))
		return err_set(err, ERR_INPUT, "the origin of a checkpoint is one line of 1 to %d bytes",
			       NOTE_NAME_MAX - 1);
	if (checkpoint->size > INT64_MAX)
		return err_set(err, ERR_LIMIT, "a log cannot have more than 2^63 - 1 leaves");
	buf_printf(out, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
	base64_add(out, checkpoint->root.bytes, HASH_LEN);
	buf_add_char(out, '\n');
	if (buf_ok(out, "the checkpoint", err) != OK)
		return err->code;
	return add_signature(key, seed, out, text_at, err);
}

static enum result malformed(struct err *err, const char *why)
{
	return err_set(err, ERR_CORRUPT, "the checkpoint is malformed: %s", why);
}

/* Takes the next line, without its newline, off the front of `rest`; false when there is none. */
static bool next_line(struct piece *rest, struct piece *line)
{
	const char *end = rest->len ? memchr(rest->text, '\n', rest->len) : NULL;

	if (!end)
		return false;
	line->text = rest->text;
	line->len = (size_t)(end - rest->text);
	rest->text = end + 1;
	rest->len -= line->len + 1;
	return true;
}

/* Divides at the last empty line: `text` keeps its final newline, `signatures` is whole lines. */
static bool divide(const char *note, size_t len, struct piece *text, struct piece *signatures)
{
	for (size_t at = len; at >= 2; at--) {
		if (note[at - 1] != '\n' || note[at - 2] != '\n')
			continue;
		*text = (struct piece){note, at - 1};
		*signatures = (struct piece){note + at, len - at};
		return signatures->len > 0 && note[len - 1] == '\n';
	}
	return false;
}

enum verdict { OTHER, GOOD, FORGED, MALFORMED };

/* One signature line: DASH name space base64. */
static enum verdict judge_signature(const struct piece *line, const struct piece *text, const struct note_key *key)
{
	unsigned char blob[NOTE_MAX];
	const char *name = line->text + DASH_LEN, *space;
	size_t name_len, blob_len;
	char copy[NOTE_MAX];

	if (line->len <= DASH_LEN || memcmp(line->text, DASH, DASH_LEN) != 0)
		return MALFORMED;
	space = memchr(name, ' ', line->len - DASH_LEN);
	if (!space)
		return MALFORMED;
	name_len = (size_t)(space - name);
	memcpy(copy, name, name_len);
	copy[name_len] = '\0';
	if (!name_valid(copy))
		return MALFORMED;
	if (!base64_read(space + 1, line->len - DASH_LEN - name_len - 1, blob, sizeof blob, &blob_len) || blob_len < 5)
		return MALFORMED;
	if (strcmp(copy, key->name) != 0 ||
	    ((uint32_t)blob[0] << 24 | (uint32_t)blob[1] << 16 | (uint32_t)blob[2] << 8 | blob[3]) != key->hash)
		return OTHER;
	if (blob_len != SIG_BLOB_LEN || !sign_verify(key->public_key, text->text, text->len, blob + 4))
		return FORGED;
	return GOOD;
}

static enum result check_signatures(struct piece lines, const struct piece *text, const struct note_key *key,
				    struct err *err)
{
	struct piece line;
	bool good = false;
	int count = 0;

	while (next_line(&lines, &line)) {
		enum verdict verdict = judge_signature(&line, text, key);

		if (verdict == MALFORMED)
			return malformed(err, "a signature line is not of the form '\xe2\x80\x94 name base64'");
		if (verdict == FORGED)
			return err_set(err, ERR_CORRUPT, "the signature by %s on the checkpoint does not verify",
				       key->name);
		if (++count > SIGNATURES_MAX)
			return malformed(err, "it has too many signatures");
		good = good || verdict == GOOD;
	}
	if (!good)
		return err_set(err, ERR_CORRUPT, "the checkpoint is not signed by %s+%08" PRIx32, key->name, key->hash);
	return OK;
}

/* Decimal without sign or leading zeros, up to 2^63 - 1. */
static bool size_parse(const struct piece *line, uint64_t *out)
{
	uint64_t size = 0;

	if (line->len == 0 || line->len > 19 || (line->text[0] == '0' && line->len > 1))
		return false;
	for (size_t i = 0; i < line->len; i++) {
		if (line->text[i] < '0' || line->text[i] > '9')
			return false;
		size = size * 10 + (uint64_t)(line->text[i] - '0');
	}
	*out = size;
	return size <= INT64_MAX;
}

static enum result checkpoint_read(struct piece text, struct checkpoint *out, struct err *err)
{
	struct piece line;

	memset(out, 0, sizeof *out);
	if (!next_line(&text, &line) || line.len == 0 || line.len >= NOTE_NAME_MAX)
		return malformed(err, "its first line, the origin, is empty or too long");
	memcpy(out->origin, line.text, line.len);
	if (!next_line(&text, &line) || !size_parse(&line, &out->size))
		return malformed(err, "its second line is not a number of leaves");
	if (!next_line(&text, &line) || !base64_read_exactly(line.text, line.len, out->root.bytes, HASH_LEN))
		return malformed(err, "its third line is not the base64 of a SHA-256 hash");
	while (next_line(&text, &line)) { /* extensions, which are signed, mean nothing to us */
		if (line.len == 0)
			return malformed(err, "it has an empty line among its extensions");
	}
	return OK;
}

enum result checkpoint_verify(const char *note, size_t len, const struct note_key *key, struct checkpoint *out,
			      struct err *err)
{
	struct piece text, signatures;

	if (len > NOTE_MAX)
		return malformed(err, "it is too long");
	if (!text_is_utf8(note, len) || has_control(note, len, '\n'))
		return malformed(err, "it is not plain UTF-8 text");
	if (!divide(note, len, &text, &signatures))
		return malformed(err, "it has no signature lines after an empty line");
	if (check_signatures(signatures, &text, key, err) != OK)
		return err->code;
	return checkpoint_read(text, out, err);
}
