/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/coding.h"
#include "access/opaque.h"

/* RFC 4648 section 10, without the padding. */
static void base64url_and_base32_are_the_rfcs(void **state)
{
	static const struct { const char *plain, *url, *base32; } vectors[] = {
	    {"", "", ""}, {"f", "Zg", "MY"}, {"fo", "Zm8", "MZXQ"}, {"foo", "Zm9v", "MZXW6"}, {"foob", "Zm9vYg", "MZXW6YQ"},
	    {"fooba", "Zm9vYmE", "MZXW6YTB"}, {"foobar", "Zm9vYmFy", "MZXW6YTBOI"},
	    {"\xfb\xff\xbf", "-_-_", "7P736"},
	};
	char text[40], back[40];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		size_t plain_len = strlen(vectors[i].plain);

		assert_string_equal(base64url_write(vectors[i].plain, plain_len, text), vectors[i].url);
		assert_int_equal(strlen(text), BASE64URL_LEN(plain_len));
		assert_true(base64url_read(text, strlen(text), back, sizeof back, &len));
		assert_int_equal(len, plain_len);
		assert_memory_equal(back, vectors[i].plain, len);
		assert_string_equal(base32_write(vectors[i].plain, plain_len, text), vectors[i].base32);
		assert_int_equal(strlen(text), BASE32_LEN(plain_len));
	}
}

static void what_is_not_the_one_form_of_base64url_is_refused(void **state)
{
	static const char *const bad[] = {"Z", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm 9", "Zm9v\n", "Zm9vYgA="};
	char back[8];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (base64url_read(bad[i], strlen(bad[i]), back, sizeof back, &len))
			fail_msg("%s was read", bad[i]);
	assert_false(base64url_read("Zm9vYmFy", 8, back, 5, &len)); /* no room */
	assert_false(base64url_read("Zm9v\0mFy", 8, back, sizeof back, &len));
}

static void base62_counts_and_crc32_is_that_of_zip(void **state)
{
	unsigned char one[] = {0, 0, 61}, two[] = {0, 0, 62}, all[32];
	char text[50];

	(void)state;
	assert_string_equal(base62_write(one, 3, 3, text), "00z");
	assert_string_equal(base62_write(two, 3, 3, text), "010");
	memset(all, 0xff, sizeof all);
	base62_write(all, sizeof all, 43, text); /* the largest there is fits */
	for (size_t i = 0; i < sizeof all; i++)
		assert_int_equal(all[i], 0);
	assert_int_equal(crc32_of("123456789", 9), 0xCBF43926);
	assert_int_equal(crc32_of("", 0), 0);
}

static void what_is_made_is_read_back_and_is_never_the_same(void **state)
{
	static const enum opaque_kind kinds[] = {OPAQUE_ACCOUNT, OPAQUE_OPERATOR, OPAQUE_SESSION, OPAQUE_INVITE};
	struct opaque opaque, other;
	struct hash hash, again, another;
	enum opaque_kind kind;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		opaque_make(kinds[i], &opaque, &hash);
		opaque_make(kinds[i], &other, &another);
		assert_int_equal(strlen(opaque.text), OPAQUE_LEN);
		assert_int_equal(strncmp(opaque.text, "lethe_", 6), 0);
		assert_true(opaque_read(opaque.text, OPAQUE_LEN, &kind, &again));
		assert_int_equal(kind, kinds[i]);
		assert_memory_equal(&hash, &again, sizeof hash);
		assert_memory_not_equal(&hash, &another, sizeof hash);
	}
	opaque_wipe(&opaque);
	assert_int_equal(opaque.text[0], 0);
}

/* Known once and for all, so that tokens that are out there stay good. */
static void a_token_of_before_is_still_one(void **state)
{
	static const char known[] = "lethe_a0000000000000000000000000000000000000000000";
	char text[OPAQUE_LEN + 1], check[7];
	unsigned char crc[4];
	enum opaque_kind kind;
	struct hash hash;
	uint32_t sum = crc32_of(known, strlen(known));

	(void)state;
	assert_int_equal(strlen(known), OPAQUE_LEN - 6);
	for (int i = 0; i < 4; i++)
		crc[i] = (unsigned char)(sum >> (24 - 8 * i));
	snprintf(text, sizeof text, "%s%s", known, base62_write(crc, 4, 6, check));
	assert_true(opaque_read(text, OPAQUE_LEN, &kind, &hash));
}

static void one_wrong_character_anywhere_is_found(void **state)
{
	struct opaque opaque;
	enum opaque_kind kind;
	struct hash hash;

	(void)state;
	opaque_make(OPAQUE_ACCOUNT, &opaque, &hash);
	for (size_t i = 0; i < OPAQUE_LEN; i++) {
		char was = opaque.text[i];
		static const char others[] = "AZaz09-_ \n\0";

		for (size_t c = 0; c < sizeof others; c++) {
			if (others[c] == was)
				continue;
			opaque.text[i] = others[c];
			assert_false(opaque_read(opaque.text, OPAQUE_LEN, &kind, &hash));
		}
		opaque.text[i] = was;
	}
	assert_false(opaque_read(opaque.text, OPAQUE_LEN - 1, &kind, &hash));
	assert_false(opaque_read("", 0, &kind, &hash));
	assert_true(opaque_read(opaque.text, OPAQUE_LEN, &kind, &hash));
}

static int set_up(void **state)
{
	struct err err;

	(void)state;
	return crypto_init(&err) == OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(base64url_and_base32_are_the_rfcs),
	    cmocka_unit_test(what_is_not_the_one_form_of_base64url_is_refused),
	    cmocka_unit_test(base62_counts_and_crc32_is_that_of_zip),
	    cmocka_unit_test(what_is_made_is_read_back_and_is_never_the_same),
	    cmocka_unit_test(a_token_of_before_is_still_one),
	    cmocka_unit_test(one_wrong_character_anywhere_is_found),
	};

	return cmocka_run_group_tests_name("access/coding", tests, set_up, NULL);
}
