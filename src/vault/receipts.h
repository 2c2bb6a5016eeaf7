/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Receipts, first and once more: a finished job keeps the statement of what it
 * did and the number of its leaf, so that its receipt can be signed anew
 * whenever it is asked for, over the tree as it is then.
 */
#ifndef LETHE_VAULT_RECEIPTS_H
#define LETHE_VAULT_RECEIPTS_H

#include "base/json.h"
#include "store/job.h"
#include "vault/vault.h"

/* The result of a finished job, in the pool. `statement` is JSON text. */
MUST_CHECK enum result receipts_result(const char *statement, uint64_t leaf, struct pool *pool, const char **out,
				       struct err *err);

/* The receipt of a statement whose leaf is in the log; in the pool. */
MUST_CHECK enum result receipts_sign(struct vault *vault, const char *statement, size_t len, uint64_t leaf,
				     struct pool *pool, const char **receipt, struct err *err);

/* What a job keeps; in the pool. */
struct receipts_kept {
	const struct json *statement; /* NULL: it was given up, or is not at its end */
	int64_t leaf;                 /* -1 likewise */
};
/* ERR_CORRUPT when the job's result cannot be read. */
MUST_CHECK enum result receipts_kept(const struct job *job, struct pool *pool, struct receipts_kept *out,
				     struct err *err);
/* `kept` has a statement. */
MUST_CHECK enum result receipts_again(struct vault *vault, const struct receipts_kept *kept, struct pool *pool,
				      const char **receipt, struct err *err);

#endif
