/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reading JSON with simdjson.
 */
#ifndef LETHE_SHIM_JSON_PARSE_H
#define LETHE_SHIM_JSON_PARSE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/json.h"

/* A parser with its own buffers, reused from document to document. One thread at a time. */
struct json_parser;

MUST_CHECK enum result json_parser_new(size_t max_document, struct json_parser **out, struct err *err);
void json_parser_free(struct json_parser *parser);
/* Parses exactly one document; the tree lives in `pool`. Duplicate member names are refused by name.
 * ERR_INPUT tells what and at which byte. Integers beyond int64 become JSON_DOUBLE. Depth over 64 is refused.
 * ERR_LIMIT: longer than `max_document`, or more values than the whole of `pool` holds. */
MUST_CHECK enum result json_parse(struct json_parser *parser, const char *text, size_t len, struct pool *pool,
				  const struct json **out, struct err *err);
/* One document, with a parser made for it, or a short one with one that the thread keeps, of which it is wiped. */
MUST_CHECK enum result json_parse_once(const char *text, size_t len, struct pool *pool, const struct json **out,
				       struct err *err);

#ifdef __cplusplus
}
#endif
#endif
