/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where a JSON text breaks RFC 8259. The fast parser only says that it does;
 * this one is run over what it refused, to tell a person the byte.
 */
#ifndef LETHE_SHIM_JSON_WHERE_H
#define LETHE_SHIM_JSON_WHERE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is wrong, with `*at` the offset (from 0) of the byte it is wrong at; NULL when the grammar is kept and nothing
 * nests deeper than `depth_max`. Unpaired surrogates and broken UTF-8 are wrong; the size of a number is not judged. */
const char *json_fault(const char *text, size_t len, size_t depth_max, size_t *at);

#ifdef __cplusplus
}
#endif
#endif
