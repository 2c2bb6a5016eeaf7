/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An OpenID provider in a function: keys, tokens signed with them by OpenSSL, and answers to requests.
 */
#ifndef LETHE_TESTS_ACCESS_PROVIDER_H
#define LETHE_TESTS_ACCESS_PROVIDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/coding.h"
#include "access/jwt.h"
#include "access/oidc.h"
#include "crypto/primitives.h"

#define PROVIDER_UNUSED __attribute__((unused))

struct signer { enum jwt_alg alg; EVP_PKEY *key; const char *kid; };

PROVIDER_UNUSED static struct signer signer_new(enum jwt_alg alg, const char *kid)
{
	struct signer s = {.alg = alg, .kid = kid};

	if (alg == JWT_RS256)
		s.key = EVP_RSA_gen(2048);
	else if (alg == JWT_ES256)
		s.key = EVP_EC_gen("prime256v1");
	else
		s.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(s.key);
	return s;
}

PROVIDER_UNUSED static void signer_free(struct signer *s)
{
	EVP_PKEY_free(s->key);
	s->key = NULL;
}

static void add_number(struct buf *out, EVP_PKEY *key, const char *param, const char *name, size_t len)
{
	unsigned char bytes[1024];
	char text[1400];
	BIGNUM *number = NULL;
	size_t n;

	assert_int_equal(EVP_PKEY_get_bn_param(key, param, &number), 1);
	n = len > 0 ? len : (size_t)BN_num_bytes(number);
	assert_int_equal(BN_bn2binpad(number, bytes, (int)n), n);
	BN_free(number);
	buf_printf(out, ",\"%s\":\"%s\"", name, base64url_write(bytes, n, text));
}

/* Its public part as a JWK, appended. */
PROVIDER_UNUSED static void signer_jwk(const struct signer *s, struct buf *out)
{
	unsigned char raw[32];
	size_t len = sizeof raw;
	char text[64];

	if (s->alg == JWT_RS256) {
		buf_printf(out, "{\"kty\":\"RSA\",\"kid\":\"%s\",\"use\":\"sig\"", s->kid);
		add_number(out, s->key, OSSL_PKEY_PARAM_RSA_N, "n", 0);
		add_number(out, s->key, OSSL_PKEY_PARAM_RSA_E, "e", 0);
	} else if (s->alg == JWT_ES256) {
		buf_printf(out, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\"", s->kid);
		add_number(out, s->key, OSSL_PKEY_PARAM_EC_PUB_X, "x", 32);
		add_number(out, s->key, OSSL_PKEY_PARAM_EC_PUB_Y, "y", 32);
	} else {
		assert_int_equal(EVP_PKEY_get_raw_public_key(s->key, raw, &len), 1);
		buf_printf(out, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%s\",\"x\":\"%s\"", s->kid, base64url_write(raw, len, text));
	}
	buf_add_str(out, "}");
}

static size_t sign_bytes(const struct signer *s, const char *text, size_t len, unsigned char *out, size_t max)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const unsigned char *at = out;
	ECDSA_SIG *signature;

	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, s->alg == JWT_EDDSA ? NULL : "SHA256", NULL, NULL, s->key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, out, &max, (const unsigned char *)text, len), 1);
	EVP_MD_CTX_free(ctx);
	if (s->alg != JWT_ES256)
		return max;
	signature = d2i_ECDSA_SIG(NULL, &at, (long)max);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32), 32);
	ECDSA_SIG_free(signature);
	return 64;
}

/* A token of exactly that header and those claims, appended. */
PROVIDER_UNUSED static void sign_token_with(const struct signer *s, const char *header, const char *claims, struct buf *out)
{
	unsigned char signature[1024];
	char text[8192];
	size_t from = out->len, len;

	buf_printf(out, "%s.", base64url_write(header, strlen(header), text));
	buf_add_str(out, base64url_write(claims, strlen(claims), text));
	len = sign_bytes(s, out->data + from, out->len - from, signature, sizeof signature);
	buf_printf(out, ".%s", base64url_write(signature, len, text));
}

PROVIDER_UNUSED static void sign_token(const struct signer *s, const char *claims, struct buf *out)
{
	static const char *const names[] = {"", "RS256", "ES256", "EdDSA"};
	char header[200];

	snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}", names[s->alg], s->kid);
	sign_token_with(s, header, claims, out);
}

/* ---- answering ---- */

struct provider {
	struct signer signer;
	char discovery[2000], claims[2000], form[4000], user[200], password[200], authorize[OIDC_URL_MAX];
	int status, asked_discovery, asked_keys, asked_token;
	bool down, no_token;
	const char *keys; /* NULL: the signer's */
};

#define ISSUER "https://id.example.org/realm"

static void answer_token(struct provider *p, const struct oidc_request *request, struct buf *body)
{
	p->asked_token++;
	snprintf(p->form, sizeof p->form, "%s", request->form != NULL ? request->form : "");
	snprintf(p->user, sizeof p->user, "%s", request->user != NULL ? request->user : "-");
	snprintf(p->password, sizeof p->password, "%s", request->password != NULL ? request->password : "-");
	if (p->no_token) {
		buf_add_str(body, "{\"access_token\":\"x\"}");
		return;
	}
	buf_add_str(body, "{\"access_token\":\"x\",\"token_type\":\"Bearer\",\"id_token\":\"");
	sign_token(&p->signer, p->claims, body);
	buf_add_str(body, "\"}");
}

PROVIDER_UNUSED static enum result provider_answer(void *arg, const struct oidc_request *request, struct buf *body, int *status,
						   struct err *err)
{
	struct provider *p = arg;

	if (p->down)
		return err_set(err, ERR_IO, "nobody answers");
	*status = 200;
	if (strcmp(request->url, ISSUER "/.well-known/openid-configuration") == 0) {
		p->asked_discovery++;
		buf_add_str(body, p->discovery);
	} else if (strcmp(request->url, ISSUER "/keys") == 0) {
		p->asked_keys++;
		if (p->keys != NULL) {
			buf_add_str(body, p->keys);
		} else {
			buf_add_str(body, "{\"keys\":[");
			signer_jwk(&p->signer, body);
			buf_add_str(body, "]}");
		}
	} else if (strcmp(request->url, ISSUER "/token?x=1") == 0) {
		*status = p->status;
		answer_token(p, request, body);
	} else {
		*status = 404;
	}
	return OK;
}

PROVIDER_UNUSED static void provider_begin(struct provider *p, enum jwt_alg alg)
{
	*p = (struct provider){.signer = signer_new(alg, "k1"), .status = 200};
	snprintf(p->discovery, sizeof p->discovery, "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/auth\",\"token_endpoint\":\"%s/token?x=1\","
						     "\"jwks_uri\":\"%s/keys\"}", ISSUER, ISSUER, ISSUER, ISSUER);
}

#endif
