/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole worlds: random records, policies, holds, erasures and a clock that
 * steps, in a real vault; and beside it a slow, obvious model that asks of each record
 * what must become of it.  After each sweep the two must have the same survivors, in the same state.
 * Records have own numbers, queues, campaigns, tags, directions, durations and agents, and policies and holds are narrowed
 * by any of them; in some worlds nothing goes before it is billed. What a run deletes is what the plan and the forecast of
 * the day say. A world in which the two differ is made small, and printed as a test of its own would have it.
 *
 * WORLD_SEED=n is the first world's seed, WORLD_COUNT=n how many there are; LONG=1: many.
 */
#include "retention/keeping.h"
#include "retention/worlds_model.h"

#include "privacy/erase.h"
#include "retention/forecast.h"
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

/* ---- sweeps ---- */

struct planned { int64_t run[KIND_COUNT], forecast[KIND_COUNT]; };

/* What a run will delete, as the plan and the forecast of today have it. */
static void foresee(struct play *play, struct planned *out)
{
	struct session *session = &play->world->vault->read;
	uint32_t account = play->world->account.number;
	struct forecast forecast;
	struct sweep_plan plan;
	struct err err;

	if (!went(play, sweep_plan(session, account, play->world->now, &plan, &err), "a plan fails", &err) ||
	    !went(play, forecast_make(session, account, play->world->now, 0, UINT32_MAX, &play->world->pool, &forecast, &err),
		  "a forecast fails", &err))
		return;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		out->run[kind] = sweep_plan_records(&plan.kinds[kind]);
		out->forecast[kind] = forecast.kinds[kind][0].goes.records;
	}
}

static void compare_planned(struct play *play, const struct planned *planned, const int64_t deleted[KIND_COUNT])
{
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (planned->run[kind] != deleted[kind] || planned->forecast[kind] != deleted[kind])
			differ(play, "a plan is not what is then done", "%s: the plan %lld, the forecast %lld, done %lld",
			       kind_plural((enum record_kind)kind), (long long)planned->run[kind],
			       (long long)planned->forecast[kind], (long long)deleted[kind]);
	}
}

/* Within its budget, as often as it takes. */
static void run_all(struct play *play, int64_t deleted[KIND_COUNT])
{
	struct sweep_budget budget = {.records = play->event->budget, .all_keys = play->event->all_keys};
	struct sweep_result result = {.spent = true};
	struct err err;

	while (play->difference == NULL && result.spent) {
		if (went(play,
			 sweep_run_within(play->world->vault, &play->world->account, play->world->now, &budget, NULL,
					  NULL, &play->world->pool, &result, &err),
			 "a sweep fails", &err) &&
		    sweep_left_any(&result.left))
			differ(play, "a sweep left something", "of what it deleted");
		for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
			deleted[kind] += result.kinds[kind].records;
	}
}

static void sweep(struct play *play)
{
	struct planned planned = {{0}, {0}};
	int64_t deleted[KIND_COUNT] = {0};

	compare_verdicts(play);
	foresee(play, &planned);
	run_all(play, deleted);
	compare_planned(play, &planned, deleted);
	model_sweep(&play->played);
	compare_survivors(play);
	compare_verdicts(play);
}

/* ---- playing ---- */

static void happen(struct play *play)
{
	switch (play->event->what) {
	case LAWS: come_under_laws(play); break;
	case PUT: put(play); break;
	case RULE: make_rule(play); break;
	case HOLD: make_hold(play); break;
	case RESTRICT: restrict_person(play); break;
	case RELEASE: release(play); break;
	case ERASE: play->event->from >= 0 ? erase(play) : erase_agent(play); break;
	case CLOCK: play->world->now.ms = play->played.now = play->event->at; break;
	case SWEEP: sweep(play); break;
	case BILL: bill(play); break;
	}
}

