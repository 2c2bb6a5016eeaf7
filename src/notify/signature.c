/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "notify/signature.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "audit/base64.h"

#define PREFIX "whsec_"
#define SECRET_LEAST 24 /* bytes, by the specification */

void webhook_secret_make(char out[WEBHOOK_SECRET_MAX])
{
	struct key key = key_random();

	memcpy(out, PREFIX, sizeof PREFIX);
	sodium_bin2base64(out + strlen(PREFIX), WEBHOOK_SECRET_MAX - strlen(PREFIX), key.bytes, KEY_LEN,
			  sodium_base64_VARIANT_ORIGINAL);
	key_wipe(&key);
}

void webhook_secret_wipe(char secret[WEBHOOK_SECRET_MAX])
{
	sodium_memzero(secret, WEBHOOK_SECRET_MAX);
}

/* HMAC fills up a shorter key with zeros itself. */
static enum result read_secret(const char *secret, struct key *out, struct err *err)
{
	size_t len = 0;

	*out = (struct key){{0}};
	if (strncmp(secret, PREFIX, strlen(PREFIX)) == 0 &&
	    base64_read(secret + strlen(PREFIX), strlen(secret) - strlen(PREFIX), out->bytes, KEY_LEN, &len) &&
	    len >= SECRET_LEAST)
		return OK;
	key_wipe(out);
	return err_set(err, ERR_CORRUPT, "the secret of a webhook is damaged");
}

static enum result add_signature(struct buf *out, const char *secret, const struct span_in *parts, size_t count,
				 struct err *err)
{
	struct key key;
	struct hash mac;
	enum result r = read_secret(secret, &key, err);

	if (r != OK)
		return r;
	mac = hmac_sha256(&key, parts, count);
	key_wipe(&key);
	buf_add_str(out, out->len > 0 ? " v1," : "v1,");
	base64_add(out, mac.bytes, HASH_LEN);
	return OK;
}

enum result webhook_sign(const char *secret, const char *old, const char *id, int64_t timestamp, const char *body,
			 size_t len, char out[WEBHOOK_SIGNATURE_MAX], struct err *err)
{
	char at[32];
	int at_len = snprintf(at, sizeof at, ".%" PRId64 ".", timestamp);
	const struct span_in parts[] = {{id, strlen(id)}, {at, (size_t)at_len}, {body, len}};
	struct buf text;
	enum result r;

	buf_init(&text, WEBHOOK_SIGNATURE_MAX);
	r = add_signature(&text, secret, parts, 3, err);
	if (r == OK && old != NULL)
		r = add_signature(&text, old, parts, 3, err);
	if (r == OK)
		r = buf_ok(&text, "the signature of a webhook", err);
	INVARIANT(r != OK || text.len < WEBHOOK_SIGNATURE_MAX);
	if (r == OK)
		memcpy(out, text.data, text.len + 1);
	buf_free(&text);
	return r;
}
