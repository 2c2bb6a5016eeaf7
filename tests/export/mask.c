/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who is the person and who is not, and what is left of those who are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "export/mask.h"
#include "shim/json_parse.h"

#define DOT "\xe2\x80\xa2"

static struct err err;
static struct pool pool;
static struct mask *mask;
static struct shown shown;
static const struct account account = {.number = 1, .name = "A", .country = "DK"};
static struct person person = {
	.identities = {{1, IDENTITY_PHONE, "+4520000289", {0}}, {2, IDENTITY_EMAIL, "ann@example.com", {0}}},
	.identity_count = 2};

static int begin(void **state)
{
	(void)state;
	pool_init(&pool, (size_t)16 * 1024 * 1024);
	return mask_new(&account, &person, false, &mask, &err) != OK;
}

static int end(void **state)
{
	(void)state;
	mask_free(mask);
	pool_free(&pool);
	return 0;
}

static const char *masked(enum identity_kind kind, const char *text)
{
	assert_int_equal(OK, mask_party(mask, kind, text, NULL, NULL, &pool, &shown, &err));
	assert_true(shown.masked);
	return shown.value;
}

static const char *scrubbed(struct scrub *scrub, const char *text)
{
	const struct json *tree, *out;
	struct buf buf;

	assert_int_equal(OK, json_parse_once(text, strlen(text), &pool, &tree, &err));
	assert_int_equal(OK, scrub_tree(scrub, tree, true, &pool, &out, &err));
	buf_init(&buf, 1 << 20);
	json_add_tree(&buf, out);
	text = pool_strdup(&pool, buf.data);
	buf_free(&buf);
	return text;
}

static void the_person_is_known_in_any_spelling(void **state)
{
	static const char *const spellings[] = {"+4520000289", "20000289", "0045 20 00 02 89", "+45 20-00-02-89"};

	(void)state;
	for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
		assert_int_equal(OK, mask_party(mask, IDENTITY_PHONE, spellings[i], "Ann", NULL, &pool, &shown, &err));
		assert_true(shown.self);
		assert_false(shown.masked);
		assert_string_equal("+4520000289", shown.value);
		assert_string_equal("Ann", shown.name);
	}
	assert_int_equal(OK, mask_party(mask, IDENTITY_EMAIL, "Ann@Example.COM", NULL, NULL, &pool, &shown, &err));
	assert_true(shown.self);
}

static void a_number_keeps_its_country_code_and_last_two_digits(void **state)
{
	(void)state;
	assert_string_equal("+45 " DOT DOT " " DOT DOT " " DOT DOT " 12", masked(IDENTITY_PHONE, "+4530999912"));
	assert_string_equal("+1 " DOT DOT DOT "-" DOT DOT DOT "-" DOT DOT "71", masked(IDENTITY_PHONE, "+12015550171"));
	assert_null(strstr(masked(IDENTITY_PHONE, "+99912345678"), "345"));
}

static void an_address_keeps_its_first_letter_and_domain(void **state)
{
	(void)state;
	assert_string_equal("b" DOT DOT DOT "@example.org", masked(IDENTITY_EMAIL, "bo.hansen@example.org"));
	assert_string_equal("\xc3\xb8" DOT DOT DOT "@example.org", masked(IDENTITY_EMAIL, "\xc3\xb8jvind@example.org"));
}

static void others_are_numbered_as_they_are_met_and_stay_the_same(void **state)
{
	(void)state;
	assert_string_equal("other person 1", masked(IDENTITY_EXTERNAL, "crm-7"));
	assert_string_equal("other person 2", masked(IDENTITY_EXTERNAL, "crm-8"));
	assert_string_equal("other person 1", masked(IDENTITY_EXTERNAL, " crm-7 "));
	(void)masked(IDENTITY_PHONE, "+4530999912");
	assert_string_equal("other person 3", shown.name);
	(void)masked(IDENTITY_PHONE, "30 99 99 12");
	assert_string_equal("other person 3", shown.name);
	assert_int_equal(OK, mask_agent(mask, "a7", "Cy", &pool, &shown, &err));
	assert_string_equal("agent 1", shown.name);
	assert_int_equal(3, mask_others(mask));
	assert_int_equal(1, mask_agents(mask));
}

static void thousands_of_others_stay_apart(void **state)
{
	char text[32], label[32];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 5000; i++) {
			snprintf(text, sizeof text, "visitor-%d", i);
			snprintf(label, sizeof label, "other person %d", i + 1);
			assert_string_equal(label, masked(IDENTITY_EXTERNAL, text));
		}
	}
	assert_int_equal(5000, mask_others(mask));
}

