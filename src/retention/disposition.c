/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/disposition.h"

#include <stdio.h>
#include <string.h>

/* Fills `out` and returns true when the rule has something to say. */
typedef bool rule(const struct disposition_facts *facts, struct date today, struct disposition_reason *out);

static bool by_unreadable(const struct disposition_facts *facts, struct date today, struct disposition_reason *out)
{
	(void)today;
	out->rule = "unreadable";
	out->says = VERDICT_DELETE;
	return facts->key_gone;
}

static bool by_hold(const struct disposition_facts *facts, struct date today, struct disposition_reason *out)
{
	(void)today;
	if (facts->hold == NULL)
		return false;
	out->rule = "hold";
	out->says = VERDICT_KEEP;
	out->hold = facts->hold->id;
	out->since = facts->hold->created;
	out->others = facts->hold_count > 0 ? facts->hold_count - 1 : 0;
	return true;
}

static bool by_held_cause(const struct disposition_facts *facts, struct disposition_reason *out, enum held_cause cause,
			  const char *name)
{
	out->rule = name;
	out->says = VERDICT_DELETE;
	out->since = facts->kept.due;
	return facts->held && facts->kept.cause == cause;
}

static bool by_erasure(const struct disposition_facts *facts, struct date today, struct disposition_reason *out)
{
	(void)today;
	return by_held_cause(facts, out, HELD_ERASED, "erased");
}

static bool by_expiry(const struct disposition_facts *facts, struct date today, struct disposition_reason *out)
{
	(void)today;
	return by_held_cause(facts, out, HELD_EXPIRED, "expired");
}

static bool by_policy(const struct disposition_facts *facts, struct date today, struct disposition_reason *out)
{
	if (facts->policy.version == 0)
		return false;
	out->rule = "policy";
	out->keep = facts->policy.keep;
	out->version = facts->policy.version;
	out->since = facts->policy.set_at;
	out->says = VERDICT_KEEP;
	if (facts->policy.keep.unlimited)
		return true;
	out->until = date_add_span(instant_date(facts->occurred), facts->policy.keep);
	out->says = out->until.days <= today.days ? VERDICT_DELETE : VERDICT_KEEP_UNTIL;
	return true;
}

static bool by_default(const struct disposition_facts *facts, struct date today, struct disposition_reason *out)
{
	(void)today;
	out->rule = "default";
	out->says = VERDICT_KEEP;
	return facts->policy.version == 0;
}

/* In order of precedence. */
static rule *const rules[] = {by_unreadable, by_hold, by_erasure, by_expiry, by_policy, by_default};
_Static_assert(sizeof rules / sizeof rules[0] <= DISPOSITION_REASONS_MAX, "each rule may give a reason");

struct disposition disposition(const struct disposition_facts *facts, struct instant now)
{
	struct date today = instant_date(now);
	struct disposition out = {.count = 0};

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct disposition_reason reason = {.kind = facts->kind};

		if (rules[i](facts, today, &reason))
			out.reasons[out.count++] = reason;
	}
	INVARIANT(out.count > 0);
	out.verdict = out.reasons[0].says;
	out.until = out.reasons[0].until;
	return out;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
	    [VERDICT_DELETE] = "delete", [VERDICT_KEEP_UNTIL] = "keep_until", [VERDICT_KEEP] = "keep"};

	INVARIANT(verdict <= VERDICT_KEEP);
	return names[verdict];
}

static void hold_text(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char id[ID_TEXT_MAX], since[TIME_TEXT_MAX];
	int used = snprintf(out, DISPOSITION_TEXT_MAX, "legal hold %s of %s keeps it until that hold is released",
			    id_format(HOLD_PREFIX, reason->hold, id), date_format(instant_date(reason->since), since));

	if (reason->others > 0)
		snprintf(out + used, DISPOSITION_TEXT_MAX - (size_t)used, "; so do %zu other holds", reason->others);
}

static void policy_text(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char span[TIME_TEXT_MAX], until[TIME_TEXT_MAX], set[TIME_TEXT_MAX];

	span_format(reason->keep, span);
	date_format(instant_date(reason->since), set);
	if (reason->says == VERDICT_KEEP)
		snprintf(out, DISPOSITION_TEXT_MAX, "the policy for %s, version %d of %s, keeps them without end",
			 kind_plural(reason->kind), reason->version, set);
	else
		snprintf(out, DISPOSITION_TEXT_MAX, "the policy for %s, version %d of %s, keeps them %s: %s %s",
			 kind_plural(reason->kind), reason->version, set, span,
			 reason->says == VERDICT_DELETE ? "over since" : "until", date_format(reason->until, until));
}

static void held_text(const struct disposition_reason *reason, const char *what, char out[DISPOSITION_TEXT_MAX])
{
	char at[TIME_TEXT_MAX];

	snprintf(out, DISPOSITION_TEXT_MAX, "%s on %s; only a legal hold kept it from then on", what,
		 date_format(instant_date(reason->since), at));
}

char *disposition_text(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	if (strcmp(reason->rule, "hold") == 0)
		hold_text(reason, out);
	else if (strcmp(reason->rule, "policy") == 0)
		policy_text(reason, out);
	else if (strcmp(reason->rule, "erased") == 0)
		held_text(reason, "its person was erased", out);
	else if (strcmp(reason->rule, "expired") == 0)
		held_text(reason, "its time was over", out);
	else if (strcmp(reason->rule, "unreadable") == 0)
		snprintf(out, DISPOSITION_TEXT_MAX, "its key has been destroyed: nobody can read it any more");
	else
		snprintf(out, DISPOSITION_TEXT_MAX, "no policy was set for %s: they are kept without end",
			 kind_plural(reason->kind));
	return out;
}
