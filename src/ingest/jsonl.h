/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lethe JSON Lines: one object a line. Every field is in docs/import.md.
 */
#ifndef LETHE_INGEST_JSONL_H
#define LETHE_INGEST_JSONL_H

#include "ingest/intake.h"
#include "shim/json_parse.h"

/* Reads one line (without its newline). Unknown fields are refused by name, with the nearest known one.
 * ERR_INPUT names the field. */
MUST_CHECK enum result jsonl_read(struct json_parser *parser, const struct intake_context *context, const char *line,
				  size_t len, struct pool *pool, struct intake *out, struct err *err);

#endif
