/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Policies in force: which rules an account has at a moment, and which of them
 * decides for a record.
 *
 * A rule has a scope. Of those that fit a record, the narrowest wins: the one
 * with more parts; of equally many, the one that names a tag, then a campaign,
 * a queue, a number, a minimum duration, a direction; of two that are still
 * equal (two minimum durations) the longer one; and of two that differ in
 * nothing but which tag they name, the one that keeps longer.
 */
#ifndef LETHE_RETENTION_POLICIES_H
#define LETHE_RETENTION_POLICIES_H

#include "store/period.h"
#include "store/policy.h"
#include "store/record.h"
#include "vault/vault.h"

/* Under a profile that lets go only of what is billed, nothing after the last billed day goes, by policy or by erasure. */
struct billing {
	bool waits;
	bool said;          /* the setting billed_until is set; else nothing is billed */
	struct date until;  /* the last day that is billed */
};
MUST_CHECK enum result billing_load(struct session *session, uint32_t account, struct pool *pool, struct billing *out,
				    struct err *err);
/* Is a record of that day to stay until it is billed? Pure. */
bool billing_waits(const struct billing *billing, struct date day);

struct policy_set {
	uint32_t account;
	struct policy *rules;       /* in force, the narrowest first; in the pool */
	size_t count;
	int newest[KIND_COUNT];     /* the highest version that has begun; 0: none */
	struct billing billing;
	int begun[KIND_COUNT];      /* how many versions have begun: another one changes it, whichever begins later */
};

/* Those in force at `now`. */
MUST_CHECK enum result policies_load(struct session *session, uint32_t account, struct instant now, struct pool *pool,
				     struct policy_set *out, struct err *err);
/* Those that were in force at `at`, when no version of a kind was higher than `newest` of it: versions never change, so
 * this says later what was decided by then. */
MUST_CHECK enum result policies_load_as_of(struct session *session, uint32_t account, struct instant at,
					   const int newest[KIND_COUNT], struct pool *pool, struct policy_set *out,
					   struct err *err);
/* Those in force once every version that was set has begun. */
MUST_CHECK enum result policies_load_all(struct session *session, uint32_t account, struct pool *pool,
					 struct policy_set *out, struct err *err);
/* `set` as it would be with `policy`, which may be a removal; `set` is left as it is. */
MUST_CHECK enum result policies_with(const struct policy_set *set, const struct policy *policy, struct pool *pool,
				     struct policy_set *out, struct err *err);
/* Of one scope: the version in force at `now`, and the newest; each with version 0 when there is none. They may be
 * removals. */
MUST_CHECK enum result policies_of_scope(struct session *session, uint32_t account, enum record_kind kind,
					 const struct policy_scope *scope, struct instant now, struct pool *pool,
					 struct policy *in_force, struct policy *newest, struct err *err);
/* The rule that decides for it; NULL: none was ever set, which keeps for ever. Pure. */
const struct policy *policies_pick(const struct policy_set *set, const struct record_row *row);
/* The kind's own rule; NULL: none. */
const struct policy *policies_base(const struct policy_set *set, enum record_kind kind);
/* Has the kind narrower rules? Then records of one day may go on different days. */
bool policies_scoped(const struct policy_set *set, enum record_kind kind);
/* The rules that keep what is of that day shortest and longest; NULL: none decides for some of it, which is for ever. */
void policies_extremes(const struct policy_set *set, enum record_kind kind, struct date day,
		       const struct policy **shortest, const struct policy **longest);
/* The last day of which something, and of which everything is past its time under every rule that may decide, and billed
 * where it must be; false: no such day. */
bool policies_first_cutoff(const struct policy_set *set, enum record_kind kind, struct date today, struct date *out);
bool policies_last_cutoff(const struct policy_set *set, enum record_kind kind, struct date today, struct date *out);
/* Can something of that period have become due since a sweep last looked at it? Its day is after the last and not after
 * the first cutoff. */
bool policies_worth_a_look(const struct policy_set *set, const struct period *period, struct date today);
/* Is a record past its time under its rule, and billed where it must be? */
bool policies_expired(const struct policy_set *set, const struct record_row *row, struct date today);

bool policy_scope_is_base(const struct policy_scope *scope);
bool policy_scope_equal(const struct policy_scope *a, const struct policy_scope *b);
/* Negative when `a` is narrower. */
int policy_scope_compare(const struct policy_scope *a, const struct policy_scope *b);

#endif
