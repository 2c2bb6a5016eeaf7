/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values of header fields (RFC 9110, RFC 6265). Pure functions over text;
 * `value` NULL means that the field was not sent.
 */
#ifndef LETHE_NET_FIELD_H
#define LETHE_NET_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

bool field_is_token(const char *text, size_t len); /* RFC 9110 section 5.6.2; not empty */
/* What may be sent: visible ASCII, spaces and tabs inside, nothing at the ends. Neither CR, LF, NUL nor other controls.
 */
bool field_value_is_clean(const char *text, size_t len);
/* Is `token` a member of a comma-separated list? Case does not matter. */
bool field_has_token(const char *value, const char *token);

/* A media type without its parameters, in lower case: "application/json; charset=utf-8" is "application/json". */
#define MEDIA_TYPE_MAX 96
/* False when it is not of the form type/subtype, is too long, or names a charset other than UTF-8. */
bool field_media_type(const char *value, char out[MEDIA_TYPE_MAX]);

/* Content negotiation (RFC 9110 section 12.5.1): the offer that an Accept value likes best, the earlier of equals; -1
 * when it takes none. NULL, an empty or a malformed value takes anything: the first. */
int field_accept(const char *value, const char *const *offers, size_t count);

/* The value of cookie `name` in a Cookie value, copied. False when it is not there, malformed, longer than `size` - 1,
 * or there twice: then somebody else set one of them. */
bool field_cookie(const char *value, const char *name, char *out, size_t size);

/* Does an If-Match or If-None-Match value name `etag` (with its quotes; NULL: there is no such thing now)? "*" names
 * whatever is there. Weak comparison for If-None-Match, strong for If-Match (RFC 9110 section 8.8.3.2). A malformed
 * list is ERR_INPUT. */
enum etag_comparison { ETAG_STRONG, ETAG_WEAK };
MUST_CHECK enum result field_etag_listed(const char *value, const char *etag, enum etag_comparison how, bool *listed,
					 struct err *err);
bool field_etag_valid(const char *etag); /* "\"..\"" or "W/\"..\"" */

/* Bytes [first, last] of something of `size` bytes. */
struct byte_range {
	uint64_t first, last;
};
enum range_outcome {
	RANGE_NONE,          /* no Range, not in bytes, malformed, or several: the whole is answered */
	RANGE_ONE,           /* `out` is set */
	RANGE_UNSATISFIABLE, /* 416 */
};
enum range_outcome field_range(const char *value, uint64_t size, struct byte_range *out);

#endif
