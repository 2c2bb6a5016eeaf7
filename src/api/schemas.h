/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the description of the API says besides the table of resources, built
 * in: three files, each one object.
 *
 * src/api/schemas.json has JSON Schemas (2020-12) by name: of each document
 * that a resource answers with, and of the parts they share.  A new resource
 * needs one there; a new member of an answer, a line in it.
 *
 * src/api/descriptions.json has a summary and a description of each resource,
 * by "POST /v1/..", for people who do not know Lethe; src/api/examples.json a
 * request and its answer, added by `tests/e2e/api/every.py --examples FILE`.
 */
#ifndef LETHE_API_SCHEMAS_H
#define LETHE_API_SCHEMAS_H

#include <stddef.h>

const char *schemas_text(size_t *len);
const char *descriptions_text(size_t *len);
const char *examples_text(size_t *len);

#endif