/* Until they differ. `play` is as it was then, and its world gone. */
static void play_script(const struct script *script, enum model_fault fault, struct play *play)
{
	struct world *world = test_calloc(1, sizeof *world);
	char start[TIME_TEXT_MAX];

	*play = (struct play){.world = world, .played = {.now = script->start, .fault = fault}};
	world_begin(world, instant_format((struct instant){script->start}, start));
	for (int i = 0; i < script->count && play->difference == NULL; i++) {
		play->event = &script->list[i];
		happen(play);
	}
	world_end(world);
	test_free(world);
	play->world = NULL;
	play->event = NULL;
}

/* A smaller world must differ in the same sort of thing, or it is another's example. */
struct looking { enum model_fault fault; const char *difference; struct play *play; };

static bool differs_so(void *arg, const struct script *script)
{
	struct looking *looking = arg;

	play_script(script, looking->fault, looking->play);
	return looking->play->difference != NULL && strcmp(looking->play->difference, looking->difference) == 0;
}

/* Do engine and model differ in it? Then it is made small, and `play` is how it is played. */
static bool find_difference(struct script *script, enum model_fault fault, struct play *play)
{
	struct looking looking = {.fault = fault, .play = play};

	play_script(script, fault, play);
	if (play->difference == NULL)
		return false;
	looking.difference = play->difference;
	shrink(script, differs_so, &looking);
	play_script(script, fault, play);
	return true;
}

/* print_message cuts. */
static void assert_agrees(const struct script *script)
{
	struct script smallest = *script;
	struct play *play = test_calloc(1, sizeof *play);

	if (find_difference(&smallest, FAULT_NONE, play)) {
		print_script(stderr, &smallest);
		fprintf(stderr, "%s: %s\n", play->difference, play->told);
		fail_msg("engine and model differ: %s", play->difference);
	}
	test_free(play);
}

static long number_of(const char *name, long fallback)
{
	const char *text = getenv(name);

	return text == NULL ? fallback : strtol(text, NULL, 10);
}

static void survivors_are_those_of_the_model_in_any_world(void **state)
{
	uint64_t seed = (uint64_t)number_of("WORLD_SEED", 1);
	long count = number_of("WORLD_COUNT", getenv("LONG") != NULL ? 3000 : 4);
	struct script script;
	(void)state;

	print_message("worlds %llu to %llu\n", (unsigned long long)seed, (unsigned long long)seed + count - 1);
	for (long i = 0; i < count; i++) {
		draw_script(seed + (uint64_t)i, &script);
		assert_agrees(&script);
	}
}

/* ---- is a difference found, and made small? ---- */

#define NOW INT64_C(1772366400000) /* 2026-03-01T12:00:00Z */
#define EARLIER (NOW - 40 * DAY_MS)

/* A record past its time that a hold on its queue keeps, one beside it that it does not, and what does not matter. */
static const struct script with_queues = {.start = NOW, .count = 6, .list = {
	    {PUT, .name = 0, .kind = KIND_CALL, .at = EARLIER, .facts = {0, 1, 0, 0, DIRECTION_INBOUND, 1}},
	    {PUT, .name = 1, .kind = KIND_CALL, .at = EARLIER, .facts = {0, 0, 1, 0, DIRECTION_INBOUND, 60},
	     .from = 2, .to = 2},
	    {HOLD, .name = 0, .facts = {.queue = 1}, .from = -1},
	    {RULE, .kind = KIND_CALL, .at = NOW, .keep = {false, 0, 30}},
	    {RULE, .kind = KIND_MESSAGE, .at = NOW, .keep = {true, 0, 0}},
	    {SWEEP},
	}};

