/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a change of one rule, or of what is billed, would do before anybody can
 * think better of it: which records it makes due until it has begun, and the
 * digest by which it is agreed to.
 *
 * A record counts when it would be past its time under the rules with the
 * change and is not under the rules without it.  Both are asked twice: of the
 * rules in force now, and of those once all that were set have begun; so a
 * change cannot do together with one still to begin what neither does alone.
 *
 * Days whose records all share a verdict are counted from the table of periods;
 * others, and those a hold touches, by looking at their records.
 */
#ifndef LETHE_RETENTION_POLICY_EFFECT_H
#define LETHE_RETENTION_POLICY_EFFECT_H

#include "retention/keepers.h"
#include "retention/policies.h"

#define PLAN_DIGEST_SHOWN 16 /* hex digits that people type: a guard against slips, not against forgery */
#define PLAN_DIGEST_MAX 65   /* all 64, and the end */

struct effect_day {
	enum record_kind kind;
	struct date day;
	int64_t records; /* made due, kept ones included */
	int64_t held;    /* of these, how many an active hold keeps */
	int64_t obliged; /* and how many obligations do, cut down to the fields they name */
	int64_t bytes;   /* of payloads and media of those that nothing keeps */
};
struct policy_effect {
	struct date today, until;    /* `until`: the day on which the change would begin */
	bool shortens;               /* may some record be kept shorter, now or ever? */
	struct effect_day *days;     /* by kind, ascending, those with records only; in the pool */
	size_t day_count;
	int64_t records, held, obliged, bytes;
	char digest[PLAN_DIGEST_MAX]; /* lower-case hex */
};

/* `change` with kind, scope, keep or removed. `until` is the day on which it would begin. Of the kind's newest version,
 * whether begun or not, `*newest` has the number: a later one invalidates what was found. */
MUST_CHECK enum result policy_effect(struct session *session, const struct account *account,
				     const struct policy *change, struct instant now, struct date until,
				     struct pool *pool, struct policy_effect *out, int *newest, struct err *err);
/* The same of another state of billing, from now on, under which `setting` would be `value`: of every kind. */
MUST_CHECK enum result billing_effect(struct session *session, const struct account *account,
				      const struct billing *after, const char *setting, const char *value,
				      struct instant now, struct pool *pool, struct policy_effect *out,
				      struct err *err);
/* How many records it would delete. */
int64_t policy_effect_deleted(const struct policy_effect *effect);
/* Is `text` the digest, or its beginning of at least PLAN_DIGEST_SHOWN digits? */
bool policy_effect_agreed(const struct policy_effect *effect, const char *text);
/* `*agreed` when `plan`, which may be NULL, is the digest. ERR_CHANGED when it is that of something else. */
MUST_CHECK enum result policy_effect_agree(const struct policy_effect *effect, const char *plan, bool *agreed,
					   struct err *err);

#endif
