/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A world as the model has it: what records, rules, holds and laws there are, and what must become of each record by
 * them.
 */
#ifndef LETHE_TESTS_RETENTION_WORLDS_MODEL_H
#define LETHE_TESTS_RETENTION_WORLDS_MODEL_H

#include "retention/worlds_script.h"

#define RECORDS_MAX 64
#define HOLDS 64
#define RULES 64

struct seen {
	int name;
	enum record_kind kind;
	struct id id;
	int64_t at;
	int day, law_day; /* in UTC, and where the laws are of */
	struct id persons[2];
	int person_count;
	bool has_agent;       /* until they are erased, or it is cut down */
	struct id agent;
	bool missed;
	struct facts facts;
	/* as the model has it */
	bool alive, expired, erased;
	unsigned left;        /* what is left of it */
};

struct seen_hold {
	int name;
	bool active, restriction, has_person, has_agent, calls_only;
	struct id id, person, agent;
	struct facts scope;
	int64_t since, until, made;
};

struct seen_rule {
	enum record_kind kind;
	struct facts scope;
	struct model_span keep;
	bool removed;
	int64_t begins;
};

/* A law that accounts of a world may be under, as its article says. Its day is that of Paris and Rome. The last day of
 * its period is still in it (Reg. 1182/71 art. 3(2)(b), (c)). */
struct seen_law { const char *code; bool calls, messages, only_missed; unsigned fields; struct model_span period; };
static const struct seen_law laws[] = {
    {"fr-cpce-l34-1-source", true, true, false, 1, {false, 12, 0}},
    {"it-dlgs196-132-unanswered", true, false, true, 1 | 2 | 4, {false, 0, 30}},
};
#define LAWS_COUNT (sizeof laws / sizeof laws[0])

/* A fault that a test puts into the model, to see that it is found and made small. */
enum model_fault { FAULT_NONE, FAULT_QUEUES_OF_HOLDS };

struct played {
	struct seen records[RECORDS_MAX];
	int record_count;
	struct seen_hold holds[HOLDS];
	int hold_count;
	struct seen_rule rules[RULES];
	int rule_count;
	unsigned under; /* a bit for each law */
	bool bills;     /* under a profile that lets go only of what is billed, and keeps nothing longer than 25 months */
	int billed;     /* the last day that is */
	int64_t now;
	enum model_fault fault;
};

static int today_of(const struct played *played)
{
	return (int)(played->now / DAY_MS);
}

/* An hour ahead of UTC, and two from 01:00 UTC of the last Sunday of March to that of October (Directive 2000/84/EC).
 */
static int law_day_of(int64_t at)
{
	int year = model_date((int)(at / DAY_MS)).year;
	int64_t hour = DAY_MS / 24, from = last_sunday(year, 3) * DAY_MS + hour,
		until = last_sunday(year, 10) * DAY_MS + hour;

	return (int)((at + (at >= from && at < until ? 2 : 1) * hour) / DAY_MS);
}

