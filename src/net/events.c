/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/events.h"

#include <string.h>

#define HEARTBEAT_MS 15000
#define EVENT_MAX ((size_t)128 * 1024)

enum result events_start(struct response *response, struct flow **out, struct err *err)
{
	enum result r;

	response_type(response, "text/event-stream");
	response_header(response, "X-Accel-Buffering", "no"); /* or nginx would keep them back */
	r = response_start(response, out, err);
	if (*out)
		flow_heartbeat(*out, ":\n\n", HEARTBEAT_MS);
	return r ? r : flow_write_now(*out, "retry: 3000\n\n", strlen("retry: 3000\n\n"), err);
}

static void add_field(struct buf *out, const char *name, const char *value)
{
	INVARIANT(strpbrk(value, "\r\n") == NULL);
	buf_printf(out, "%s: %s\n", name, value);
}

/* Each line of it a field of its own: CR, LF and CR LF end one. */
static void add_data(struct buf *out, const char *data, size_t len)
{
	const char *end = data + len;

	do {
		const char *at = data;

		while (at < end && *at != '\r' && *at != '\n')
			at++;
		buf_add_str(out, "data: ");
		buf_add(out, data, (size_t)(at - data));
		buf_add_char(out, '\n');
		data = at + (end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 1);
	} while (data <= end);
}

enum result events_send(struct flow *flow, const char *id, const char *event, const char *data, size_t len,
			struct err *err)
{
	struct buf text;
	enum result r;

	buf_init(&text, EVENT_MAX);
	if (id)
		add_field(&text, "id", id);
	if (event)
		add_field(&text, "event", event);
	add_data(&text, data, len);
	buf_add_char(&text, '\n');
	r = buf_ok(&text, "an event", err);
	if (r == OK)
		r = flow_write_now(flow, text.data, text.len, err);
	buf_free(&text);
	return r;
}

const char *events_last(const struct request *request)
{
	return request_header(request, "last-event-id");
}
