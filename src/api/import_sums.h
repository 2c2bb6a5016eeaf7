/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What came of an import, in numbers: the same for files and for what comes
 * over HTTP.
 */
#ifndef LETHE_API_IMPORT_SUMS_H
#define LETHE_API_IMPORT_SUMS_H

#include "api/call.h"
#include "ingest/import.h"

void import_sums_say(struct call *call, const struct import_result *result);
/* Adds what import_sums_write wrote. */
void import_sums_add(struct import_result *result, const struct json *sums);
/* Members of an object that has been begun. */
void import_sums_write(struct json_writer *w, const struct import_result *result);

#endif