static bool same_id(struct id a, struct id b)
{
	return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

/* Is somebody in it? Of what was cut down only who is left in it: the first is from, the second to. */
static bool is_in(const struct seen *record, struct id person)
{
	for (int i = 0; i < record->person_count; i++) {
		if (same_id(record->persons[i], person) &&
		    (record->left == MODEL_ALL || (record->left & 1u << i) != 0))
			return true;
	}
	return false;
}

/* No law here keeps who they were. */
static bool is_agent_in(const struct seen *record, struct id agent)
{
	return record->has_agent && record->left == MODEL_ALL && same_id(record->agent, agent);
}

/* Has it all that is asked for? What was cut down has none of it: no law here keeps number, labels, duration. */
static bool has_facts(const struct seen *record, const struct facts *asked)
{
	struct facts has = record->facts;

	if (record->left != MODEL_ALL)
		has = (struct facts){.seconds = -1};
	if (asked->number != 0 && asked->number != has.number)
		return false;
	if (asked->queue != 0 && asked->queue != has.queue)
		return false;
	if (asked->campaign != 0 && asked->campaign != has.campaign)
		return false;
	if ((asked->tags & ~has.tags) != 0)
		return false;
	if (asked->direction != DIRECTION_NONE && asked->direction != has.direction)
		return false;
	return asked->seconds == 0 || has.seconds >= asked->seconds;
}

static bool hold_covers(const struct played *played, const struct seen_hold *hold, const struct seen *record)
{
	struct facts asked = hold->scope;

	if (played->fault == FAULT_QUEUES_OF_HOLDS)
		asked.queue = 0;
	if (!hold->active || (hold->has_person && !is_in(record, hold->person)))
		return false;
	if (hold->has_agent && !is_agent_in(record, hold->agent))
		return false;
	if (hold->calls_only && record->kind != KIND_CALL)
		return false;
	if (hold->since != 0 && record->at < hold->since)
		return false;
	if (hold->until != 0 && record->at >= hold->until)
		return false;
	return has_facts(record, &asked);
}

static bool is_covered(const struct played *played, const struct seen *record, bool restriction)
{
	for (int i = 0; i < played->hold_count; i++) {
		if (played->holds[i].restriction == restriction && hold_covers(played, &played->holds[i], record))
			return true;
	}
	return false;
}

/* Is a later rule of the very same scope in force? Then this one is history. */
static bool is_history(const struct played *played, int nth)
{
	const struct seen_rule *rule = &played->rules[nth];

	for (int i = nth + 1; i < played->rule_count; i++) {
		const struct seen_rule *later = &played->rules[i];

		if (later->kind == rule->kind && same_scope(&later->scope, &rule->scope) &&
		    later->begins <= played->now)
			return true;
	}
	return false;
}

static bool rule_fits(const struct played *played, int nth, const struct seen *record)
{
	const struct seen_rule *rule = &played->rules[nth];

	return rule->begins <= played->now && !rule->removed && rule->kind == record->kind &&
	       has_facts(record, &rule->scope) && !is_history(played, nth);
}

/* A point for each part; then a digit for each, in the order that docs/retention.md lists them. */
static int narrowness(const struct facts *scope)
{
	int points = 0, digits = 0;
	const bool parts[] = {scope->tags != 0,   scope->campaign != 0, scope->queue != 0,
			      scope->number != 0, scope->seconds != 0,  scope->direction != DIRECTION_NONE};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		points += parts[i] ? 1 : 0;
		digits = 10 * digits + (parts[i] ? 1 : 0);
	}
	return points * 1000000 + digits;
}

/* "Of two minimum durations the longer one; of two tags the rule that keeps longer." */
static bool goes_before(const struct seen_rule *rule, const struct seen_rule *other, const struct seen *record)
{
	int mine = narrowness(&rule->scope), theirs = narrowness(&other->scope);

	if (mine != theirs)
		return mine > theirs;
	if (rule->scope.seconds != other->scope.seconds)
		return rule->scope.seconds > other->scope.seconds;
	if (rule->keep.unlimited || other->keep.unlimited)
		return rule->keep.unlimited;
	return model_due(record->day, rule->keep) > model_due(record->day, other->keep);
}

static const struct seen_rule *rule_of(const struct played *played, const struct seen *record)
{
	const struct seen_rule *best = NULL;

	for (int i = 0; i < played->rule_count; i++) {
		if (rule_fits(played, i, record) && (best == NULL || goes_before(&played->rules[i], best, record)))
			best = &played->rules[i];
	}
	return best;
}

static bool law_binds(const struct seen_law *law, const struct seen *record)
{
	if (law->only_missed && !record->missed)
		return false;
	return record->kind == KIND_CALL ? law->calls : law->messages;
}

/* What something kept past its time was billed by then. */
static bool is_unbilled(const struct played *played, const struct seen *record)
{
	return played->bills && record->day > played->billed && !record->expired && !record->erased;
}

