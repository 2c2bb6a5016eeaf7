/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What happens in a world of tests/retention/worlds.c, done to a real vault: records come, rules and holds are made,
 * somebody is erased; and how what is left there is compared with the model's.
 */
#ifndef LETHE_TESTS_RETENTION_WORLDS_PLAY_H
#define LETHE_TESTS_RETENTION_WORLDS_PLAY_H

#include "retention/keeping.h"
#include "retention/worlds_model.h"

#include "privacy/erase.h"
#include "retention/settings.h"
#include "retention/why.h"
#include "store/duty.h"
#include "vault/labels.h"

static const char *const phones[PEOPLE] = {"+4520000001", "+4520000002", "+4520000003", "+4520000004"};
static const char *const numbers[1 + NAMES] = {NULL, "+4570000001", "+4570000002"};
static const char *const agents[1 + NAMES] = {NULL, "101", "102"};
static const char *const queues[1 + NAMES] = {NULL, "Sales", "Support"};
static const char *const campaigns[1 + NAMES] = {NULL, "Spring", "Autumn"};
static const enum record_kind billed_kinds[] = {KIND_CALL, KIND_MESSAGE};
static const char *const tags[NAMES] = {"complaint", "order"};

struct play {
	struct world *world;
	struct played played;
	const struct event *event; /* that happens */
	const char *difference;    /* the sort of it, a literal; NULL: none yet */
	char told[4096];           /* of it */
};

