/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "api/operations.h"
#include "api/paging.h"
#include "api/policy_words.h"
#include "retention/settings.h"

#define PAGE 64
#define RULE_WIDTH 44

/* ---- every version ---- */

struct versions {
	struct policy *list;
	size_t count, room;
};

static enum result add_page(struct versions *all, const struct policy *page, size_t count, struct pool *pool,
			    struct err *err)
{
	size_t wanted = all->room == 0 ? PAGE : all->room * 2;
	struct policy *list;

	if (all->count + count > all->room) {
		list = pool_alloc(pool, wanted * sizeof *list);
		if (list == NULL)
			return err_no_memory(err);
		if (all->count > 0)
			memcpy(list, all->list, all->count * sizeof *list);
		all->list = list;
		all->room = wanted;
	}
	if (count > 0)
		memcpy(all->list + all->count, page, count * sizeof *page);
	all->count += count;
	return OK;
}

static enum result read_versions(struct call *call, const struct account *account, struct versions *out,
				 struct err *err)
{
	struct policy page[PAGE], after = {.version = 0};
	size_t count;
	enum result r;

	*out = (struct versions){.count = 0};
	do {
		r = policy_walk(call->vault->read.data, account->number, &after, &call->pool, page, PAGE, &count, err);
		if (r == OK)
			r = add_page(out, page, count, &call->pool, err);
		after = r == OK && count > 0 ? page[count - 1] : after;
	} while (r == OK && count == PAGE);
	return r;
}

static bool is_newest(const struct versions *all, const struct policy *policy)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct policy *other = &all->list[i];

		if (other->kind == policy->kind && other->version > policy->version &&
		    policy_scope_equal(&other->scope, &policy->scope))
			return false;
	}
	return true;
}

/* ---- list ---- */

static enum result say_rule(struct call *call, const struct account *account, const struct policy *policy,
			    struct err *err)
{
	char keep[TIME_TEXT_MAX], at[TIME_TEXT_MAX];
	const char *what;
	enum result r = policy_what(call, account, policy, NULL, &what, err);

	if (r != OK)
		return r;
	if (policy->version == 0)
		call_say(call, "%-*s %-14s no policy was set\n", RULE_WIDTH, what, "without end");
	else if (policy->begins_at.ms <= call->now.ms)
		call_say(call, "%-*s %-14s version %d, set %s by %s\n", RULE_WIDTH, what,
			 policy_keep_text(policy, keep), policy->version, date_format(instant_date(policy->set_at), at),
			 call_clean(call, policy->set_by));
	else
		call_say(call, "%-*s %-14s version %d, from %s; until then it can be undone\n", RULE_WIDTH, what,
			 policy->removed ? "rule removed" : policy_keep_text(policy, keep), policy->version,
			 instant_format(policy->begins_at, at));
	json_begin_object(&call->w, NULL);
	r = policy_members(call, account, policy, NULL, err);
	json_end_object(&call->w);
	return r;
}

/* A kind's own rule, the narrower ones, those to come. */
static enum result list_kind(struct call *call, const struct account *account, const struct policy_set *set,
			     const struct versions *all, enum record_kind kind, struct err *err)
{
	const struct policy none = {.kind = kind, .keep = {.unlimited = true}};
	const struct policy *base = policies_base(set, kind);
	enum result r = say_rule(call, account, base != NULL ? base : &none, err);

	for (size_t i = 0; i < set->count && r == OK; i++) {
		if (set->rules[i].kind == kind && &set->rules[i] != base)
			r = say_rule(call, account, &set->rules[i], err);
	}
	for (size_t i = 0; i < all->count && r == OK; i++) {
		if (all->list[i].kind == kind && all->list[i].begins_at.ms > call->now.ms &&
		    is_newest(all, &all->list[i]))
			r = say_rule(call, account, &all->list[i], err);
	}
	return r;
}

static enum result list_bound(struct call *call, const struct account *account, enum record_kind kind, bool *any,
			      struct err *err)
{
	struct bound bound;
	char text[BOUND_TEXT_MAX];
	enum result r = settings_bound(&call->vault->read, account->number, kind, &call->pool, &bound, err);

	if (r != OK || bound.type == BOUND_NONE)
		return r;
	if (!*any)
		call_say(call, "\nBounds of the profile '%s':\n", bound.profile);
	*any = true;
	call_say(call, "%-17s %s (%s)\n", kind_plural(kind), bound_text(&bound, text), bound.source);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "kind", kind_name(kind));
	json_string(&call->w, "bound", text);
	json_string(&call->w, "profile", bound.profile);
	json_string(&call->w, "plan", bound.plan);
	json_string(&call->w, "source", bound.source);
	json_end_object(&call->w);
	return OK;
}

enum result op_policy_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct policy_set set;
	struct versions all;
	bool any = false;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = policies_load(&call->vault->read, account.number, call->now, &call->pool, &set, err);
	if (r == OK)
		r = read_versions(call, &account, &all, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "policies");
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = list_kind(call, &account, &set, &all, (enum record_kind)kind, err);
	json_end_array(&call->w);
	json_begin_array(&call->w, "bounds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++)
		r = list_bound(call, &account, (enum record_kind)kind, &any, err);
	json_end_array(&call->w);
	json_end_object(&call->w);
	return r;
}

/* ---- history ---- */

static enum result say_version(struct call *call, const struct account *account, const struct policy *policy,
			       struct err *err)
{
	char keep[TIME_TEXT_MAX], set[TIME_TEXT_MAX], begins[TIME_TEXT_MAX];
	const char *what;
	enum result r = policy_what(call, account, policy, NULL, &what, err);

	if (r != OK)
		return r;
	call_say(call, "%4d  %s  from %s  by %s: %s %s\n", policy->version, instant_format(policy->set_at, set),
		 instant_format(policy->begins_at, begins), call_clean(call, policy->set_by), what,
		 policy->removed ? "have no rule of their own" : policy_keep_text(policy, keep));
	json_begin_object(&call->w, NULL);
	r = policy_members(call, account, policy, NULL, err);
	json_end_object(&call->w);
	return r;
}

static enum result show_versions(struct call *call, const struct account *account, enum record_kind kind,
				 struct paging *page, size_t *shown, struct err *err)
{
	struct policy rows[PAGE];
	size_t count, ask;
	enum result r;

	do {
		const struct policy after = {.kind = kind, .version = (int)page->number};

		ask = paging_ask(page, PAGE);
		r = policy_walk(call->vault->read.data, account->number, &after, &call->pool, rows, ask, &count, err);
		for (size_t i = 0; i < count && r == OK && rows[i].kind == kind && paging_take(page); i++) {
			page->number = rows[i].version;
			r = say_version(call, account, &rows[i], err);
			++*shown;
		}
	} while (r == OK && count == ask && rows[count - 1].kind == kind && !page->more);
	return r;
}

enum result op_policy_history(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct paging page = {0};
	const struct call_option options[] = {PAGING_OPTIONS(page)};
	enum record_kind kind = KIND_FIRST;
	struct account account;
	size_t shown = 0;
	enum result r = call_parse(call, options, 2, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = policy_read_kind(argv[0], &kind, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = paging_begin(call, &page, account.number, PAGING_ALL, kind_name(kind), err);
	if (r != OK)
		return r;
	paging_open(call, "versions");
	r = show_versions(call, &account, kind, &page, &shown, err);
	r = paging_close(call, &page, account.number, kind_name(kind), r, err);
	if (r == OK && shown == 0 && !page.begun)
		call_say(call, "No policy was ever set for %s.\n", kind_plural(kind));
	return r;
}