/* A record of the queue, for without one nothing can be held for it; one that is not, a hold, a rule and a sweep. */
static const char smallest[] =
    "\tstatic const struct script script = {.start = INT64_C(1772366400000), .count = 5, .list = {\n"
    "\t    {PUT, .name = 0, .kind = KIND_CALL, .at = INT64_C(1768910400000) /* 2026-01-20T12:00:00Z */"
    ", .facts = {0, 1, 0, 0, DIRECTION_INBOUND, 1}, .from = 0, .to = 0},\n"
    "\t    {PUT, .name = 1, .kind = KIND_CALL, .at = INT64_C(1768910400000) /* 2026-01-20T12:00:00Z */"
    ", .facts = {0, 0, 0, 0, DIRECTION_INBOUND, 1}, .from = 2, .to = 2},\n"
    "\t    {HOLD, .name = 0, .facts = {0, 1, 0, 0, DIRECTION_NONE, 0}, .from = -1},\n"
    "\t    {RULE, .kind = KIND_CALL, .at = INT64_C(1772366400000) /* 2026-03-01T12:00:00Z */"
    ", .facts = {0, 0, 0, 0, DIRECTION_NONE, 0}, .keep = {false, 0, 30}},\n"
    "\t    {SWEEP},\n"
    "\t}};\n";

static void a_fault_is_found_and_its_world_holds_nothing_that_does_not_matter(void **state)
{
	struct play *play = test_calloc(1, sizeof *play);
	struct script script = with_queues;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	(void)state;

	assert_non_null(out);
	play_script(&script, FAULT_NONE, play);
	assert_null(play->difference);
	assert_true(find_difference(&script, FAULT_QUEUES_OF_HOLDS, play));
	assert_string_equal(play->difference, "the verdict is not that of the model");
	assert_non_null(strstr(play->told, "record 1"));
	print_script(out, &script);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, smallest);
	free(text);
	test_free(play);
}

/* A stand-in for a difference: an erasure, and after it a rule for a campaign and a tag. */
static bool has_both(void *arg, const struct script *script)
{
	bool erased = false;

	++*(int *)arg;
	for (int i = 0; i < script->count; i++) {
		const struct event *event = &script->list[i];

		erased |= event->what == ERASE;
		if (erased && event->what == RULE && event->facts.campaign != 0 && event->facts.tags != 0)
			return true;
	}
	return false;
}

static void whatever_the_world_shrinking_leaves_what_matters_and_nothing_else(void **state)
{
	int worlds = 0, tries = 0;
	struct script script;
	(void)state;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		draw_script(seed, &script);
		if (!has_both(&tries, &script))
			continue;
		worlds++;
		shrink(&script, has_both, &tries);
		assert_int_equal(script.count, 2);
		assert_int_equal(script.list[0].what, ERASE);
		assert_int_equal(script.list[1].what, RULE);
		assert_int_not_equal(script.list[1].facts.campaign, 0);
		assert_true(script.list[1].facts.tags == 1 || script.list[1].facts.tags == 2);
		assert_int_equal(
		    script.list[1].facts.queue | script.list[1].facts.number | script.list[1].facts.seconds, 0);
	}
	assert_true(worlds >= 10);
	assert_true(tries < worlds * 200 + 200);
}

/* ---- found so ---- */

/* A restriction must not take over what a released hold kept of somebody erased: an erasure is stronger. */
static void what_was_erased_is_not_kept_by_a_restriction_when_its_hold_ends(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2026-02-01T10:00:00Z", "{}", phones[0], phones[1], NULL);
	struct id erased, restricted, hold_id, restriction;
	struct erase_options options = {.now = world->now};
	struct erase_result result;
	struct sweep_result swept;
	struct err err;

	identity_of(world, IDENTITY_PHONE, phones[0], &erased);
	identity_of(world, IDENTITY_PHONE, phones[1], &restricted);
	hold_id = hold_person(world, phones[1]);
	assert_ok(holds_restrict(world->vault, &world->account, restricted, GROUND_CLAIMS, NULL, world->now,
				 &restriction, &err),
		  &err);
	assert_ok(erase_person(world->vault, &world->account, erased, &options, &world->pool, &result, &err), &err);
	assert_true(is_there(world, KIND_CALL, id));
	assert_int_equal(release_hold(world, hold_id), 1);
	run_sweep(world, &swept);
	assert_false(is_there(world, KIND_CALL, id));
}

/* Two holds cover it, it is under the older one's key, and the erasure takes the identities by which the other finds
 * it. */
