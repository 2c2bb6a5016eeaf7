/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The head of a request: copied, and looked at strictly.
 *
 * libmicrohttpd before 1.0 takes what a server behind a proxy must not: folded
 * lines (whose text it appends to the field's name), bare LF, NUL and control
 * characters, spaces where none belong.  But it leaves the head where it read
 * it, with each colon, CR and LF that it understood made NUL.  So a head that
 * was written properly is, byte for byte,
 *   method NUL target NUL version NUL NUL { name NUL value NUL NUL } NUL NUL
 * and head_scan accepts just that.  Anything else, also a library that does
 * this differently, is refused.
 */
#include "net/exchange.h"

#include <string.h>
#include <strings.h>

#define FIELDS_MAX 100

/* --- the bytes --------------------------------------------------------------- */

static enum result malformed(struct err *err, const char *what)
{
	err_set(err, ERR_INPUT, "the request is malformed: %s", what);
	return err_mend(err, "write it as RFC 9112 has it: one space between the parts of the first line, CR LF after "
			     "each, no folded lines");
}

static bool is_field_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			return false;
	return true;
}

/* "method NUL target NUL HTTP/d.d NUL NUL": the offset after it, 0 when it is not that. The target has been taken apart
 * in place, so only its length counts. */
static size_t scan_first_line(const char *head, size_t len, size_t target_at, size_t target_len)
{
	size_t method_len = strnlen(head, len), at = target_at + target_len + 1;

	if (!field_is_token(head, method_len) || target_at != method_len + 1 || at > len || len - at < 10)
		return 0;
	if (head[at - 1] != '\0' || strnlen(head + at, 9) != 8 || head[at + 9] != '\0' ||
	    memcmp(head + at, "HTTP/1.", 7) != 0 || head[at + 7] < '0' || head[at + 7] > '9')
		return 0;
	return at + 10;
}

/* "name NUL value NUL NUL": its length, 0 when it is not that. */
static size_t scan_field(const char *at, size_t len)
{
	size_t name_len = strnlen(at, len), value_at = name_len + 1, value_len;

	if (value_at >= len || !field_is_token(at, name_len))
		return 0;
	value_len = strnlen(at + value_at, len - value_at);
	if (value_at + value_len + 2 > len || at[value_at + value_len + 1] != '\0')
		return 0;
	return is_field_text(at + value_at, value_len) ? value_at + value_len + 2 : 0;
}

enum result head_scan(const char *head, size_t len, size_t target_at, size_t target_len, size_t *fields,
		      struct err *err)
{
	size_t at = scan_first_line(head, len, target_at, target_len);

	*fields = 0;
	if (at == 0)
		return malformed(err, "its first line");
	while (len - at > 2) {
		size_t field = scan_field(head + at, len - at);

		if (field == 0)
			return malformed(err, "its headers");
		at += field;
		++*fields;
	}
	return len - at == 2 && head[at] == '\0' && head[at + 1] == '\0' ? OK
									 : malformed(err, "the end of its headers");
}

/* --- the fields ---------------------------------------------------------------- */

