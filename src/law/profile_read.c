/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/quote.h"
#include "law/embed.h"
#include "law/profile_words.h"
#include "law/read.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- bounds ---- */

static enum result read_choices(struct law_reader *r, const struct law_at *at, struct bound *out)
{
	struct span *spans;
	size_t i = 0;

	if (law_array(r, at) != OK)
		return r->err->code;
	spans = pool_alloc(r->pool, at->value->len * sizeof *spans);
	if (!spans)
		return err_no_memory(r->err);
	for (const struct json *value = at->value->first; value; value = value->next, i++) {
		struct law_at element = law_element(at, i, value);

		if (law_span(r, &element, &spans[i]) != OK)
			return r->err->code;
	}
	out->spans = spans;
	out->count = i;
	return OK;
}

static enum result read_limit(struct law_reader *r, const struct law_at *at, struct bound *out)
{
	struct span *span = pool_alloc(r->pool, sizeof *span);

	if (!span)
		return err_no_memory(r->err);
	out->spans = span;
	out->count = 1;
	return law_span(r, at, span);
}

/* "none", or an object of exactly one member. */
static enum result read_bound(struct law_reader *r, const struct law_at *at, struct bound *out)
{
	static const char *const names[] = {
	    [BOUND_FIXED] = "fixed", [BOUND_MIN] = "min", [BOUND_MAX] = "max", [BOUND_CHOICES] = "choices"};
	static const char *const none[] = {"none"};
	struct law_at member;
	size_t word;

	if (at->value && at->value->type == JSON_STRING) {
		out->type = BOUND_NONE;
		return law_word(r, at, "bound", none, COUNT(none), &word);
	}
	if (law_object(r, at, names, COUNT(names)) != OK)
		return r->err->code;
	if (at->value->len != 1) {
		err_set(r->err, ERR_INPUT, "a bound has one member, not %zu", at->value->len);
		err_mend(r->err, "give fixed, min, max or choices, or write \"none\"");
		return law_fault(r, at);
	}
	for (size_t type = BOUND_FIXED; type <= BOUND_CHOICES; type++) {
		if (strcmp(at->value->first->name, names[type]) == 0)
			out->type = (enum bound_type)type;
	}
	member = law_member(at, names[out->type]);
	return out->type == BOUND_CHOICES ? read_choices(r, &member, out) : read_limit(r, &member, out);
}

/* The default must be within its own bounds. */
static enum result check_default(struct law_reader *r, const struct law_at *at, const struct bound *bound,
				 struct span keep)
{
	return bound_allows(bound, keep, r->err) == OK ? OK : law_fault(r, at);
}

/* ---- rules of kinds ---- */

static enum result read_plans(struct law_reader *r, const struct law_at *at, const struct profile *p,
			      struct profile_rule *rule)
{
	struct bound *bounds;

	if (!at->value)
		return OK;
	if (law_object(r, at, p->plans, p->plan_count) != OK)
		return r->err->code;
	bounds = pool_alloc(r->pool, at->value->len * sizeof *bounds);
	if (!bounds)
		return err_no_memory(r->err);
	for (const struct json *m = at->value->first; m; m = m->next) {
		struct law_at member = {.above = at, .member = m->name, .value = m};
		struct bound *bound = &bounds[rule->plan_count++];

		*bound = rule->bound;
		bound->plan = m->name;
		if (read_bound(r, &member, bound) != OK || check_default(r, &member, bound, rule->keep) != OK)
			return r->err->code;
	}
	rule->plans = bounds;
	return OK;
}

static enum result read_rule(struct law_reader *r, const struct law_at *at, const struct profile *p,
			     enum record_kind kind, struct profile_rule *rule)
{
	struct law_at keep = law_member(at, "keep"), bound = law_member(at, "bound"), plans = law_member(at, "plans");
	struct law_at source = law_member(at, "source"), changed = law_member(at, "changed_by");
	size_t word = CHANGE_ACCOUNT;

	*rule = (struct profile_rule){.set = true, .bound = {.profile = p->name, .kind = kind}};
	if (law_text(r, &source, &rule->source) != OK || law_span(r, &keep, &rule->keep) != OK)
		return r->err->code;
	rule->bound.source = rule->source;
	if (read_bound(r, &bound, &rule->bound) != OK || check_default(r, &bound, &rule->bound, rule->keep) != OK ||
	    read_plans(r, &plans, p, rule) != OK)
		return r->err->code;
	if (changed.value && law_word(r, &changed, "way of changing", profile_changes, CHANGE_COUNT, &word) != OK)
		return r->err->code;
	rule->changed_by = (enum profile_change)word;
	return OK;
}

/* One entry of "records": the same rule for each of its kinds. */
static enum result read_rules(struct law_reader *r, const struct law_at *at, struct profile *p)
{
	static const char *const names[] = {"kinds", "keep", "bound", "plans", "changed_by", "source"};
	struct law_at kinds;
	uint32_t bits;

