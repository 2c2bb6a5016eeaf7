/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/disposition.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the rules ---- */

/* Adds its reasons, if it has something to say. */
typedef void rule(struct disposition *d, const struct disposition_facts *facts, struct date today);

static const char *const rule_names[] = {
    [BY_ANONYMISED] = "anonymised",	[BY_UNREADABLE] = "unreadable", [BY_HOLD] = "hold",
    [BY_OBLIGATION] = "obligation",	[BY_UNBILLED] = "unbilled",	[BY_ERASURE] = "erasure",
    [BY_RESTRICTION] = "restriction", [BY_EXPIRY] = "expired",	[BY_DELETION] = "deleted",
    [BY_POLICY] = "policy",		[BY_BOUND] = "bound",		[BY_DEFAULT] = "default",
};

/* As it is given: it keeps nothing and ends the matter. */
static struct disposition_reason *add(struct disposition *d, const struct disposition_facts *facts,
				      enum disposition_rule by)
{
	struct disposition_reason *reason = &d->reasons[d->count++];

	INVARIANT(d->count <= DISPOSITION_REASONS_MAX);
	*reason = (struct disposition_reason){
	    .by = by, .rule = rule_names[by], .kind = facts->kind, .says = VERDICT_DELETE, .last = true};
	return reason;
}

static void keep(struct disposition_reason *reason, uint32_t what)
{
	reason->says = VERDICT_KEEP;
	reason->keeps = what;
}

static void keep_until(struct disposition_reason *reason, uint32_t what, struct date until, struct date today)
{
	reason->says = until.days <= today.days ? VERDICT_DELETE : VERDICT_KEEP_UNTIL;
	reason->keeps = what;
	reason->until = until;
}

static void keep_for(struct disposition_reason *reason, const struct disposition_facts *facts, struct span span,
		     struct date today)
{
	reason->keep = span;
	if (span.unlimited)
		keep(reason, KEEPS_ALL);
	else
		keep_until(reason, KEEPS_ALL, date_add_span(instant_date(facts->occurred), span), today);
}

static void by_anonymised(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	(void)today;
	struct disposition_reason *reason;

	if (!facts->anonymised)
		return;
	reason = add(d, facts, BY_ANONYMISED);
	keep(reason, KEEPS_AGGREGATE);
	reason->since = facts->anonymised_at;
}

static void by_unreadable(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	(void)today;
	if (facts->key_gone)
		add(d, facts, BY_UNREADABLE);
}

static void keep_by_hold(struct disposition_reason *reason, const struct hold_row *hold, size_t count)
{
	keep(reason, KEEPS_ALL);
	reason->hold = hold->id;
	reason->since = hold->created;
	reason->others = count > 0 ? count - 1 : 0;
}

static void by_hold(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	struct disposition_reason *reason;

	(void)today;
	if (facts->hold == NULL)
		return;
	reason = add(d, facts, BY_HOLD);
	keep_by_hold(reason, facts->hold, facts->hold_count);
	reason->matter = facts->hold_matter;
}

static void by_obligations(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	INVARIANT(facts->obligation_count <= DISPOSITION_OBLIGATIONS_MAX);
	for (size_t i = 0; i < facts->obligation_count; i++) {
		const struct disposition_obligation *obligation = &facts->obligations[i];
		struct disposition_reason *reason;

		if (obligation->ends.days <= today.days)
			continue;
		reason = add(d, facts, BY_OBLIGATION);
		keep_until(reason, obligation->fields, obligation->ends, today);
		reason->code = obligation->code;
		reason->source = obligation->citation;
		reason->last = false;
	}
}

static void by_unbilled(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	struct disposition_reason *reason;

	(void)today;
	if (!facts->unbilled)
		return;
	reason = add(d, facts, BY_UNBILLED);
	keep(reason, KEEPS_ALL);
	reason->since = date_start(facts->billed_until);
}

/* One that is still to come leaves it to the others until then: asking to be erased makes nothing stay longer. */
static void by_erasure(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	struct disposition_reason *reason;

	(void)today;
	if (facts->erasure == ERASURE_NONE)
		return;
	reason = add(d, facts, BY_ERASURE);
	reason->since = facts->erasure_at;
	reason->erasure = facts->erasure;
	reason->anonymising = facts->anonymising;
	reason->alone = facts->alone;
	if (facts->erasure == ERASURE_REQUESTED)
		reason->until = facts->erasure_due;
}

