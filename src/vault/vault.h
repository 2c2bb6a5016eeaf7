/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One open region: its data, its keys, its blobs, its writer.
 *
 *     DATA/regions/<region>/vault.db    data: opaque columns and sealed payloads
 *                           keys.db     the key store: useful for one epoch
 *                           blobs/      sealed media
 *                           root.json   which root provider; no secret in it
 *                           lethe.pub   the public key that receipts verify with
 *                           lock        held by the one process that writes
 *                           readers     shared by those that read (vault/lock.h)
 *
 * Readers and the writer do not wait for each other.  Every write goes through
 * vault_write: an operation on the writer thread, in one transaction with its
 * audit leaf, acknowledged after fsync.
 */
#ifndef LETHE_VAULT_VAULT_H
#define LETHE_VAULT_VAULT_H

#include "blob/blob.h"
#include "crypto/root.h"
#include "db/writer.h"
#include "vault/act.h"
#include "vault/keyring.h"
#include "vault/seal.h"

#define VAULT_REGION_MAX 32
#define VAULT_PATH_MAX 4096
#define VAULT_DEFAULT_REGION "default"
#define VAULT_READERS "readers"
#define VAULT_UNHELD 16

/* Connections and keys of one thread. */
struct session {
	struct db *data;
	struct db *keys;
	struct keyring *ring;
	struct directory *directory; /* NULL in sessions that only read */
	struct vault *vault;         /* whose it is; NULL in the writer's */
};

/* An operation inside a write transaction. */
typedef enum result vault_op(struct session *session, void *arg, struct err *err);

struct vault {
	char dir[VAULT_PATH_MAX];          /* DATA/regions/<region> */
	char data_dir[VAULT_PATH_MAX];
	char region[VAULT_REGION_MAX + 1];
	struct id id;
	bool writable;
	int lock_fd;                       /* of `lock` when open for writing, else of VAULT_READERS */
	const char *command;               /* of the options, borrowed */
	int lock_wait_ms;
	struct keyring_shared *shared;     /* holds the root; a view's is its vault's */
	const struct vault *view_of;       /* NULL: not a view */
	struct blob_store *blobs;
	struct session read;               /* the calling thread's */
	struct session write;              /* the writer thread's; zero when not writable */
	struct writer *writer;
	vault_op *witness;                 /* see vault_witness */
	void *witness_arg;
	struct read_log *reads;            /* a view's is its vault's; NULL: leaves of reads go into the log at once */
	bool deferring;                    /* see vault_defer_notes */
	uint64_t noted;
	bool snapshot;                     /* see vault_snapshot_begin */
	uint64_t snapshot_written;
	struct unfinished *unfinished;     /* a view's is its vault's */
	struct accounts_known *known;      /* see accounts_find_known; NULL: none yet */
	struct unheld { uint32_t account; uint64_t written; } unheld[VAULT_UNHELD]; /* see holds_load */
};

struct vault_options {
	const char *data_dir;
	const char *region;      /* NULL: VAULT_DEFAULT_REGION */
	const char *secret_file; /* passphrase or PIN of the root */
	const char *command;     /* shown to whoever finds the vault locked, and in the history of sweeps; lives as long as the vault */
	bool write;
	int lock_wait_ms;        /* how long to wait for another writer; reading, for a restore's last step */
};

/* Opens; for reading ERR_BUSY while a restore puts its data in place. For writing also takes the lock (ERR_BUSY names
 * who has it) and settles what a crash left: journalled blobs, blobs to be removed, a rotation under way. Unfinished
 * jobs are the caller's: see privacy/resume.h. */
MUST_CHECK enum result vault_open(const struct vault_options *options, struct instant now, struct vault **out,
				  struct err *err);
void vault_close(struct vault *vault); /* NULL is fine */

/* For a restore only, which puts another vault.db in place. _without_data opens for writing as vault_open, but not the
 * data: `id` says which vault's they are, and the key store must be of it; read.data is NULL and nothing can be written.
 * _close_data closes the data and the writer, keeping lock, root, key store and blobs; _open_data opens what is in place
 * then, with a writer, and settles. */
MUST_CHECK enum result vault_open_without_data(const struct vault_options *options, struct id id, struct vault **out,
					       struct err *err);
void vault_close_data(struct vault *vault);
MUST_CHECK enum result vault_open_data(struct vault *vault, struct instant now, struct err *err);

/* Another thread's view of a vault open for writing: connections and keys of its own to read by, and the vault's one
 * writer. The vault must outlive it; vault_close closes it. */
