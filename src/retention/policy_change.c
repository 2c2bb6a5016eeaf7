/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/policy_change.h"

#include <string.h>

#include "retention/settings.h"

#define HOUR_MS ((int64_t)60 * 60 * 1000)
#define GRACE_MAX_HOURS 8760

/* ---- storing ---- */

/* What every leaf of a policy says. The scope's labels and number are opaque. */
static void describe(struct act *act, const struct policy *policy)
{
	const struct policy_scope *scope = &policy->scope;

	act_int_of_kind(act, "version", policy->kind, policy->version);
	act_instant(act, "begins", policy->begins_at);
	if (!policy->removed) {
		act_int(act, "months", policy->keep.months);
		act_int(act, "days", policy->keep.days);
		act_int(act, "unlimited", policy->keep.unlimited);
	}
	if (scope->number != 0)
		act_int(act, "number", scope->number);
	if (scope->queue != 0)
		act_int(act, "queue", scope->queue);
	if (scope->campaign != 0)
		act_int(act, "campaign", scope->campaign);
	if (scope->tag != 0)
		act_int(act, "tag", scope->tag);
	if (scope->direction != DIRECTION_NONE)
		act_word_(act, "direction", direction_name(scope->direction));
	if (scope->min_duration_ms != 0)
		act_int(act, "min_duration_ms", scope->min_duration_ms);
}

enum result policy_store(struct session *session, uint32_t account, struct policy *policy, const char *digest,
			 struct err *err)
{
	struct act act;
	enum result r = policy_put(session->data, account, policy, err);

	if (r != OK)
		return r;
	if (policy->removed)
		act_begin(&act, "policy.remove", account, policy->set_at);
	else
		act_begin(&act, "policy.set", account, policy->set_at);
	describe(&act, policy);
	if (digest != NULL)
		act_digest(&act, "plan", digest);
	return act_append(&act, session->data, NULL, err);
}

/* A newer version of what is in force: that of nothing is a removal. */
static enum result store_undo(struct session *session, uint32_t account, const struct policy *in_force,
			      const struct policy *undone, const char *set_by, struct instant now, struct policy *out,
			      struct err *err)
{
	struct act act;
	enum result r;

	*out = *in_force;
	out->removed = in_force->version == 0 || in_force->removed;
	out->set_at = out->begins_at = now;
	out->set_by = set_by;
	r = policy_put(session->data, account, out, err);
	if (r != OK)
		return r;
	act_begin(&act, "policy.undo", account, now);
	describe(&act, out);
	act_int(&act, "undone", undone->version);
	return act_append(&act, session->data, NULL, err);
}

/* ---- looking ahead ---- */

static enum result check_bounds(struct session *session, uint32_t account, const struct policy_request *request,
				const struct policy_scope *scope, struct pool *pool, struct err *err)
{
	/* Without a rule of the kind's own, it is kept without end. */
	struct span keep = request->keep;
	struct bound bound;
	enum result r;

	if (request->remove && !policy_scope_is_base(scope))
		return OK;
	if (request->remove)
		keep = (struct span){.unlimited = true};
	r = settings_bound(session, account, request->kind, pool, &bound, err);
	return r == OK ? bound_allows(&bound, keep, err) : r;
}

static enum result check_removal(const struct policy *in_force, const struct policy *newest, struct err *err)
{
	bool any = (in_force->version > 0 && !in_force->removed) || (newest->version > 0 && !newest->removed);

	if (any)
		return OK;
	err_set(err, ERR_NOT_FOUND, "there is no such rule for %s to be removed", kind_plural(newest->kind));
	return err_mend(err, "`lethe policy list` shows those there are");
}

static enum result read_grace(struct session *session, uint32_t account, const struct policy_request *request,
			      struct pool *pool, int64_t *out, struct err *err)
{
	*out = request->grace_hours;
	if (request->grace_hours == GRACE_OF_ACCOUNT)
		return settings_int(session, account, "grace_hours", pool, out, err);
	if (request->grace_hours >= 0 && request->grace_hours <= GRACE_MAX_HOURS)
		return OK;
	err_set(err, ERR_INPUT, "a grace of %lld hours is none", (long long)request->grace_hours);
	return err_mend(err, "give 0 to %d hours", GRACE_MAX_HOURS);
}

/* What is needed to go on from a look ahead to the change. */
struct ahead {
	const struct account *account;
	const struct policy_request *request;
	struct instant now;
	struct pool *pool;
	struct policy_planned *out;
	struct policy in_force, newest; /* of the scope */
	int kind_newest;                /* of the kind */
};

static enum result look_at_rules(struct session *session, struct ahead *a, struct err *err)
{
	const struct policy_request *request = a->request;
	struct policy *policy = &a->out->policy;
	uint32_t account = a->account->number;
	enum result r;

	*policy = (struct policy){.kind = request->kind, .keep = request->keep, .removed = request->remove,
				  .set_at = a->now, .begins_at = a->now, .set_by = request->set_by};
	if (request->remove)
		policy->keep = (struct span){.unlimited = true};
	r = scope_read(session, a->account, &request->scope, a->pool, &policy->scope, err);
	if (r == OK)
		r = check_bounds(session, account, request, &policy->scope, a->pool, err);
	if (r == OK)
		r = policies_of_scope(session, account, request->kind, &policy->scope, a->now, a->pool, &a->in_force,
				      &a->newest, err);
	if (r == OK && request->remove)
		r = check_removal(&a->in_force, &a->newest, err);
	if (r == OK && a->newest.begins_at.ms > a->now.ms)
		a->out->replaced = a->newest.version;
	return r;
}