static void by_restriction(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	(void)today;
	if (facts->restriction != NULL)
		keep_by_hold(add(d, facts, BY_RESTRICTION), facts->restriction, facts->restriction_count);
}

static void by_expiry(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	(void)today;
	if (facts->expired)
		add(d, facts, BY_EXPIRY)->since = facts->expired_at;
}

static void by_deletion(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	struct disposition_reason *reason;

	if (!facts->contact.deleted)
		return;
	reason = add(d, facts, BY_DELETION);
	keep_until(reason, KEEPS_ALL, facts->contact.gone_on, today);
	reason->since = facts->contact.at;
}

static void by_policy(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	struct disposition_reason *reason;

	if (facts->policy.version == 0)
		return;
	reason = add(d, facts, BY_POLICY);
	keep_for(reason, facts, facts->policy.keep, today);
	reason->version = facts->policy.version;
	reason->since = facts->policy.set_at;
	reason->set_by = facts->policy.set_by;
	reason->scope = facts->scope;
}

static void by_bound(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	struct disposition_reason *reason;

	if (!facts->bound.set)
		return;
	reason = add(d, facts, BY_BOUND);
	keep_for(reason, facts, facts->bound.keep, today);
	reason->bound = facts->bound.text;
	reason->source = facts->bound.source;
}

static void by_default(struct disposition *d, const struct disposition_facts *facts, struct date today)
{
	(void)today;
	if (facts->policy.version == 0 && !facts->bound.set && !facts->anonymised)
		keep(add(d, facts, BY_DEFAULT), KEEPS_ALL);
}

static rule *const rules[] = {
    [BY_ANONYMISED] = by_anonymised,	[BY_UNREADABLE] = by_unreadable, [BY_HOLD] = by_hold,
    [BY_OBLIGATION] = by_obligations,	[BY_UNBILLED] = by_unbilled,	 [BY_ERASURE] = by_erasure,
    [BY_RESTRICTION] = by_restriction, [BY_EXPIRY] = by_expiry,	 [BY_DELETION] = by_deletion,
    [BY_POLICY] = by_policy,		[BY_BOUND] = by_bound,		 [BY_DEFAULT] = by_default,
};
_Static_assert(COUNT(rules) - 1 + DISPOSITION_OBLIGATIONS_MAX <= DISPOSITION_REASONS_MAX, "each may give its reason");

/* ---- the verdict ---- */

static bool keeps_on(const struct disposition_reason *reason, struct date day)
{
	return reason->keeps != KEEPS_NOTHING && (reason->says == VERDICT_KEEP || reason->until.days > day.days);
}

/* Does it end the matter on that day? */
static bool ends_on(const struct disposition_reason *reason, struct date day)
{
	return reason->last && (keeps_on(reason, day) || reason->until.days <= day.days);
}

static bool is_keeper(const struct disposition_reason *reason)
{
	return reason->by == BY_HOLD || reason->by == BY_OBLIGATION || reason->by == BY_RESTRICTION;
}

/* `*decides` is the first reason that keeps something or, when nothing stays, the one that ends the matter; but what
 * keeps the whole goes before what keeps a part of it. */
static uint32_t kept_on(const struct disposition *d, struct date day, bool keepers, size_t *decides)
{
	uint32_t kept = KEEPS_NOTHING;

	*decides = d->count;
	for (size_t i = 0; i < d->count; i++) {
		const struct disposition_reason *reason = &d->reasons[i];
		bool keeps = keeps_on(reason, day), ends = ends_on(reason, day);

		if (!keepers && is_keeper(reason))
			continue;
		if (*decides == d->count && (keeps || ends))
			*decides = i;
		if (keeps && (reason->keeps & (KEEPS_ALL | KEEPS_AGGREGATE)) != 0) {
			*decides = i;
			return reason->keeps;
		}
		if (keeps)
			kept |= reason->keeps;
		if (ends)
			return kept;
	}
	INVARIANT(!"the last rule ends the matter");
}

