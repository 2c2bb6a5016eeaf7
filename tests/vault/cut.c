/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every field that a law may name, also those that no law here does.
 */
#include "vault/cut.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define PAYLOAD \
	"{\"type\":\"call\",\"id\":\"src-77\",\"time\":\"2026-02-10T08:00:00Z\",\"from\":{\"phone\":\"+4520111111\"," \
	"\"name\":\"Annette Holst\"},\"to\":[\"+4520222222\",{\"email\":\"bent@example.com\",\"name\":\"Bent\"}]," \
	"\"direction\":\"inbound\",\"status\":\"answered\",\"duration\":61,\"number\":\"+4570707070\"," \
	"\"agent\":{\"id\":\"101\",\"name\":\"Bo Lund\"},\"text\":\"she wept\",\"tags\":[\"grief\"]}"

enum { ANNETTE = 1, BENT = 2, BO = 3, OWN = 4 };

static struct pool pool;
static struct err err;

static int set_up(void **state)
{
	(void)state;
	pool_init(&pool, 1024 * 1024);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pool_free(&pool);
	return 0;
}

static struct record_row whole(void)
{
	return (struct record_row){.kind = KIND_CALL, .direction = DIRECTION_INBOUND, .status = STATUS_ANSWERED,
				   .duration_ms = 61000, .agent = BO, .number = OWN, .labels = {9}, .label_count = 1,
				   .parties = {{ANNETTE, ROLE_FROM}, {BENT, ROLE_TO}, {BO, ROLE_AGENT}},
				   .party_count = 3};
}

static const char *cut(struct record_row *row, uint32_t fields, const char *payload)
{
	size_t len = strlen(payload);

	assert_int_equal(cut_record(row, fields, "xx-law-1 xx-law-2", &payload, &len, &pool, &err), OK);
	assert_int_equal(len, strlen(payload));
	return payload;
}

static const char *too_much(const struct record_row *row, uint32_t fields, const char *payload)
{
	const char *what;

	assert_int_equal(cut_check(row, fields, payload, strlen(payload), &pool, &what, &err), OK);
	return what;
}

struct expected {
	uint32_t field;
	const char *payload;
};

static const struct expected each[] = {
    {OBLIGATION_FROM, "\"from\":{\"phone\":\"+4520111111\"}"},
    {OBLIGATION_TO, "\"to\":[\"+4520222222\",{\"email\":\"bent@example.com\"}]"},
    {OBLIGATION_TIME, "\"time\":\"2026-02-10T08:00:00Z\""},
    {OBLIGATION_DURATION, "\"duration\":61"},
    {OBLIGATION_DIRECTION, "\"direction\":\"inbound\""},
    {OBLIGATION_STATUS, "\"status\":\"answered\""},
    {OBLIGATION_NUMBER, "\"number\":\"+4570707070\""},
    {OBLIGATION_AGENT, "\"agent\":{\"id\":\"101\"}"},
};
#define EACH (sizeof each / sizeof each[0])

static unsigned roles_kept(const struct record_row *row)
{
	unsigned roles = 0;

	for (size_t i = 0; i < row->party_count; i++)
		roles |= row->parties[i].roles;
	return roles;
}

/* P31 */
static void of_each_field_alone_exactly_that_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < EACH; i++) {
		struct record_row row = whole();
		uint32_t f = each[i].field;
		const char *left = cut(&row, f, PAYLOAD);

		assert_string_equal(left, pool_printf(&pool, "{\"obliged_by\":[\"xx-law-1\",\"xx-law-2\"],%s}",
						      each[i].payload));
		assert_int_equal(row.direction, f == OBLIGATION_DIRECTION ? DIRECTION_INBOUND : DIRECTION_NONE);
		assert_int_equal(row.status, f == OBLIGATION_STATUS ? STATUS_ANSWERED : STATUS_NONE);
		assert_int_equal(row.duration_ms, f == OBLIGATION_DURATION ? 61000 : -1);
		assert_int_equal(row.number, f == OBLIGATION_NUMBER ? OWN : 0);
		assert_int_equal(row.agent, f == OBLIGATION_AGENT ? BO : 0);
		assert_int_equal(row.label_count, 0);
		assert_int_equal(roles_kept(&row), f == OBLIGATION_FROM	   ? ROLE_FROM
						   : f == OBLIGATION_TO	   ? ROLE_TO
						   : f == OBLIGATION_AGENT ? ROLE_AGENT
									   : 0);
		assert_null(too_much(&row, f, left));
	}
}

static void what_was_cut_says_by_which_laws_and_what_is_left(void **state)
{
	uint32_t fields = OBLIGATION_DIRECTION | OBLIGATION_STATUS | OBLIGATION_AGENT, left;
	struct record_row row = whole();
	const char *codes, *payload = cut(&row, fields, PAYLOAD);

	(void)state;
	assert_int_equal(cut_read(payload, strlen(payload), &pool, &codes, &left, &err), OK);
	assert_string_equal(codes, "xx-law-1 xx-law-2");
	assert_int_equal(left, fields);
	assert_int_equal(cut_read(PAYLOAD, strlen(PAYLOAD), &pool, &codes, &left, &err), OK);
	assert_null(codes);
}

static void what_is_more_than_a_law_names_is_found(void **state)
{
	static const struct expected words[] = {
	    {OBLIGATION_DURATION, "duration"}, {OBLIGATION_DIRECTION, "direction"}, {OBLIGATION_STATUS, "status"},
	    {OBLIGATION_NUMBER, "number"},     {OBLIGATION_AGENT, "agent"},	    {OBLIGATION_FROM, "parties"},
	};
	const uint32_t all = OBLIGATION_ALL - 1;
	struct record_row row = whole();
	const char *payload = cut(&row, all, PAYLOAD);

	(void)state;
	assert_null(too_much(&row, all, payload));
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		assert_string_equal(too_much(&row, all & ~words[i].field, payload), words[i].payload);
	assert_string_equal(too_much(&row, all & ~(uint32_t)OBLIGATION_TIME, payload), "payload");
	assert_string_equal(too_much(&row, all, PAYLOAD), "payload");
	row.label_count = 1;
	assert_string_equal(too_much(&row, all, payload), "labels");
	row.media = 1;
	assert_string_equal(too_much(&row, all, payload), "media");
	assert_null(too_much(&row, OBLIGATION_ALL, payload));
}

static void a_payload_that_is_no_object_is_damaged(void **state)
{
	struct record_row row = whole();
	const char *payload = "[1]";
	size_t len = 3;

	(void)state;
	assert_int_equal(cut_record(&row, OBLIGATION_FROM, "xx", &payload, &len, &pool, &err), ERR_CORRUPT);
	assert_int_equal(row.party_count, 3);
	payload = "{";
	len = 1;
	assert_int_equal(cut_record(&row, OBLIGATION_FROM, "xx", &payload, &len, &pool, &err), ERR_CORRUPT);
}

static void the_whole_record_is_left_as_it_is(void **state)
{
	struct record_row row = whole();

	(void)state;
	assert_string_equal(cut(&row, OBLIGATION_ALL, PAYLOAD), PAYLOAD);
	assert_int_equal(row.party_count, 3);
	assert_int_equal(row.label_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(of_each_field_alone_exactly_that_stays, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_was_cut_says_by_which_laws_and_what_is_left, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_more_than_a_law_names_is_found, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_payload_that_is_no_object_is_damaged, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_whole_record_is_left_as_it_is, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
