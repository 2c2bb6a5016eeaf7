/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The lines that an import, carried out as a job, has not taken: the member
 * `refused` of its answer, an array of
 *
 *     {"line": 17, "code": "input", "where": "field 'from'", "reason": "'..' is not ..", "mend": ".."}
 *
 * Where, why and what to do may quote what stands in the line, which is
 * somebody's data; its number and the code say nothing of it.
 */
#ifndef LETHE_API_IMPORT_REFUSED_H
#define LETHE_API_IMPORT_REFUSED_H

#include "base/err.h"
#include "base/json.h"

/* Puts one line into the array. */
void import_refused_add(struct json_writer *w, int64_t line, const struct err *why);
/* Is there any in the answer? NULL has none. */
bool import_refused_any(const struct json *answer);
/* The answer with null in the place of all that may quote a line. */
void import_refused_bare(struct json_writer *w, const char *name, const struct json *answer);

#endif