/* The first is what counts. */
static void differ(struct play *play, const char *difference, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void differ(struct play *play, const char *difference, const char *format, ...)
{
	va_list ap;

	if (play->difference != NULL)
		return;
	play->difference = difference;
	va_start(ap, format);
	vsnprintf(play->told, sizeof play->told, format, ap);
	va_end(ap);
}

/* What fails where nothing may is a difference, too. */
static bool went(struct play *play, enum result r, const char *difference, const struct err *err)
{
	if (r != OK)
		differ(play, difference, "%s (%s)", err->what, err->where);
	return r == OK;
}

/* ---- comparing ---- */

/* `why` says for each what the model says, also the days; of what was cut down only what is left of it: what a law asks
 * for that is gone changes nothing. */
static bool is_as_wanted(const struct play *play, const struct seen *record, const struct disposition *got)
{
	struct model_case c = case_of(&play->played, record);
	struct model_verdict wanted = model_verdict(&c);

	if (got->keeps != verdict_of(&play->played, record))
		return false;
	return record->left != MODEL_ALL ||
	       ((got->verdict == VERDICT_KEEP_UNTIL ? got->until.days : 0) == wanted.until &&
		got->next.days == wanted.next);
}

static void differ_in_verdict(struct play *play, const struct seen *record, const struct disposition *got)
{
	struct model_case c = case_of(&play->played, record);
	struct model_verdict wanted = model_verdict(&c);
	char text[DISPOSITION_TEXT_MAX], reasons[2048] = "";
	size_t len = 0;

	for (size_t i = 0; i < got->count && len < sizeof reasons; i++)
		len += (size_t)snprintf(reasons + len, sizeof reasons - len, "\n  %s",
					disposition_text(&got->reasons[i], text));
	differ(play, "the verdict is not that of the model",
	       "record %d: keeps %u until %d, less on %d; the model %u until %d, less on %d%s", record->name,
	       got->keeps, got->until.days, got->next.days, verdict_of(&play->played, record), wanted.until,
	       wanted.next, reasons);
}

static void compare_verdicts(struct play *play)
{
	for (int i = 0; i < play->played.record_count && play->difference == NULL; i++) {
		const struct seen *record = &play->played.records[i];
		char id[ID_TEXT_MAX];
		struct why why;
		struct err err;

		if (!record->alive)
			continue;
		id_format(kind_prefix(record->kind), record->id, id);
		if (went(play, why_record(&play->world->vault->read, play->world->account.number, id, play->world->now,
					  &play->world->pool, &why, &err), "why fails", &err) &&
		    !is_as_wanted(play, record, &why.disposition))
			differ_in_verdict(play, record, &why.disposition);
	}
}

static void compare_survivors(struct play *play)
{
	for (int i = 0; i < play->played.record_count && play->difference == NULL; i++) {
		const struct seen *record = &play->played.records[i];
		bool there = is_there(play->world, record->kind, record->id), sealed_anew;
		const char *text;
		struct err err;

		if (there != record->alive)
			differ(play, there ? "is still there" : "is lost", "record %d", record->name);
		if (!there || !went(play, world_open_record(play->world, record->kind, record->id, &text, &err),
				    "cannot be read any more", &err))
			continue;
		sealed_anew = row_of(play->world, record->kind, record->id).hold != 0;
		if (sealed_anew != (record->expired || record->erased))
			differ(play, "is not under the key it should be", "record %d", record->name);
		if ((strstr(text, "\"agent\":\"1") != NULL) != (record->has_agent && record->left == MODEL_ALL))
			differ(play, "the agent is not as it should be", "record %d: %s", record->name, text);
	}
}

/* ---- names ---- */

static int64_t number_named(struct play *play, int number)
{
	return number == 0 ? 0 : identity_of(play->world, IDENTITY_NUMBER, numbers[number], NULL);
}

static int64_t agent_named(struct play *play, int agent, struct id *person)
{
	return agent == 0 ? 0 : identity_of(play->world, IDENTITY_AGENT, agents[agent], person);
}

static const char *tag_named(unsigned bit)
{
	return bit == 0 ? NULL : tags[bit == 1 ? 0 : 1];
}

/* What a scope names, in the engine's numbers; 0: nothing. */
struct named { int64_t number, queue, campaign, tag; };

typedef enum result label_lookup(struct session *session, uint32_t account, enum label_kind kind, const char *name,
				 struct pool *pool, int64_t *out, struct err *err);

static enum result look_up(struct play *play, struct session *session, label_lookup *labels, const struct facts *facts,
			   struct named *out, struct err *err)
{
	const char *const names[] = {queues[facts->queue], campaigns[facts->campaign], tag_named(facts->tags)};
	static const enum label_kind kinds[] = {LABEL_QUEUE, LABEL_CAMPAIGN, LABEL_TAG};
	int64_t found[3] = {0};
	enum result r = OK;

	for (int i = 0; i < 3 && r == OK; i++) {
		if (names[i] != NULL)
			r = labels(session, play->world->account.number, kinds[i], names[i], &play->world->pool,
				   &found[i], err);
	}
	*out = (struct named){.queue = found[0], .campaign = found[1], .tag = found[2]};
	return r;
}

/* Is all there that the scope names? */
static bool is_named(const struct facts *facts, const struct named *named)
{
	return (facts->number == 0) == (named->number == 0) && (facts->queue == 0) == (named->queue == 0) &&
	       (facts->campaign == 0) == (named->campaign == 0) && (facts->tags == 0) == (named->tag == 0);
}

/* ---- records ---- */

struct put_op { struct play *play; struct world_record spec; struct facts facts; };

/* A record has each of its tags. */
static enum result put_labels(struct put_op *op, struct session *session, struct err *err)
{
	struct record_row row;
	enum result r = record_get(session->data, op->play->world->account.number, op->spec.kind, op->spec.id,
				   &op->play->world->pool, &row, err);

	for (unsigned bit = 1; bit < 1u << NAMES && r == OK; bit *= 2) {
		struct facts facts = op->facts;
		struct named named;

		facts.tags &= bit;
		r = look_up(op->play, session, labels_make, &facts, &named, err);
		for (int i = 0; i < 3 && r == OK; i++) {
			int64_t label = i == 0 ? named.queue : i == 1 ? named.campaign : named.tag;

			if (label != 0)
				row.labels[row.label_count++] = label;
		}
	}
	row.label_count = labels_sort(row.labels, row.label_count);
	if (r == OK)
		r = label_use(session->data, row.account, row.labels, row.label_count, 1, err);
	return r == OK ? record_reseal(session->data, &row, err) : r;
}

/* As an import does when what arrives may be past its time: the next sweep looks at its day again. */
static enum result put_record(struct session *session, void *arg, struct err *err)
{
	struct put_op *op = arg;
	enum result r = world_put_op(session, &op->spec, err);

	if (r == OK)
		r = put_labels(op, session, err);
	return r == OK ? period_look_again(session->data, op->play->world->account.number, op->spec.kind,
					   instant_date(op->spec.at), err)
		       : r;
}

static void put(struct play *play)
{
	const struct event *event = play->event;
	struct seen *record = &play->played.records[play->played.record_count];
	const char *from = phones[event->from], *to = phones[event->to];
	char payload[256], at[TIME_TEXT_MAX];
	struct put_op op = {.play = play, .facts = event->facts};
	struct err err;

	if (play->played.record_count == RECORDS_MAX)
		return;
	play->played.record_count++;
	*record = (struct seen){.name = event->name, .kind = event->kind, .at = event->at, .missed = event->missed,
				.facts = event->facts, .alive = true, .left = MODEL_ALL,
				.day = (int)(event->at / DAY_MS), .law_day = law_day_of(event->at)};
	snprintf(payload, sizeof payload,
		 "{\"type\":\"%s\",\"time\":\"%s\",\"from\":{\"phone\":\"%s\"},\"to\":{\"phone\":\"%s\"},"
		 "\"duration\":%d,\"agent\":\"%s\"}",
		 kind_name(event->kind), instant_format((struct instant){event->at}, at), from, to,
		 event->facts.seconds, event->agent != 0 ? agents[event->agent] : "");
	op.spec = (struct world_record){.world = play->world, .text = payload, .kind = event->kind, .at = {event->at},
					.phones = {from, from != to ? to : NULL},
					.number = numbers[event->facts.number], .agent = agents[event->agent],
					.direction = event->facts.direction,
					.status = event->missed ? STATUS_MISSED : STATUS_ANSWERED,
					.duration_ms = event->facts.seconds * 1000};
	op.spec.id = record->id = id_new(op.spec.at);
	if (!went(play, vault_write(play->world->vault, put_record, &op, &err), "a record cannot be put in", &err))
		return;
	record->person_count = from != to ? 2 : 1;
	identity_of(play->world, IDENTITY_PHONE, from, &record->persons[0]);
	identity_of(play->world, IDENTITY_PHONE, to, &record->persons[1]);
	record->has_agent = agent_named(play, event->agent, &record->agent) != 0;
}

/* ---- rules, holds, laws ---- */

struct rule_op { struct play *play; int64_t number; };

static enum result put_rule(struct session *session, void *arg, struct err *err)
{
	struct rule_op *op = arg;
	const struct event *event = op->play->event;
	struct named named;
	enum result r = look_up(op->play, session, labels_make, &event->facts, &named, err);
	struct policy policy = {.kind = event->kind, .set_at = op->play->world->now, .begins_at = {event->at},
				.set_by = "os:0", .removed = event->removed,
				.keep = {.months = event->keep.months, .days = event->keep.days,
					 .unlimited = event->keep.unlimited},
				.scope = {.number = op->number, .direction = event->facts.direction,
					  .min_duration_ms = event->facts.seconds * 1000}};

	policy.scope.queue = named.queue;
	policy.scope.campaign = named.campaign;
	policy.scope.tag = named.tag;
	return r == OK ? policy_put(session->data, op->play->world->account.number, &policy, err) : r;
}

/* The profile would refuse it. */
static bool is_out_of_bounds(const struct event *event)
{
	return event->keep.unlimited || (event->removed && same_scope(&event->facts, &(struct facts){.number = 0}));
}

static void make_rule(struct play *play)
{
	const struct event *event = play->event;
	struct rule_op op = {play, number_named(play, event->facts.number)};
	struct err err;

	/* There is no rule for a number that no record has, nor beyond what the profile allows. */
	if (play->played.rule_count == RULES || (event->facts.number != 0 && op.number == 0) ||
	    (play->played.bills && is_out_of_bounds(event)))
		return;
	if (!went(play, vault_write(play->world->vault, put_rule, &op, &err), "a rule cannot be set", &err))
		return;
	play->played.rules[play->played.rule_count++] =
	    (struct seen_rule){event->kind, event->facts, event->keep, event->removed, event->at};
}

/* On whom and what the event says; false: somebody or something of it is not there, and nothing is to be held. */
static bool begin_hold(struct play *play, struct seen_hold *hold, struct named *named)
{
	const struct event *event = play->event;
	struct err err;

	*hold = (struct seen_hold){.name = event->name,
				   .active = true,
				   .restriction = event->what == RESTRICT,
				   .has_person = event->from >= 0,
				   .has_agent = event->agent != 0,
				   .calls_only = event->calls_only,
				   .scope = event->facts,
				   .since = event->since,
				   .until = event->until,
				   .made = play->world->now.ms};
	if (play->played.hold_count == HOLDS ||
	    (hold->has_person && identity_of(play->world, IDENTITY_PHONE, phones[event->from], &hold->person) == 0) ||
	    (hold->has_agent && agent_named(play, event->agent, &hold->agent) == 0))
		return false;
	if (!went(play, look_up(play, &play->world->vault->read, labels_find, &event->facts, named, &err),
		  "a label cannot be looked up", &err))
		return false;
	named->number = number_named(play, event->facts.number);
	return is_named(&event->facts, named);
}

static void make_hold(struct play *play)
{
	bool by_number = play->event->by_number;
	struct seen_hold hold;
	struct named named;
	struct err err;

	if (!begin_hold(play, &hold, &named))
		return;
	const struct hold_request request = {
	    .has_person = hold.has_person && !by_number, .person = hold.person,
	    .identity = by_number ? identity_of(play->world, IDENTITY_PHONE, phones[play->event->from], NULL) : 0,
	    .number = named.number, .agent = agent_named(play, play->event->agent, NULL), .queue = named.queue,
	    .campaign = named.campaign, .tag = named.tag, .kinds = hold.calls_only ? 1u << KIND_CALL : 0,
	    .has_from = hold.since != 0, .from = {hold.since}, .has_until = hold.until != 0, .until = {hold.until},
	    .reason = "a dispute"};

	if (went(play, holds_add(play->world->vault, &play->world->account, &request, play->world->now, &hold.id, &err),
		 "a hold cannot be added", &err))
		play->played.holds[play->played.hold_count++] = hold;
}

static bool is_restricted(const struct played *played, struct id person)
{
	for (int i = 0; i < played->hold_count; i++) {
		if (played->holds[i].active && played->holds[i].restriction && same_id(played->holds[i].person, person))
			return true;
	}
	return false;
}

static void restrict_person(struct play *play)
{
	struct seen_hold hold;
	struct named named;
	struct err err;

	if (!begin_hold(play, &hold, &named) || is_restricted(&play->played, hold.person))
		return;
	if (went(play, holds_restrict(play->world->vault, &play->world->account, hold.person, GROUND_CLAIMS, NULL,
				      play->world->now, &hold.id, &err), "somebody cannot be restricted", &err))
		play->played.holds[play->played.hold_count++] = hold;
}

/* Nobody can have been told that it ends before it was made: the clock went back. Nor today, in its first moment,
 * before now. */
static bool can_end(const struct play *play, const struct seen_hold *hold)
{
	return hold->active &&
	       (!hold->restriction || (hold->made <= play->world->now.ms && play->world->now.ms % DAY_MS != 0));
}

static enum result end_hold(struct play *play, const struct seen_hold *hold, struct err *err)
{
	struct vault *vault = play->world->vault;
	struct instant now = play->world->now;
	struct handed handed;

	return hold->restriction ? holds_unrestrict(vault, &play->world->account, hold->person, instant_date(now), now,
						    &handed, err)
				 : holds_release(vault, &play->world->account, hold->id, now, &handed, err);
}

static void release(struct play *play)
{
	for (int i = 0; i < play->played.hold_count; i++) {
		struct seen_hold *hold = &play->played.holds[i];
		struct err err;

		if (hold->name != play->event->name || !can_end(play, hold) ||
		    !went(play, end_hold(play, hold, &err), "a hold cannot be released", &err))
			continue;
		hold->active = false;
		model_release(&play->played);
	}
}

/* They go, and the records stay. */
static void erase_agent(struct play *play)
{
	struct erase_options options = {.now = play->world->now};
	struct erase_result result;
	struct id person;
	struct err err;
	enum result r;

	if (agent_named(play, play->event->agent, &person) == 0)
		return;
	r = erase_person(play->world->vault, &play->world->account, person, &options, &play->world->pool, &result, &err);
	if (model_refuses_to_erase_agent(&play->played, person)) {
		if (r != ERR_HELD)
			differ(play, "an agent is erased from what is held", "%s", r == OK ? "" : err.what);
		return;
	}
	if (!went(play, r, "an agent cannot be erased", &err))
		return;
	model_erase_agent(&play->played, person);
	compare_survivors(play);
}

static void erase(struct play *play)
{
	struct erase_options options = {.now = play->world->now};
	struct erase_result result;
	struct id person;
	struct err err;

	if (identity_of(play->world, IDENTITY_PHONE, phones[play->event->from], &person) == 0)
		return;
	if (model_refuses_to_erase(&play->played, person)) {
		if (erase_person(play->world->vault, &play->world->account, person, &options, &play->world->pool,
				 &result, &err) != ERR_WRONG_STATE)
			differ(play, "an erasure of what is not billed is not refused", "%s", err.what);
		return;
	}
	if (!went(play, erase_person(play->world->vault, &play->world->account, person, &options, &play->world->pool,
				     &result, &err), "somebody cannot be erased", &err))
		return;
	model_erase(&play->played, person);
	compare_survivors(play);
}

static enum result put_laws(struct session *session, void *arg, struct err *err)
{
	struct play *play = arg;
	enum result r = OK;

	for (size_t i = 0; i < LAWS_COUNT && r == OK; i++) {
		struct obligation_row row = {.code = laws[i].code, .applied = {1}, .set_by = "os:0"};

		if ((play->event->laws & 1u << i) != 0)
			r = obligation_put(session->data, play->world->account.number, &row, err);
	}
	return r;
}

static void come_under_laws(struct play *play)
{
	struct err err;

	if (went(play, vault_write(play->world->vault, put_laws, play, &err), "a law cannot be applied", &err))
		play->played.under |= play->event->laws;
}

/* ---- what is billed ---- */

static enum result put_billed(struct session *session, void *arg, struct err *err)
{
	struct play *play = arg;
	uint32_t account = play->world->account.number;
	char day[TIME_TEXT_MAX];
	enum result r = settings_put(session, account, "profile", "callrail", play->world->now, err);

	date_format(instant_date((struct instant){play->event->at}), day);
	if (r == OK)
		r = settings_put(session, account, "billed_until", day, play->world->now, err);
	for (size_t i = 0; i < 2 && r == OK && !play->played.bills; i++) {
		struct policy policy = {.kind = billed_kinds[i], .keep = {.months = 25}, .set_at = play->world->now,
					.begins_at = {1}, .set_by = "os:0"};

		r = policy_put(session->data, account, &policy, err);
	}
	return r;
}

/* The first brings the profile, and its rules, which were there before the clock of any world; it comes before any other
 * rule does. */
static void bill(struct play *play)
{
	struct played *played = &play->played;
	struct err err;

	if (!played->bills && (played->rule_count > 0 || played->record_count > 0))
		return;
	if (!went(play, vault_write(play->world->vault, put_billed, play, &err), "what is billed cannot be said", &err))
		return;
	for (size_t i = 0; i < 2 && !played->bills; i++)
		played->rules[played->rule_count++] = (struct seen_rule){
		    .kind = billed_kinds[i], .keep = {false, 25, 0}, .begins = 1};
	played->bills = true;
	played->billed = (int)(play->event->at / DAY_MS);
}

#endif
