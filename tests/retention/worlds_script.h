/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What happens in a world, as a list: drawn by chance, made smaller by leaving things out, and printed as a named test
 * would have it. Every time in it is its own, so that any part of a list is a list: what needs something that was left
 * out does nothing.
 */
#ifndef LETHE_TESTS_RETENTION_WORLDS_SCRIPT_H
#define LETHE_TESTS_RETENTION_WORLDS_SCRIPT_H

#include "retention/model.h"
#include "world.h"

#define PEOPLE 4
#define NAMES 2 /* own numbers, queues, campaigns, tags and agents there are of each */
#define STEPS 24
#define EVENTS 224
#define DAY_MS INT64_C(86400000)

/* What a record has, and what a rule or a hold asks for; 0: nothing. Tags are a bit each: a record may have both, a
 * scope has one. Of a scope `seconds` are at least so many. */
struct facts { int number, queue, campaign; unsigned tags; enum direction direction; int seconds; };

static bool same_scope(const struct facts *a, const struct facts *b)
{
	return a->number == b->number && a->queue == b->queue && a->campaign == b->campaign && a->tags == b->tags &&
	       a->direction == b->direction && a->seconds == b->seconds;
}

enum happening { LAWS, PUT, RULE, HOLD, RESTRICT, RELEASE, ERASE, CLOCK, SWEEP, BILL };

struct event {
	enum happening what;
	int name;                   /* of what is put or held, and of what is released */
	int64_t at;                 /* of a record; when a rule begins; what the clock says; in the last day that is billed */
	enum record_kind kind;      /* of a record, a rule */
	struct facts facts;         /* of a record; the scope of a rule, a hold */
	int from, to;               /* persons of a record; `from` is also who is held, erased; -1: nobody */
	int agent;                  /* of a record, a hold; who is erased when `from` is nobody; 0: none */
	bool missed;
	struct model_span keep;
	bool removed;
	bool calls_only;            /* of a hold */
	bool by_number;             /* it is on a telephone number and not on whom it is of */
	int64_t since, until;       /* of a hold; 0: not so narrowed */
	unsigned laws;              /* a bit for each the account comes under */
	int budget;                 /* of a sweep, records at once; 0: no end */
	bool all_keys;
};

struct script { int64_t start; int count; struct event list[EVENTS]; };

/* ---- drawn by chance ---- */

struct drawing { struct script *script; struct model_random random; int64_t now; int records, holds, bills; };

static struct event *draw_event(struct drawing *d, enum happening what)
{
	struct event *event;

	assert_true(d->script->count < EVENTS);
	event = &d->script->list[d->script->count++];
	*event = (struct event){.what = what};
	return event;
}

/* The last Sunday of a month of 31 days. */
static int last_sunday(int year, int month)
{
	int day = model_number((struct model_date){year, month, 31});

	while (day % 7 != 3) /* day 0 was a Thursday */
		day--;
	return day;
}

/* The day before `today` on which the clocks were last changed. */
static int last_change(int today)
{
	int year = model_date(today).year;

	if (last_sunday(year, 10) < today)
		return last_sunday(year, 10);
	return last_sunday(year, 3) < today ? last_sunday(year, 3) : last_sunday(year - 1, 10);
}

static enum record_kind any_kind(struct drawing *d)
{
	return model_chance(&d->random, 2) ? KIND_CALL : KIND_MESSAGE;
}

/* A few days, so that some share one; half of it late, when it is the next day in Paris, in summer sooner. */
static int64_t draw_time(struct drawing *d)
{
	int today = (int)(d->now / DAY_MS), day = today - 30 * model_pick(&d->random, 6) - model_pick(&d->random, 3);
	int64_t at;

	if (model_chance(&d->random, 6))
		day = last_change(today);
	at = day * DAY_MS + (model_chance(&d->random, 2) ? DAY_MS / 8 * 7 : 0);
	return at + model_pick(&d->random, (int)((day + 1) * DAY_MS - at));
}

static void draw_put(struct drawing *d)
{
	struct event *event = draw_event(d, PUT);

	event->name = d->records++;
	event->at = draw_time(d);
	event->kind = any_kind(d);
	event->facts = (struct facts){.number = model_pick(&d->random, 1 + NAMES),
				      .queue = model_pick(&d->random, 1 + NAMES),
				      .campaign = model_pick(&d->random, 1 + NAMES),
				      .tags = (unsigned)model_pick(&d->random, 1 << NAMES),
				      .direction = model_chance(&d->random, 2) ? DIRECTION_INBOUND : DIRECTION_OUTBOUND,
				      .seconds = 1 + 59 * model_pick(&d->random, 3)};
	event->from = model_pick(&d->random, PEOPLE);
	event->to = model_pick(&d->random, PEOPLE);
	event->agent = model_pick(&d->random, 1 + NAMES);
	event->missed = event->kind == KIND_CALL && model_chance(&d->random, 2);
}