static enum result look_ahead(struct session *session, struct ahead *a, struct err *err)
{
	struct policy_planned *out = a->out;
	struct instant begins;
	enum result r;

	*out = (struct policy_planned){.replaced = 0};
	r = look_at_rules(session, a, err);
	if (r == OK)
		r = read_grace(session, a->account->number, a->request, a->pool, &out->grace_hours, err);
	if (r != OK)
		return r;
	begins = instant_add(a->now, (struct duration){out->grace_hours * HOUR_MS});
	r = policy_effect(session, a->account, &out->policy, a->now, instant_date(begins), a->pool, &out->effect,
			  &a->kind_newest, err);
	if (r == OK && out->effect.records > 0)
		out->policy.begins_at = begins;
	return r;
}

enum result policy_plan(struct session *session, const struct account *account, const struct policy_request *request,
			struct instant now, struct pool *pool, struct policy_planned *out, struct err *err)
{
	struct ahead ahead = {.account = account, .request = request, .now = now, .pool = pool, .out = out};

	return look_ahead(session, &ahead, err);
}

/* ---- changing ---- */

static enum result agree(const struct policy_request *request, const struct policy_effect *effect, struct err *err)
{
	int64_t records = policy_effect_deleted(effect);
	bool agreed;

	if (policy_effect_agree(effect, request->plan, &agreed, err) != OK)
		return err_mend(err, "look again with `lethe retention plan --policy`, the same scope and --grace, on the "
				     "same day");
	if (agreed || effect->records == 0)
		return OK;
	err_set(err, ERR_UNSEEN, "this would delete %lld %s of %lld %s%s", (long long)records,
		records == 1 ? kind_name(request->kind) : kind_plural(request->kind), (long long)effect->day_count, effect->day_count == 1 ? "day" : "days",
		effect->records > records ? ", besides what holds or obligations keep" : "");
	return err_mend(err, "look at what goes with `lethe retention plan --policy \"%s=..\"` and the same scope, and give "
			     "its digest with --plan", kind_name(request->kind));
}

static enum result change_op(struct session *session, void *arg, struct err *err)
{
	struct ahead *a = arg;
	struct policy *policy = &a->out->policy;
	struct policy_set now_known;
	struct policy undo;
	uint32_t account = a->account->number;
	enum result r = policies_load_all(session, account, a->pool, &now_known, err);

	if (r == OK && now_known.newest[policy->kind] != a->kind_newest) {
		err_set(err, ERR_CHANGED, "another change of policy came in between");
		r = err_mend(err, "look at `lethe policy list`, and try again");
	}
	if (r == OK)
		r = scope_make_labels(session, account, &a->request->scope, a->pool, &policy->scope, err);
	if (r == OK && a->out->replaced != 0)
		r = store_undo(session, account, &a->in_force, &a->newest, a->request->set_by, a->now, &undo, err);
	if (r != OK)
		return r;
	return policy_store(session, account, policy, a->request->plan != NULL ? a->out->effect.digest : NULL, err);
}

enum result policy_change(struct vault *vault, const struct account *account, const struct policy_request *request,
			  struct instant now, struct pool *pool, struct policy_planned *out, struct err *err)
{
	struct ahead ahead = {.account = account, .request = request, .now = now, .pool = pool, .out = out};
	enum result r = look_ahead(&vault->read, &ahead, err);

	if (r == OK)
		r = agree(request, &out->effect, err);
	return r == OK ? vault_write(vault, change_op, &ahead, err) : r;
}

/* ---- undoing ---- */

struct undoing {
	const struct account *account;
	enum record_kind kind;
	const struct scope_given *words;
	const char *set_by;
	struct instant now;
	struct pool *pool;
	struct policy *out;
};

static enum result nothing_to_undo(const struct policy *newest, struct err *err)
{
	char at[TIME_TEXT_MAX];

	if (newest->version == 0) {
		err_set(err, ERR_NOT_FOUND, "no such rule was ever set for %s", kind_plural(newest->kind));
		return err_mend(err, "`lethe policy list` shows those there are");
	}
	err_set(err, ERR_WRONG_STATE, "the last change of this rule, version %d, is in force since %s: it can be undone no more",
		newest->version, instant_format(newest->begins_at, at));
	return err_mend(err, "set the period you want with `lethe policy set`; what was deleted does not come back");
}

static enum result undo_op(struct session *session, void *arg, struct err *err)
{
	struct undoing *u = arg;
	struct policy in_force, newest;
	struct policy_scope scope;
	uint32_t account = u->account->number;
	enum result r = scope_read(session, u->account, u->words, u->pool, &scope, err);

	if (r == OK)
		r = policies_of_scope(session, account, u->kind, &scope, u->now, u->pool, &in_force, &newest, err);
	if (r == OK && newest.begins_at.ms <= u->now.ms)
		r = nothing_to_undo(&newest, err);
	if (r == OK)
		r = store_undo(session, account, &in_force, &newest, u->set_by, u->now, u->out, err);
	return r;
}

enum result policy_undo(struct vault *vault, const struct account *account, enum record_kind kind,
			const struct scope_given *scope, const char *set_by, struct instant now, struct pool *pool,
			struct policy *out, struct err *err)
{
	struct undoing undoing = {.account = account, .kind = kind, .words = scope, .set_by = set_by, .now = now,
				  .pool = pool, .out = out};

	return vault_write(vault, undo_op, &undoing, err);
}
