/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/id.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct err err;

/* ---- valid.yml and invalid.yml of the TypeID specification, version 0.3.0 ---- */

static const struct {
	const char *prefix, *text;
	unsigned char uuid[16];
} valid[] = {
    {"", "00000000000000000000000000", {0}},
    {"", "00000000000000000000000001", {[15] = 1}},
    {"", "0000000000000000000000000a", {[15] = 10}},
    {"", "0000000000000000000000000g", {[15] = 16}},
    {"", "00000000000000000000000010", {[15] = 32}},
    {"", "7zzzzzzzzzzzzzzzzzzzzzzzzz", {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
    {"prefix", "prefix_0123456789abcdefghjkmnpqrs",
     {0x01, 0x10, 0xc8, 0x53, 0x1d, 0x09, 0x52, 0xd8, 0xd7, 0x3e, 0x11, 0x94, 0xe9, 0x5b, 0x5f, 0x19}},
    {"prefix", "prefix_01h455vb4pex5vsknk084sn02q",
     {0x01, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3, 0x02, 0x09, 0x9a, 0x80, 0x57}},
    {"pre_fix", "pre_fix_00000000000000000000000000", {0}},
};

static const char *const invalid[] = {
    "PREFIX_00000000000000000000000000",
    "12345_00000000000000000000000000",
    "pre.fix_00000000000000000000000000",
    "pr\xc3\xa9" "fix_00000000000000000000000000",
    "  prefix_00000000000000000000000000",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl_00000000000000000000000000",
    "_00000000000000000000000000",
    "_",
    "prefix_1234567890123456789012345",
    "prefix_123456789012345678901234567",
    "prefix_1234567890123456789012345 ",
    "prefix_0123456789ABCDEFGHJKMNPQRS",
    "prefix_123456789-123456789-123456",
    "prefix_ooooooiiiiiiuuuuuuulllllll",
    "prefix_i23456789ol23456789oi23456",
    "prefix_123456789-0123456789-0123456",
    "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz",
    "_prefix_00000000000000000000000000",
    "prefix__00000000000000000000000000",
};

static void the_valid_vectors_of_the_specification_are_read_and_written(void **state)
{
	char text[ID_TEXT_MAX];
	struct id id;

	(void)state;
	for (size_t i = 0; i < COUNT(valid); i++) {
		assert_int_equal(id_parse(valid[i].prefix, valid[i].text, &id, &err), OK);
		assert_memory_equal(id.bytes, valid[i].uuid, 16);
		assert_string_equal(id_format(valid[i].prefix, id, text), valid[i].text);
	}
}

static void the_invalid_vectors_of_the_specification_are_refused(void **state)
{
	struct id id;

	(void)state;
	for (size_t i = 0; i < COUNT(invalid); i++) {
		assert_int_equal(id_parse("prefix", invalid[i], &id, &err), ERR_INPUT);
		assert_int_equal(id_parse("", invalid[i], &id, &err), ERR_INPUT);
	}
}

static void the_error_says_what_is_wrong_and_shows_an_id(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "prefix is another"},
	    {"msg_01h455vb4pex5vsknk084sn02q", "prefix is another"},
	    {"calls_01h455vb4pex5vsknk084sn02q", "prefix is another"},
	    {"call", "prefix is another"},
	    {"call_", "26 characters"},
	    {"call_01h455vb4pex5vsknk084sn02", "26 characters"},
	    {"call_01h455vb4pex5vsknk084sn02qq", "26 characters"},
	    {"call_01h455vb4pex5vsknk084sn02u", "only digits"},
	    {"call_81h455vb4pex5vsknk084sn02q", "larger than 128 bits"},
	};
	struct id id = {{7}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(id_parse("call", cases[i].text, &id, &err), ERR_INPUT);
		assert_non_null(strstr(err.what, cases[i].why));
		assert_non_null(strstr(err.mend, "call_01h455vb4pex5vsknk084sn02q"));
	}
	assert_int_equal(id.bytes[0], 7);
}

/* ---- UUIDv7 ---- */

