/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From what a handler made to what goes out: conditions and ranges, headers,
 * libmicrohttpd's response.
 */
#include "net/exchange.h"

#include <inttypes.h>
#include <stdio.h>

#include "net/headers.h"

#define BLOCK ((size_t)32 * 1024)

/* --- what is answered ---------------------------------------------------------- */

static bool reads(const struct exchange *x)
{
	return x->request.method == METHOD_GET || x->request.method == METHOD_HEAD;
}

static uint64_t full_length(const struct exchange *x)
{
	if (atomic_load(&x->output) && !x->response.read)
		return RESPONSE_SIZE_UNKNOWN;
	return x->response.read ? x->response.read_size : x->response.body.len;
}

static void apply_condition(struct exchange *x)
{
	enum condition condition;
	struct err err;

	if (x->response.status != 200 || !x->response.etag || !reads(x))
		return;
	if (request_condition(&x->request, x->response.etag, &condition, &err) != OK)
		problem_answer(&x->response, &x->request, PROBLEM_INPUT, &err, NULL);
	else if (condition == CONDITION_FAILED)
		problem_answer(&x->response, &x->request, PROBLEM_PRECONDITION, NULL, NULL);
	else if (condition == CONDITION_NOT_MODIFIED)
		x->response.status = 304;
}

/* Is the part still of what the client has the rest of (RFC 9110 section 13.1.5)? A date never is: we send none. */
static bool range_holds(const struct exchange *x)
{
	const char *if_range = request_header(&x->request, "if-range");
	bool same = false;
	struct err err;

	if (!if_range)
		return true;
	return x->response.etag && *if_range != '*' &&
	       field_etag_listed(if_range, x->response.etag, ETAG_STRONG, &same, &err) == OK && same;
}

/* Only of readers: what is short is sent whole. */
static void apply_range(struct exchange *x)
{
	struct response *response = &x->response;
	struct byte_range range;
	uint64_t size = response->read_size;
	char text[80];

	if (!response->read || response->status != 200 || size == RESPONSE_SIZE_UNKNOWN || !reads(x))
		return;
	response_header(response, "Accept-Ranges", "bytes");
	if (x->request.method != METHOD_GET || !range_holds(x))
		return;
	switch (field_range(request_header(&x->request, "range"), size, &range)) {
	case RANGE_NONE:
		return;
	case RANGE_UNSATISFIABLE:
		problem_answer(response, &x->request, PROBLEM_RANGE, NULL, NULL);
		snprintf(text, sizeof text, "bytes */%" PRIu64, size);
		response_header(response, "Content-Range", text);
		return;
	case RANGE_ONE:
		break;
	}
	x->offset = range.first;
	x->length = range.last - range.first + 1;
	response->status = 206;
	snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.first, range.last, size);
	response_header(response, "Content-Range", text);
}

static bool has_body(const struct exchange *x)
{
	int status = x->response.status;

	return x->request.method != METHOD_HEAD && status != 204 && status != 304;
}

static enum source source_of(const struct exchange *x)
{
	if (!has_body(x))
		return SOURCE_NONE;
	if (atomic_load(&x->output))
		return SOURCE_FLOW;
	return x->response.read ? SOURCE_READER : SOURCE_BUF;
}

/* What only reads can be asked again. What writes is done, and who hears 503 would take it for not done. */
static void answer_failed(struct exchange *x)
{
	struct response *response = &x->response;
	bool no_memory = response->no_memory || response->body.no_memory;
	struct err err;

	response->failed = response->no_memory = false;
	if (no_memory)
		err_no_memory(&err);
	else
		err_set(&err, ERR_INTERNAL, "the answer could not be made");
	problem_answer(response, &x->request, no_memory && reads(x) ? PROBLEM_BUSY : PROBLEM_INTERNAL, &err, NULL);
}

void answer_settle(struct exchange *x)
{
	struct response *response = &x->response;
	bool settled = x->settled;

	x->settled = true;
	if (response->failed || response->body.failed)
		answer_failed(x);
	if (!settled) {
		apply_condition(x);
		x->length = RESPONSE_SIZE_UNKNOWN;
		apply_range(x);
		headers_add(response, &x->request);
	}
	if (response->status != 206)
		x->length = full_length(x);
	x->source = source_of(x);
}

