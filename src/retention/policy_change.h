/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Changing a policy safely.
 *
 * A change that makes nothing due before it could be thought better of begins
 * at once.  One that does is stored only with the digest of its dry run
 * (retention/policy_effect.h), begins after a grace, and can be undone until
 * then.  Undoing is a newer version with the rule that was in force, so no
 * version is ever changed.  A change to a rule whose last change has not begun
 * takes that one's place: it is undone first, in the same transaction.
 */
#ifndef LETHE_RETENTION_POLICY_CHANGE_H
#define LETHE_RETENTION_POLICY_CHANGE_H

#include "retention/policy_effect.h"
#include "retention/scoping.h"

#define GRACE_OF_ACCOUNT (-1)

struct policy_request {
	enum record_kind kind;
	struct scope_given scope;
	bool remove;          /* the scope is to have no rule of its own any more; else */
	struct span keep;
	int64_t grace_hours;  /* or GRACE_OF_ACCOUNT */
	const char *plan;     /* digest of the dry run; NULL: none */
	const char *set_by;   /* an opaque id */
};

struct policy_planned {
	struct policy policy;        /* as it would be stored; version 0 in a dry run */
	struct policy_effect effect;
	int64_t grace_hours;
	int replaced;                /* the version that had not begun and whose place it takes; 0: none */
};

/* The dry run: what the change would do, and when it would begin (policy.begins_at). Refuses what policy_change would
 * refuse with the right digest. */
MUST_CHECK enum result policy_plan(struct session *session, const struct account *account,
				   const struct policy_request *request, struct instant now, struct pool *pool,
				   struct policy_planned *out, struct err *err);
/* ERR_INPUT for a span outside the account's bounds, saying the bound and its source; ERR_NOT_FOUND when there is no rule
 * to remove; ERR_UNSEEN without the digest that is needed, ERR_CHANGED when it no longer fits or another change came in
 * between. */
MUST_CHECK enum result policy_change(struct vault *vault, const struct account *account,
				     const struct policy_request *request, struct instant now, struct pool *pool,
				     struct policy_planned *out, struct err *err);
/* Takes back a change that has not begun: `out` is the new version. ERR_NOT_FOUND when the scope never had a rule,
 * ERR_WRONG_STATE once the change has begun. */
MUST_CHECK enum result policy_undo(struct vault *vault, const struct account *account, enum record_kind kind,
				   const struct scope_given *scope, const char *set_by, struct instant now,
				   struct pool *pool, struct policy *out, struct err *err);

/* Inside a write transaction: stores it as the next version, with its leaf. `digest` NULL: none was needed. */
MUST_CHECK enum result policy_store(struct session *session, uint32_t account, struct policy *policy,
				    const char *digest, struct err *err);

#endif
