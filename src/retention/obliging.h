/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Putting an account under an obligation (law/obligation.h), and ending that.
 * Both leave a leaf: obligation.add and obligation.end.
 */
#ifndef LETHE_RETENTION_OBLIGING_H
#define LETHE_RETENTION_OBLIGING_H

#include "retention/ended.h"
#include "vault/accounts.h"

#define OBLIGING_BY_MAX 64

/* `set_by` is an opaque id. ERR_NOT_FOUND for a code that is none, ERR_EXISTS when it applies already, ERR_LIMIT. One that was
 * ended applies again from now on. */
MUST_CHECK enum result obliging_add(struct vault *vault, const struct account *account, const char *code,
				    const char *set_by, struct instant now, struct err *err);
/* What it alone kept is due with the next `retention run`: `*due` records go, `*cut` are cut down to what others name.
 * ERR_NOT_FOUND when it does not apply. */
MUST_CHECK enum result obliging_end(struct vault *vault, const struct account *account, const char *code,
				    struct instant now, int64_t *due, int64_t *cut, struct err *err);
/* How many records are kept by this obligation, alone or with others, under the keys of duties; and the day on which the
 * last of those duties changes, days 0: none. */
MUST_CHECK enum result obliging_count(struct session *session, uint32_t account, const char *code, int64_t *records,
				      struct date *until, struct err *err);

#endif