/* --- what is sent ---------------------------------------------------------------- */

/* libmicrohttpd 0.9.75 forgets a connection that a reader ends from its idle handler: it stays, closed, with its
 * descriptor. Those with a timeout of their own it looks at again. */
static ssize_t end_connection(struct exchange *x, ssize_t how)
{
	MHD_set_connection_option(x->mhd, MHD_CONNECTION_OPTION_TIMEOUT, 1U);
	return how;
}

/* Where a body of unknown length ends: the last chunk, or in HTTP/1.0 the connection. */
static ssize_t end_body(struct exchange *x)
{
	if (x->length != RESPONSE_SIZE_UNKNOWN)
		return end_connection(x, MHD_CONTENT_READER_END_WITH_ERROR);
	return x->old_version ? end_connection(x, MHD_CONTENT_READER_END_OF_STREAM) : MHD_CONTENT_READER_END_OF_STREAM;
}

/* From the pipe; on the connection's thread. */
static ssize_t take(struct exchange *x, char *out, size_t max)
{
	struct flow *output = atomic_load(&x->output);

	for (;;) {
		enum flow_state state;
		size_t got = flow_take(output, out, max, &state);

		if (got > 0)
			return (ssize_t)got;
		if (state == FLOW_ENDED)
			return end_body(x);
		if (state == FLOW_ABORTED)
			return end_connection(x, MHD_CONTENT_READER_END_WITH_ERROR);
		if (exchange_sleep(x))
			return 0;
	}
}

static ssize_t on_read(void *arg, uint64_t at, char *out, size_t max)
{
	struct exchange *x = arg;
	struct err err;
	size_t got = 0;

	if (x->source == SOURCE_FLOW)
		return take(x, out, max);
	if (x->response.read(x->response.read_arg, x->offset + at, out, max, &got, &err) != OK) {
		response_why(&x->response, &err);
		return end_connection(x, MHD_CONTENT_READER_END_WITH_ERROR);
	}
	return got > 0 ? (ssize_t)got : end_body(x);
}

static void on_free(void *arg)
{
	exchange_release(arg);
}

static struct MHD_Response *make_read(struct exchange *x)
{
	uint64_t size = x->length == RESPONSE_SIZE_UNKNOWN ? MHD_SIZE_UNKNOWN : x->length;
	struct MHD_Response *out = MHD_create_response_from_callback(size, BLOCK, on_read, x, on_free);

	if (out)
		atomic_fetch_add(&x->references, 1);
	return out;
}

/* Neither may a HEAD's answer or a 304 say a length that is not the body's, nor does libmicrohttpd leave out the end of
 * a chunked body that was never there: so without a length the connection ends. */
static struct MHD_Response *make_bodiless(struct exchange *x)
{
	struct MHD_Response *out;

	if (x->response.status == 204 || x->length == 0)
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	out = make_read(x);
	if (out && x->length == RESPONSE_SIZE_UNKNOWN)
		MHD_set_response_options(out, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	return out;
}

static struct MHD_Response *make(struct exchange *x)
{
	struct buf *body = &x->response.body;

	switch (x->source) {
	case SOURCE_NONE:
		return make_bodiless(x);
	case SOURCE_BUF: /* it lives until the end of the exchange, which is when the last byte has gone */
		return MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_PERSISTENT);
	case SOURCE_READER:
	case SOURCE_FLOW:
		break;
	}
	return make_read(x);
}

static bool add_headers(const struct exchange *x, struct MHD_Response *out)
{
	bool close = x->must_close || x->chunked || atomic_load(&x->serving->stopping);

	for (const struct response_header *at = x->response.headers; at; at = at->next)
		if (MHD_add_response_header(out, at->name, at->value) != MHD_YES)
			return false;
	return !close || MHD_add_response_header(out, "Connection", "close") == MHD_YES;
}

enum MHD_Result answer_queue(struct exchange *x)
{
	struct MHD_Response *out = make(x);
	enum MHD_Result queued = MHD_NO;

	x->stage = STAGE_ANSWER;
	connection_phase(x->connection, PHASE_ANSWER);
	if (out && add_headers(x, out))
		queued = MHD_queue_response(x->mhd, (unsigned)x->response.status, out);
	if (out)
		MHD_destroy_response(out);
	return queued;
}