uint32_t disposition_keeps_on(const struct disposition *d, struct date day)
{
	size_t decides;

	return kept_on(d, day, true, &decides);
}

/* The first day after today, of those on which a reason ends, on which something (or, `all`, everything) is gone. */
static struct date first_change(const struct disposition *d, struct date today, bool all)
{
	struct date first = {0};

	for (size_t i = 0; i < d->count; i++) {
		struct date day = d->reasons[i].until;
		uint32_t kept;

		if (day.days <= today.days || (first.days != 0 && day.days >= first.days))
			continue;
		kept = disposition_keeps_on(d, day);
		if (all ? kept == KEEPS_NOTHING : kept != d->keeps)
			first = day;
	}
	return first;
}

void disposition_weigh(const struct disposition_facts *facts, struct instant now, struct disposition *d)
{
	struct date today = instant_date(now);

	d->verdict = VERDICT_DELETE;
	d->count = 0; /* of the reasons only those that are given are written */
	for (size_t i = 0; i < COUNT(rules); i++)
		rules[i](d, facts, today);
	d->keeps = kept_on(d, today, true, &d->decides);
	d->own = kept_on(d, today, false, &d->ends);
	d->next = first_change(d, today, false);
	d->until = first_change(d, today, true);
	if (d->keeps == KEEPS_NOTHING)
		d->until = d->reasons[d->decides].until;
	else
		d->verdict = d->until.days == 0 ? VERDICT_KEEP : VERDICT_KEEP_UNTIL;
}

struct disposition disposition(const struct disposition_facts *facts, struct instant now)
{
	struct disposition d;

	disposition_weigh(facts, now, &d);
	return d;
}

/* ---- in words ---- */

const char *erasure_name(enum disposition_erasure erasure)
{
	static const char *const names[] = {[ERASURE_NONE] = "none",
					    [ERASURE_REQUESTED] = "requested",
					    [ERASURE_UNDER_WAY] = "under_way",
					    [ERASURE_DONE] = "done"};

	INVARIANT(erasure <= ERASURE_DONE);
	return names[erasure];
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
	    [VERDICT_DELETE] = "delete", [VERDICT_KEEP_UNTIL] = "keep_until", [VERDICT_KEEP] = "keep"};

	INVARIANT(verdict <= VERDICT_KEEP);
	return names[verdict];
}

/* Those that are not the whole. */
#define FIELDS (OBLIGATION_FIELDS - 1)

static const char *field(size_t bit)
{
	return obligation_field_name((enum obligation_field)(1u << bit));
}

const char *keeps_name(uint32_t keeps)
{
	return keeps == KEEPS_NOTHING ? "nothing" : keeps == KEEPS_ALL ? "all"
		: keeps == KEEPS_AGGREGATE ? "aggregate" : "fields";
}

char *keeps_text(uint32_t keeps, char out[KEEPS_TEXT_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < FIELDS; i++) {
		uint32_t more = keeps >> i >> 1;
		const char *then = more == 0 ? "" : (more & (more - 1)) == 0 ? " and " : ", ";

		if ((keeps >> i & 1) != 0)
			used += (size_t)snprintf(out + used, KEEPS_TEXT_MAX - used, "%s%s", field(i), then);
	}
	return out;
}

static void hold_text(const struct disposition_reason *reason, const char *what, char out[DISPOSITION_TEXT_MAX])
{
	char id[ID_TEXT_MAX], since[TIME_TEXT_MAX];
	int used = snprintf(out, DISPOSITION_TEXT_MAX, "%s %s of %s%s%s keeps it until that %s", what,
			    id_format(HOLD_PREFIX, reason->hold, id), date_format(instant_date(reason->since), since),
			    reason->matter != NULL ? " in the matter " : "",
			    reason->matter != NULL ? reason->matter : "",
			    reason->by == BY_HOLD ? "hold is released" : "is lifted");

	if (reason->others > 0 && used < DISPOSITION_TEXT_MAX)
		snprintf(out + used, DISPOSITION_TEXT_MAX - (size_t)used, "; so do %zu other%s", reason->others,
			 reason->by == BY_HOLD ? " holds" : "s");
}

