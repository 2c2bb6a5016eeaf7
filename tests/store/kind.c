/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "store/kind.h"

static void every_kind_is_known_by_its_name(void **state)
{
	(void)state;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		enum record_kind back;

		assert_true(kind_parse(kind_name((enum record_kind)kind), &back));
		assert_int_equal(back, kind);
		assert_true(strlen(kind_plural((enum record_kind)kind)) > 0);
	}
	assert_string_equal(kind_name(KIND_CAMPAIGN_RESULT), "campaign_result");
	assert_string_equal(kind_plural(KIND_CAMPAIGN_RESULT), "campaign results");
}

static void every_kind_is_known_by_the_prefix_of_its_ids(void **state)
{
	(void)state;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		enum record_kind back;
		char id[64];

		snprintf(id, sizeof id, "%s_01h455vb4pex5vsknk084sn02q", kind_prefix((enum record_kind)kind));
		assert_true(kind_of_prefix(id, &back));
		assert_int_equal(back, kind);
	}
}

static void what_is_no_kind_is_refused(void **state)
{
	static const char *const names[] = {"", "calls", "CALL", "campaign results", "call "};
	static const char *const ids[] = {"", "_", "cal_1", "calls_1", "recording_1", "MSG_1"};
	enum record_kind kind;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_false(kind_parse(names[i], &kind));
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		assert_false(kind_of_prefix(ids[i], &kind));
}

static void an_id_is_read_with_its_kind_or_refused(void **state)
{
	static const char *const wrong[] = {"", "call", "call_", "01h455vb4pex5vsknk084sn02q", "cal_01h455vb4pex5vsknk084sn02q",
					    "call_01h455vb4pex5vsknk084sn02", "call_01h455vb4pex5vsknk084sn02q1"};
	enum record_kind kind;
	struct id id;
	struct err err;
	char text[ID_TEXT_MAX];

	(void)state;
	assert_int_equal(kind_read_id("msg_01h455vb4pex5vsknk084sn02q", &kind, &id, &err), OK);
	assert_int_equal(kind, KIND_MESSAGE);
	assert_string_equal(id_format("msg", id, text), "msg_01h455vb4pex5vsknk084sn02q");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(kind_read_id(wrong[i], &kind, &id, &err), ERR_INPUT);
		assert_non_null(strstr(err.what, "is no id of a record"));
		assert_non_null(strstr(err.mend, "it begins with its kind"));
	}
}

/* They are in every vault there is. */
static void stored_numbers_never_change(void **state)
{
	(void)state;
	assert_int_equal(KIND_CALL, 1);
	assert_int_equal(KIND_MESSAGE, 5);
	assert_int_equal(KIND_CAMPAIGN_RESULT, 12);
	assert_int_equal(IDENTITY_PHONE, 1);
	assert_int_equal(IDENTITY_NUMBER, 5);
	assert_int_equal(DIRECTION_INBOUND, 1);
	assert_int_equal(DIRECTION_INTERNAL, 3);
	assert_int_equal(STATUS_ANSWERED, 1);
	assert_int_equal(STATUS_CONGESTION, 14);
	assert_int_equal(ROLE_FROM | ROLE_TO | ROLE_PARTICIPANT | ROLE_MENTIONED | ROLE_AGENT, 31);
}

static void every_direction_is_known_by_its_name(void **state)
{
	enum direction back;

	(void)state;
	for (int direction = DIRECTION_INBOUND; direction <= DIRECTION_INTERNAL; direction++) {
		assert_true(direction_parse(direction_name((enum direction)direction), &back));
		assert_int_equal(back, direction);
	}
	assert_string_equal(direction_name(DIRECTION_NONE), "");
	assert_false(direction_parse("", &back));
	assert_false(direction_parse("sideways", &back));
	assert_int_equal(back, DIRECTION_NONE);
}

static void every_status_is_known_by_its_name(void **state)
{
	enum record_status back;

	(void)state;
	for (int status = STATUS_ANSWERED; status <= STATUS_CONGESTION; status++) {
		assert_true(status_parse(status_name((enum record_status)status), &back));
		assert_int_equal(back, status);
	}
	assert_string_equal(status_name(STATUS_NONE), "");
	assert_false(status_parse("", &back));
	assert_false(status_parse("Answered", &back));
	assert_int_equal(back, STATUS_NONE);
}

static void roles_have_names_and_sets_of_them_have_none(void **state)
{
	(void)state;
	assert_string_equal(role_name(ROLE_FROM), "from");
	assert_string_equal(role_name(ROLE_TO), "to");
	assert_string_equal(role_name(ROLE_PARTICIPANT), "participant");
	assert_string_equal(role_name(ROLE_MENTIONED), "mentioned");
	assert_string_equal(role_name(ROLE_AGENT), "agent");
	assert_string_equal(role_name((enum party_role)(ROLE_FROM | ROLE_TO)), "");
}

static void agents_and_own_numbers_are_not_outside(void **state)
{
	(void)state;
	assert_string_equal(identity_kind_name(IDENTITY_PHONE), "phone");
	assert_string_equal(identity_kind_name(IDENTITY_EMAIL), "email");
	assert_string_equal(identity_kind_name(IDENTITY_EXTERNAL), "external");
	assert_string_equal(identity_kind_name(IDENTITY_AGENT), "agent");
	assert_string_equal(identity_kind_name(IDENTITY_NUMBER), "number");
	assert_true(identity_kind_is_external(IDENTITY_PHONE));
	assert_true(identity_kind_is_external(IDENTITY_EMAIL));
	assert_true(identity_kind_is_external(IDENTITY_EXTERNAL));
	assert_false(identity_kind_is_external(IDENTITY_AGENT));
	assert_false(identity_kind_is_external(IDENTITY_NUMBER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_is_known_by_its_name),
	    cmocka_unit_test(every_kind_is_known_by_the_prefix_of_its_ids),
	    cmocka_unit_test(what_is_no_kind_is_refused),
	    cmocka_unit_test(an_id_is_read_with_its_kind_or_refused),
	    cmocka_unit_test(stored_numbers_never_change),
	    cmocka_unit_test(every_direction_is_known_by_its_name),
	    cmocka_unit_test(every_status_is_known_by_its_name),
	    cmocka_unit_test(roles_have_names_and_sets_of_them_have_none),
	    cmocka_unit_test(agents_and_own_numbers_are_not_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