static int maybe(struct drawing *d, int value)
{
	return model_chance(&d->random, 3) ? value : 0;
}

static struct facts draw_scope(struct drawing *d)
{
	return (struct facts){.number = maybe(d, 1 + model_pick(&d->random, NAMES)),
			      .queue = maybe(d, 1 + model_pick(&d->random, NAMES)),
			      .campaign = maybe(d, 1 + model_pick(&d->random, NAMES)),
			      .tags = (unsigned)maybe(d, 1 << model_pick(&d->random, NAMES)),
			      .direction = (enum direction)maybe(d, DIRECTION_INBOUND + model_pick(&d->random, 2)),
			      .seconds = maybe(d, 60 + 60 * model_pick(&d->random, 2))};
}

/* Leaves one or two of the parts that there are. */
static struct facts few_parts(struct drawing *d, struct facts has)
{
	int wanted = 1 + model_pick(&d->random, 2);
	struct facts out = {.number = 0};

	for (int i = 0; i < wanted; i++) {
		switch (model_pick(&d->random, 6)) {
		case 0: out.number = has.number; break;
		case 1: out.queue = has.queue; break;
		case 2: out.campaign = has.campaign; break;
		case 3: out.tags = has.tags == 3 ? 1u << model_pick(&d->random, NAMES) : has.tags; break;
		case 4: out.direction = has.direction; break;
		default: out.seconds = has.seconds > 60 ? 60 * (1 + model_pick(&d->random, 2)) : has.seconds; break;
		}
	}
	return out;
}

/* One of those that were put in; there are some. */
static const struct event *any_put(struct drawing *d)
{
	int nth = model_pick(&d->random, d->records);
	const struct event *event = d->script->list;

	while (event->what != PUT || event->name != nth)
		event++;
	return event;
}

/* The last rule that names a tag; NULL: none does. */
static const struct event *last_with_tag(const struct script *script)
{
	for (int i = script->count - 2; i >= 0; i--) { /* the last is what is being drawn */
		if (script->list[i].what == RULE && script->list[i].facts.tags != 0)
			return &script->list[i];
	}
	return NULL;
}

/* Mostly such as fits a record, so that several of equally many parts do. */
static void draw_rule_scope(struct drawing *d, struct event *event)
{
	/* Which of them is longer, the day says. */
	static const struct model_span near[] = {{false, 0, 30}, {false, 1, 0}, {false, 0, 31}};
	const struct event *like = last_with_tag(d->script);

	if (like != NULL && model_chance(&d->random, 4)) {
		event->kind = like->kind;
		event->facts = like->facts;
		event->facts.tags = 3 - like->facts.tags; /* the other: a record may have both */
		if (model_chance(&d->random, 2))
			event->keep = near[model_pick(&d->random, 3)];
	} else if (model_chance(&d->random, 3)) {
		event->facts = draw_scope(d);
	} else {
		like = any_put(d);
		event->kind = like->kind;
		event->facts = few_parts(d, like->facts);
	}
}

static void draw_rule(struct drawing *d)
{
	static const struct model_span spans[] = {{false, 0, 0},  {false, 0, 30}, {false, 0, 90}, {false, 1, 0},
						  {false, 12, 0}, {false, 2, 0},  {true, 0, 0},   {false, 0, 31}};
	struct event *event = draw_event(d, RULE);

	event->kind = any_kind(d);
	event->keep = spans[model_pick(&d->random, sizeof spans / sizeof spans[0])];
	event->at = d->now + (model_chance(&d->random, 4) ? DAY_MS : 0);
	if (model_chance(&d->random, 5))
		return;
	draw_rule_scope(d, event);
	event->removed = model_chance(&d->random, 5);
}

/* Of somebody alone, or such as fits a record, or any. */
static struct facts draw_hold_scope(struct drawing *d, bool someone)
{
	struct facts scope = {.number = 0};

	if (someone && model_chance(&d->random, 2))
		return scope;
	scope = model_chance(&d->random, 2) ? few_parts(d, any_put(d)->facts) : draw_scope(d);
	scope.direction = DIRECTION_NONE;
	scope.seconds = 0;
	return scope;
}

