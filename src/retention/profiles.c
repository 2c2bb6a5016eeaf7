/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/profiles.h"

#include <stdio.h>

#include "retention/policy_change.h"

#define BY_MAX 80

/* ---- beginning with one ---- */

static enum result apply_rule(struct session *session, uint32_t account, const struct profile_start *start,
			      enum record_kind kind, const char *by, struct err *err)
{
	struct policy policy = {.kind = kind, .keep = start->profile->rules[kind].keep, .set_at = start->now,
				.begins_at = start->now, .set_by = by};

	return policy_store(session, account, &policy, NULL, err);
}

enum result profile_apply(struct session *session, uint32_t account, void *arg, struct err *err)
{
	const struct profile_start *start = arg;
	const struct profile *profile = start->profile;
	struct bound ignored;
	char by[BY_MAX];
	enum result r = profile_bound(profile, start->plan, KIND_FIRST, &ignored, err);

	snprintf(by, sizeof by, "profile:%s", profile->name);
	if (r == OK)
		r = settings_put(session, account, "profile", profile->name, start->now, err);
	if (r == OK && start->plan != NULL)
		r = settings_put(session, account, "plan", start->plan, start->now, err);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		if (profile->rules[kind].set)
			r = apply_rule(session, account, start, (enum record_kind)kind, by, err);
	}
	return r;
}

/* ---- comparing ---- */

static bool is_within(const struct bound *bound, struct span keep)
{
	struct err ignored;

	return bound_allows(bound, keep, &ignored) == OK;
}

static void compare_narrower(const struct policy_set *set, struct profile_line *line)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->rules[i].kind != line->kind || policy_scope_is_base(&set->rules[i].scope))
			continue;
		line->narrower++;
		line->outside += !is_within(&line->bound, set->rules[i].keep);
	}
}

enum result profile_compare(struct session *session, uint32_t account, const struct profile *profile,
			    const char *plan, struct instant now, struct pool *pool,
			    struct profile_line out[KIND_COUNT], struct err *err)
{
	struct policy_set set;
	enum result r = policies_load(session, account, now, pool, &set, err);

	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		struct profile_line *line = &out[kind];
		const struct policy *base = policies_base(&set, (enum record_kind)kind);

		*line = (struct profile_line){
		    .kind = (enum record_kind)kind,
		    .set = base != NULL,
		    .keep = base != NULL ? base->keep : (struct span){.unlimited = true},
		    .speaks = profile->rules[kind].set,
		    .wanted = profile_keep(profile, (enum record_kind)kind),
		};
		line->same = span_equal(line->keep, line->wanted);
		r = profile_bound(profile, plan, (enum record_kind)kind, &line->bound, err);
		line->within = r == OK && is_within(&line->bound, line->keep);
		if (r == OK)
			compare_narrower(&set, line);
	}
	return r;
}
