/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/provider.h"

#include "shim/json_parse.h"

static struct pool pool;
static struct err err;

static int set_up(void **state)
{
	(void)state;
	pool_init(&pool, (size_t)8 << 20);
	return crypto_init(&err) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	pool_free(&pool);
	return 0;
}

static const struct json *parse(const char *text)
{
	const struct json *json;

	if (json_parse_once(text, strlen(text), &pool, &json, &err) != OK)
		fail_msg("%s: %s", text, err.what);
	return json;
}

static const struct json *keys_of(const struct signer *a, const struct signer *b)
{
	const struct json *keys;
	struct buf text;

	buf_init(&text, 10000);
	buf_add_str(&text, "{\"keys\":[");
	signer_jwk(a, &text);
	if (b != NULL) {
		buf_add_str(&text, ",");
		signer_jwk(b, &text);
	}
	buf_add_str(&text, "]}");
	keys = parse(text.data);
	buf_free(&text);
	return keys;
}

static enum result check(const char *text, const struct json *keys)
{
	struct jwt jwt;
	enum result r = jwt_parse(text, strlen(text), &pool, &jwt, &err);

	return r == OK ? jwt_verify(&jwt, keys, &err) : r;
}

/* RFC 7515 appendix A.2 and A.3, RFC 8037 appendix A.4. */
static void the_examples_of_the_standards_verify(void **state)
{
	static const struct { const char *token, *keys; } examples[] = {
	    {"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKB"
	     "YNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6Bf"
	     "I7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
	     "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d"
	     "4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
	     "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp"
	     "oQ\",\"e\":\"AQAB\"}]}"},
	    {"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
	     "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6p"
	     "CyStikYjKIWI5a0\"}]}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
		if (check(examples[i].token, parse(examples[i].keys)) != OK)
			fail_msg("%zu: %s", i, err.what);
}

/* RFC 8037 appendix A.4 signs a text that is no JSON object, so its claims are refused before its signature is looked at. */
static void a_payload_that_is_no_object_is_refused(void **state)
{
	(void)state;
	assert_int_equal(check("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
			       "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
			       parse("{\"keys\":[]}")),
			 ERR_INPUT);
	assert_string_equal(err.what, "the token is malformed: a part of it is not JSON");
}

static void every_algorithm_verifies_what_it_signed_and_nothing_else(void **state)
{
	(void)state;
	for (int alg = JWT_RS256; alg <= JWT_EDDSA; alg++) {
		struct signer mine = signer_new((enum jwt_alg)alg, "a"), other = signer_new((enum jwt_alg)alg, "b");
		struct signer same_name = signer_new((enum jwt_alg)alg, "a");
		const struct json *keys = keys_of(&other, &mine);
		struct buf token;

		buf_init(&token, JWT_MAX);
		sign_token(&mine, "{\"sub\":\"x\"}", &token);
		assert_int_equal(check(token.data, keys), OK);
		assert_int_equal(check(token.data, keys_of(&same_name, NULL)), ERR_DENIED);
		assert_string_equal(err.what, "the signature of the token does not fit");
		assert_int_equal(check(token.data, keys_of(&other, NULL)), ERR_NOT_FOUND);
		for (size_t i = 0; i < token.len; i += 7) { /* any change is found, or makes it no token */
			char was = token.data[i];

			token.data[i] = was == 'A' ? 'B' : 'A';
			assert_int_not_equal(check(token.data, keys), OK);
			token.data[i] = was;
		}
		assert_int_equal(check(token.data, keys), OK);
		buf_free(&token);
		signer_free(&mine);
		signer_free(&other);
		signer_free(&same_name);
	}
}

/* The old tricks. */
static void a_token_does_not_choose_how_it_is_verified(void **state)
{
	static const char *const headers[] = {
	    "{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"HS256\",\"kid\":\"a\"}", "{\"kid\":\"a\"}", "{\"alg\":[\"RS256\"]}",
	    "{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", "{\"alg\":\"RS256\",\"alg\":\"none\"}", "{\"alg\":\"RS384\"}",
	};
	struct signer rsa = signer_new(JWT_RS256, "a"), ec = signer_new(JWT_ES256, "a");
	struct buf token;

	(void)state;
	buf_init(&token, JWT_MAX);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		buf_reset(&token);
		sign_token_with(&rsa, headers[i], "{\"sub\":\"x\"}", &token);
		if (check(token.data, keys_of(&rsa, NULL)) != ERR_INPUT)
			fail_msg("%s: %s", headers[i], err.what);
	}
	buf_reset(&token); /* a key of one kind under the name of another */
	sign_token_with(&rsa, "{\"alg\":\"ES256\",\"kid\":\"a\"}", "{\"sub\":\"x\"}", &token);
	assert_int_equal(check(token.data, keys_of(&rsa, NULL)), ERR_NOT_FOUND);
	assert_int_equal(check(token.data, keys_of(&rsa, &ec)), ERR_DENIED);
	buf_reset(&token); /* a key in the token itself is nobody's */
	sign_token_with(&rsa, "{\"alg\":\"RS256\",\"kid\":\"z\",\"jku\":\"https://evil.example\"}", "{\"sub\":\"x\"}", &token);
	assert_int_equal(check(token.data, keys_of(&rsa, NULL)), ERR_NOT_FOUND);
	buf_reset(&token); /* without a name any that fits does */
	sign_token_with(&rsa, "{\"alg\":\"RS256\"}", "{\"sub\":\"x\"}", &token);
	assert_int_equal(check(token.data, keys_of(&ec, &rsa)), OK);
	buf_free(&token);
	signer_free(&rsa);
	signer_free(&ec);
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "e30.e30.e30", "eyJhbGciOiJSUzI1NiJ9.e30=.e30",
					  "eyJhbGciOiJSUzI1NiJ9.W10.e30", "eyJhbGciOiJSUzI1NiJ9.e30.e3"};
	char *longer = malloc(JWT_MAX + 2);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (check(bad[i], parse("{\"keys\":[]}")) == OK)
			fail_msg("%s", bad[i]);
	assert_non_null(longer);
	memset(longer, 'a', JWT_MAX + 1);
	longer[JWT_MAX + 1] = '\0';
	assert_int_equal(check(longer, parse("{}")), ERR_INPUT);
	assert_string_equal(err.what, "the token is malformed: it is too long");
	free(longer);
}

