/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Do two payloads say the same?  The order of members and the blanks between
 * them say nothing; all else does, the order in arrays included.
 */
#ifndef LETHE_INGEST_SAME_H
#define LETHE_INGEST_SAME_H

#include <stdbool.h>
#include "base/pool.h"

/* Equal bytes cost a comparison; only others are parsed, into `scratch`. What is no JSON, or too large to be looked
 * into there, differs. */
bool same_content(const char *a, size_t a_len, const char *b, size_t b_len, struct pool *scratch);

#endif
