/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the answers of the API look like: src/api/schemas.json, built in.
 *
 * JSON Schemas (2020-12), the members of one object, by name: of each
 * document that a resource answers with, and of the parts they share.  A new
 * resource needs one there; a new member of an answer, a line in it.
 */
#ifndef LETHE_API_SCHEMAS_H
#define LETHE_API_SCHEMAS_H

#include <stddef.h>

const char *schemas_text(size_t *len);

#endif
