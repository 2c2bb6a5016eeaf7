/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "net/events.h"

static struct flow *flow;
static struct request request;
static struct err err;

static int make(void **state)
{
	(void)state;
	flow = flow_new(1 << 20, NULL, NULL);
	request = (struct request){0};
	return flow ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	flow_release(flow);
	return 0;
}

static const char *sent(void)
{
	static char text[4096];
	enum flow_state s;

	text[flow_take(flow, text, sizeof text - 1, &s)] = '\0';
	return text;
}

static void an_event_is_written_field_by_field(void **state)
{
	(void)state;
	assert_int_equal(events_send(flow, "7", "progress", "{\"done\":1}", 10, &err), OK);
	assert_string_equal(sent(), "id: 7\nevent: progress\ndata: {\"done\":1}\n\n");
	assert_int_equal(events_send(flow, NULL, NULL, "", 0, &err), OK);
	assert_string_equal(sent(), "data: \n\n");
	assert_int_equal(events_send(flow, NULL, NULL, "a\nb\r\nc\rd\n", 9, &err), OK);
	assert_string_equal(sent(), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}

static void a_client_that_does_not_listen_is_left_behind(void **state)
{
	char data[100000];
	enum result r = OK;

	(void)state;
	memset(data, 'x', sizeof data);
	for (int i = 0; i < 100 && r == OK; i++)
		r = events_send(flow, NULL, NULL, data, sizeof data, &err);
	assert_int_equal(r, ERR_BUSY);
	assert_int_equal(events_send(flow, NULL, NULL, data, sizeof data, &err), ERR_BUSY);
	flow_abort(flow, ERR_INTERRUPTED, "the client went away");
	assert_int_equal(events_send(flow, NULL, NULL, "a", 1, &err), ERR_INTERRUPTED);
}

static void an_event_has_a_maximum(void **state)
{
	static char data[200000];

	(void)state;
	assert_int_equal(events_send(flow, NULL, NULL, data, sizeof data, &err), ERR_LIMIT);
	assert_string_equal(sent(), "");
}

static void where_a_client_was_is_known(void **state)
{
	static const struct header field = {"last-event-id", "41"};

	(void)state;
	assert_null(events_last(&request));
	request.headers = &field;
	request.header_count = 1;
	assert_string_equal(events_last(&request), "41");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	    T(an_event_is_written_field_by_field),
	    T(a_client_that_does_not_listen_is_left_behind),
	    T(an_event_has_a_maximum),
	    T(where_a_client_was_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
