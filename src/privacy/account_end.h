/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The end of an account: all of it in one key destruction, then rows and blobs,
 * then a second look at every table.
 *
 *     1  the intent is committed as a job
 *     2  every key of the account goes, of every class and epoch, with its
 *        tombstones and counters, and its own row: from here on nothing of it
 *        can be read anywhere, and its name is free
 *     3  rows go, batch by batch; blobs by way of the trash
 *     4  a second look counts what is left, per table
 *     5  the act is logged under the vault, with the digest of the receipt's statement
 *
 * A crash at any point is gone on with by account_end_resume. What the log says
 * of the account stays as long as any log does; it holds opaque ids.
 */
#ifndef LETHE_PRIVACY_ACCOUNT_END_H
#define LETHE_PRIVACY_ACCOUNT_END_H

#include "store/job.h"
#include "vault/accounts.h"
#include "vault/remove_account.h"

struct account_end {
	struct id job, account;
	int64_t keys;                    /* rows of the key store: keys, epochs, tombstones, counters */
	struct removed_account removed;  /* what there was when it began */
	struct removed_account left;     /* what a second look finds: all zero, or something is wrong */
	int64_t left_keys;
	struct instant unreadable_by;    /* as in privacy/erase.h */
	uint64_t leaf;
	const char *receipt;             /* JSON, in the pool */
};
bool account_end_left_any(const struct account_end *end);

/* Ends it whatever state it is in, unless account_life_may_end refuses: then nothing is changed. `progress` may be NULL; true
 * stops it with ERR_INTERRUPTED, to be gone on with by the next writing command. */
typedef bool account_end_progress(void *arg, int64_t rows);
MUST_CHECK enum result account_end(struct vault *vault, const struct account *account, struct instant now,
				   account_end_progress *progress, void *arg, struct pool *pool, struct account_end *out,
				   struct err *err);
/* Goes on with this one, which runs and which nobody is at. */
MUST_CHECK enum result account_end_go_on(struct vault *vault, const struct job *job, struct instant now, struct err *err);
/* The receipt of one that ended, once more, by its acc_ id. ERR_NOT_FOUND. */
MUST_CHECK enum result account_end_receipt(struct vault *vault, struct id account, struct pool *pool,
					   const char **receipt, struct err *err);

#endif