MUST_CHECK enum result vault_view(struct vault *vault, struct vault **out, struct err *err);

/* Runs it on the writer and waits until it is on disk. Other threads' operations may share its commit. */
MUST_CHECK enum result vault_write(struct vault *vault, vault_op *op, void *arg, struct err *err);
/* The same in two halves, so that a caller can prepare the next while this one is written.
 * `ticket` must stay until vault_write_wait returns. */
struct vault_ticket {
	struct writer_ticket writer;
	struct vault *vault;
	vault_op *op, *witness;
	void *arg;
	struct act_by by;
	bool quiet; /* see vault_write_quietly */
};
void vault_write_submit(struct vault *vault, struct vault_ticket *ticket, vault_op *op, void *arg);
MUST_CHECK enum result vault_write_wait(struct vault_ticket *ticket, struct err *err);
/* From now on `op` runs before each operation that is written through this view, in its transaction, until one of them
 * is on disk: what has to be remembered exactly if anything was done. When it fails the operation does. The leaf of a read
 * (vault_note) does not count. NULL ends it. */
void vault_witness(struct vault *view, vault_op *op, void *arg);
bool vault_witnessed(const struct vault *view); /* has it happened? */

/* What nobody remembers the vault by: no witness runs, and nothing that was remembered ends (vault_written). Not by who
 * has a snapshot. */
MUST_CHECK enum result vault_write_quietly(struct vault *vault, vault_op *op, void *arg, struct err *err);

/* From now on reads that are noted through this vault, and through views that are made from now on, are kept in a file
 * before they are leaves of the log (vault/read_log.h). Until the vault is closed. */
enum reads_sync {
	READS_SYNC_SECOND, /* kept: written, which this process may die after; on disk within a second */
	READS_SYNC_ANSWER, /* kept: on disk */
};
MUST_CHECK enum result vault_keep_reads(struct vault *vault, enum reads_sync sync, struct err *err);
/* Reads that were noted and answered are leaves of the log when it returns: before the log is read or signed. */
MUST_CHECK enum result vault_fold_reads(struct vault *vault, struct err *err);
/* Until the end vault_note of the view does not wait until it is kept: whoever shows what was read waits for vault_noted
 * first. */
void vault_defer_notes(struct vault *view);
void vault_defer_end(struct vault *view);
/* The number of the last read that was noted meanwhile and not waited for, for read_log_then; 0: there is none. */
uint64_t vault_noted(const struct vault *view);

/* The leaf of a read, kept: in the file of reads, or in a transaction of its own, through the writer where there is one. */
MUST_CHECK enum result vault_note(struct session *session, const struct act *act, struct err *err);
/* The same, saying its number. */
MUST_CHECK enum result vault_note_numbered(struct session *session, const struct act *act, uint64_t *seq,
					   struct err *err);

/* Reads of view->read.data are of one moment until the end: for what is short, because an open one keeps the logs from
 * being emptied. Who writes or notes by this view ends it: vault_scrub keeps the writer waiting until nobody has one. */
MUST_CHECK enum result vault_snapshot_begin(struct vault *view, struct err *err);
void vault_snapshot_end(struct vault *view); /* without a beginning: nothing */
/* For who remembers what was read: 0, remember nothing; else the same number as before means that nothing but notes of
 * reads was written meanwhile, for a vault that is open for writing is written by its process alone. To be asked before
 * reading. Of the snapshot while there is one. */
uint64_t vault_written(const struct vault *view);

/* After keys were destroyed: empties the logs of both databases, so that no old page keeps a wrapped key. ERR_BUSY when
 * somebody has read what is in them for half a minute. */
MUST_CHECK enum result vault_scrub(struct vault *vault, struct err *err);
/* The same where nobody can wait for others who read: then it is owed, and OK. */
MUST_CHECK enum result vault_scrub_soon(struct vault *vault, struct err *err);
/* What is owed, of either. */
MUST_CHECK enum result vault_scrub_owed(struct vault *vault, struct err *err);
/* Removes blobs that are listed as trash; what a crash leaves is done at the next open. */
MUST_CHECK enum result vault_empty_trash(struct vault *vault, uint64_t *removed, struct err *err);
/* The second look: how many of those that are listed now cannot be removed. What others list meanwhile is theirs. */
MUST_CHECK enum result vault_trash_left(struct vault *vault, int64_t *left, struct err *err);
/* Path of a file in the region's folder. */
char *vault_path(const struct vault *vault, const char *name, char out[VAULT_PATH_MAX]);

#endif
