/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rotation: a new epoch.  Everything that lives is wrapped anew, and the old
 * epoch's root key is destroyed; from then on no older copy of the key store
 * opens anything.
 *
 *     coming    a new epoch is noted, its root key made
 *     current   every account has its key in it; new keys go there; the old epoch is leaving
 *     leaving   its keys are wrapped anew, batch by batch
 *     ended     its account keys are deleted, its root key destroyed
 *
 * Each step is on disk before the next begins and can be repeated, so a crash
 * at any point is resumed by rotate_resume.
 */
#ifndef LETHE_VAULT_ROTATE_H
#define LETHE_VAULT_ROTATE_H

#include "vault/vault.h"

struct rotation {
	uint32_t from, to;   /* epochs */
	int64_t rewrapped;   /* keys wrapped anew in this run */
	bool done;
};

/* Called between batches; `stop` true ends with ERR_INTERRUPTED, to be resumed. */
typedef bool rotate_progress(void *arg, int64_t rewrapped);

MUST_CHECK enum result rotate_begin(struct vault *vault, struct instant now, rotate_progress *progress, void *arg,
				    struct rotation *out, struct err *err);
/* Goes on with one under way; out->done is false and all else zero when there was none. */
MUST_CHECK enum result rotate_resume(struct vault *vault, struct instant now, rotate_progress *progress, void *arg,
				     struct rotation *out, struct err *err);

#define EPOCH_DAYS_DEFAULT 7
#define EPOCH_DAYS_MAX 366
/* When the current epoch is due to end: its start plus the vault's epoch length. */
MUST_CHECK enum result rotate_due(struct session *session, struct instant *due, int *days, struct err *err);
/* Sets the epoch length. ERR_INPUT outside 1 to EPOCH_DAYS_MAX. */
MUST_CHECK enum result rotate_set_days(struct vault *vault, int days, struct instant now, struct err *err);

#endif
