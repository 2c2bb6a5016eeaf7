/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signed JSON Web Tokens in their compact form (RFC 7515, RFC 7519) and the
 * keys they are verified with (RFC 7517): RS256, ES256 and EdDSA over Ed25519
 * (RFC 7518, RFC 8037).  No other algorithm, and "none" least of all; which
 * one is used is the key's affair, not the token's alone.
 */
#ifndef LETHE_ACCESS_JWT_H
#define LETHE_ACCESS_JWT_H

#include "base/json.h"

#define JWT_MAX ((size_t)16 * 1024)      /* characters of a token */
#define JWKS_MAX ((size_t)256 * 1024)    /* of a set of keys */

enum jwt_alg { JWT_RS256 = 1, JWT_ES256, JWT_EDDSA };

/* Everything in the pool it was read into, or in the text, which must live as long. Nothing of it is to be believed
 * before jwt_verify. */
struct jwt {
	enum jwt_alg alg;
	const char *kid;           /* which key; NULL: it does not say */
	const struct json *claims; /* an object */
	const char *signed_text;
	size_t signed_len;
	const unsigned char *signature;
	size_t signature_len;
};

/* ERR_INPUT says what is wrong: not of three parts, no JSON, another algorithm, or a header that has to be understood
 * ("crit") and is not. */
MUST_CHECK enum result jwt_parse(const char *text, size_t len, struct pool *pool, struct jwt *out, struct err *err);
/* With a set of keys as its owner publishes them. ERR_NOT_FOUND: no key of that id and for that algorithm, so they may
 * have been renewed. ERR_DENIED: the signature does not fit, or only one beyond the 32nd that could be meant. */
MUST_CHECK enum result jwt_verify(const struct jwt *jwt, const struct json *keys, struct err *err);

#endif
