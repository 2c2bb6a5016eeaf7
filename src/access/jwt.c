/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/jwt.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "access/coding.h"
#include "shim/json_parse.h"

#define RSA_BYTES_LEAST 256 /* 2048 bits */
#define RSA_BYTES_MOST 1024
#define EXPONENT_BYTES_MOST 8
#define P256_LEN 32
#define ED25519_LEN 32
#define TRIED_MOST 32 /* keys: a set has few that a token could mean, and each costs up to some milliseconds */

static const struct { enum jwt_alg alg; const char *name, *kty, *crv; } algs[] = {
    {JWT_RS256, "RS256", "RSA", NULL}, {JWT_ES256, "ES256", "EC", "P-256"}, {JWT_EDDSA, "EdDSA", "OKP", "Ed25519"},
};
#define ALGS (sizeof algs / sizeof algs[0])

/* ---- reading ---- */

static enum result malformed(const char *what, struct err *err)
{
	return err_set(err, ERR_INPUT, "the token is malformed: %s", what);
}

/* One part, in the pool. */
static enum result read_part(const char *text, size_t len, struct pool *pool, unsigned char **out, size_t *out_len,
			     struct err *err)
{
	*out = pool_alloc(pool, len + 1);
	if (*out == NULL)
		return err_no_memory(err);
	return base64url_read(text, len, *out, len, out_len) ? OK : malformed("a part of it is not base64url", err);
}

static enum result read_object(const char *text, size_t len, struct pool *pool, const struct json **out,
			       struct err *err)
{
	unsigned char *plain;
	size_t plain_len;
	enum result r = read_part(text, len, pool, &plain, &plain_len, err);

	if (r == OK && json_parse_once((const char *)plain, plain_len, pool, out, err) != OK)
		r = err->code == ERR_NO_MEMORY ? ERR_NO_MEMORY : malformed("a part of it is not JSON", err);
	if (r == OK && (*out)->type != JSON_OBJECT)
		r = malformed("a part of it is not a JSON object", err);
	return r;
}

static enum result read_header(const struct json *header, struct jwt *out, struct err *err)
{
	const char *alg = json_get_text(header, "alg");

	if (json_get(header, "crit") != NULL)
		return malformed("its header wants something to be understood that is not", err);
	out->kid = json_get_text(header, "kid");
	for (size_t i = 0; alg != NULL && i < ALGS; i++) {
		if (strcmp(alg, algs[i].name) == 0)
			out->alg = algs[i].alg;
	}
	return out->alg != 0 ? OK : malformed("its algorithm is none of RS256, ES256 and EdDSA", err);
}

enum result jwt_parse(const char *text, size_t len, struct pool *pool, struct jwt *out, struct err *err)
{
	const char *first = memchr(text, '.', len);
	const char *second = first != NULL ? memchr(first + 1, '.', (size_t)(text + len - first - 1)) : NULL;
	const struct json *header;
	unsigned char *signature;
	enum result r;

	*out = (struct jwt){0};
	if (len > JWT_MAX)
		return malformed("it is too long", err);
	if (second == NULL || memchr(second + 1, '.', (size_t)(text + len - second - 1)) != NULL)
		return malformed("it does not have three parts", err);
	r = read_object(text, (size_t)(first - text), pool, &header, err);
	if (r == OK)
		r = read_header(header, out, err);
	if (r == OK)
		r = read_object(first + 1, (size_t)(second - first - 1), pool, &out->claims, err);
	if (r == OK)
		r = read_part(second + 1, (size_t)(text + len - second - 1), pool, &signature, &out->signature_len, err);
	if (r != OK)
		return r;
	out->signature = signature;
	out->signed_text = text;
	out->signed_len = (size_t)(second - text);
	return OK;
}

/* ---- keys ---- */