	if (law_object(r, at, names, COUNT(names)) != OK)
		return r->err->code;
	kinds = law_member(at, "kinds");
	if (law_kinds(r, &kinds, &bits) != OK)
		return r->err->code;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (!(bits & UINT32_C(1) << kind))
			continue;
		if (p->rules[kind].set) {
			err_set(r->err, ERR_INPUT, "two rules speak of %s", kind_plural((enum record_kind)kind));
			return law_fault(r, &kinds);
		}
		if (read_rule(r, at, p, (enum record_kind)kind, &p->rules[kind]) != OK)
			return r->err->code;
	}
	return OK;
}

static enum result read_records(struct law_reader *r, const struct law_at *at, struct profile *p)
{
	size_t i = 0;

	if (law_array(r, at) != OK)
		return r->err->code;
	for (const struct json *value = at->value->first; value; value = value->next) {
		struct law_at element = law_element(at, i++, value);

		if (read_rules(r, &element, p) != OK)
			return r->err->code;
	}
	return OK;
}

/* ---- objects whose members are a vocabulary ---- */

/* Reads the member whose word has the index. */
typedef enum result read_entry(struct law_reader *r, const struct law_at *at, size_t index, struct profile *p);

static enum result read_entries(struct law_reader *r, const struct law_at *top, const char *name,
				const char *const *words, size_t count, read_entry *read, struct profile *p)
{
	struct law_at at = law_member(top, name);

	if (!at.value)
		return OK;
	if (law_object(r, &at, words, count) != OK)
		return r->err->code;
	for (size_t i = 0; i < count; i++) {
		struct law_at member = law_member(&at, words[i]);

		if (member.value && read(r, &member, i, p) != OK)
			return r->err->code;
	}
	return OK;
}

static enum result read_source(struct law_reader *r, const struct law_at *at, const char **out)
{
	struct law_at source = law_member(at, "source");

	return law_text(r, &source, out);
}

static enum result read_term(struct law_reader *r, const struct law_at *at, size_t index, struct profile *p)
{
	static const char *const names[] = {"period", "source"};
	struct profile_term *term = &p->terms[index];
	struct law_at period;

	if (law_object(r, at, names, COUNT(names)) != OK || read_source(r, at, &term->source) != OK)
		return r->err->code;
	period = law_member(at, "period");
	term->set = true;
	return law_span(r, &period, &term->span);
}

static enum result read_duty(struct law_reader *r, const struct law_at *at, size_t index, struct profile *p)
{
	static const char *const names[] = {"source"};
	struct profile_duty *duty = &p->duties[index];

	if (law_object(r, at, names, COUNT(names)) != OK)
		return r->err->code;
	duty->set = true;
	return read_source(r, at, &duty->source);
}

static enum result read_thing(struct law_reader *r, const struct law_at *at, size_t index, struct profile *p)
{
	static const char *const names[] = {"kept", "source"};
	struct profile_thing *thing = &p->things[index];
	struct law_at kept;
	size_t word = 0;

	if (law_object(r, at, names, COUNT(names)) != OK || read_source(r, at, &thing->source) != OK)
		return r->err->code;
	kept = law_member(at, "kept");
	if (law_word(r, &kept, "time", profile_lives, LIFE_COUNT, &word) != OK)
		return r->err->code;
	thing->life = (enum profile_life)word;
	return OK;
}

static enum result read_switch(struct law_reader *r, const struct law_at *at, size_t index, struct profile *p)
{
	static const char *const names[] = {"state", "set_by", "source"};
	struct profile_switch *out = &p->switches[index];
	struct law_at state, scopes;
	size_t word = 0;

	if (law_object(r, at, names, COUNT(names)) != OK || read_source(r, at, &out->source) != OK)
		return r->err->code;
	state = law_member(at, "state");
	scopes = law_member(at, "set_by");
	if (law_word(r, &state, "state", switch_states, STATE_COUNT, &word) != OK)
		return r->err->code;
	out->state = (enum switch_state)word;
	if (out->state != SWITCH_ALWAYS)
		return law_words(r, &scopes, "place to set it", switch_scopes, SCOPE_COUNT, &out->scopes);
	if (!scopes.value)
		return OK;
	err_set(r->err, ERR_INPUT, "what is always so cannot be set");
	err_mend(r->err, "leave 'set_by' out, or say \"on\"");
	return law_fault(r, &scopes);
}

/* ---- the rest ---- */

static enum result read_self_service(struct law_reader *r, const struct law_at *at, struct profile *p)
{
	static const char *const names[] = {"records", "things", "by", "source"};
	static const char *const ways[] = {"hand", "api"};
	struct profile_self_service *out = &p->self_service;
	struct law_at records, things, by;

	if (!at->value)
		return OK;
	if (law_object(r, at, names, COUNT(names)) != OK || read_source(r, at, &out->source) != OK)
		return r->err->code;
	records = law_member(at, "records");
	things = law_member(at, "things");
	by = law_member(at, "by");
	out->set = true;
	if (records.value && law_kinds(r, &records, &out->kinds) != OK)
		return r->err->code;
	if (things.value && law_words(r, &things, "thing", profile_things, THING_COUNT, &out->things) != OK)
		return r->err->code;
	return law_words(r, &by, "way", ways, COUNT(ways), &out->ways);
}

