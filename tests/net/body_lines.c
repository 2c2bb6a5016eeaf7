/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "net/flow.h"
#include "net/body_lines.h"

static struct flow *flow;
static struct request request;
static struct body_lines lines;
static struct err err;

static int make(void **state)
{
	(void)state;
	flow = flow_new(1 << 20, NULL, NULL);
	request = (struct request){.input = flow};
	body_lines_init(&lines, &request, 20);
	return flow ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	body_lines_free(&lines);
	flow_release(flow);
	return 0;
}

static void offer(const char *text)
{
	assert_int_equal(flow_offer(flow, text, strlen(text)), strlen(text));
}

/* The next line, "(end)", or the name of what went wrong. */
static const char *next(void)
{
	const char *line;
	size_t len;
	enum result r = body_lines_next(&lines, &line, &len, &err);

	if (r)
		return result_name(r);
	if (line)
		assert_int_equal(strlen(line), len);
	return line ? line : "(end)";
}

static void lines_are_given_one_by_one(void **state)
{
	(void)state;
	offer("{\"a\":1}\n{\"b\":2}\r\n\n  \t\n\r\n{\"c\":3}");
	flow_end(flow);
	assert_string_equal(next(), "{\"a\":1}");
	assert_int_equal(lines.number, 1);
	assert_string_equal(next(), "{\"b\":2}");
	assert_int_equal(lines.number, 2);
	assert_string_equal(next(), "{\"c\":3}");
	assert_int_equal(lines.number, 6); /* blank ones count */
	assert_string_equal(next(), "(end)");
	assert_string_equal(next(), "(end)");
}

static void a_line_that_is_too_long_costs_itself_only(void **state)
{
	char huge[100001];

	(void)state;
	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	offer("12345678901234567890\n123456789012345678901\n12345678901234567890\r\n123456789012345678901\r\n");
	offer(huge);
	offer("\nnext\n");
	offer(huge);
	flow_end(flow);
	assert_string_equal(next(), "12345678901234567890");
	assert_string_equal(next(), "limit");
	assert_int_equal(lines.number, 2);
	assert_string_equal(err.where, "line 2");
	assert_string_equal(next(), "12345678901234567890");
	assert_string_equal(next(), "limit");
	assert_string_equal(next(), "limit");
	assert_string_equal(next(), "next");
	assert_string_equal(next(), "limit");
	assert_int_equal(lines.number, 7);
	assert_string_equal(next(), "(end)");
}

static void an_empty_body_has_no_lines(void **state)
{
	(void)state;
	flow_end(flow);
	assert_string_equal(next(), "(end)");
}

static void a_body_that_breaks_off_is_said(void **state)
{
	(void)state;
	offer("one\ntw");
	assert_string_equal(next(), "one");
	flow_abort(flow, ERR_INTERRUPTED, "the client went away");
	assert_string_equal(next(), "interrupted");
	assert_string_equal(err.what, "the client went away");
}

static void lines_may_come_in_any_pieces(void **state)
{
	static const char text[] = "first\nsecond line\r\n\nthird";

	for (size_t cut = 0; cut < sizeof text - 1; cut++) {
		assert_int_equal(flow_offer(flow, text, cut), cut);
		if (cut >= 6)
			assert_string_equal(next(), "first");
		assert_int_equal(flow_offer(flow, text + cut, sizeof text - 1 - cut), sizeof text - 1 - cut);
		flow_end(flow);
		if (cut < 6)
			assert_string_equal(next(), "first");
		assert_string_equal(next(), "second line");
		assert_string_equal(next(), "third");
		assert_string_equal(next(), "(end)");
		drop(state);
		assert_int_equal(make(state), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	    T(lines_are_given_one_by_one),   T(a_line_that_is_too_long_costs_itself_only),
	    T(an_empty_body_has_no_lines),   T(a_body_that_breaks_off_is_said),
	    T(lines_may_come_in_any_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