static void what_two_holds_keep_of_somebody_erased_outlives_the_release_of_either(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2026-02-01T10:00:00Z", "{}", phones[0], NULL);
	struct hold_request all = {.kinds = 1u << KIND_CALL};
	struct erase_options options = {.now = world->now};
	struct id older = add_hold(world, &all), younger = hold_person(world, phones[0]), person;
	struct erase_result result;
	struct sweep_result swept;
	struct err err;

	identity_of(world, IDENTITY_PHONE, phones[0], &person);
	assert_ok(erase_person(world->vault, &world->account, person, &options, &world->pool, &result, &err), &err);
	assert_int_equal(identity_of(world, IDENTITY_PHONE, phones[0], NULL), 0);
	assert_int_equal(release_hold(world, older), 0);
	run_sweep(world, &swept);
	assert_opens(world, KIND_CALL, id, "{}");
	assert_int_equal(release_hold(world, younger), 1);
	run_sweep(world, &swept);
	assert_false(is_there(world, KIND_CALL, id));
}

/* It had expired under a hold, and its person was erased: no restriction on somebody else takes it over after that. */
static void what_had_expired_and_was_erased_is_not_kept_by_a_restriction(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, "2025-01-01T10:00:00Z", "{}", phones[0], phones[1], NULL);
	struct hold_request all = {.kinds = 1u << KIND_CALL};
	struct erase_options options = {.now = world->now};
	struct id hold_id = add_hold(world, &all), erased, restricted, restriction;
	struct erase_result result;
	struct sweep_result swept;
	struct err err;

	set_policy(world, KIND_CALL, "30 days");
	run_sweep(world, &swept);
	assert_opens(world, KIND_CALL, id, "{}");
	identity_of(world, IDENTITY_PHONE, phones[0], &erased);
	identity_of(world, IDENTITY_PHONE, phones[1], &restricted);
	assert_ok(holds_restrict(world->vault, &world->account, restricted, GROUND_CLAIMS, NULL, world->now,
				 &restriction, &err),
		  &err);
	assert_ok(erase_person(world->vault, &world->account, erased, &options, &world->pool, &result, &err), &err);
	assert_int_equal(release_hold(world, hold_id), 1);
	run_sweep(world, &swept);
	assert_false(is_there(world, KIND_CALL, id));
}

/* Where an obligation was in force, what a restriction kept past its time was taken for what a law had cut down: the agent
 * went out of its row and not out of what it says. */
static void an_erased_agent_goes_out_of_what_a_restriction_keeps_whole(void **state)
{
	static const struct script script = {.start = INT64_C(1772366400000), .count = 6, .list = {
	    {LAWS, .laws = 2},
	    {PUT, .name = 9, .kind = KIND_MESSAGE, .at = INT64_C(1759276120865) /* 2025-09-30T23:48:40.865Z */,
	     .facts = {0, 0, 0, 0, DIRECTION_INBOUND, 1}, .from = 1, .to = 3, .agent = 2},
	    {RULE, .kind = KIND_MESSAGE, .at = INT64_C(1772366400000) /* 2026-03-01T12:00:00Z */,
	     .facts = {0, 0, 0, 0, DIRECTION_NONE, 0}, .keep = {false, 0, 90}},
	    {RESTRICT, .name = 1, .from = 3},
	    {SWEEP},
	    {ERASE, .from = -1, .agent = 2},
	}};
	(void)state;

	assert_agrees(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(what_was_erased_is_not_kept_by_a_restriction_when_its_hold_ends),
	    KEEPING(what_had_expired_and_was_erased_is_not_kept_by_a_restriction),
	    KEEPING(what_two_holds_keep_of_somebody_erased_outlives_the_release_of_either),
	    cmocka_unit_test(an_erased_agent_goes_out_of_what_a_restriction_keeps_whole),
	    cmocka_unit_test(survivors_are_those_of_the_model_in_any_world),
	    cmocka_unit_test(a_fault_is_found_and_its_world_holds_nothing_that_does_not_matter),
	    cmocka_unit_test(whatever_the_world_shrinking_leaves_what_matters_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