/* A member that is base64url of `least` to `most` bytes. */
static bool read_bytes(const struct json *jwk, const char *name, size_t least, size_t most, unsigned char *out,
		       size_t *len)
{
	const struct json *member = json_get(jwk, name);

	return member != NULL && member->type == JSON_STRING && base64url_read(member->text, member->len, out, most, len) &&
	       *len >= least;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *rsa_key(const struct json *jwk)
{
	unsigned char n[RSA_BYTES_MOST], e[EXPONENT_BYTES_MOST];
	OSSL_PARAM_BLD *build;
	BIGNUM *modulus, *exponent;
	EVP_PKEY *key = NULL;
	size_t n_len, e_len;

	if (!read_bytes(jwk, "n", RSA_BYTES_LEAST, sizeof n, n, &n_len) || n[0] == 0 ||
	    !read_bytes(jwk, "e", 1, sizeof e, e, &e_len))
		return NULL;
	build = OSSL_PARAM_BLD_new();
	modulus = BN_bin2bn(n, (int)n_len, NULL);
	exponent = BN_bin2bn(e, (int)e_len, NULL);
	if (build != NULL && modulus != NULL && exponent != NULL && BN_num_bits(modulus) >= 8 * RSA_BYTES_LEAST &&
	    BN_is_odd(exponent) && !BN_is_one(exponent) && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
		key = from_params("RSA", build);
	BN_free(modulus);
	BN_free(exponent);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *p256_key(const struct json *jwk)
{
	unsigned char point[1 + 2 * P256_LEN] = {POINT_CONVERSION_UNCOMPRESSED};
	OSSL_PARAM_BLD *build;
	EVP_PKEY *key = NULL;
	size_t len;

	if (!read_bytes(jwk, "x", P256_LEN, P256_LEN, point + 1, &len) ||
	    !read_bytes(jwk, "y", P256_LEN, P256_LEN, point + 1 + P256_LEN, &len))
		return NULL;
	build = OSSL_PARAM_BLD_new();
	if (build != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
		key = from_params("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *ed25519_key(const struct json *jwk)
{
	unsigned char x[ED25519_LEN];
	size_t len;

	if (!read_bytes(jwk, "x", ED25519_LEN, ED25519_LEN, x, &len))
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, len);
}

static bool says(const struct json *object, const char *name, const char *wanted)
{
	const char *text = json_get_text(object, name);

	return text == NULL || wanted == NULL || strcmp(text, wanted) == 0;
}

/* Of the kind its algorithm needs, and meant for signatures. */
static bool is_for(const struct json *jwk, const struct jwt *jwt)
{
	const char *kty = json_get_text(jwk, "kty"), *crv = json_get_text(jwk, "crv"), *kid = json_get_text(jwk, "kid");
	size_t i = (size_t)jwt->alg - 1;

	if (kty == NULL || strcmp(kty, algs[i].kty) != 0 || !says(jwk, "alg", algs[i].name) || !says(jwk, "use", "sig"))
		return false;
	if (algs[i].crv != NULL && (crv == NULL || strcmp(crv, algs[i].crv) != 0))
		return false;
	return jwt->kid == NULL || (kid != NULL && strcmp(kid, jwt->kid) == 0);
}

static EVP_PKEY *key_of(const struct json *jwk, enum jwt_alg alg)
{
	if (alg == JWT_RS256)
		return rsa_key(jwk);
	return alg == JWT_ES256 ? p256_key(jwk) : ed25519_key(jwk);
}

/* ---- verifying ---- */

/* r || s, as RFC 7518 section 3.4 has it, to what OpenSSL reads. */
static int der_of(const struct jwt *jwt, unsigned char **out)
{
	ECDSA_SIG *signature;
	BIGNUM *r, *s;
	int len = -1;

	if (jwt->signature_len != (size_t)2 * P256_LEN)
		return -1;
	signature = ECDSA_SIG_new();
	r = BN_bin2bn(jwt->signature, P256_LEN, NULL);
	s = BN_bin2bn(jwt->signature + P256_LEN, P256_LEN, NULL);
	if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1) {
		r = s = NULL; /* the signature's now */
		len = i2d_ECDSA_SIG(signature, out);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(signature);
	return len;
}

static bool verify_with(EVP_PKEY *key, enum jwt_alg alg, const unsigned char *signature, size_t len,
			const struct jwt *jwt)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool fits = ctx != NULL &&
		    EVP_DigestVerifyInit_ex(ctx, NULL, alg == JWT_EDDSA ? NULL : "SHA256", NULL, NULL, key, NULL) == 1 &&
		    EVP_DigestVerify(ctx, signature, len, (const unsigned char *)jwt->signed_text, jwt->signed_len) == 1;

	EVP_MD_CTX_free(ctx);
	return fits;
}

static bool fits(EVP_PKEY *key, const struct jwt *jwt)
{
	unsigned char *der = NULL;
	bool is;
	int len;

	if (jwt->alg != JWT_ES256)
		return verify_with(key, jwt->alg, jwt->signature, jwt->signature_len, jwt);
	len = der_of(jwt, &der);
	is = len > 0 && verify_with(key, jwt->alg, der, (size_t)len, jwt);
	OPENSSL_free(der);
	return is;
}

enum result jwt_verify(const struct jwt *jwt, const struct json *keys, struct err *err)
{
	const struct json *set = json_get(keys, "keys");
	bool right = false;
	int tried = 0;

	for (const struct json *jwk = set != NULL ? set->first : NULL; jwk != NULL && !right && tried < TRIED_MOST;
	     jwk = jwk->next) {
		EVP_PKEY *key = jwk->type == JSON_OBJECT && is_for(jwk, jwt) ? key_of(jwk, jwt->alg) : NULL;

		tried += key != NULL;
		right = key != NULL && fits(key, jwt);
		EVP_PKEY_free(key);
	}
	ERR_clear_error(); /* of what was tried: nobody asks */
	if (right)
		return OK;
	if (tried > 0)
		return err_set(err, ERR_DENIED, "the signature of the token does not fit");
	return err_set(err, ERR_NOT_FOUND, "the token is signed with a key that is not published");
}
