/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "base/zone.h"
#include "law/holidays.h"

#define NONE "none"

const struct setting_rule setting_rules[] = {
    {"anonymous_k", SETTING_INT, 3, 100, "5", "how many people must be in what anonymised records leave before it is shown"},
    {"billed_until", SETTING_DATE, 0, 0, NULL, "the last day that is billed; what a profile erases only once billed waits for it"},
    {"calendar", SETTING_CALENDAR, 0, 0, NULL, "whose public holidays count: a country or a part of one; else the account's country"},
    {"contact_grace_days", SETTING_GRACE, 0, 365, "30", "how many days a deleted contact can be brought back"},
    {"grace_hours", SETTING_INT, 0, 8760, "24", "how long a policy that would delete something can be undone"},
    {"mail", SETTING_SWITCH, 0, 0, "on", "whether its owners and admins get mails: data go soon, erasures, stopped webhooks"},
    {"plan", SETTING_PLAN, 0, 0, NULL, "the plan within the profile: which periods may be chosen"},
    {"profile", SETTING_PROFILE, 0, 0, NULL, "whose rules bound the account's policies"},
    {"time_zone", SETTING_ZONE, 0, 0, "UTC", "in which days and hours of deadlines are counted"},
    {"warn_days", SETTING_DAYS, 1, 366, "30,7,1", "how many days before data go it is said"},
};
const size_t setting_rule_count = sizeof setting_rules / sizeof setting_rules[0];

static const struct setting_rule *find_rule(const char *name)
{
	for (size_t i = 0; i < setting_rule_count; i++) {
		if (strcmp(setting_rules[i].name, name) == 0)
			return &setting_rules[i];
	}
	return NULL;
}

/* ---- reading ---- */

/* What the profile says of how soon what is deleted is gone everywhere; NULL when it says nothing. */
static enum result gone_within(struct session *session, uint32_t account, struct pool *pool,
			       const struct profile **profile, const struct profile_term **out, struct err *err)
{
	const char *plan;
	enum result r = settings_profile(session, account, pool, profile, &plan, err);

	*out = NULL;
	if (r == OK && *profile != NULL && (*profile)->terms[TERM_ERASURE_COMPLETE_WITHIN].set)
		*out = &(*profile)->terms[TERM_ERASURE_COMPLETE_WITHIN];
	return r;
}

/* At their shortest. */
static int64_t days_of(struct span span)
{
	return span.unlimited ? INT64_MAX : (int64_t)span.months * 28 + span.days;
}

static enum result grace_fallback(struct session *session, uint32_t account, const struct setting_rule *rule,
				  struct pool *pool, const char **out, struct err *err)
{
	const struct profile *profile;
	const struct profile_term *term;
	enum result r = gone_within(session, account, pool, &profile, &term, err);

	*out = rule->fallback;
	if (r != OK || term == NULL || days_of(term->span) >= strtoll(rule->fallback, NULL, 10))
		return r;
	*out = pool_printf(pool, "%lld", (long long)days_of(term->span));
	return *out != NULL ? OK : err_no_memory(err);
}

enum result settings_get(struct session *session, uint32_t account, const char *name, struct pool *pool,
			 const char **out, struct err *err)
{
	const struct setting_rule *rule = find_rule(name);
	enum result r = setting_get(session->data, account, name, pool, out, err);

	INVARIANT(rule != NULL);
	if (r != OK || (*out != NULL && **out != '\0'))
		return r;
	if (rule->type == SETTING_GRACE)
		return grace_fallback(session, account, rule, pool, out, err);
	*out = rule->fallback;
	return OK;
}

enum result settings_int(struct session *session, uint32_t account, const char *name, struct pool *pool, int64_t *out,
			 struct err *err)
{
	const char *text;
	enum result r = settings_get(session, account, name, pool, &text, err);

	if (r == OK)
		*out = text != NULL ? strtoll(text, NULL, 10) : 0;
	return r;
}

enum result settings_profile(struct session *session, uint32_t account, struct pool *pool,
			     const struct profile **profile, const char **plan, struct err *err)
{
	struct profiles all;
	const char *name;
	enum result r = settings_get(session, account, "profile", pool, &name, err);

	*profile = NULL;
	if (r == OK)
		r = settings_get(session, account, "plan", pool, plan, err);
	if (r != OK || name == NULL)
		return r;
	r = profiles_load(pool, &all, err);
	return r == OK ? profile_find(&all, name, profile, err) : r;
}

