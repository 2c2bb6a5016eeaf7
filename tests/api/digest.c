/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/digest.h"

/* Of "hello": RFC 9530 has others, which nothing here depends on. */
#define HELLO "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="

static struct hash hash;
static struct err err;
static bool given;

static void the_sha_256_of_a_list_is_read_whatever_stands_beside_it(void **state)
{
	static const char *const values[] = {
	    "sha-256=:" HELLO ":", " sha-256=:" HELLO ":\t", "sha-512=:AAAA:, sha-256=:" HELLO ":", "sha-256=:" HELLO ": , md5=::"};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		memset(&hash, 0, sizeof hash);
		assert_int_equal(digest_read(values[i], &given, &hash, &err), OK);
		assert_true(given);
		assert_memory_equal(hash.bytes, sha256("hello", 5).bytes, sizeof hash.bytes);
	}
}

static void none_or_another_algorithm_is_none(void **state)
{
	(void)state;
	assert_int_equal(digest_read(NULL, &given, &hash, &err), OK);
	assert_false(given);
	assert_int_equal(digest_read("sha-512=:AAAA:", &given, &hash, &err), OK);
	assert_false(given);
}

static void what_is_no_digest_is_refused(void **state)
{
	static const char *const values[] = {"sha-256", "sha-256=", "sha-256=" HELLO, "sha-256=:" HELLO, "sha-256=:AAAA:",
					     "sha-256=:" HELLO ":,", "sha-256=:" HELLO ":;a", "sha-256=:" HELLO ": x",
					     "sha-256=:" HELLO ":, sha-256=:" HELLO ":", "SHA-256=:" HELLO ":", "=::", "1=::", "a b=::"};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		assert_int_equal(digest_read(values[i], &given, &hash, &err), ERR_INPUT);
		assert_true(err.mend[0] != '\0');
	}
}

static void what_is_written_is_read(void **state)
{
	struct hash wanted = sha256("hello", 5);
	struct buf text;

	(void)state;
	buf_init(&text, 200);
	digest_write(&text, &wanted);
	assert_string_equal(text.data, "sha-256=:" HELLO ":");
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sha_256_of_a_list_is_read_whatever_stands_beside_it),
		cmocka_unit_test(none_or_another_algorithm_is_none),
		cmocka_unit_test(what_is_no_digest_is_refused),
		cmocka_unit_test(what_is_written_is_read),
	};

	return crypto_init(&err) == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
