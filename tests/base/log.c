/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/log.h"

static int ends[2];
static char line[4096];

static int open_log(void **state)
{
	(void)state;
	if (pipe(ends) != 0)
		return -1;
	log_set_fd(ends[1]);
	return 0;
}

static int close_log(void **state)
{
	(void)state;
	log_set_fd(2);
	log_set_level(LOG_WARNING);
	close(ends[0]);
	return 0;
}

/* Closes the writing end, so that a log without lines reads as empty. */
static const char *logged(void)
{
	ssize_t got;

	close(ends[1]);
	got = read(ends[0], line, sizeof line - 1);
	assert_true(got >= 0);
	line[got] = '\0';
	return line;
}

static void an_event_is_one_line_of_json(void **state)
{
	struct err err;
	struct id id;

	(void)state;
	assert_int_equal(id_parse("call", "call_01h455vb4pex5vsknk084sn02q", &id, &err), OK);
	log_event(LOG_WARNING, "import.rejected", LOG_INT("lines", -3), LOG_RESULT("why", ERR_INPUT),
		  LOG_ID("record", "call", id), LOG_INSTANT("at", ((struct instant){1700000000123})),
		  LOG_WORD("source", "asterisk"));
	assert_string_equal(logged(), "{\"level\":\"warning\",\"event\":\"import.rejected\",\"lines\":-3,\"why\":\"input\","
				      "\"record\":\"call_01h455vb4pex5vsknk084sn02q\",\"at\":\"2023-11-14T22:13:20.123Z\","
				      "\"source\":\"asterisk\"}\n");
}

static void events_below_the_level_are_left_out(void **state)
{
	(void)state;
	log_event(LOG_INFO, "a", LOG_INT("n", 1));
	log_set_level(LOG_ERROR);
	log_event(LOG_WARNING, "b", LOG_INT("n", 2));
	log_event(LOG_ERROR, "c", LOG_INT("n", 3));
	log_set_level(LOG_DEBUG);
	log_event(LOG_DEBUG, "d", LOG_INT("n", 4));
	assert_string_equal(logged(), "{\"level\":\"error\",\"event\":\"c\",\"n\":3}\n"
				      "{\"level\":\"debug\",\"event\":\"d\",\"n\":4}\n");
}

static void a_log_that_cannot_be_written_stops_nothing(void **state)
{
	(void)state;
	log_set_fd(-1);
	log_event(LOG_ERROR, "lost", LOG_INT("n", 1));
	log_set_fd(ends[1]);
	log_event(LOG_ERROR, "kept", LOG_INT("n", 2));
	assert_string_equal(logged(), "{\"level\":\"error\",\"event\":\"kept\",\"n\":2}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_event_is_one_line_of_json, open_log, close_log),
	    cmocka_unit_test_setup_teardown(events_below_the_level_are_left_out, open_log, close_log),
	    cmocka_unit_test_setup_teardown(a_log_that_cannot_be_written_stops_nothing, open_log, close_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
