/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The statements that receipts sign: what was done, in opaque ids, counts and dates.
 */
#ifndef LETHE_PRIVACY_STATEMENT_H
#define LETHE_PRIVACY_STATEMENT_H

#include "privacy/erase.h"

/* Also sets out->unreadable_by. */
MUST_CHECK enum result statement_of_erasure(struct vault *vault, uint32_t account, const char *reference,
					    struct instant now, struct erase_result *result, struct buf *out,
					    struct err *err);

#endif