static void the_example_of_rfc_9562_is_made(void **state)
{
	/* Appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F. */
	static const unsigned char expected[16] = {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3,
						   0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
	const uint64_t rand_a = 0xcc3, rand_b = 0x18c4dc0c0c07398f;
	const uint64_t high = rand_a << 52 | rand_b >> 10, low = rand_b << 54;
	unsigned char entropy[16];
	struct id id;

	(void)state;
	for (int i = 0; i < 8; i++) {
		entropy[i] = (unsigned char)(high >> (56 - 8 * i));
		entropy[8 + i] = (unsigned char)(low >> (56 - 8 * i));
	}
	id = id_derived((struct instant){0x017f22e279b0}, entropy);
	assert_memory_equal(id.bytes, expected, 16);
	assert_int_equal(id_time(id).ms, INT64_C(0x017f22e279b0));
}

static void only_the_first_74_bits_of_entropy_count(void **state)
{
	unsigned char entropy[16] = {0};
	struct id zero = id_derived((struct instant){0}, entropy), id;

	(void)state;
	for (int bit = 0; bit < 128; bit++) {
		memset(entropy, 0, sizeof entropy);
		entropy[bit / 8] = (unsigned char)(0x80 >> (bit % 8));
		id = id_derived((struct instant){0}, entropy);
		if (bit < 74)
			assert_int_not_equal(id_compare(id, zero), 0);
		else
			assert_int_equal(id_compare(id, zero), 0);
		assert_int_equal(id.bytes[6] >> 4, 7);
		assert_int_equal(id.bytes[8] >> 6, 2);
	}
}

static void new_ids_differ_and_carry_version_variant_and_time(void **state)
{
	const struct instant at = {1700000000123};
	struct id last = id_new(at), id;
	char text[ID_TEXT_MAX];

	(void)state;
	for (int i = 0; i < 1000; i++, last = id) {
		struct id back;

		id = id_new(at);
		assert_int_not_equal(id_compare(id, last), 0);
		assert_int_equal(id_time(id).ms, at.ms);
		assert_int_equal(id.bytes[6] >> 4, 7);
		assert_int_equal(id.bytes[8] >> 6, 2);
		assert_int_equal(id_parse("call", id_format("call", id, text), &back, &err), OK);
		assert_memory_equal(back.bytes, id.bytes, 16);
	}
}

static void a_time_that_does_not_fit_is_brought_to_the_nearest_that_does(void **state)
{
	(void)state;
	assert_int_equal(id_time(id_new((struct instant){-1})).ms, 0);
	assert_int_equal(id_time(id_new((struct instant){INT64_MIN})).ms, 0);
	assert_int_equal(id_time(id_new((struct instant){INT64_MAX})).ms, (INT64_C(1) << 48) - 1);
}

static void the_floor_of_an_instant_bounds_its_ids(void **state)
{
	const struct instant at = {1700000000123};

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(id_compare(id_floor(at), id_new(at)) < 0);
		assert_true(id_compare(id_new((struct instant){at.ms - 1}), id_floor(at)) < 0);
	}
	assert_int_equal(id_time(id_floor(at)).ms, at.ms);
}

static void the_longest_prefix_fits(void **state)
{
	char text[ID_TEXT_MAX];
	struct id id = {{0}};

	(void)state;
	assert_string_equal(id_format("abcdefghijklmnop", id, text), "abcdefghijklmnop_00000000000000000000000000");
	assert_int_equal(strlen(text), ID_TEXT_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_valid_vectors_of_the_specification_are_read_and_written),
	    cmocka_unit_test(the_invalid_vectors_of_the_specification_are_refused),
	    cmocka_unit_test(the_error_says_what_is_wrong_and_shows_an_id),
	    cmocka_unit_test(the_example_of_rfc_9562_is_made),
	    cmocka_unit_test(only_the_first_74_bits_of_entropy_count),
	    cmocka_unit_test(new_ids_differ_and_carry_version_variant_and_time),
	    cmocka_unit_test(a_time_that_does_not_fit_is_brought_to_the_nearest_that_does),
	    cmocka_unit_test(the_floor_of_an_instant_bounds_its_ids),
	    cmocka_unit_test(the_longest_prefix_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
