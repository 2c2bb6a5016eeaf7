/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What released holds alone had kept: it goes with the next run, and when
 * nothing is left under a hold's key, that key goes too.
 */
#ifndef LETHE_RETENTION_RELEASED_H
#define LETHE_RETENTION_RELEASED_H

#include "retention/keepers.h"
#include "vault/remove.h"

struct released {
	struct removed removed;
	int64_t contacts;  /* deleted */
	int64_t moved;     /* handed to a hold or an obligation that covers them */
	int64_t keys;      /* holds' keys destroyed */
	int64_t damaged;   /* records that another hold covers and that fail their tag: they stay, and so does the key */
};

/* Asked between batches; true stops with ERR_INTERRUPTED. */
typedef bool released_stop(void *arg);

/* Each batch is a transaction with its leaf. Rows go before the key, since what is handed over must be safe under its
 * new key first; a crash in between leaves a key without rows, which the next run destroys. */
MUST_CHECK enum result released_delete(struct vault *vault, uint32_t account, struct id job, struct instant now,
				       released_stop *stop, void *arg, struct released *out, struct err *err);
/* What released_delete would delete: `visit` sees each thing that is due, with its row (NULL: a contact). What an
 * obligation covers is cut down instead, and not visited. Reads only. */
typedef enum result released_visit(void *arg, const struct held_row *held, const struct record_row *row,
				   struct err *err);
MUST_CHECK enum result released_walk(struct session *session, const struct keepers *keepers, released_visit *visit,
				     void *arg, struct err *err);

#endif
