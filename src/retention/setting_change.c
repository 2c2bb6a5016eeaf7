/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/setting_change.h"

#include <string.h>

#include "retention/profiles.h"

struct changing {
	const struct account *account;
	const struct setting_request *request;
	struct instant now;
	struct pool *pool;
	struct policy_effect *out;
	bool bears;               /* on what is billed */
	struct policy_set before; /* all that were set, and billing, as the effect was counted with */
};

/* ---- what would be billed ---- */

static enum result under_profile(const char *name, struct pool *pool, struct billing *out, struct err *err)
{
	const struct profile *profile;
	struct profiles all;
	enum result r;

	out->waits = false;
	if (*name == '\0')
		return OK;
	r = profiles_load(pool, &all, err);
	if (r == OK)
		r = profile_find(&all, name, &profile, err);
	if (r == OK)
		out->waits = profile->duties[DUTY_ERASE_ONCE_BILLED].set;
	return r;
}

static enum result billing_after(const struct changing *c, struct billing *out, struct err *err)
{
	const char *value = strcmp(c->request->value, "none") == 0 ? "" : c->request->value;

	*out = c->before.billing;
	if (strcmp(c->request->name, "profile") == 0)
		return under_profile(value, c->pool, out, err);
	out->said = *value != '\0';
	return out->said ? date_parse(value, strlen(value), &out->until, err) : OK;
}

/* ---- looking ahead ---- */

static enum result look_ahead(struct session *session, struct changing *c, struct err *err)
{
	const struct setting_request *request = c->request;
	uint32_t account = c->account->number;
	struct billing after;
	enum result r = settings_check(session, account, request->name, request->value, c->pool, err);

	*c->out = (struct policy_effect){.today = instant_date(c->now), .until = instant_date(c->now)};
	if (r != OK)
		return r;
	c->bears = strcmp(request->name, "billed_until") == 0 || strcmp(request->name, "profile") == 0;
	if (!c->bears)
		return OK;
	r = policies_load_all(session, account, c->pool, &c->before, err);
	if (r == OK)
		r = billing_after(c, &after, err);
	return r == OK ? billing_effect(session, c->account, &after, request->name, request->value, c->now, c->pool,
					c->out, err)
		       : r;
}

enum result setting_plan(struct session *session, const struct account *account, const struct setting_request *request,
			 struct instant now, struct pool *pool, struct policy_effect *out, struct err *err)
{
	struct changing changing = {.account = account, .request = request, .now = now, .pool = pool, .out = out};

	return look_ahead(session, &changing, err);
}

/* ---- changing ---- */

static enum result agree(const struct setting_request *request, const struct policy_effect *effect, struct err *err)
{
	int64_t records = policy_effect_deleted(effect);
	bool agreed;

	if (policy_effect_agree(effect, request->plan, &agreed, err) != OK)
		return err_mend(err, "look again with `lethe account set NAME %s %s --dry-run`, on the same day",
				request->name, request->value);
	if (agreed || effect->records == 0)
		return OK;
	err_set(err, ERR_UNSEEN, "with %s %s the rules in force would delete %lld %s more%s", request->name,
		request->value, (long long)records, records == 1 ? "record" : "records",
		effect->records > records ? ", besides what holds or obligations keep" : "");
	return err_mend(err, "look at what goes with `lethe account set NAME %s %s --dry-run`, and give its digest with --plan",
			request->name, request->value);
}

static bool same_billing(const struct billing *a, const struct billing *b)
{
	return a->waits == b->waits && a->said == b->said && (!a->said || a->until.days == b->until.days);
}

static enum result change_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct policy_set now_known;
	uint32_t account = c->account->number;
	enum result r = c->bears ? policies_load_all(session, account, c->pool, &now_known, err) : OK;

	if (r == OK && c->bears &&
	    (!same_billing(&now_known.billing, &c->before.billing) ||
	     memcmp(now_known.newest, c->before.newest, sizeof now_known.newest) != 0)) {
		err_set(err, ERR_CHANGED, "another change of a policy or of what is billed came in between");
		r = err_mend(err, "look at `lethe account show` and `lethe policy list`, and try again");
	}
	return r == OK ? settings_change(session, account, c->request->name, c->request->value, c->now, c->pool, err) : r;
}

enum result setting_change(struct vault *vault, const struct account *account, const struct setting_request *request,
			   struct instant now, struct pool *pool, struct policy_effect *out, struct err *err)
{
	struct changing changing = {.account = account, .request = request, .now = now, .pool = pool, .out = out};
	enum result r = look_ahead(&vault->read, &changing, err);

	if (r == OK && changing.bears)
		r = agree(request, out, err);
	return r == OK ? vault_write(vault, change_op, &changing, err) : r;
}
