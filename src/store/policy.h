/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Policies: how long an account keeps a kind. Versions are kept.
 */
#ifndef LETHE_STORE_POLICY_H
#define LETHE_STORE_POLICY_H

#include "base/time.h"
#include "db/db.h"
#include "store/kind.h"

struct policy {
	enum record_kind kind;
	int version;        /* 0: none was ever set, which keeps for ever */
	struct span keep;
	struct instant set_at;
};

/* The one in force; version 0 and unlimited when none was set. */
MUST_CHECK enum result policy_get(struct db *db, uint32_t account, enum record_kind kind, struct policy *out,
				  struct err *err);
/* As the next version. */
MUST_CHECK enum result policy_put(struct db *db, uint32_t account, enum record_kind kind, struct span keep,
				  struct instant now, int *version, struct err *err);
/* Every version of every kind after (kind, version) of `after`, up to max; and one put back as it was, unless that
 * version is there: what a restore carries over. */
MUST_CHECK enum result policy_walk(struct db *db, uint32_t account, const struct policy *after, struct policy *out,
				   size_t max, size_t *count, struct err *err);
MUST_CHECK enum result policy_put_back(struct db *db, uint32_t account, const struct policy *policy, struct err *err);

#endif