static void keys_that_are_none_or_too_weak_are_passed_over(void **state)
{
	static const char *const sets[] = {
	    "{}", "{\"keys\":{}}", "{\"keys\":\"x\"}", "{\"keys\":[null,1,[]]}", "{\"keys\":[{}]}", "{\"keys\":[{\"kty\":\"RSA\"}]}",
	    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"!\",\"e\":\"AQAB\"}]}",
	    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}",
	    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
	    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
	};

	(void)state;
	for (int alg = JWT_RS256; alg <= JWT_EDDSA; alg++) {
		struct signer s = signer_new((enum jwt_alg)alg, "a");
		struct buf token;

		buf_init(&token, JWT_MAX);
		sign_token(&s, "{}", &token);
		for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
			if (check(token.data, parse(sets[i])) != ERR_NOT_FOUND)
				fail_msg("%s: %s", sets[i], err.what);
		buf_free(&token);
		signer_free(&s);
	}
}

static void a_key_that_is_not_for_signatures_is_passed_over(void **state)
{
	struct signer s = signer_new(JWT_EDDSA, "a");
	unsigned char raw[32];
	size_t len = sizeof raw;
	char x[64], keys[300];
	struct buf token;

	(void)state;
	assert_int_equal(EVP_PKEY_get_raw_public_key(s.key, raw, &len), 1);
	buf_init(&token, JWT_MAX);
	sign_token(&s, "{}", &token);
	snprintf(keys, sizeof keys, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"use\":\"enc\",\"x\":\"%s\"}]}", base64url_write(raw, len, x));
	assert_int_equal(check(token.data, parse(keys)), ERR_NOT_FOUND);
	snprintf(keys, sizeof keys, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"alg\":\"ES256\",\"x\":\"%s\"}]}", x);
	assert_int_equal(check(token.data, parse(keys)), ERR_NOT_FOUND);
	snprintf(keys, sizeof keys, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"alg\":\"EdDSA\",\"use\":\"sig\",\"x\":\"%s\"}]}", x);
	assert_int_equal(check(token.data, parse(keys)), OK);
	buf_free(&token);
	signer_free(&s);
}

/* Whoever publishes thousands, and signs with one more, has us try few. */
static void of_many_keys_that_could_be_meant_the_first_are_tried(void **state)
{
	struct signer s = signer_new(JWT_EDDSA, "a"), other = signer_new(JWT_EDDSA, "a");

	(void)state;
	for (int before = 31; before <= 32; before++) {
		struct buf token, keys;

		buf_init(&token, JWT_MAX);
		buf_init(&keys, JWKS_MAX);
		sign_token(&s, "{}", &token);
		buf_add_str(&keys, "{\"keys\":[{\"kty\":\"RSA\"}");
		for (int i = 0; i < before; i++) {
			buf_add_str(&keys, ",");
			signer_jwk(&other, &keys);
		}
		buf_add_str(&keys, ",");
		signer_jwk(&s, &keys);
		buf_add_str(&keys, "]}");
		assert_int_equal(check(token.data, parse(keys.data)), before < 32 ? OK : ERR_DENIED);
		buf_free(&keys);
		buf_free(&token);
	}
	signer_free(&s);
	signer_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_the_standards_verify),
	    cmocka_unit_test(a_payload_that_is_no_object_is_refused),
	    cmocka_unit_test(every_algorithm_verifies_what_it_signed_and_nothing_else),
	    cmocka_unit_test(a_token_does_not_choose_how_it_is_verified),
	    cmocka_unit_test(what_is_no_token_is_refused),
	    cmocka_unit_test(keys_that_are_none_or_too_weak_are_passed_over),
	    cmocka_unit_test(a_key_that_is_not_for_signatures_is_passed_over),
	    cmocka_unit_test(of_many_keys_that_could_be_meant_the_first_are_tried),
	};

	return cmocka_run_group_tests_name("access/jwt", tests, set_up, tear_down);
}