enum result settings_bound(struct session *session, uint32_t account, enum record_kind kind, struct pool *pool,
			   struct bound *out, struct err *err)
{
	const struct profile *profile;
	const char *plan;
	enum result r = settings_profile(session, account, pool, &profile, &plan, err);

	*out = (struct bound){.type = BOUND_NONE, .kind = kind};
	return r == OK && profile != NULL ? profile_bound(profile, plan, kind, out, err) : r;
}

/* ---- checking ---- */

static enum result read_int(const struct setting_rule *rule, const char *text, size_t len, int64_t *out,
			    struct err *err)
{
	char shown[QUOTE_MAX];
	int64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value <= rule->most ? value * 10 + (text[i] - '0') : value;
	*out = value;
	if (len > 0 && strspn(text, "0123456789") >= len && value >= rule->least && value <= rule->most)
		return OK;
	err_set(err, ERR_INPUT, "%s cannot be %s", rule->name, quote(text, len, shown));
	return err_mend(err, "give a whole number from %lld to %lld", (long long)rule->least, (long long)rule->most);
}

static enum result check_grace(struct session *session, uint32_t account, const struct setting_rule *rule,
			       const char *text, struct pool *pool, struct err *err)
{
	const struct profile *profile;
	const struct profile_term *term = NULL;
	char span[TIME_TEXT_MAX];
	int64_t days;
	enum result r = read_int(rule, text, strlen(text), &days, err);

	if (r == OK)
		r = gone_within(session, account, pool, &profile, &term, err);
	if (r != OK || term == NULL || days <= days_of(term->span))
		return r;
	err_set(err, ERR_INPUT, "%s cannot be %lld: what is deleted is gone within %s", rule->name, (long long)days,
		span_format(term->span, span));
	err_where(err, "profile %s", profile->name);
	return err_mend(err, "give up to %lld; it is said by: %s", (long long)days_of(term->span), term->source);
}

/* Each smaller than the one before: warnings come nearer. */
static enum result check_days(const struct setting_rule *rule, const char *text, struct err *err)
{
	int64_t last = rule->most + 1, value;
	size_t count = 0;

	for (const char *at = text; at != NULL; count++) {
		size_t len = strcspn(at, ",");
		enum result r = read_int(rule, at, len, &value, err);

		if (r != OK)
			return r;
		if (value >= last || count == SETTING_DAYS_MAX) {
			err_set(err, ERR_INPUT, "%s takes up to %d numbers, each smaller than the one before it",
				rule->name, SETTING_DAYS_MAX);
			return err_mend(err, "write them as in 30,7,1");
		}
		last = value;
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	return OK;
}

static enum result check_date(const struct setting_rule *rule, const char *text, struct err *err)
{
	struct date date;

	if (date_parse(text, strlen(text), &date, err) == OK)
		return OK;
	err_where(err, "%s", rule->name);
	return err_mend(err, "write a day, as in 2026-03-01");
}

static enum result check_switch(const struct setting_rule *rule, const char *text, struct err *err)
{
	char shown[QUOTE_MAX];

	if (strcmp(text, "on") == 0 || strcmp(text, "off") == 0)
		return OK;
	err_set(err, ERR_INPUT, "%s cannot be %s", rule->name, quote(text, strlen(text), shown));
	return err_mend(err, "give on or off");
}

static enum result check_calendar(const char *code, struct err *err)
{
	const struct holidays_country *country;
	struct holidays *holidays = NULL;
	enum result r = holidays_open(&holidays, err);

	if (r == OK)
		r = holidays_find(holidays, code, &country, err);
	holidays_close(holidays);
	return r;
}

static enum result check_zone(const char *name, struct err *err)
{
	struct zone *zone = NULL;
	enum result r = zone_open(name, &zone, err);

	zone_close(zone);
	return r;
}

/* The plan that is set must stay one of the profile's. */
static enum result check_profile(struct session *session, uint32_t account, const char *name, struct pool *pool,
				 struct err *err)
{
	const struct profile *profile;
	struct profiles all;
	struct bound bound;
	const char *plan;
	enum result r = profiles_load(pool, &all, err);

