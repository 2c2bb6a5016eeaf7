/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * JSON: a writer of our own, a read-only tree in a pool (parsed by simdjson,
 * see shim/json_parse.h), and the canonical form of RFC 8785 for what we sign
 * (restricted to integers within +-2^53: we sign no fractions).
 */
#ifndef LETHE_BASE_JSON_H
#define LETHE_BASE_JSON_H

#include <stdint.h>
#include "base/buf.h"
#include "base/id.h"
#include "base/pool.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_INT, JSON_DOUBLE, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A node; everything it points to lives in the pool it was parsed into. */
struct json {
	enum json_type type;
	bool boolean;
	int64_t integer;         /* JSON_INT */
	double real;             /* JSON_DOUBLE; also set for JSON_INT */
	const char *text;        /* JSON_STRING: UTF-8, NUL-terminated, may hold NUL inside */
	size_t len;              /* bytes of text, or number of members */
	const char *name;        /* member name inside an object, else NULL */
	const struct json *first, *next; /* children in source order; next sibling */
};

/* Member by name, NULL when absent or `object` is not an object or NULL. */
const struct json *json_get(const struct json *object, const char *name);
/* Text of a string member; NULL when absent or of another type. */
const char *json_get_text(const struct json *object, const char *name);
/* Integer member or `fallback`. */
int64_t json_get_int(const struct json *object, const char *name, int64_t fallback);
const char *json_type_name(enum json_type type); /* "a string", "an object", for messages */

/* Appends `text` as a JSON string with quotes; invalid UTF-8 becomes U+FFFD. */
void json_add_string(struct buf *buf, const char *text, size_t len);
/* Appends a whole tree, compactly, in source order. */
void json_add_tree(struct buf *buf, const struct json *node);
/* Appends a tree in RFC 8785 canonical form. ERR_INPUT for a non-integer number or an unpaired surrogate. */
MUST_CHECK enum result json_add_canonical(struct buf *buf, const struct json *node, struct err *err);

/* A writer that puts commas and indents itself. name NULL inside arrays and at the top.
 * indent 0: one line. Depth up to 32 (INVARIANT). */
struct json_writer {
	struct buf *buf; /* borrowed */
	int indent, depth;
	bool has_members[33];
};
void json_writer_init(struct json_writer *w, struct buf *buf, int indent);
void json_begin_object(struct json_writer *w, const char *name);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w, const char *name);
void json_end_array(struct json_writer *w);
void json_string(struct json_writer *w, const char *name, const char *text); /* text NULL writes null */
void json_string_n(struct json_writer *w, const char *name, const char *text, size_t len);
void json_int(struct json_writer *w, const char *name, int64_t value);
void json_bool(struct json_writer *w, const char *name, bool value);
void json_null(struct json_writer *w, const char *name);
/* An id with its prefix, an instant (RFC 3339), a calendar day: strings as base/id.h and base/time.h format them. */
void json_id(struct json_writer *w, const char *name, const char *prefix, struct id id);
void json_instant(struct json_writer *w, const char *name, struct instant at);
void json_date(struct json_writer *w, const char *name, struct date day);
void json_node(struct json_writer *w, const char *name, const struct json *node); /* a parsed tree, compactly */

#endif
