/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The request target (RFC 9112 section 3.2, RFC 3986): path segments and
 * query parameters, decoded once and strictly.
 *
 * Refused with ERR_INPUT, saying which byte: a character that may not stand
 * in a URI, a '%' without two hexadecimal digits, an encoded NUL or '/',
 * a control character in the path, text that is not UTF-8 once decoded, "."
 * and ".." as segments (encoded too), empty segments in the middle, more
 * than the numbers below.  So a path has one spelling as far as a route is
 * concerned, and no proxy in front can have understood another.
 *
 * In the query '+' is a space, as HTML forms and all client libraries write
 * it; a plus sign is %2B.
 */
#ifndef LETHE_NET_TARGET_H
#define LETHE_NET_TARGET_H

#include <stdbool.h>
#include "base/pool.h"

#define TARGET_SEGMENTS_MAX 16
#define TARGET_PARAMS_MAX 64

struct query_param {
	const char *name, *value;
}; /* decoded, NUL-terminated, no NUL inside */

/* Everything lives in the pool it was parsed into. */
struct target {
	const char *segments[TARGET_SEGMENTS_MAX]; /* "/v1/a%20b" is "v1", "a b"; "/" has none; "/v1/" ends with "" */
	size_t segment_count;
	struct query_param params[TARGET_PARAMS_MAX]; /* in the order given */
	size_t param_count;
	bool asterisk; /* "*", which only OPTIONS has */
};

/* Origin form ("/a?b=c"), absolute form ("http://host/a?b=c", whose host is not looked at) or "*". */
MUST_CHECK enum result target_parse(const char *raw, size_t len, struct pool *pool, struct target *out,
				    struct err *err);
/* The value of the one parameter of that name, NULL when there is none; ERR_INPUT when it is there more than once. */
MUST_CHECK enum result target_param(const struct target *target, const char *name, const char **value, struct err *err);
/* All values of a parameter that may be repeated: writes at most `max`, returns how many there are. */
size_t target_params(const struct target *target, const char *name, const char **values, size_t max);

#endif
