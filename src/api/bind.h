/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From a request to the words of an operation.
 *
 * Only what the resource's table names gets through, each part checked by its
 * type; what is not named there is refused by its name.  A value becomes one
 * word whatever is in it, and an operand stands behind "--": none can pass for
 * an option.
 */
#ifndef LETHE_API_BIND_H
#define LETHE_API_BIND_H

#include "api/resource.h"
#include "net/request.h"

#define BIND_TEXT_MAX 65536 /* bytes of one value of a body */
#define BIND_WORD_MAX 256   /* bytes of one in the path or query */

struct bound { int argc; char **argv; };

/* Everything lives in the request's pool. ERR_INPUT: `*field` is the member or parameter at fault, or NULL. */
MUST_CHECK enum result bind_request(const struct resource *resource, const struct request *request, struct bound *out,
				    const char **field, struct err *err);

/* The same for who takes the values themselves: values[i] is what words[i] of the table is, NULL when it is not there;
 * members of a LIST with commas between, a FLAG "true" or "false". */
MUST_CHECK enum result bind_values(const struct resource *resource, const struct request *request, const char **values,
				   const char **field, struct err *err);

#endif
