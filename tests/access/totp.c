/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "access/recovery.h"
#include "access/totp.h"

static const unsigned char *const key = (const unsigned char *)"12345678901234567890";

/* RFC 6238 appendix B, SHA-1, 8 digits. */
static void the_vectors_of_rfc_6238(void **state)
{
	static const struct { int64_t seconds; uint32_t code; } vectors[] = {
	    {59, 94287082}, {1111111109, 7081804}, {1111111111, 14050471}, {1234567890, 89005924},
	    {2000000000, 69279037}, {INT64_C(20000000000), 65353130},
	};

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		struct instant at = {vectors[i].seconds * 1000};

		assert_int_equal(totp_code(key, 20, totp_step(at), 8), vectors[i].code);
		assert_int_equal(totp_code(key, 20, totp_step(at), 6), vectors[i].code % 1000000);
	}
}

/* RFC 4226 appendix D. */
static void the_vectors_of_rfc_4226(void **state)
{
	static const uint32_t codes[] = {755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489};

	(void)state;
	for (int64_t i = 0; i < 10; i++)
		assert_int_equal(totp_code(key, 20, i, 6), codes[i]);
}

static void a_code_fits_in_its_step_and_one_beside_it(void **state)
{
	int64_t step;

	(void)state;
	assert_true(totp_fits(key, (struct instant){59999}, 0, "287082", &step)); /* of step 1 */
	assert_int_equal(step, 1);
	assert_true(totp_fits(key, (struct instant){89999}, 0, "287 082", &step));
	assert_int_equal(step, 1);
	assert_true(totp_fits(key, (struct instant){0}, 0, "287082", &step));
	assert_false(totp_fits(key, (struct instant){90000}, 0, "287082", &step));
	assert_false(totp_fits(key, (struct instant){120000}, 0, "287082", &step));
}

static void a_code_fits_once(void **state)
{
	int64_t step;

	(void)state;
	assert_false(totp_fits(key, (struct instant){59999}, 1, "287082", &step));
	assert_true(totp_fits(key, (struct instant){59999}, 1, "359152", &step)); /* of step 2 */
	assert_int_equal(step, 2);
	assert_false(totp_fits(key, (struct instant){59999}, 2, "287082", &step)); /* nor an older one */
}

static void what_is_no_code_does_not_fit(void **state)
{
	static const char *const bad[] = {"", " ", "28708", "2870820", "28708a", "-87082", "+287082", "287082\n", "\xef\xbc\x92" "87082"};
	int64_t step;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(totp_fits(key, (struct instant){59999}, 0, bad[i], &step));
}

static void a_code_is_six_digits_also_where_it_begins_with_0(void **state)
{
	int64_t step = 1, found;
	char code[16];

	(void)state;
	while (totp_code(key, 20, step, 6) >= 100000)
		step++;
	snprintf(code, sizeof code, "%06u", totp_code(key, 20, step, 6));
	assert_true(totp_fits(key, (struct instant){step * 30000}, 0, code, &found));
	assert_int_equal(found, step);
	assert_false(totp_fits(key, (struct instant){step * 30000}, 0, code + 1, &found));
}

static void the_uri_is_what_programs_read(void **state)
{
	struct buf uri;
	struct err err;

	(void)state;
	buf_init(&uri, 1000);
	totp_uri(&uri, key, "Lethe", "anna+x@example.org / \xc3\xa6");
	assert_int_equal(buf_ok(&uri, "it", &err), OK);
	assert_string_equal(uri.data, "otpauth://totp/Lethe:anna%2Bx%40example.org%20%2F%20%C3%A6?secret="
				      "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Lethe&algorithm=SHA1&digits=6&period=30");
	buf_free(&uri);
}

static void keys_are_random(void **state)
{
	unsigned char a[TOTP_KEY_LEN], b[TOTP_KEY_LEN];

	(void)state;
	totp_key(a);
	totp_key(b);
	assert_memory_not_equal(a, b, sizeof a);
}

/* ---- recovery codes ---- */

static void ten_codes_are_found_however_they_are_typed(void **state)
{
	unsigned char digests[RECOVERY_DIGESTS];
	struct recovery recovery;

	(void)state;
	recovery_make(&recovery, digests);
	for (int i = 0; i < RECOVERY_CODES; i++) {
		char typed[40] = "", *at = typed;

		assert_int_equal(strlen(recovery.codes[i]), 19);
		assert_int_equal(strspn(recovery.codes[i], "abcdefghijklmnopqrstuvwxyz234567-"), 19);
		assert_int_equal(recovery_find(digests, recovery.codes[i]), i);
		for (const char *c = recovery.codes[i]; *c != '\0'; c++) {
			if (*c == '-')
				*at++ = ' ';
			else
				*at++ = (char)toupper((unsigned char)*c);
		}
		*at = '\0';
		assert_int_equal(recovery_find(digests, typed), i);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(recovery.codes[i], recovery.codes[j]);
	}
}

static void what_is_no_recovery_code_is_not_found(void **state)
{
	unsigned char digests[RECOVERY_DIGESTS];
	struct recovery recovery;
	char longer[40];

	(void)state;
	recovery_make(&recovery, digests);
	snprintf(longer, sizeof longer, "%sa", recovery.codes[0]);
	assert_int_equal(recovery_find(digests, longer), -1);
	recovery.codes[0][18] = recovery.codes[0][18] == 'a' ? 'b' : 'a';
	assert_int_equal(recovery_find(digests, recovery.codes[0]), -1);
	assert_int_equal(recovery_find(digests, ""), -1);
	assert_int_equal(recovery_find(digests, "123456"), -1);
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
	    cmocka_unit_test(the_vectors_of_rfc_6238),
	    cmocka_unit_test(the_vectors_of_rfc_4226),
	    cmocka_unit_test(a_code_fits_in_its_step_and_one_beside_it),
	    cmocka_unit_test(a_code_fits_once),
	    cmocka_unit_test(what_is_no_code_does_not_fit),
	    cmocka_unit_test(a_code_is_six_digits_also_where_it_begins_with_0),
	    cmocka_unit_test(the_uri_is_what_programs_read),
	    cmocka_unit_test(keys_are_random),
	    cmocka_unit_test(ten_codes_are_found_however_they_are_typed),
	    cmocka_unit_test(what_is_no_recovery_code_is_not_found),
	};

	return cmocka_run_group_tests_name("access/totp", tests, set_up, NULL);
}
