/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Deleted contacts whose grace is over: each goes by its own key (vault/contact_key.h),
 * so that no copy of it opens any more, while the people in it stay.  What a
 * hold or a restriction covers is sealed anew under that one's key first, and
 * goes when it ends, as everything does that only a hold keeps.
 */
#ifndef LETHE_RETENTION_PURGE_H
#define LETHE_RETENTION_PURGE_H

#include "retention/released.h"
#include "retention/verdict.h"

struct purged {
	int64_t contacts; /* gone */
	int64_t kept;     /* newly under a hold's key */
	int64_t damaged;  /* that a hold covers, or whose rows lead nowhere: they stay as they are */
};

/* Each batch is a transaction with its leaf, contact.purge; keys are on disk before rows, so what a crash leaves of one
 * nobody can read, and the next run deletes. `stop` as in released.h. */
MUST_CHECK enum result purge_delete(struct vault *vault, uint32_t account, struct id job, struct date today,
				    struct instant now, released_stop *stop, void *arg, struct purged *out,
				    struct err *err);
/* What a run on `until`, or on a day before, would meet, by day, each with the verdict of its day or, when that is
 * past, of today. Opens nothing. */
typedef enum result purge_visit(void *arg, const struct contact_gone *gone, const struct ruling *ruling,
				struct err *err);
MUST_CHECK enum result purge_walk(struct session *session, const struct hold_set *holds, struct instant now,
				  struct date until, purge_visit *visit, void *arg, struct err *err);
/* How many that nothing keeps are still there: the second look. */
MUST_CHECK enum result purge_left(struct session *session, uint32_t account, struct date today, int64_t *out,
				  struct err *err);

#endif
