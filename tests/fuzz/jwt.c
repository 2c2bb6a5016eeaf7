/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signed tokens and sets of keys. The input is a token, a line end, and a set of keys; and the same as a header and claims
 * without a signature that could fit: nothing that is made without a private key verifies.
 */
#include <string.h>

#include "access/coding.h"
#include "access/jwt.h"
#include "crypto/primitives.h"
#include "shim/json_parse.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Of RFC 7515: the private key is known to the standard's readers, and to no mutation. */
static const char rsa[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz"
    "P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7"
    "WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4F"
    "RWyuXpoQ\"}]}";

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc, (void)argv;
	INVARIANT(crypto_init(&err) == OK);
	return 0;
}

static void verify(const char *token, size_t len, const char *keys_text, size_t keys_len, struct pool *pool)
{
	const struct json *keys;
	struct jwt jwt;
	struct err err;

	if (jwt_parse(token, len, pool, &jwt, &err) != OK) {
		INVARIANT(err.what[0]);
		return;
	}
	INVARIANT(jwt.alg >= JWT_RS256 && jwt.alg <= JWT_EDDSA && jwt.claims->type == JSON_OBJECT && jwt.signed_len < len);
	if (json_parse_once(keys_text, keys_len, pool, &keys, &err) == OK && jwt_verify(&jwt, keys, &err) != OK)
		INVARIANT(err.what[0]);
}

/* Its bytes as the three parts of a token. */
static void wrap(const uint8_t *data, size_t len, struct pool *pool)
{
	static const char header[] = "eyJhbGciOiJSUzI1NiJ9."; /* {"alg":"RS256"} */
	const struct json *keys;
	struct jwt jwt;
	struct err err;
	char *text;
	size_t at = sizeof header - 1, claims = len / 2;

	if (len > 4096)
		return;
	text = pool_alloc(pool, at + BASE64URL_LEN(len) + 8);
	if (text == NULL)
		return;
	memcpy(text, header, at);
	base64url_write(data, claims, text + at);
	at += BASE64URL_LEN(claims);
	text[at++] = '.';
	base64url_write(data + claims, len - claims, text + at);
	INVARIANT(json_parse_once(rsa, sizeof rsa - 1, pool, &keys, &err) == OK);
	if (jwt_parse(text, strlen(text), pool, &jwt, &err) == OK)
		INVARIANT(jwt_verify(&jwt, keys, &err) == ERR_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *line = len > 0 ? memchr(data, '\n', len) : NULL;
	size_t first = line != NULL ? (size_t)(line - data) : len;
	struct pool pool;

	pool_init(&pool, (size_t)16 << 20);
	verify((const char *)data, first, line != NULL ? (const char *)line + 1 : rsa, line != NULL ? len - first - 1 : sizeof rsa - 1, &pool);
	wrap(data, len, &pool);
	pool_free(&pool);
	return 0;
}