static void draw_hold(struct drawing *d)
{
	bool someone = model_chance(&d->random, 2), restriction = someone && model_chance(&d->random, 3);
	struct event *event = draw_event(d, restriction ? RESTRICT : HOLD);

	event->name = d->holds++;
	event->from = someone ? model_pick(&d->random, PEOPLE) : -1;
	if (restriction)
		return;
	event->by_number = someone && model_chance(&d->random, 3);
	event->facts = draw_hold_scope(d, someone);
	event->agent = maybe(d, model_pick(&d->random, 1 + NAMES));
	event->calls_only = (!someone && event->agent == 0 && same_scope(&event->facts, &(struct facts){.number = 0})) ||
			    model_chance(&d->random, 3);
	if (model_chance(&d->random, 2))
		event->since = d->now - model_pick(&d->random, 90) * DAY_MS;
	if (event->since != 0 && model_chance(&d->random, 3))
		event->until = event->since + (1 + model_pick(&d->random, 60)) * DAY_MS;
}

static void draw_clock(struct drawing *d)
{
	static const int steps[] = {1, 1, 28, 29, 30, 31, 59, 365};
	int days = model_chance(&d->random, 2) ? steps[model_pick(&d->random, 8)] : model_pick(&d->random, 90);

	if (model_chance(&d->random, 5))
		days = -days;
	d->now += days * DAY_MS + model_pick(&d->random, 3) * 3600000;
	draw_event(d, CLOCK)->at = d->now;
}

/* Now and then within a budget. */
static void draw_sweep(struct drawing *d)
{
	struct event *event = draw_event(d, SWEEP);

	event->budget = model_chance(&d->random, 3) ? 1 + model_pick(&d->random, 5) : 0;
	event->all_keys = model_chance(&d->random, 2);
}

static void draw_erase(struct drawing *d)
{
	struct event *event = draw_event(d, ERASE);
	bool agent = model_chance(&d->random, 3);

	event->from = agent ? -1 : model_pick(&d->random, PEOPLE);
	event->agent = agent ? 1 + model_pick(&d->random, NAMES) : 0;
}

/* That far, or less far than was said before. */
static void draw_bill(struct drawing *d)
{
	draw_event(d, BILL)->at = d->now - model_pick(&d->random, 120) * DAY_MS;
}

static void draw_step(struct drawing *d)
{
	switch (model_pick(&d->random, 12 + d->bills)) {
	case 0: case 1: case 2: draw_clock(d); break;
	case 3: case 4: case 5: draw_sweep(d); break;
	case 6: case 7: draw_rule(d); draw_rule(d); draw_rule(d); break;
	case 8: draw_hold(d); draw_hold(d); break;
	case 9: draw_event(d, RELEASE)->name = model_pick(&d->random, 1 + d->holds); break;
	case 10: draw_erase(d); break;
	case 12: draw_bill(d); break;
	default: draw_put(d); break;
	}
}

static void draw_script(uint64_t seed, struct script *out)
{
	static const char *const starts[] = {"2024-02-29T12:00:00Z", "2025-03-31T12:00:00Z", "2026-03-01T12:00:00Z"};
	struct drawing d = {.script = out, .random = {seed}};

	*out = (struct script){.count = 0};
	d.now = out->start = world_time(starts[model_pick(&d.random, 3)]).ms;
	draw_event(&d, LAWS)->laws = (unsigned)model_pick(&d.random, 4);
	d.bills = model_chance(&d.random, 3);
	if (d.bills != 0)
		draw_bill(&d);
	for (int i = 0; i < 10; i++)
		draw_put(&d);
	for (int i = 0; i < STEPS; i++)
		draw_step(&d);
	draw_sweep(&d);
	for (int i = 0; i < d.holds; i++) {
		draw_event(&d, RELEASE)->name = i;
		draw_sweep(&d);
	}
}

/* ---- made smaller ---- */

/* Has it the difference that is looked for? */
typedef bool script_check(void *arg, const struct script *script);

static struct script without(const struct script *script, int first, int count)
{
	struct script less = *script;

	memmove(&less.list[first], &less.list[first + count],
		(size_t)(less.count - first - count) * sizeof less.list[0]);
	less.count -= count;
	return less;
}

/* By halves, quarters, at last one by one, until nothing can be left out. */
static void drop_events(struct script *script, script_check *differs, void *arg)
{
	int chunk = script->count / 2;
	bool any = true;

	while (chunk > 1 || any) {
		any = false;
		chunk = chunk > 1 ? chunk : 1;
		for (int first = script->count - chunk; first >= 0; first -= chunk) {
			struct script less = without(script, first, chunk);

			if (!differs(arg, &less))
				continue;
			*script = less;
			any = true;
		}
		any |= chunk > 1;
		chunk /= 2;
	}
}

/* Leaves the nth thing that there may be out of an event; `changes` says whether it was there. false: there are no
 * more. */
