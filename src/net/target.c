/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/target.h"

#include <string.h>
#include <strings.h>

#include "base/quote.h"
#include "base/text.h"

enum part { PATH, QUERY };

/* RFC 3986 section 3.3: what may stand unencoded in a segment; the query has '/' and '?' besides. */
static bool plain(unsigned char c, enum part part)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr(part == PATH ? "-._~!$&'()*+,;=:@" : "-._~!$&'()*+,;=:@/?", c) != NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum result refuse(struct err *err, const char *raw, const char *at, const char *what)
{
	err_set(err, ERR_INPUT, "the request target has %s at byte %zu", what, (size_t)(at - raw) + 1);
	return err_mend(err, "percent-encode each part of the path and of the query by itself, as UTF-8");
}

/* What may not stand in decoded text. A newline can be meant in a value, never in a path. */
static const char *unwanted(unsigned char c, enum part part)
{
	if (c == '\0')
		return "an encoded NUL";
	if (part == PATH && c == '/')
		return "an encoded '/'";
	if (part == PATH && (c < 0x20 || c == 0x7f))
		return "an encoded control character";
	return NULL;
}

/* Decodes [from, to) of `raw`. */
static enum result decode(const char *raw, const char *from, const char *to, enum part part, struct pool *pool,
			  const char **out, struct err *err)
{
	char *text = pool_alloc(pool, (size_t)(to - from) + 1);
	size_t used = 0;

	if (!text)
		return err_no_memory(err);
	for (const char *at = from; at < to; at++) {
		unsigned char c = (unsigned char)*at;

		if (c == '%') {
			int high = to - at > 2 ? hex_digit(at[1]) : -1, low = to - at > 2 ? hex_digit(at[2]) : -1;

			if (high < 0 || low < 0)
				return refuse(err, raw, at, "a '%' without two hexadecimal digits");
			c = (unsigned char)(high << 4 | low);
			if (unwanted(c, part))
				return refuse(err, raw, at, unwanted(c, part));
			at += 2;
		} else if (!plain(c, part)) {
			return refuse(err, raw, at, "a character that must be percent-encoded");
		} else if (c == '+' && part == QUERY) {
			c = ' ';
		}
		text[used++] = (char)c;
	}
	text[used] = '\0';
	if (!text_is_utf8(text, used))
		return refuse(err, raw, from, "text that is not UTF-8");
	*out = text;
	return OK;
}

static enum result add_segment(const char *raw, const char *from, const char *to, const char *end, struct pool *pool,
			       struct target *out, struct err *err)
{
	const char *text;
	enum result r;

	if (from == to && to < end)
		return refuse(err, raw, from, "an empty path segment");
	if (out->segment_count == TARGET_SEGMENTS_MAX)
		return refuse(err, raw, from, "more path segments than any route has");
	r = decode(raw, from, to, PATH, pool, &text, err);
	if (r)
		return r;
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return refuse(err, raw, from, "a '.' or '..' segment");
	out->segments[out->segment_count++] = text;
	return OK;
}

/* [from, end) begins with '/'. */
static enum result parse_path(const char *raw, const char *from, const char *end, struct pool *pool, struct target *out,
			      struct err *err)
{
	enum result r = OK;

	if (end - from == 1)
		return OK;
	while (from < end && r == OK) {
		const char *start = from + 1, *slash = memchr(start, '/', (size_t)(end - start));

		from = slash ? slash : end;
		r = add_segment(raw, start, from, end, pool, out, err);
	}
	return r;
}

static enum result add_param(const char *raw, const char *from, const char *to, struct pool *pool, struct target *out,
			     struct err *err)
{
	const char *equals = memchr(from, '=', (size_t)(to - from));
	struct query_param *param = &out->params[out->param_count];
	enum result r;

	if (from == to)
		return OK; /* "a=1&&b=2" and a lone '?' are harmless */
	if (out->param_count == TARGET_PARAMS_MAX)
		return refuse(err, raw, from, "more query parameters than are taken");
	r = decode(raw, from, equals ? equals : to, QUERY, pool, &param->name, err);
	if (r == OK)
		r = decode(raw, equals ? equals + 1 : to, to, QUERY, pool, &param->value, err);
	if (r == OK)
		out->param_count++;
	return r;
}

static enum result parse_query(const char *raw, const char *from, const char *end, struct pool *pool,
			       struct target *out, struct err *err)
{
	enum result r = OK;

	while (from <= end && r == OK) {
		const char *and = memchr(from, '&', (size_t)(end - from)), *to = and? and : end;

		r = add_param(raw, from, to, pool, out, err);
		from = to + 1;
	}
	return r;
}

/* Past "http://authority"; NULL when that is not what it begins with. */
static const char *skip_authority(const char *raw, const char *end)
{
	size_t len = (size_t)(end - raw);
	const char *at;

	if (len >= 7 && strncasecmp(raw, "http://", 7) == 0)
		at = raw + 7;
	else if (len >= 8 && strncasecmp(raw, "https://", 8) == 0)
		at = raw + 8;
	else
		return NULL;
	while (at < end && *at != '/' && *at != '?')
		at++;
	return at;
}

enum result target_parse(const char *raw, size_t len, struct pool *pool, struct target *out, struct err *err)
{
	const char *end = raw + len, *path = raw, *query;
	enum result r;

	*out = (struct target){0};
	if (len == 1 && *raw == '*') {
		out->asterisk = true;
		return OK;
	}
	if (len == 0 || *raw != '/')
		path = skip_authority(raw, end);
	if (!path || (path < end && *path != '/' && *path != '?'))
		return refuse(err, raw, raw, "neither a path nor an http address");
	query = memchr(path, '?', (size_t)(end - path));
	r = path == (query ? query : end) ? OK : parse_path(raw, path, query ? query : end, pool, out, err);
	if (r == OK && query)
		r = parse_query(raw, query + 1, end, pool, out, err);
	return r;
}

size_t target_params(const struct target *target, const char *name, const char **values, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < target->param_count; i++) {
		if (strcmp(target->params[i].name, name) != 0)
			continue;
		if (count < max)
			values[count] = target->params[i].value;
		count++;
	}
	return count;
}

enum result target_param(const struct target *target, const char *name, const char **value, struct err *err)
{
	const char *first = NULL;

	if (target_params(target, name, &first, 1) > 1) {
		err_set(err, ERR_INPUT, "query parameter '%s' is there more than once", name);
		err_where(err, "%s", name);
		return err_mend(err, "give it once");
	}
	*value = first;
	return OK;
}
