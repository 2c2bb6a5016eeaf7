/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The statements that receipts sign: what was done, in opaque ids, counts and dates.
 */
#ifndef LETHE_PRIVACY_STATEMENT_H
#define LETHE_PRIVACY_STATEMENT_H

#include "base/json.h"
#include "privacy/erase.h"

/* The member "copies": until when older copies can be read. Sets *unreadable_by when a date can be promised. */
MUST_CHECK enum result statement_copies(struct json_writer *w, struct vault *vault, struct instant ended,
					struct instant *unreadable_by, struct err *err);
/* Also sets out->unreadable_by. */
MUST_CHECK enum result statement_of_erasure(struct vault *vault, uint32_t account, const char *reference,
					    struct instant now, struct erase_result *result, struct buf *out,
					    struct err *err);

#endif
