/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "api/operations.h"
#include "api/paging.h"
#include "api/policy_words.h"
#include "retention/profiles.h"
#include "retention/setting_change.h"

#define BATCH 64

static void account_members(struct call *call, const struct account *account)
{
	json_id(&call->w, "id", ACCOUNT_PREFIX, account->id);
	json_string(&call->w, "name", account->name);
	json_string(&call->w, "country", account->country);
	json_instant(&call->w, "created", account->created);
}

static void print_account(struct call *call, const struct account *account)
{
	json_begin_object(&call->w, NULL);
	account_members(call, account);
	json_end_object(&call->w);
}

struct creating {
	const char *country, *profile, *plan;
	struct profile_start start;
};

static enum result read_profile(struct call *call, struct creating *c, struct err *err)
{
	struct profiles all;
	enum result r;

	if (c->profile == NULL && c->plan != NULL) {
		err_set(err, ERR_INPUT, "--plan names a plan of a profile, and there is none");
		return err_mend(err, "add --profile PROFILE; `lethe profile list` shows which there are");
	}
	if (c->profile == NULL)
		return OK;
	r = profiles_load(&call->pool, &all, err);
	c->start.plan = c->plan;
	c->start.now = call->now;
	return r == OK ? profile_find(&all, c->profile, &c->start.profile, err) : r;
}

enum result op_account_create(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct creating c = {.country = NULL};
	const struct call_option options[] = {
	    {"country", &c.country, NULL}, {"profile", &c.profile, NULL}, {"plan", &c.plan, NULL}};
	struct account account;
	char id[ID_TEXT_MAX];
	enum result r = call_parse(call, options, sizeof options / sizeof options[0], &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK && c.country == NULL) {
		err_set(err, ERR_INPUT, "the account needs a country");
		r = err_mend(err, "add --country CC, such as --country DK: numbers without a country code are read by "
				  "its rules");
	}
	if (r == OK)
		r = read_profile(call, &c, err);
	if (r == OK)
		r = call_open(call, true, err);
	if (r == OK)
		r = accounts_create_with(call->vault, argv[0], c.country, c.profile != NULL ? profile_apply : NULL,
					 &c.start, call->now, &call->pool, &account, err);
	if (r != OK)
		return r;
	call_say(call, "Made the account \"%s\" (%s), %s, in region %s.\n", call_clean(call, account.name),
		 id_format(ACCOUNT_PREFIX, account.id, id), account.country, call->vault->region);
	id_format(ACCOUNT_PREFIX, account.id, call->made);
	if (c.profile != NULL)
		call_say(call, "It begins with the rules of %s; `lethe policy list` shows them.\n",
			 c.start.profile->title);
	print_account(call, &account);
	return OK;
}

static enum result list_one(struct call *call, uint32_t number, struct err *err)
{
	struct account account;
	char id[ID_TEXT_MAX], created[TIME_TEXT_MAX];
	enum result r = accounts_get(&call->vault->read, number, &call->pool, &account, err);

	if (r != OK)
		return r;
	call_say(call, "%s  %s  %s  %s\n", id_format(ACCOUNT_PREFIX, account.id, id), account.country,
		 date_format(instant_date(account.created), created), call_clean(call, account.name));
	print_account(call, &account);
	return OK;
}

static enum result list_page(struct call *call, struct paging *page, size_t *shown, struct err *err)
{
	uint32_t numbers[BATCH];
	size_t count, ask;
	enum result r;

	do {
		ask = paging_ask(page, BATCH);
		r = account_list(call->vault->read.data, (uint32_t)page->number, numbers, ask, &count, err);
		for (size_t i = 0; i < count && r == OK && paging_take(page); i++) {
			page->number = numbers[i];
			r = list_one(call, numbers[i], err);
			++*shown;
		}
	} while (r == OK && count == ask && !page->more);
	return r;
}

enum result op_account_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct paging page = {0};
	const struct call_option options[] = {PAGING_OPTIONS(page)};
	size_t shown = 0;
	enum result r = call_parse(call, options, 2, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = call_open(call, false, err);
	if (r == OK)
		r = paging_begin(call, &page, VAULT_ACCOUNT, PAGING_ALL, "", err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "region", call->vault->region);
	json_begin_array(&call->w, "accounts");
	r = list_page(call, &page, &shown, err);
	r = paging_close(call, &page, VAULT_ACCOUNT, "", r, err);
	if (r == OK && shown == 0 && !page.begun)
		call_say(call, "There is no account yet. Make one with: lethe account create NAME --country CC\n");
	return r;
}

/* ---- settings ---- */

