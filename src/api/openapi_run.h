/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Internal to src/api/openapi*.c.
 */
#ifndef LETHE_API_OPENAPI_RUN_H
#define LETHE_API_OPENAPI_RUN_H

#include "api/resource.h"
#include "base/json.h"

/* The schema of a word of a request, as member `name` of the open object; in a body with its description. */
void openapi_word(struct json_writer *w, const char *name, const struct word *word);

#endif