static bool simpler(struct event *event, int nth, bool *changes)
{
#define LESS(member, value) (*changes = event->member != (value), event->member = (value), true)
	bool put = event->what == PUT;

	switch (nth) {
	case 0: return LESS(facts.number, 0);
	case 1: return LESS(facts.queue, 0);
	case 2: return LESS(facts.campaign, 0);
	case 3: return LESS(facts.tags, event->facts.tags & ~1u);
	case 4: return LESS(facts.tags, event->facts.tags & ~2u);
	case 5: return LESS(facts.seconds, put ? 1 : 0);
	case 6: return LESS(facts.direction, put ? DIRECTION_INBOUND : DIRECTION_NONE);
	case 7: return LESS(to, put ? event->from : event->to);
	case 8: return LESS(missed, false);
	case 9: return LESS(calls_only, false);
	case 10: return LESS(until, 0);
	case 11: return LESS(since, event->until != 0 ? event->since : 0);
	case 12: return LESS(laws, event->laws & ~1u);
	case 13: return LESS(laws, event->laws & ~2u);
	case 14: return LESS(budget, 0);
	case 15: return LESS(all_keys, false);
	case 16: return LESS(by_number, false);
	case 17: return LESS(agent, event->what == ERASE ? event->agent : 0);
	default: return false;
	}
#undef LESS
}

static void simplify_events(struct script *script, script_check *differs, void *arg)
{
	for (int i = 0; i < script->count; i++) {
		struct script less = *script;
		bool changes = false;

		for (int nth = 0; simpler(&less.list[i], nth, &changes); nth++) {
			if (changes && differs(arg, &less))
				*script = less;
			less = *script;
		}
	}
}

static void shrink(struct script *script, script_check *differs, void *arg)
{
	int before;

	do {
		before = script->count;
		drop_events(script, differs, arg);
		simplify_events(script, differs, arg);
	} while (script->count < before);
}

/* ---- printed ---- */

static void print_facts(FILE *out, const struct facts *facts)
{
	static const char *const directions[] = {"DIRECTION_NONE", "DIRECTION_INBOUND", "DIRECTION_OUTBOUND"};

	fprintf(out, ", .facts = {%d, %d, %d, %u, %s, %d}", facts->number, facts->queue, facts->campaign, facts->tags,
		directions[facts->direction], facts->seconds);
}

static void print_time(FILE *out, const char *member, int64_t ms)
{
	char text[TIME_TEXT_MAX];

	if (ms != 0)
		fprintf(out, ", .%s = INT64_C(%lld) /* %s */", member, (long long)ms,
			instant_format((struct instant){ms}, text));
}

static void print_event(FILE *out, const struct event *event)
{
	static const char *const words[] = {"LAWS",    "PUT",   "RULE",  "HOLD", "RESTRICT",
					    "RELEASE", "ERASE", "CLOCK", "SWEEP", "BILL"};

	fprintf(out, "\t    {%s", words[event->what]);
	if (event->what == PUT || event->what == HOLD || event->what == RESTRICT || event->what == RELEASE)
		fprintf(out, ", .name = %d", event->name);
	if (event->what == PUT || event->what == RULE)
		fprintf(out, ", .kind = %s", event->kind == KIND_CALL ? "KIND_CALL" : "KIND_MESSAGE");
	print_time(out, "at", event->at);
	if (event->what == PUT || event->what == RULE || event->what == HOLD)
		print_facts(out, &event->facts);
	if (event->what == PUT || event->what == HOLD || event->what == RESTRICT || event->what == ERASE)
		fprintf(out, ", .from = %d", event->from);
	if (event->what == PUT)
		fprintf(out, ", .to = %d%s", event->to, event->missed ? ", .missed = true" : "");
	if (event->what == RULE)
		fprintf(out, ", .keep = {%s, %d, %d}%s", event->keep.unlimited ? "true" : "false", event->keep.months,
			event->keep.days, event->removed ? ", .removed = true" : "");
	if (event->agent != 0)
		fprintf(out, ", .agent = %d", event->agent);
	if (event->calls_only)
		fprintf(out, ", .calls_only = true");
	if (event->by_number)
		fprintf(out, ", .by_number = true");
	print_time(out, "since", event->since);
	print_time(out, "until", event->until);
	if (event->what == LAWS)
		fprintf(out, ", .laws = %u", event->laws);
	if (event->budget != 0)
		fprintf(out, ", .budget = %d", event->budget);
	fprintf(out, "%s},\n", event->all_keys ? ", .all_keys = true" : "");
}

/* As the initialiser that a test of its own gives assert_agrees(). */
static void print_script(FILE *out, const struct script *script)
{
	fprintf(out, "\tstatic const struct script script = {.start = INT64_C(%lld), .count = %d, .list = {\n",
		(long long)script->start, script->count);
	for (int i = 0; i < script->count; i++)
		print_event(out, &script->list[i]);
	fprintf(out, "\t}};\n");
}

#endif
