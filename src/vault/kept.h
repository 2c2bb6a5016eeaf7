/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file that belongs to a job (store/work.h) for a while: an archive that is
 * handed out, lines that were sent to be taken in.
 *
 *     DATA/regions/<region>/kept/<account>-<hex id of the job>
 *
 * It is sealed as media are (crypto/stream.h) under a key that is drawn for it
 * and is in the job's row, sealed under HKDF(F || A): F (KEY_FILE) is the
 * file's own and destroyed when its time is over; A (OWN_ANSWERS) goes with the
 * key of any person, contact or user, so that nobody who is erased is left in
 * it.  Lines that were sent are not under A.
 *
 * A file is there once its row says so.  What a crash leaves, files without
 * rows and rows without files, goes when the vault is next opened for writing.
 * Backups have none of them.
 */
#ifndef LETHE_VAULT_KEPT_H
#define LETHE_VAULT_KEPT_H

#include "crypto/stream.h"
#include "store/work.h"
#include "vault/vault.h"

#define KEPT_NAME_MAX 64 /* of what it is called, its end included */

struct kept_what {
	uint32_t account;
	struct id job;
	bool tells; /* of people: it goes with the key of any of them */
	struct instant now;
};

/* ---- making one ---- */

struct kept_put;
/* Takes the place of one that the job had, if there is that job already. `view` is borrowed. */
MUST_CHECK enum result kept_begin(struct vault *view, const struct kept_what *what, struct kept_put **out, struct err *err);
MUST_CHECK enum result kept_write(struct kept_put *put, const void *data, size_t len, struct err *err);
/* It is on disk with its row and leaf. ERR_BUSY: somebody's key was destroyed since kept_begin, and it may tell of them. */
MUST_CHECK enum result kept_finish(struct kept_put *put, const char *name, struct instant until, struct err *err);
/* The same in three steps, for who files the job with its file: to the disk; in a write transaction in which the job's row is
 * there; when that is on disk. */
MUST_CHECK enum result kept_seal(struct kept_put *put, const char *name, struct instant until, struct err *err);
vault_op kept_attach; /* `arg` is the put */
void kept_done(struct kept_put *put);
uint64_t kept_bytes(const struct kept_put *put);
void kept_free(struct kept_put *put); /* what is not finished leaves nothing; NULL is fine */

/* ---- reading one ---- */

/* Lives without the session it was opened with. Zeroed: none. */
struct kept_file {
	int *fd;
	struct stream_reader *reader;
	char name[KEPT_NAME_MAX];
};
/* ERR_NOT_FOUND: the job has none. ERR_GONE: its time is over, or somebody was erased since. */
MUST_CHECK enum result kept_open(struct session *session, const char *dir, const struct work_row *row, struct instant now,
				 struct kept_file *out, struct err *err);
void kept_close(struct kept_file *file);

/* ---- their end ---- */

/* Key, row's part and file of one job. None is OK. Where others read for long, the logs are emptied when next they expire. */
MUST_CHECK enum result kept_end(struct vault *vault, uint32_t account, struct id job, struct instant now, struct err *err);
/* Of all those whose time is over, that nobody can open any more, or whose job has ended and needs them no more: how many
 * went, also when one of them could not. What a job that runs has stays until it has ended. Empties the logs if that is
 * owed (vault_scrub_owed). */
MUST_CHECK enum result kept_expire(struct vault *vault, struct instant now, int64_t *ended, struct err *err);
/* The files of an account whose keys are gone. */
MUST_CHECK enum result kept_remove_account(struct vault *vault, uint32_t account, struct err *err);
/* Before anybody writes: what a crash left. */
MUST_CHECK enum result kept_settle(struct vault *vault, struct instant now, struct err *err);
/* For a check: its file is there and opens, to its end unless `quick`. */
MUST_CHECK enum result kept_check(struct session *session, const char *dir, const struct work_row *row, bool quick,
				  struct err *err);

#endif