	if (r == OK)
		r = profile_find(&all, name, &profile, err);
	if (r == OK)
		r = settings_get(session, account, "plan", pool, &plan, err);
	if (r == OK && profile_bound(profile, plan, KIND_FIRST, &bound, err) != OK) {
		err_set(err, ERR_INPUT, "the account's plan '%s' is none of the profile '%s'", plan, profile->name);
		r = err_mend(err, "first: lethe account set NAME plan none");
	}
	return r;
}

static enum result check_plan(struct session *session, uint32_t account, const char *name, struct pool *pool,
			      struct err *err)
{
	const struct profile *profile;
	const char *plan;
	struct bound bound;
	enum result r = settings_profile(session, account, pool, &profile, &plan, err);

	if (r != OK)
		return r;
	if (profile == NULL) {
		err_set(err, ERR_INPUT, "a plan belongs to a profile, and the account has none");
		return err_mend(err, "first: lethe account set NAME profile PROFILE");
	}
	return profile_bound(profile, name, KIND_FIRST, &bound, err);
}

static enum result check(struct session *session, uint32_t account, const struct setting_rule *rule, const char *value,
			 struct pool *pool, struct err *err)
{
	int64_t number;

	switch (rule->type) {
	case SETTING_INT:
		return read_int(rule, value, strlen(value), &number, err);
	case SETTING_GRACE:
		return check_grace(session, account, rule, value, pool, err);
	case SETTING_DAYS:
		return check_days(rule, value, err);
	case SETTING_DATE:
		return check_date(rule, value, err);
	case SETTING_CALENDAR:
		return check_calendar(value, err);
	case SETTING_ZONE:
		return check_zone(value, err);
	case SETTING_PROFILE:
		return check_profile(session, account, value, pool, err);
	case SETTING_SWITCH:
		return check_switch(rule, value, err);
	case SETTING_PLAN:
		return check_plan(session, account, value, pool, err);
	}
	return OK;
}

static enum result unknown(const char *name, struct err *err)
{
	char shown[QUOTE_MAX], all[400] = "";

	for (size_t i = 0; i < setting_rule_count; i++)
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i > 0 ? ", " : "", setting_rules[i].name);
	err_set(err, ERR_INPUT, "%s is no setting", quote(name, strlen(name), shown));
	return err_mend(err, "one of: %s", all);
}

/* ---- writing ---- */

/* What is stored is a number, a date or one of our own words: the log may have it. */
enum result settings_put(struct session *session, uint32_t account, const char *name, const char *value,
			 struct instant now, struct err *err)
{
	const struct setting_rule *rule = find_rule(name);
	struct act act;
	enum result r;

	INVARIANT(rule != NULL);
	r = setting_put(session->data, account, rule->name, value, err);
	if (r != OK)
		return r;
	act_begin(&act, "account.set", account, now);
	act_word_(&act, "setting", rule->name);
	act_word_(&act, "value", *value != '\0' ? value : NONE);
	return act_append(&act, session->data, NULL, err);
}

enum result settings_check(struct session *session, uint32_t account, const char *name, const char *value,
			   struct pool *pool, struct err *err)
{
	const struct setting_rule *rule = find_rule(name);

	if (rule == NULL)
		return unknown(name, err);
	if (*value == '\0' || strlen(value) >= ACT_TEXT_MAX) {
		err_set(err, ERR_INPUT, "%s needs a value of 1 to %d bytes", name, ACT_TEXT_MAX - 1);
		return err_mend(err, "\"" NONE "\" unsets it");
	}
	return strcmp(value, NONE) == 0 ? OK : check(session, account, rule, value, pool, err);
}

enum result settings_change(struct session *session, uint32_t account, const char *name, const char *value,
			    struct instant now, struct pool *pool, struct err *err)
{
	enum result r = settings_check(session, account, name, value, pool, err);

	return r == OK ? settings_put(session, account, name, strcmp(value, NONE) == 0 ? "" : value, now, err) : r;
}

struct putting {
	uint32_t account;
	const char *name, *value;
	struct instant now;
	struct pool *pool;
};

static enum result put_op(struct session *session, void *arg, struct err *err)
{
	struct putting *p = arg;

	return settings_change(session, p->account, p->name, p->value, p->now, p->pool, err);
}

enum result settings_set(struct vault *vault, const struct account *account, const char *name, const char *value,
			 struct instant now, struct pool *pool, struct err *err)
{
	struct putting putting = {.account = account->number, .name = name, .value = value, .now = now, .pool = pool};

	return vault_write(vault, put_op, &putting, err);
}
