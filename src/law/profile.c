/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/profile.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "law/profile_words.h"

struct span profile_keep(const struct profile *p, enum record_kind kind)
{
	INVARIANT(kind >= KIND_FIRST && kind <= KIND_LAST);
	return p->rules[kind].set ? p->rules[kind].keep : (struct span){.unlimited = true};
}

/* "a, b, c"; "none" when there is nothing. */
static void list_words(const char *const *words, size_t count, char *out, size_t size)
{
	size_t used = 0;

	snprintf(out, size, "%s", count > 0 ? "" : "none");
	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", words[i]);
}

static bool has_plan(const struct profile *p, const char *plan)
{
	for (size_t i = 0; i < p->plan_count; i++) {
		if (strcmp(p->plans[i], plan) == 0)
			return true;
	}
	return false;
}

enum result profile_bound(const struct profile *p, const char *plan, enum record_kind kind, struct bound *out,
			  struct err *err)
{
	const struct profile_rule *rule = &p->rules[kind];
	char shown[QUOTE_MAX], plans[200];

	INVARIANT(kind >= KIND_FIRST && kind <= KIND_LAST);
	if (plan && !has_plan(p, plan)) {
		err_set(err, ERR_NOT_FOUND, "the profile '%s' has no plan %s", p->name,
			quote(plan, strlen(plan), shown));
		list_words(p->plans, p->plan_count, plans, sizeof plans);
		return err_mend(err, "its plans are: %s", plans);
	}
	*out = rule->set ? rule->bound : (struct bound){.profile = p->name, .kind = kind};
	for (size_t i = 0; plan && i < rule->plan_count; i++) {
		if (strcmp(rule->plans[i].plan, plan) == 0)
			*out = rule->plans[i];
	}
	return OK;
}

/* ---- bounds ---- */

static void choices_text(const struct bound *bound, char out[BOUND_TEXT_MAX])
{
	char span[TIME_TEXT_MAX];
	size_t used = 0;

	for (size_t i = 0; i < bound->count && used < BOUND_TEXT_MAX; i++) {
		const char *before = i == 0 ? "" : i + 1 == bound->count ? " or " : ", ";

		used += (size_t)snprintf(out + used, BOUND_TEXT_MAX - used, "%s%s", before,
					 span_format(bound->spans[i], span));
	}
}

char *bound_text(const struct bound *bound, char out[BOUND_TEXT_MAX])
{
	char span[TIME_TEXT_MAX];

	switch (bound->type) {
	case BOUND_NONE:
		snprintf(out, BOUND_TEXT_MAX, "any period");
		break;
	case BOUND_FIXED:
		snprintf(out, BOUND_TEXT_MAX, "only %s", span_format(bound->spans[0], span));
		break;
	case BOUND_MIN:
		snprintf(out, BOUND_TEXT_MAX, "at least %s", span_format(bound->spans[0], span));
		break;
	case BOUND_MAX:
		snprintf(out, BOUND_TEXT_MAX, "at most %s", span_format(bound->spans[0], span));
		break;
	case BOUND_CHOICES:
		choices_text(bound, out);
		break;
	}
	return out;
}

static bool is_choice(const struct bound *bound, struct span span)
{
	for (size_t i = 0; i < bound->count; i++) {
		if (span_equal(bound->spans[i], span))
			return true;
	}
	return false;
}

static bool allows(const struct bound *bound, struct span span)
{
	switch (bound->type) {
	case BOUND_NONE:
		return true;
	case BOUND_MIN:
		return span_within(bound->spans[0], span);
	case BOUND_MAX:
		return span_within(span, bound->spans[0]);
	case BOUND_FIXED:
	case BOUND_CHOICES:
		break;
	}
	return is_choice(bound, span);
}

/* Months against days: why a year is not 365 days. */
static bool mixes_units(const struct bound *bound, struct span span)
{
	const struct span *limit = &bound->spans[0];

	return !span.unlimited && !limit->unlimited && (span.months > 0) != (limit->months > 0) &&
	       span.months + span.days > 0;
}

enum result bound_allows(const struct bound *bound, struct span span, struct err *err)
{
	char text[BOUND_TEXT_MAX], given[TIME_TEXT_MAX];

	if (allows(bound, span))
		return OK;
	err_set(err, ERR_INPUT, "the %s '%s' allows %s for %s, not %s (%s)", bound->plan ? "plan" : "profile",
		bound->plan ? bound->plan : bound->profile, bound_text(bound, text), kind_plural(bound->kind),
		span_format(span, given), bound->source);
	if (bound->type == BOUND_FIXED)
		return err_mend(err, "leave it at %s, or give the account another plan or profile",
				span_format(bound->spans[0], given));
	if (mixes_units(bound, span))
		return err_mend(
		    err, "choose %s; months and days are compared by the longest and the shortest they can be", text);
	return err_mend(err, "choose %s, or give the account another plan or profile", text);
}

/* ---- all of them ---- */