/* Of these there is one, whatever a list of them would mean. All others are lists when they are repeated. */
static bool is_single(const char *name)
{
	static const char *const names[] = {
	    "authorization",
	    "content-disposition",
	    "content-encoding",
	    "content-length",
	    "content-range",
	    "content-type",
	    "expect",
	    "from",
	    "host",
	    "idempotency-key",
	    "if-modified-since",
	    "if-range",
	    "if-unmodified-since",
	    "max-forwards",
	    "origin",
	    "proxy-authorization",
	    "range",
	    "referer",
	    "transfer-encoding",
	    "user-agent",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

struct copying {
	struct exchange *x;
	struct header *fields;
	struct err *err;
	enum result result;
};

static char *copy_name(struct pool *pool, const char *name, size_t len)
{
	char *copy = pool_strndup(pool, name, len);

	for (char *at = copy; at && *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at + ('a' - 'A'));
	return copy;
}

static char *copy_value(struct pool *pool, const char *value, size_t len)
{
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	while (len > 0 && (*value == ' ' || *value == '\t')) {
		value++;
		len--;
	}
	return pool_strndup(pool, value, len);
}

static enum result join(struct pool *pool, struct header *before, const char *value, struct err *err)
{
	if (is_single(before->name)) {
		err_set(err, ERR_INPUT, "the header %s is there more than once", before->name);
		err_where(err, "%s", before->name);
		return err_mend(err, "send it once");
	}
	before->value =
	    pool_printf(pool, "%s%s%s", before->value, strcmp(before->name, "cookie") == 0 ? "; " : ", ", value);
	return before->value ? OK : err_no_memory(err);
}

static enum result copy_field(struct copying *copying, const char *name, size_t name_len, const char *value,
			      size_t value_len)
{
	struct request *request = &copying->x->request;
	struct pool *pool = &copying->x->pool;
	char *name_copy = copy_name(pool, name, name_len), *value_copy = copy_value(pool, value, value_len);

	if (!name_copy || !value_copy)
		return err_no_memory(copying->err);
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp(copying->fields[i].name, name_copy) == 0)
			return join(pool, &copying->fields[i], value_copy, copying->err);
	if (request->header_count == FIELDS_MAX)
		return err_set(copying->err, ERR_LIMIT, "there are more than %d headers", FIELDS_MAX);
	copying->fields[request->header_count++] = (struct header){name_copy, value_copy};
	return OK;
}

static enum MHD_Result on_field(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_len,
				const char *value, size_t value_len)
{
	struct copying *copying = arg;

	(void)kind;
	copying->result = copy_field(copying, name, name_len, value ? value : "", value_len);
	return copying->result == OK ? MHD_YES : MHD_NO;
}

/* libmicrohttpd's memory goes with the connection; a worker may live longer. */
enum result head_copy(struct exchange *x, struct err *err)
{
	struct copying copying = {.x = x, .err = err, .result = OK};

	copying.fields = pool_alloc(&x->pool, FIELDS_MAX * sizeof *copying.fields);
	if (!copying.fields)
		return err_no_memory(err);
	x->request.headers = copying.fields;
	MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, on_field, &copying);
	return copying.result;
}

/* --- what it says of the body and the host ------------------------------------------ */

static enum result ambiguous(struct err *err, const char *header, const char *what)
{
	err_set(err, ERR_INPUT, "%s", what);
	err_where(err, "%s", header);
	return err->code;
}

static enum result check_body(struct exchange *x, const char *version, struct err *err)
{
	const char *encoding = request_header(&x->request, "transfer-encoding");
	const char *length = request_header(&x->request, "content-length");
	const char *expect = request_header(&x->request, "expect");

	if (encoding && length)
		return ambiguous(err, "Transfer-Encoding", "there are Transfer-Encoding and Content-Length");
	if (encoding && (strcasecmp(encoding, "chunked") != 0 || strcmp(version, "HTTP/1.0") == 0))
		return ambiguous(err, "Transfer-Encoding",
				 "the only Transfer-Encoding that is understood is chunked, in HTTP/1.1");
	x->chunked = encoding != NULL;
	for (const char *at = length; at && *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || x->body_length > UINT64_MAX / 16)
			return ambiguous(err, "Content-Length", "Content-Length is not a number of bytes");
		x->body_length = x->body_length * 10 + (uint64_t)(*at - '0');
	}
	x->body_expected = x->chunked || x->body_length > 0;
	x->expects_continue = expect && strcasecmp(expect, "100-continue") == 0;
	return OK;
}

static enum result check_host(const struct exchange *x, const char *version, struct err *err)
{
	const char *host = request_header(&x->request, "host");

	if (!host && strcmp(version, "HTTP/1.0") == 0)
		return OK;
	if (!host)
		return ambiguous(err, "Host", "there is no Host");
	if (strlen(host) != strcspn(host, " \t,/?#@\\") || !field_value_is_clean(host, strlen(host)))
		return ambiguous(err, "Host", "Host is not the name or address of a host");
	return OK;
}

/* Looks at the raw bytes once more, where the library does not. */
static enum result check_bytes(const struct exchange *x, const char *method, const char *version, struct err *err)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	size_t fields = 0, sent = 0;
	enum result r;

	if (!info || x->raw_target < method || x->raw_target + x->raw_target_len + 1 != version)
		return malformed(err, "its first line");
	r = head_scan(method, info->header_size, (size_t)(x->raw_target - method), x->raw_target_len, &fields, err);
	if (r)
		return r;
	sent = (size_t)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, NULL, NULL);
	return fields == sent ? OK : malformed(err, "its headers");
}

enum result head_check(struct exchange *x, const char *method, const char *version, struct err *err)
{
	enum result r = x->serving->lax_library ? check_bytes(x, method, version, err) : OK;

	if (r == OK)
		r = check_body(x, version, err);
	if (r == OK)
		r = check_host(x, version, err);
	return r;
}
