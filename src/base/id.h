/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Identifiers: UUIDv7 (RFC 9562 section 5.7) written as TypeIDs
 * (github.com/jetify-com/typeid, spec v0.3.0): a kind prefix, '_', and 26
 * characters of Crockford base 32, as in "call_01h455vb4pex5vsknk084sn02q".
 */
#ifndef LETHE_BASE_ID_H
#define LETHE_BASE_ID_H

#include "base/time.h"

struct id { unsigned char bytes[16]; }; /* big-endian: memcmp orders by time */

#define ID_PREFIX_MAX 16
#define ID_TEXT_MAX (ID_PREFIX_MAX + 1 + 26 + 1)

/* A UUIDv7 whose time is `at` (0 <= ms < 2^48; earlier is clamped to 0) and whose other 74 bits are random. */
struct id id_new(struct instant at);
/* A UUIDv7 whose time is `at` and whose other bits are the first 74 of `entropy`: ids for records that come
 * with an id of their source. */
struct id id_derived(struct instant at, const unsigned char entropy[16]);
struct instant id_time(struct id id);
/* The smallest id at or after `at`: bound for ranges. Version and variant bits are not set in it. */
struct id id_floor(struct instant at);
int id_compare(struct id a, struct id b);
/* "prefix_26chars"; returns `out`. */
char *id_format(const char *prefix, struct id id, char out[ID_TEXT_MAX]);
/* `prefix` must match exactly. ERR_INPUT says what is wrong. */
MUST_CHECK enum result id_parse(const char *prefix, const char *text, struct id *out, struct err *err);

#endif