static void text_of_hold(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	hold_text(reason, "legal hold", out);
}

static void text_of_restriction(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	hold_text(reason, "restriction", out);
}

static void text_of_anonymised(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char at[TIME_TEXT_MAX];
	bool known = reason->since.ms != 0;

	snprintf(out, DISPOSITION_TEXT_MAX, "it was anonymised%s%s: what is left of it tells of nobody",
		 known ? " on " : "", known ? date_format(instant_date(reason->since), at) : "");
}

static void text_of_unreadable(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	(void)reason;
	snprintf(out, DISPOSITION_TEXT_MAX, "its key has been destroyed: nobody can read it any more");
}

static void text_of_obligation(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char kept[KEEPS_TEXT_MAX], until[TIME_TEXT_MAX];
	const char *what = reason->keeps == KEEPS_ALL ? "all of it" : keeps_text(reason->keeps, kept);

	snprintf(out, DISPOSITION_TEXT_MAX, "%s (%s) keeps %s until %s", reason->source, reason->code, what,
		 date_format(reason->until, until));
}

static void text_of_unbilled(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char at[TIME_TEXT_MAX];

	if (reason->since.ms == 0)
		snprintf(out, DISPOSITION_TEXT_MAX, "it is not billed yet, and nothing goes before it is");
	else
		snprintf(out, DISPOSITION_TEXT_MAX,
			 "it is not billed yet (what happened up to %s is), and nothing goes before it is",
			 date_format(instant_date(reason->since), at));
}

static void text_of_erasure(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char at[TIME_TEXT_MAX], due[TIME_TEXT_MAX];

	date_format(instant_date(reason->since), at);
	if (reason->erasure == ERASURE_UNDER_WAY)
		snprintf(out, DISPOSITION_TEXT_MAX,
			 "the %s of %s began on %s: the next command that writes goes on with it",
			 reason->anonymising ? "anonymisation" : "erasure",
			 reason->alone ? "this record" : "its person", at);
	else if (reason->erasure == ERASURE_DONE)
		snprintf(out, DISPOSITION_TEXT_MAX,
			 "its person was erased on %s; only a hold or an obligation kept it from then on", at);
	else
		snprintf(out, DISPOSITION_TEXT_MAX, "its person asked on %s to be erased: it goes on %s", at,
			 date_format(reason->until, due));
}

