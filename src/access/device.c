/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/device.h"

#include <string.h>

#include "access/coding.h"

const struct duration device_lasts = {INT64_C(180) * 24 * 3600 * 1000};

struct mark {
	unsigned char nonce[DEVICE_NONCE], when[8], mac[HASH_LEN];
};

_Static_assert(sizeof(struct mark) == DEVICE_NONCE + 8 + HASH_LEN && DEVICE_LEN == BASE64URL_LEN(sizeof(struct mark)),
	       "no gaps");

static void put_time(struct instant at, unsigned char out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = (unsigned char)((uint64_t)at.ms >> (56 - 8 * i));
}

static struct instant get_time(const unsigned char in[8])
{
	uint64_t ms = 0;

	for (int i = 0; i < 8; i++)
		ms = ms << 8 | in[i];
	return (struct instant){(int64_t)ms};
}

static enum result sign(struct keyring *ring, const struct user_row *user, struct instant password_set,
			const struct mark *mark, struct hash *out, struct err *err)
{
	unsigned char set[8];
	const struct span_in parts[] = {{mark->nonce, sizeof mark->nonce}, {mark->when, sizeof mark->when}, {set, sizeof set}};
	struct key key;
	enum result r = user_use_key(ring, user, "lethe/device/1", &key, err);

	if (r != OK)
		return r;
	put_time(password_set, set);
	*out = hmac_sha256(&key, parts, 3);
	key_wipe(&key);
	return OK;
}

enum result device_make(struct keyring *ring, const struct user_row *user, struct instant password_set,
			struct instant now, char out[DEVICE_LEN + 1], struct err *err)
{
	struct mark mark;
	struct hash mac;
	enum result r;

	random_bytes(mark.nonce, sizeof mark.nonce);
	put_time(now, mark.when);
	r = sign(ring, user, password_set, &mark, &mac, err);
	if (r != OK)
		return r;
	memcpy(mark.mac, mac.bytes, sizeof mark.mac);
	base64url_write(&mark, sizeof mark, out);
	return OK;
}

enum result device_known(struct keyring *ring, const struct user_row *user, struct instant password_set,
			 const char *text, struct instant now, bool *known, unsigned char nonce[DEVICE_NONCE],
			 struct err *err)
{
	struct mark mark;
	struct hash mac;
	size_t len;
	int64_t age;
	enum result r;

	*known = false;
	if (!base64url_read(text, strlen(text), &mark, sizeof mark, &len) || len != sizeof mark)
		return OK;
	r = sign(ring, user, password_set, &mark, &mac, err);
	if (r != OK || !secret_equal(mark.mac, mac.bytes, HASH_LEN))
		return r;
	age = now.ms - get_time(mark.when).ms;
	*known = age >= 0 && age < device_lasts.ms;
	memcpy(nonce, mark.nonce, DEVICE_NONCE);
	return OK;
}