/* All that is known of a record, for the model of one record. */
static struct model_case case_of(const struct played *played, const struct seen *record)
{
	const struct seen_rule *rule = rule_of(played, record);
	struct model_case c = {.occurred = record->day, .today = today_of(played), .expired = record->expired,
			       .erased = record->erased, .unbilled = is_unbilled(played, record),
			       .has_bound = played->bills, .bound = {false, 25, 0}};

	c.holds = is_covered(played, record, false);
	c.restrictions = is_covered(played, record, true);
	c.has_policy = rule != NULL;
	if (rule != NULL)
		c.policy = rule->keep;
	for (size_t i = 0; i < LAWS_COUNT; i++) {
		if ((played->under & 1u << i) != 0 && law_binds(&laws[i], record))
			c.laws[c.law_count++] = (struct model_law){laws[i].fields,
								   model_due(record->law_day, laws[i].period) + 1};
	}
	return c;
}

/* What must stay of it now: all (that is left), or fields. */
static unsigned verdict_of(const struct played *played, const struct seen *record)
{
	struct model_case c = case_of(played, record);
	unsigned stays = model_verdict(&c).keeps;

	return stays == MODEL_ALL || record->left == MODEL_ALL ? stays : stays & record->left;
}

/* Everything that is past its time goes. */
static void let_go(const struct played *played, struct seen *record)
{
	unsigned stays = verdict_of(played, record);

	if (stays != MODEL_ALL)
		record->left = stays;
	record->alive = record->left != 0;
}

static void model_sweep(struct played *played)
{
	for (int i = 0; i < played->record_count; i++) {
		struct seen *record = &played->records[i];
		struct model_case c = case_of(played, record);
		bool due = !c.unbilled && c.has_policy && !c.policy.unlimited && model_due(c.occurred, c.policy) <= c.today;

		if (!record->alive)
			continue;
		let_go(played, record);
		/* What something kept through its time never gets time again. */
		if (record->alive && due)
			record->expired = true;
	}
}

/* What a law must keep on is cut down to it at once; what is due goes with the next sweep. */
static void model_release(struct played *played)
{
	for (int i = 0; i < played->record_count; i++) {
		struct seen *record = &played->records[i];

		if (record->alive && (record->expired || record->erased) && verdict_of(played, record) != 0)
			let_go(played, record);
	}
}

/* Some of it is not billed: it is refused, and changes nothing. */
static bool model_refuses_to_erase(const struct played *played, struct id person)
{
	for (int i = 0; i < played->record_count; i++) {
		const struct seen *record = &played->records[i];

		if (record->alive && is_in(record, person) && is_unbilled(played, record))
			return true;
	}
	return false;
}

/* A legal hold covers a record that they are the agent in: that may not be changed. */
static bool model_refuses_to_erase_agent(const struct played *played, struct id agent)
{
	for (int i = 0; i < played->record_count; i++) {
		const struct seen *record = &played->records[i];

		if (record->alive && is_agent_in(record, agent) && is_covered(played, record, false))
			return true;
	}
	return false;
}

/* The records are about others, and stay. */
static void model_erase_agent(struct played *played, struct id agent)
{
	for (int i = 0; i < played->record_count; i++) {
		if (played->records[i].alive && is_agent_in(&played->records[i], agent))
			played->records[i].has_agent = false;
	}
}

static void model_erase(struct played *played, struct id person)
{
	for (int i = 0; i < played->record_count; i++) {
		struct seen *record = &played->records[i];

		if (!record->alive || !is_in(record, person))
			continue;
		record->erased = true;
		let_go(played, record);
	}
	/* A restriction is its person's own, and ends with them. */
	for (int i = 0; i < played->hold_count; i++) {
		if (played->holds[i].restriction && same_id(played->holds[i].person, person))
			played->holds[i].active = false;
	}
}

#endif
