/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Restoring a backup, with the live key store: what was erased or has expired
 * since stays so.
 *
 *     1  the backup is verified: signature, digests, sizes, checkpoint
 *     2  its vault.db is copied beside the live one, as vault.db.restore, and the
 *        copy's digest verified
 *     3  what must not go back is taken over from the live data (vault/carry.h)
 *     4  what has no key any more is dropped (vault/reconcile.h)
 *     5  blobs that the vault lacks are copied back, journalled but not settled;
 *        those that nothing names any more are listed as trash
 *     6  the leaf is appended; vault.db.restore is closed and synced
 *     7  it is renamed over vault.db while nobody reads (vault/lock.h), and opened
 *
 * A crash before 7 leaves the old vault whole: blobs of 5 have no rows there and
 * go when it is opened for writing.  After 7 the new one is whole, and opening
 * it keeps those blobs and empties the trash.  There is no state between.
 *
 * When the live vault.db is lost or damaged the backup's log is continued, and
 * the leaf says so; a damaged file is kept as vault.db.damaged.
 */
#ifndef LETHE_VAULT_RESTORE_H
#define LETHE_VAULT_RESTORE_H

#include "vault/carry.h"
#include "vault/manifest.h"
#include "vault/reconcile.h"

enum restore_step { RESTORE_VERIFY, RESTORE_DATA, RESTORE_BLOBS };

struct restore_options {
	const char *dir;
	struct instant now;
	/* May be NULL. `total` 0: unknown. True stops with ERR_INTERRUPTED; nothing is changed then. */
	bool (*progress)(void *arg, enum restore_step step, uint64_t done, uint64_t total);
	void *progress_arg;
};

struct restore_result {
	struct id job;
	struct manifest manifest;
	bool live_lost;           /* there was no sound vault.db to take over from */
	struct carried carried;
	struct reconciled dropped;
	int64_t records;          /* that the vault has now */
	int64_t blobs_copied;     /* back from the backup */
	int64_t blobs_missing;    /* that neither has */
	int64_t blobs_trashed;    /* that nothing names any more */
};

/* `vault` is open for writing with no job unfinished (ERR_BUSY), or by vault_open_without_data; after OK it is open for
 * writing with the restored data. ERR_DENIED: the backup is of another vault or region. ERR_BUSY: another process has
 * the vault open, even for reading. ERR_CORRUPT: the backup is damaged, or not of this vault's past. */
MUST_CHECK enum result restore_run(struct vault *vault, const struct restore_options *options,
				   struct restore_result *out, struct err *err);
/* Removes what a restore that died left beside the live data, which it had not touched. */
MUST_CHECK enum result restore_resume(struct vault *vault, struct instant now, struct err *err);

#endif
