/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Backups: a consistent copy of a vault that may be written meanwhile.
 *
 * vault.db is copied first, at one moment; then the key store, when asked for;
 * then exactly the blobs which that copy names.  A copy without keys is noise:
 * it may be kept for ever and anywhere, and restoring it needs the live key
 * store (vault/restore.h).  What is erased after the backup stays erased.
 *
 * What an erasure under way has put aside goes back to its day in the copy
 * (vault/aside.h): whichever way the erasure ends, what may be read then can be.
 *
 * Never in it: the root's file, and the root.json of a passphrase root, which holds
 * the wrapped epoch keys. That of another root is in it: it only says where the
 * root is, and a vault that lost it cannot be opened.
 *
 * Built in DIR.part and renamed at the end.  After an interruption the same
 * command begins anew and keeps the blobs that are there.
 */
#ifndef LETHE_VAULT_BACKUP_H
#define LETHE_VAULT_BACKUP_H

#include "vault/manifest.h"

/* What is being done, for progress. */
enum backup_step { BACKUP_DATA, BACKUP_KEYS, BACKUP_BLOBS };

struct backup_options {
	const char *dir;     /* must not exist */
	bool with_keys;
	struct instant now;
	/* May be NULL. `done` of `all`: pages of a database, or blobs. True stops with ERR_INTERRUPTED
	 * (between blobs). */
	bool (*progress)(void *arg, enum backup_step step, int64_t done, int64_t all);
	void *progress_arg;
};

/* `vault` may be open for reading only. `out` is the manifest as written. ERR_EXISTS when DIR is there; ERR_BUSY when
 * another process is making it. */
MUST_CHECK enum result backup_create(struct vault *vault, const struct backup_options *options, struct manifest *out,
				     struct err *err);

#endif
