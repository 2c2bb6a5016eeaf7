/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How far the log has got with the file of reads (vault/read_log.h), and what is
 * done about the rest of it by who opens the vault.
 *
 * Reads may be kept without being on disk at once.  While they are, the vault says
 * in which boot of the system that is.  Who opens it in another boot knows that the
 * machine went down meanwhile: the entries of its last moment may be missing, and
 * leaves `audit.gap`, one in each account and one of the vault's own, say between
 * which instants.
 */
#ifndef LETHE_VAULT_READ_RECOVER_H
#define LETHE_VAULT_READ_RECOVER_H

#include "base/id.h"
#include "base/time.h"
#include "db/db.h"

#define READ_LOG_FILE "reads"
#define READ_LOG_META "reads"         /* the number of the first that is no leaf yet */
#define READ_LOOSE_META "reads_loose" /* the boot in which some are kept that are not on disk; "": none are */

/* Whatever is in the file at `path`, if there is one, and is no leaf yet becomes one. `data` is in no transaction. */
MUST_CHECK enum result read_recover(const char *path, struct db *data, struct id vault, struct err *err);

/* Can this process tell one boot of the system from another? Where it cannot (/proc is hidden from it), what it keeps
 * may be missing whenever it did not end by itself: then too much is said, never too little. */
bool read_boot_known(void);

/* Is it still to be said, or to be noted as over, what may be missing? `alone`: who asks has the lock of who writes. */
MUST_CHECK enum result read_unsettled(struct db *data, bool alone, bool *out, struct err *err);
/* Does so, with that lock only: whoever else has it may keep reads, and has settled those before, or is about to.
 * `data` is in no transaction. */
MUST_CHECK enum result read_settle(struct db *data, struct instant now, struct err *err);

/* In a transaction, but for the first. */
MUST_CHECK enum result read_position(struct db *data, uint64_t *out, struct err *err);
MUST_CHECK enum result read_set_position(struct db *data, uint64_t next, struct err *err);
MUST_CHECK enum result read_set_loose(struct db *data, bool loose, struct err *err);

#endif