static enum result read_consent(struct law_reader *r, const struct law_at *at, struct profile *p)
{
	static const char *const names[] = {"before_recording", "keeps", "ask", "refused", "source"};
	static const char *const fields[] = {"time", "number", "text"};
	struct profile_consent *out = &p->consent;
	struct law_at before, keeps, ask, refused;

	if (!at->value)
		return OK;
	if (law_object(r, at, names, COUNT(names)) != OK || read_source(r, at, &out->source) != OK)
		return r->err->code;
	before = law_member(at, "before_recording");
	keeps = law_member(at, "keeps");
	ask = law_member(at, "ask");
	refused = law_member(at, "refused");
	out->set = true;
	if (law_flag(r, &before, &out->before_recording) != OK ||
	    law_words(r, &keeps, "field", fields, COUNT(fields), &out->keeps) != OK ||
	    law_text(r, &ask, &out->ask) != OK)
		return r->err->code;
	return law_text(r, &refused, &out->refused);
}

static enum result read_masks(struct law_reader *r, const struct law_at *at, struct profile *p)
{
	static const char *const names[] = {"phone", "email", "card", "in", "source"};
	static const char *const places[] = {"transcripts", "logs"};
	struct profile_masks *out = &p->masks;
	struct law_at phone, email, card, in;

	if (!at->value)
		return OK;
	if (law_object(r, at, names, COUNT(names)) != OK || read_source(r, at, &out->source) != OK)
		return r->err->code;
	phone = law_member(at, "phone");
	email = law_member(at, "email");
	card = law_member(at, "card");
	in = law_member(at, "in");
	out->set = true;
	if (law_text(r, &phone, &out->phone) != OK || law_text(r, &email, &out->email) != OK ||
	    law_text(r, &card, &out->card) != OK)
		return r->err->code;
	return law_words(r, &in, "place", places, COUNT(places), &out->places);
}

static enum result read_head(struct law_reader *r, const struct law_at *top, struct profile *p)
{
	struct law_at name = law_member(top, "name"), title = law_member(top, "title");
	struct law_at text = law_member(top, "text"), plans = law_member(top, "plans");

	if (law_text(r, &name, &p->name) != OK || law_text(r, &title, &p->title) != OK ||
	    law_text(r, &text, &p->text) != OK)
		return r->err->code;
	return plans.value ? law_texts(r, &plans, &p->plans, &p->plan_count) : OK;
}

static enum result read_vocabularies(struct law_reader *r, const struct law_at *top, struct profile *p)
{
	if (read_entries(r, top, "terms", profile_terms, TERM_COUNT, read_term, p) != OK ||
	    read_entries(r, top, "duties", profile_duties, DUTY_COUNT, read_duty, p) != OK ||
	    read_entries(r, top, "things", profile_things, THING_COUNT, read_thing, p) != OK)
		return r->err->code;
	return read_entries(r, top, "switches", profile_switches, SWITCH_COUNT, read_switch, p);
}

enum result profile_parse(const char *file, const char *text, size_t len, struct pool *pool, struct profile *out,
			  struct err *err)
{
	static const char *const names[] = {"name",   "title",  "text",         "plans",    "records", "terms",
					    "duties", "things", "self_service", "switches", "consent", "masks"};
	struct law_reader r = {.file = file, .text = text, .len = len, .pool = pool, .err = err};
	struct law_at top, records, self_service, consent, masks;

	*out = (struct profile){0};
	if (law_read(&r, &top) != OK || law_object(&r, &top, names, COUNT(names)) != OK ||
	    read_head(&r, &top, out) != OK)
		return err->code;
	records = law_member(&top, "records");
	self_service = law_member(&top, "self_service");
	consent = law_member(&top, "consent");
	masks = law_member(&top, "masks");
	if (read_records(&r, &records, out) != OK || read_vocabularies(&r, &top, out) != OK ||
	    read_self_service(&r, &self_service, out) != OK || read_consent(&r, &consent, out) != OK)
		return err->code;
	return read_masks(&r, &masks, out);
}

enum result profiles_load(struct pool *pool, struct profiles *out, struct err *err)
{
	*out = (struct profiles){0};
	INVARIANT(LAW_PROFILE_FILES <= COUNT(out->list));
	for (size_t i = 0; i < LAW_PROFILE_FILES; i++) {
		const struct law_file *file = &law_profile_files[i];
		struct profile *profile = pool_alloc(pool, sizeof *profile);

		if (!profile)
			return err_no_memory(err);
		if (profile_parse(file->path, file->text, (size_t)(file->end - file->text), pool, profile, err) != OK)
			return err->code;
		out->list[out->count++] = profile;
	}
	return OK;
}