enum result profile_find(const struct profiles *all, const char *name, const struct profile **out, struct err *err)
{
	const char *names[sizeof all->list / sizeof all->list[0]];
	char shown[QUOTE_MAX], list[200];

	for (size_t i = 0; i < all->count; i++) {
		names[i] = all->list[i]->name;
		if (strcmp(names[i], name) != 0)
			continue;
		*out = all->list[i];
		return OK;
	}
	err_set(err, ERR_NOT_FOUND, "there is no profile %s", quote(name, strlen(name), shown));
	list_words(names, all->count, list, sizeof list);
	return err_mend(err, "the profiles are: %s", list);
}

/* ---- words ---- */

const char *const profile_terms[TERM_COUNT] = {
    [TERM_ACCOUNT_DATA_AFTER_CANCELLATION] = "account_data_after_cancellation",
    [TERM_ERASURE_COMPLETE_WITHIN] = "erasure_complete_within",
    [TERM_BACKUPS_KEPT] = "backups_kept",
    [TERM_SUBPROCESSOR_OBJECTION] = "subprocessor_objection",
    [TERM_USERS_IDLE] = "users_idle",
    [TERM_LOG_ACTIVITY] = "log_activity",
    [TERM_LOG_API_ACCESS] = "log_api_access",
    [TERM_LOG_WEBHOOK_DELIVERY] = "log_webhook_delivery",
};
const char *const profile_duties[DUTY_COUNT] = {
    [DUTY_ERASE_ONCE_BILLED] = "erase_once_billed",
    [DUTY_METADATA_KEPT_FOR_TELECOM_LAW] = "metadata_kept_for_telecom_law",
    [DUTY_IDLE_USERS_WITHOUT_ACCOUNT] = "idle_users_without_account",
    [DUTY_ANONYMISE_ON_REQUEST] = "anonymise_on_request",
};
const char *const profile_things[THING_COUNT] = {
    [THING_CONTACTS] = "contacts", [THING_CONTACT_LISTS] = "contact_lists", [THING_TAGS] = "tags",
    [THING_AGENTS] = "agents",     [THING_GREETINGS] = "greetings",         [THING_CUSTOMER_DATA] = "customer_data",
};
const char *const profile_lives[LIFE_COUNT] = {
    [LIFE_NOT_SET] = "",
    [LIFE_UNTIL_DELETED] = "until_deleted",
    [LIFE_ACCOUNT_ACTIVE] = "account_active",
    [LIFE_ACCOUNT_OPEN] = "account_open",
};
const char *const profile_switches[SWITCH_COUNT] = {
    [SWITCH_RECORDING] = "recording",
    [SWITCH_CONSENT_TRACKING] = "consent_tracking",
    [SWITCH_PHI_PROTECTION] = "phi_protection",
    [SWITCH_TAMPER_EVIDENT_AUDIT] = "tamper_evident_audit",
    [SWITCH_TRACK_ENCRYPTION] = "track_encryption",
    [SWITCH_SPOKEN_DO_NOT_CALL] = "spoken_do_not_call",
    [SWITCH_ZERO_RETENTION] = "zero_retention",
};
const char *const switch_states[STATE_COUNT] = {
    [SWITCH_NOT_SET] = "",
    [SWITCH_OFF] = "off",
    [SWITCH_ON] = "on",
    [SWITCH_ALWAYS] = "always",
};
const char *const switch_scopes[SCOPE_COUNT] = {"account", "flow", "api_call", "agent"};
const char *const profile_changes[CHANGE_COUNT] = {[CHANGE_ACCOUNT] = "account", [CHANGE_SUPPORT] = "support"};

const char *profile_term_name(enum profile_term_id term)
{
	INVARIANT((size_t)term < TERM_COUNT);
	return profile_terms[term];
}

const char *profile_duty_name(enum profile_duty_id duty)
{
	INVARIANT((size_t)duty < DUTY_COUNT);
	return profile_duties[duty];
}

const char *profile_thing_name(enum profile_thing_id thing)
{
	INVARIANT((size_t)thing < THING_COUNT);
	return profile_things[thing];
}

const char *profile_life_name(enum profile_life life)
{
	INVARIANT((size_t)life < LIFE_COUNT);
	return profile_lives[life];
}

const char *profile_switch_name(enum profile_switch_id which)
{
	INVARIANT((size_t)which < SWITCH_COUNT);
	return profile_switches[which];
}

const char *switch_state_name(enum switch_state state)
{
	INVARIANT((size_t)state < STATE_COUNT);
	return switch_states[state];
}

const char *switch_scope_name(enum switch_scope scope)
{
	for (size_t i = 0; i < SCOPE_COUNT; i++) {
		if ((unsigned)scope == 1U << i)
			return switch_scopes[i];
	}
	INVARIANT(!"one bit of enum switch_scope");
}

const char *profile_change_name(enum profile_change change)
{
	INVARIANT((size_t)change < CHANGE_COUNT);
	return profile_changes[change];
}
