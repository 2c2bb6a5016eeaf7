/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "api/operations.h"
#include "retention/profiles.h"

static enum result find_profile(struct call *call, const char *name, const struct profile **out, struct err *err)
{
	struct profiles all;
	enum result r = profiles_load(&call->pool, &all, err);

	return r == OK ? profile_find(&all, name, out, err) : r;
}

/* "30 days", "without end" */
static const char *keep_text(struct span keep, char out[TIME_TEXT_MAX])
{
	return keep.unlimited ? "without end" : span_format(keep, out);
}

/* ---- list ---- */

enum result op_profile_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct profiles all = {.count = 0};
	enum result r = call_parse(call, NULL, 0, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = profiles_load(&call->pool, &all, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "profiles");
	for (size_t i = 0; i < all.count; i++) {
		const struct profile *profile = all.list[i];

		call_say(call, "%-12s %s\n", profile->name, profile->text);
		json_begin_object(&call->w, NULL);
		json_string(&call->w, "name", profile->name);
		json_string(&call->w, "title", profile->title);
		json_string(&call->w, "text", profile->text);
		json_begin_array(&call->w, "plans");
		for (size_t p = 0; p < profile->plan_count; p++)
			json_string(&call->w, NULL, profile->plans[p]);
		json_end_array(&call->w);
		json_end_object(&call->w);
	}
	json_end_array(&call->w);
	json_end_object(&call->w);
	return OK;
}

/* ---- show ---- */

static void show_bound(struct call *call, const struct bound *bound)
{
	char text[BOUND_TEXT_MAX];

	bound_text(bound, text);
	if (bound->plan != NULL)
		call_say(call, "%-17s plan %s: %s\n", "", bound->plan, text);
	else
		call_say(call, "; may be: %s\n", text);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "plan", bound->plan);
	json_string(&call->w, "bound", text);
	json_string(&call->w, "source", bound->source);
	json_end_object(&call->w);
}

static void show_rule(struct call *call, const struct profile *profile, enum record_kind kind)
{
	const struct profile_rule *rule = &profile->rules[kind];
	char keep[TIME_TEXT_MAX];

	if (!rule->set)
		return;
	call_say(call, "%-17s kept %s", kind_plural(kind), keep_text(rule->keep, keep));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "kind", kind_name(kind));
	json_string(&call->w, "keep", span_format(rule->keep, keep));
	json_string(&call->w, "changed_by", profile_change_name(rule->changed_by));
	json_string(&call->w, "source", rule->source);
	json_begin_array(&call->w, "bounds");
	show_bound(call, &rule->bound);
	for (size_t i = 0; i < rule->plan_count; i++)
		show_bound(call, &rule->plans[i]);
	json_end_array(&call->w);
	json_end_object(&call->w);
	call_say(call, "%-17s %s\n", "", rule->source);
}

static void show_terms(struct call *call, const struct profile *profile)
{
	char text[TIME_TEXT_MAX];

	json_begin_array(&call->w, "terms");
	for (int i = 0; i < TERM_COUNT; i++) {
		const struct profile_term *term = &profile->terms[i];

		if (!term->set)
			continue;
		call_say(call, "%s: %s\n%-17s %s\n", profile_term_name((enum profile_term_id)i),
			 keep_text(term->span, text), "", term->source);
		json_begin_object(&call->w, NULL);
		json_string(&call->w, "term", profile_term_name((enum profile_term_id)i));
		json_string(&call->w, "span", span_format(term->span, text));
		json_string(&call->w, "source", term->source);
		json_end_object(&call->w);
	}
	json_end_array(&call->w);
}

static void show_word(struct call *call, const char *name, const char *word, const char *source)
{
	call_say(call, "%s%s%s\n%-17s %s\n", name, *word != '\0' ? ": " : "", word, "", source);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "name", name);
	json_string(&call->w, "state", *word != '\0' ? word : NULL);
	json_string(&call->w, "source", source);
	json_end_object(&call->w);
}

static void show_rest(struct call *call, const struct profile *profile)
{
	json_begin_array(&call->w, "duties");
	for (int i = 0; i < DUTY_COUNT; i++) {
		if (profile->duties[i].set)
			show_word(call, profile_duty_name((enum profile_duty_id)i), "", profile->duties[i].source);
	}
	json_end_array(&call->w);
	json_begin_array(&call->w, "things");
	for (int i = 0; i < THING_COUNT; i++) {
		const struct profile_thing *thing = &profile->things[i];

		if (thing->life != LIFE_NOT_SET)
			show_word(call, profile_thing_name((enum profile_thing_id)i), profile_life_name(thing->life),
				  thing->source);
	}
	json_end_array(&call->w);
	json_begin_array(&call->w, "switches");
	for (int i = 0; i < SWITCH_COUNT; i++) {
		const struct profile_switch *which = &profile->switches[i];

		if (which->state != SWITCH_NOT_SET)
			show_word(call, profile_switch_name((enum profile_switch_id)i), switch_state_name(which->state),
				  which->source);
	}
	json_end_array(&call->w);
}

