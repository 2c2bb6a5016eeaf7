/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The OpenAPI 3.1 description of the HTTP API, made of the table of resources.
 */
#ifndef LETHE_API_OPENAPI_H
#define LETHE_API_OPENAPI_H

#include "base/buf.h"

/* Appends the document. `schemas` are the JSON Schemas of the answers: the members of one object, by name, with "Problem" among
 * them; an answer without one is any object. */
MUST_CHECK enum result openapi_write(struct buf *out, const char *schemas, size_t schemas_len, struct err *err);

#endif