static void the_accounts_own_number_is_nobodys(void **state)
{
	(void)state;
	assert_int_equal(OK, mask_party(mask, IDENTITY_PHONE, "+4570101010", NULL, "70 10 10 10", &pool, &shown, &err));
	assert_false(shown.masked);
	assert_false(shown.self);
	assert_true(shown.ours);
	assert_int_equal(0, mask_others(mask));
}

static void two_numbers_that_mask_alike_have_different_names(void **state)
{
	(void)state;
	assert_string_equal("+45 " DOT DOT " " DOT DOT " " DOT DOT " 12", masked(IDENTITY_PHONE, "+4530999912"));
	assert_string_equal("other person 1", shown.name);
	assert_string_equal("+45 " DOT DOT " " DOT DOT " " DOT DOT " 12", masked(IDENTITY_PHONE, "+4531999912"));
	assert_string_equal("other person 2", shown.name);
}

static void custom_fields_lose_what_stands_for_others(void **state)
{
	struct scrub scrub;

	(void)state;
	(void)masked(IDENTITY_PHONE, "+4530999912");
	shown.name = "other person 1";
	scrub_begin(&scrub, mask);
	scrub_add(&scrub, &shown, "+4530999912", "Bo Hansen");
	assert_string_equal("\"other person 1 <" "+45 " DOT DOT " " DOT DOT " " DOT DOT " 12>\"",
			    scrubbed(&scrub, "\"Bo Hansen <4530999912>\""));
	assert_string_equal("{\"a\":[\"SIP/+45 " DOT DOT " " DOT DOT " " DOT DOT " 12-0001\",7,true,null]}",
			    scrubbed(&scrub, "{\"a\":[\"SIP/4530999912-0001\",7,true,null]}"));
	assert_string_equal("\"+45 " DOT DOT " " DOT DOT " " DOT DOT " 12\"", scrubbed(&scrub, "4530999912"));
	assert_string_equal("{\"mine\":\"+4520000289\"}", scrubbed(&scrub, "{\"mine\":\"+4520000289\"}"));
	assert_string_equal("\"c" DOT DOT DOT "@example.org\"", scrubbed(&scrub, "\"cy@example.org\""));
	assert_string_equal("\"\"", scrubbed(&scrub, "\"\""));
}

static void a_short_id_is_replaced_only_where_it_stands_alone(void **state)
{
	struct scrub scrub;

	(void)state;
	assert_int_equal(OK, mask_agent(mask, "a7", NULL, &pool, &shown, &err));
	scrub_begin(&scrub, mask);
	scrub_add(&scrub, &shown, "a7", NULL);
	assert_string_equal("[\"agent 1\",\"ba77\"]", scrubbed(&scrub, "[\"a7\",\"ba77\"]"));
}

static void the_longer_of_two_names_is_replaced_first(void **state)
{
	struct scrub scrub;

	(void)state;
	scrub_begin(&scrub, mask);
	(void)masked(IDENTITY_EXTERNAL, "Hansen");
	scrub_add(&scrub, &shown, "Hansen", NULL);
	(void)masked(IDENTITY_EXTERNAL, "Bo Hansen");
	scrub_add(&scrub, &shown, "Bo Hansen", NULL);
	assert_string_equal("\"other person 2\"", scrubbed(&scrub, "\"Bo Hansen\""));
}

static void nothing_is_masked_when_others_are_shown(void **state)
{
	struct scrub scrub;
	struct mask *open;

	(void)state;
	assert_int_equal(OK, mask_new(&account, &person, true, &open, &err));
	assert_int_equal(OK, mask_party(open, IDENTITY_PHONE, "30999912", "Bo", NULL, &pool, &shown, &err));
	assert_false(shown.masked);
	assert_false(shown.self);
	assert_string_equal("+4530999912", shown.value);
	assert_string_equal("Bo", shown.name);
	scrub_begin(&scrub, open);
	scrub_add(&scrub, &shown, "30999912", "Bo");
	assert_int_equal(0, scrub.count);
	assert_string_equal("\"cy@example.org\"", scrubbed(&scrub, "\"cy@example.org\""));
	mask_free(open);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_person_is_known_in_any_spelling),
		FRESH(a_number_keeps_its_country_code_and_last_two_digits),
		FRESH(an_address_keeps_its_first_letter_and_domain),
		FRESH(others_are_numbered_as_they_are_met_and_stay_the_same),
		FRESH(thousands_of_others_stay_apart),
		FRESH(the_accounts_own_number_is_nobodys),
		FRESH(two_numbers_that_mask_alike_have_different_names),
		FRESH(custom_fields_lose_what_stands_for_others),
		FRESH(a_short_id_is_replaced_only_where_it_stands_alone),
		FRESH(the_longer_of_two_names_is_replaced_first),
		FRESH(nothing_is_masked_when_others_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
