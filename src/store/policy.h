/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Policies: how long an account keeps what is of a kind and, for narrower
 * rules, of a scope. Versions are kept. Which are in force, and which of them
 * wins for a record: retention/policies.h.
 */
#ifndef LETHE_STORE_POLICY_H
#define LETHE_STORE_POLICY_H

#include "base/pool.h"
#include "base/time.h"
#include "db/db.h"
#include "store/kind.h"

/* Every part that is not 0 must fit. All 0: the kind's own rule. */
struct policy_scope {
	int64_t number;                /* identity of the account's own number */
	int64_t queue, campaign, tag;  /* labels */
	enum direction direction;
	int64_t min_duration_ms;       /* at least so long */
};

struct policy {
	enum record_kind kind;
	int version;          /* within the kind, from 1; 0: none was ever set, which keeps for ever */
	struct policy_scope scope;
	struct span keep;
	bool removed;         /* the scope has no rule of its own any more */
	struct instant set_at, begins_at;
	const char *set_by;   /* an opaque id; in the pool */
};

/* As the next version of its kind: `policy`'s own version is set. */
MUST_CHECK enum result policy_put(struct db *db, uint32_t account, struct policy *policy, struct err *err);
/* Every version of every kind after (kind, version) of `after`, up to max; and one put back as it was, unless that
 * version is there: what a restore carries over. */
MUST_CHECK enum result policy_walk(struct db *db, uint32_t account, const struct policy *after, struct pool *pool,
				   struct policy *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result policy_put_back(struct db *db, uint32_t account, const struct policy *policy, struct err *err);

#endif