static enum result show_settings(struct call *call, const struct account *account, struct err *err)
{
	enum result r = OK;

	json_begin_object(&call->w, "settings");
	for (size_t i = 0; i < setting_rule_count && r == OK; i++) {
		const struct setting_rule *rule = &setting_rules[i];
		const char *value = NULL;

		r = settings_get(&call->vault->read, account->number, rule->name, &call->pool, &value, err);
		call_say(call, "  %-18s %-18s %s\n", rule->name, value != NULL ? call_clean(call, value) : "-",
			 rule->help);
		json_string(&call->w, rule->name, value);
	}
	json_end_object(&call->w);
	return r;
}

static enum result show_account(struct call *call, const struct account *account, struct err *err)
{
	char id[ID_TEXT_MAX], created[TIME_TEXT_MAX];
	enum result r;

	call_say(call, "%s (%s), %s, in region %s, made %s\n", call_clean(call, account->name),
		 id_format(ACCOUNT_PREFIX, account->id, id), account->country, call->vault->region,
		 date_format(instant_date(account->created), created));
	json_begin_object(&call->w, NULL);
	account_members(call, account);
	r = show_settings(call, account, err);
	json_end_object(&call->w);
	return r;
}

enum result op_account_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_named(call, argv[0], false, &account, err);
	return r == OK ? show_account(call, &account, err) : r;
}

/* The days of one kind, which follow each other: how many, and what of them. */
static size_t say_kind(struct call *call, const struct policy_effect *effect, size_t from)
{
	struct effect_day sum = {.kind = effect->days[from].kind};
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX], count[32], bytes[32];
	size_t end = from;

	for (; end < effect->day_count && effect->days[end].kind == sum.kind; end++) {
		sum.records += effect->days[end].records - effect->days[end].held - effect->days[end].obliged;
		sum.held += effect->days[end].held + effect->days[end].obliged;
		sum.bytes += effect->days[end].bytes;
	}
	call_say(call, "  %9s %s of %s to %s (%s)", call_count(sum.records, count), call_kind(sum.kind, sum.records),
		 date_format(effect->days[from].day, first), date_format(effect->days[end - 1].day, last),
		 call_bytes((uint64_t)sum.bytes, bytes));
	if (sum.held > 0)
		call_say(call, ", besides %s that holds or obligations keep", call_count(sum.held, count));
	call_say(call, "\n");
	return end;
}

static enum result show_setting_plan(struct call *call, const struct account *account,
				     const struct setting_request *request, struct err *err)
{
	struct policy_effect effect;
	char count[32];
	enum result r = setting_plan(&call->vault->read, account, request, call->now, &call->pool, &effect, err);

	if (r != OK)
		return r;
	if (effect.records == 0)
		call_say(call, "That would delete nothing that stays without it.\n");
	else
		call_say(call, "With that, `lethe retention run` would delete %s more:\n",
			 call_count(policy_effect_deleted(&effect), count));
	for (size_t i = 0; i < effect.day_count;)
		i = say_kind(call, &effect, i);
	if (effect.records > 0)
		call_say(call, "To do it, give the same words and --plan %.*s; it begins at once.\n", PLAN_DIGEST_SHOWN,
			 effect.digest);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "setting", request->name);
	json_string(&call->w, "value", request->value);
	json_date(&call->w, "today", effect.today);
	json_int(&call->w, "records", policy_effect_deleted(&effect));
	json_int(&call->w, "bytes", effect.bytes);
	json_int(&call->w, "held", effect.held);
	json_int(&call->w, "obliged", effect.obliged);
	policy_print_days(&call->w, &effect, true);
	json_string_n(&call->w, "digest", effect.digest, strnlen(effect.digest, PLAN_DIGEST_SHOWN));
	json_end_object(&call->w);
	return OK;
}

enum result op_account_set(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct setting_request request = {.plan = NULL};
	bool dry_run = false;
	const struct call_option options[] = {{"plan", &request.plan, NULL}, {"dry-run", NULL, &dry_run}};
	struct policy_effect effect;
	struct account account;
	enum result r = call_parse(call, options, 2, &argc, argv, 3, 3, err);

	(void)partly;
	if (r == OK)
		r = call_open_named(call, argv[0], !dry_run, &account, err);
	if (r != OK)
		return r;
	request.name = argv[1];
	request.value = argv[2];
	if (dry_run)
		return show_setting_plan(call, &account, &request, err);
	r = setting_change(call->vault, &account, &request, call->now, &call->pool, &effect, err);
	return r == OK ? show_account(call, &account, err) : r;
}