enum result op_profile_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const struct profile *profile = NULL;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = find_profile(call, argv[0], &profile, err);
	if (r != OK)
		return r;
	call_say(call, "%s: %s\n\n", profile->title, profile->text);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "name", profile->name);
	json_string(&call->w, "title", profile->title);
	json_string(&call->w, "text", profile->text);
	json_begin_array(&call->w, "records");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		show_rule(call, profile, (enum record_kind)kind);
	json_end_array(&call->w);
	call_say(call, "\n");
	show_terms(call, profile);
	show_rest(call, profile);
	json_end_object(&call->w);
	return OK;
}

/* ---- diff ---- */

static void say_line(struct call *call, const struct profile_line *line)
{
	char mine[TIME_TEXT_MAX], theirs[TIME_TEXT_MAX], bound[BOUND_TEXT_MAX];

	call_say(call, "%-17s %-14s ", kind_plural(line->kind), line->set ? keep_text(line->keep, mine) : "no rule");
	if (!line->speaks)
		call_say(call, "not in the profile\n");
	else if (line->same)
		call_say(call, "same\n");
	else
		call_say(call, "the profile: %s\n", keep_text(line->wanted, theirs));
	if (!line->within)
		call_say(call, "%-17s outside of its bound: %s (%s)\n", "", bound_text(&line->bound, bound),
			 line->bound.source);
	if (line->outside > 0)
		call_say(call, "%-17s narrower rules outside of its bound: %zu of %zu\n", "", line->outside,
			 line->narrower);
}

static void print_line(struct call *call, const struct profile_line *line)
{
	struct json_writer *w = &call->w;
	char text[TIME_TEXT_MAX], bound[BOUND_TEXT_MAX];

	json_begin_object(w, NULL);
	json_string(w, "kind", kind_name(line->kind));
	json_string(w, "account", line->set ? span_format(line->keep, text) : NULL);
	json_string(w, "profile", line->speaks ? span_format(line->wanted, text) : NULL);
	json_bool(w, "same", line->same);
	json_string(w, "bound", bound_text(&line->bound, bound));
	json_bool(w, "within", line->within);
	json_int(w, "narrower", (int64_t)line->narrower);
	json_int(w, "narrower_outside", (int64_t)line->outside);
	json_end_object(w);
}

/* Another profile's plans are not this one's. */
static enum result plan_within(struct call *call, const struct account *account, const struct profile *profile,
			       const char **plan, struct err *err)
{
	const struct profile *own;
	enum result r = settings_profile(&call->vault->read, account->number, &call->pool, &own, plan, err);

	if (r == OK && (own == NULL || strcmp(own->name, profile->name) != 0))
		*plan = NULL;
	return r;
}

static enum result compare(struct call *call, const struct account *account, const struct profile *profile,
			   struct err *err)
{
	struct profile_line lines[KIND_COUNT];
	const char *plan = NULL;
	size_t different = 0, outside = 0;
	enum result r = plan_within(call, account, profile, &plan, err);

	if (r == OK)
		r = profile_compare(&call->vault->read, account->number, profile, plan, call->now, &call->pool, lines,
				    err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "profile", profile->name);
	json_string(&call->w, "plan", plan);
	json_begin_array(&call->w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		different += lines[kind].speaks && !lines[kind].same;
		outside += !lines[kind].within || lines[kind].outside > 0;
		say_line(call, &lines[kind]);
		print_line(call, &lines[kind]);
	}
	json_end_array(&call->w);
	json_int(&call->w, "different", (int64_t)different);
	json_int(&call->w, "outside", (int64_t)outside);
	json_end_object(&call->w);
	call_say(call, "Kinds that differ from %s: %zu; outside of its bounds: %zu.\n", profile->title, different,
		 outside);
	return OK;
}

enum result op_profile_diff(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const struct profile *profile = NULL;
	struct account account;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK)
		r = find_profile(call, argv[1], &profile, err);
	if (r == OK)
		r = call_open_named(call, argv[0], false, &account, err);
	return r == OK ? compare(call, &account, profile, err) : r;
}
