/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Duties whose day has come, or one of whose obligations was ended: what still
 * is to be kept is cut down again under a later duty, or handed to a legal hold;
 * the rest goes, and the duty's key with it.
 */
#ifndef LETHE_RETENTION_ENDED_H
#define LETHE_RETENTION_ENDED_H

#include "retention/released.h"

struct ended {
	struct removed removed;
	int64_t cut;      /* records that other obligations keep on, with fewer fields or for longer */
	int64_t moved;    /* handed to a hold */
	int64_t duties;   /* ended, key and all */
	int64_t damaged;  /* records that should be kept and fail their tag: they stay, and so do their duties */
};

/* Each batch is a transaction with its leaf. Rows go before the key, since what is kept on must be safe under its new key
 * first; a crash in between leaves a duty without rows, which the next run ends.
 * A key that a crash left, of no hold and no duty, goes too. `stop` as in released.h. */
MUST_CHECK enum result ended_delete(struct vault *vault, uint32_t account, struct id job, struct instant now,
				    released_stop *stop, void *arg, struct ended *out, struct err *err);
/* What ended_delete would do with each record that it meets. Reads only. */
enum ended_fate { ENDED_GOES, ENDED_CUT, ENDED_MOVED };
typedef enum result ended_visit(void *arg, const struct held_row *held, const struct record_row *row,
				enum ended_fate fate, struct err *err);
MUST_CHECK enum result ended_walk(struct session *session, const struct keepers *keepers, ended_visit *visit, void *arg,
				  struct err *err);
/* How many duties are due: the second look. */
MUST_CHECK enum result ended_left(struct session *session, const struct duty_set *duties, int64_t *out,
				  struct err *err);

#endif