static void text_of_deleted(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char at[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

	date_format(instant_date(reason->since), at);
	date_format(reason->until, until);
	if (reason->says == VERDICT_DELETE)
		snprintf(out, DISPOSITION_TEXT_MAX, "it was deleted on %s, and its grace is over since %s", at, until);
	else
		snprintf(out, DISPOSITION_TEXT_MAX, "it was deleted on %s: until %s it can be brought back (`lethe contact "
						    "undelete`), and then it goes", at, until);
}

static void text_of_expired(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char at[TIME_TEXT_MAX];

	snprintf(out, DISPOSITION_TEXT_MAX,
		 "its time was over on %s; only a hold, a restriction or an obligation kept it from then on",
		 date_format(instant_date(reason->since), at));
}

/* "without end", "90 days: until 2025-04-01", "90 days: over since 2025-04-01" */
static char *span_text(const struct disposition_reason *reason, char out[3 * TIME_TEXT_MAX])
{
	char span[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

	if (reason->keep.unlimited)
		snprintf(out, 3 * (size_t)TIME_TEXT_MAX, "without end");
	else
		snprintf(out, 3 * (size_t)TIME_TEXT_MAX, "%s: %s %s", span_format(reason->keep, span),
			 reason->says == VERDICT_DELETE ? "over since" : "until", date_format(reason->until, until));
	return out;
}

static void text_of_policy(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char set[TIME_TEXT_MAX], span[3 * TIME_TEXT_MAX];
	bool by = reason->set_by != NULL && reason->set_by[0] != '\0';

	snprintf(out, DISPOSITION_TEXT_MAX, "the policy for %s%s%s, version %d of %s%s%s, keeps them %s",
		 kind_plural(reason->kind), reason->scope != NULL ? " " : "", reason->scope != NULL ? reason->scope : "",
		 reason->version, date_format(instant_date(reason->since), set), by ? " by " : "",
		 by ? reason->set_by : "", span_text(reason, span));
}

static void text_of_bound(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	char span[3 * TIME_TEXT_MAX];

	snprintf(out, DISPOSITION_TEXT_MAX,
		 "the account's plan allows %s for %s (%s); where no policy is set, it keeps them %s", reason->bound,
		 kind_plural(reason->kind), reason->source, span_text(reason, span));
}

static void text_of_default(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	if (reason->kind == (enum record_kind)HELD_CONTACT)
		snprintf(out, DISPOSITION_TEXT_MAX, "a contact is kept until it is deleted");
	else
		snprintf(out, DISPOSITION_TEXT_MAX, "no policy was set for %s: they are kept without end",
			 kind_plural(reason->kind));
}

static void (*const texts[])(const struct disposition_reason *reason, char *out) = {
    [BY_ANONYMISED] = text_of_anonymised,
    [BY_UNREADABLE] = text_of_unreadable,
    [BY_HOLD] = text_of_hold,
    [BY_OBLIGATION] = text_of_obligation,
    [BY_UNBILLED] = text_of_unbilled,
    [BY_ERASURE] = text_of_erasure,
    [BY_RESTRICTION] = text_of_restriction,
    [BY_EXPIRY] = text_of_expired,
    [BY_DELETION] = text_of_deleted,
    [BY_POLICY] = text_of_policy,
    [BY_BOUND] = text_of_bound,
    [BY_DEFAULT] = text_of_default,
};

char *disposition_text(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX])
{
	texts[reason->by](reason, out);
	return out;
}

/* ---- as JSON ---- */

static void write_keeps(struct json_writer *w, uint32_t keeps)
{
	json_string(w, "keeps", keeps_name(keeps));
	if (strcmp(keeps_name(keeps), "fields") != 0)
		return;
	json_begin_array(w, "fields");
	for (size_t i = 0; i < FIELDS; i++) {
		if ((keeps >> i & 1) != 0)
			json_string(w, NULL, field(i));
	}
	json_end_array(w);
}

static void write_if(struct json_writer *w, const char *name, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_string(w, name, text);
}

static void write_reason(struct json_writer *w, const struct disposition_reason *reason)
{
	char sentence[DISPOSITION_TEXT_MAX], span[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_string(w, "rule", reason->rule);
	json_string(w, "says", verdict_name(reason->says));
	write_keeps(w, reason->keeps);
	if (reason->until.days != 0)
		json_date(w, "until", reason->until);
	if (reason->since.ms != 0)
		json_instant(w, "since", reason->since);
	if (id_compare(reason->hold, (struct id){{0}}) != 0)
		json_id(w, "hold", HOLD_PREFIX, reason->hold);
	write_if(w, "matter", reason->matter);
	if (reason->version > 0 || reason->bound != NULL)
		json_string(w, "keep", span_format(reason->keep, span));
	if (reason->version > 0)
		json_int(w, "version", reason->version);
	if (reason->by == BY_ERASURE)
		json_string(w, "erasure", erasure_name(reason->erasure));
	if (reason->anonymising)
		json_bool(w, "anonymise", true);
	write_if(w, "set_by", reason->set_by);
	write_if(w, "scope", reason->scope);
	write_if(w, "code", reason->code);
	write_if(w, "bound", reason->bound);
	write_if(w, "source", reason->source);
	json_string(w, "text", disposition_text(reason, sentence));
	json_end_object(w);
}

void disposition_write(struct json_writer *w, const struct disposition *d)
{
	json_string(w, "verdict", verdict_name(d->verdict));
	if (d->verdict == VERDICT_KEEP_UNTIL)
		json_date(w, "until", d->until);
	if (d->next.days != 0)
		json_date(w, "next", d->next);
	write_keeps(w, d->keeps);
	json_string(w, "decided_by", d->reasons[d->decides].rule);
	json_begin_array(w, "reasons");
	for (size_t i = 0; i < d->count; i++)
		write_reason(w, &d->reasons[i]);
	json_end_array(w);
}
