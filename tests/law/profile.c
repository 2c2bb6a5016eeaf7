/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each number that the systems publish, and each error of a file.
 */
#include "law/file.h"

#include "law/profile.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (UINT32_C(1) << (n))

static struct profiles all;

static enum result load_into(struct pool *to)
{
	return profiles_load(to, &all, &err);
}

static int load(void **state)
{
	(void)state;
	return open_files(load_into);
}

static const struct profile *profile(const char *name)
{
	const struct profile *p = NULL;

	assert_int_equal(profile_find(&all, name, &p, &err), OK);
	return p;
}

static struct span span_of(const char *text)
{
	struct span span = {0};

	assert_int_equal(span_parse(text, &span, &err), OK);
	return span;
}

static struct bound bound_of(const char *name, const char *plan, enum record_kind kind)
{
	struct bound bound = {0};

	assert_int_equal(profile_bound(profile(name), plan, kind, &bound, &err), OK);
	return bound;
}

static void assert_keeps(const char *name, enum record_kind kind, const char *keep, const char *bound)
{
	struct bound is = bound_of(name, NULL, kind);
	char span[TIME_TEXT_MAX], text[BOUND_TEXT_MAX];

	assert_true(profile(name)->rules[kind].set);
	assert_string_equal(span_format(profile_keep(profile(name), kind), span), keep);
	assert_string_equal(bound_text(&is, text), bound);
}

static void assert_term(const char *name, enum profile_term_id term, const char *period)
{
	const struct profile_term *is = &profile(name)->terms[term];
	char span[TIME_TEXT_MAX];

	assert_true(is->set && is->source);
	assert_string_equal(span_format(is->span, span), period);
}

static void assert_switch(const char *name, enum profile_switch_id which, enum switch_state state, uint32_t scopes)
{
	const struct profile_switch *is = &profile(name)->switches[which];

	assert_int_equal(is->state, state);
	assert_int_equal(is->scopes, scopes);
	assert_non_null(is->source);
}

static bool allowed(const char *name, const char *plan, enum record_kind kind, const char *span)
{
	struct bound bound = bound_of(name, plan, kind);

	return bound_allows(&bound, span_of(span), &err) == OK;
}

/* ---- justcall ---- */

static void justcall_keeps_content_for_ever_or_for_one_of_four_periods(void **state)
{
	static const enum record_kind content[] = {KIND_RECORDING, KIND_MESSAGE, KIND_VOICEMAIL};

	(void)state;
	for (size_t i = 0; i < COUNT(content); i++) {
		assert_keeps("justcall", content[i], "unlimited", "30 days, 60 days, 90 days, 365 days or unlimited");
		assert_true(allowed("justcall", NULL, content[i], "30 days"));
		assert_true(allowed("justcall", NULL, content[i], "60 days"));
		assert_true(allowed("justcall", NULL, content[i], "90 days"));
		assert_true(allowed("justcall", NULL, content[i], "365 days"));
		assert_true(allowed("justcall", NULL, content[i], "unlimited"));
		assert_false(allowed("justcall", NULL, content[i], "31 days"));
		assert_false(allowed("justcall", NULL, content[i], "12 months"));
		assert_false(allowed("justcall", NULL, content[i], "0 days"));
	}
}

static void justcall_call_logs_are_unlimited_and_only_deleted_by_hand_or_api(void **state)
{
	const struct profile_self_service *self = &profile("justcall")->self_service;

	(void)state;
	assert_keeps("justcall", KIND_CALL, "unlimited", "only unlimited");
	assert_false(allowed("justcall", NULL, KIND_CALL, "365 days"));
	assert_true(self->set);
	assert_int_equal(self->kinds, BIT(KIND_CALL));
	assert_int_equal(self->ways, WAY_HAND | WAY_API);
}

static void justcall_terms_are_90_30_and_30_days(void **state)
{
	(void)state;
	assert_term("justcall", TERM_ACCOUNT_DATA_AFTER_CANCELLATION, "90 days");
	assert_term("justcall", TERM_ERASURE_COMPLETE_WITHIN, "30 days");
	assert_term("justcall", TERM_SUBPROCESSOR_OBJECTION, "30 days");
}

/* ---- aircall ---- */

static void aircall_keeps_content_a_year_and_support_changes_it(void **state)
{
	static const enum record_kind content[] = {KIND_RECORDING, KIND_VOICEMAIL, KIND_MESSAGE};

	(void)state;
	for (size_t i = 0; i < COUNT(content); i++) {
		assert_keeps("aircall", content[i], "12 months", "any period");
		assert_int_equal(profile("aircall")->rules[content[i]].changed_by, CHANGE_SUPPORT);
	}
}

static void aircall_keeps_metadata_for_telecom_law_against_an_erasure(void **state)
{
	(void)state;
	assert_true(profile("aircall")->duties[DUTY_METADATA_KEPT_FOR_TELECOM_LAW].set);
	assert_non_null(strstr(profile("aircall")->duties[DUTY_METADATA_KEPT_FOR_TELECOM_LAW].source, "explained"));
}

static void aircall_leaves_contacts_notes_tags_and_agents_to_the_account(void **state)
{
	const struct profile_self_service *self = &profile("aircall")->self_service;

	(void)state;
	assert_int_equal(self->kinds, BIT(KIND_NOTE));
	assert_int_equal(self->things, BIT(THING_CONTACTS) | BIT(THING_TAGS) | BIT(THING_AGENTS));
	assert_int_equal(self->ways, WAY_HAND);
	assert_int_equal(profile("aircall")->things[THING_CONTACTS].life, LIFE_UNTIL_DELETED);
	assert_int_equal(profile("aircall")->things[THING_TAGS].life, LIFE_UNTIL_DELETED);
	assert_int_equal(profile("aircall")->things[THING_AGENTS].life, LIFE_UNTIL_DELETED);
}

/* ---- callrail ---- */

static void callrail_keeps_communication_records_25_months_and_never_longer(void **state)
{
	static const enum record_kind records[] = {KIND_CALL, KIND_RECORDING, KIND_VOICEMAIL, KIND_MESSAGE,
						   KIND_CHAT, KIND_FORM,      KIND_SESSION};

	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		assert_keeps("callrail", records[i], "25 months", "at most 25 months");
		assert_int_equal(profile("callrail")->rules[records[i]].changed_by, CHANGE_SUPPORT);
		assert_true(allowed("callrail", NULL, records[i], "1 month"));
		assert_true(allowed("callrail", NULL, records[i], "25 months"));
		assert_false(allowed("callrail", NULL, records[i], "26 months"));
		assert_false(allowed("callrail", NULL, records[i], "unlimited"));
	}
}

static void callrail_customer_data_and_greetings_go_with_the_account(void **state)
{
	(void)state;
	assert_int_equal(profile("callrail")->things[THING_CUSTOMER_DATA].life, LIFE_ACCOUNT_ACTIVE);
	assert_int_equal(profile("callrail")->things[THING_GREETINGS].life, LIFE_ACCOUNT_OPEN);
}

static void callrail_users_go_after_13_months_and_without_an_account(void **state)
{
	(void)state;
	assert_term("callrail", TERM_USERS_IDLE, "13 months");
	assert_true(profile("callrail")->duties[DUTY_IDLE_USERS_WITHOUT_ACCOUNT].set);
}

static void callrail_deletes_only_what_is_billed_and_keeps_backups_90_days(void **state)
{
	(void)state;
	assert_true(profile("callrail")->duties[DUTY_ERASE_ONCE_BILLED].set);
	assert_true(profile("callrail")->duties[DUTY_ANONYMISE_ON_REQUEST].set);
	assert_term("callrail", TERM_BACKUPS_KEPT, "90 days");
}

/* ---- converse ---- */

static void converse_leaves_the_periods_to_the_account(void **state)
{
	(void)state;
	assert_keeps("converse", KIND_TRANSCRIPT, "unlimited", "any period");
	assert_keeps("converse", KIND_RECORDING, "unlimited", "any period");
	assert_true(allowed("converse", NULL, KIND_RECORDING, "0 days"));
}

static void converse_has_its_switches(void **state)
{
	(void)state;
	assert_switch("converse", SWITCH_CONSENT_TRACKING, SWITCH_OFF, SWITCH_BY_ACCOUNT);
	assert_switch("converse", SWITCH_PHI_PROTECTION, SWITCH_OFF, SWITCH_BY_ACCOUNT);
	assert_switch("converse", SWITCH_TAMPER_EVIDENT_AUDIT, SWITCH_OFF, SWITCH_BY_ACCOUNT);
	assert_switch("converse", SWITCH_TRACK_ENCRYPTION, SWITCH_ALWAYS, 0);
	assert_switch("converse", SWITCH_SPOKEN_DO_NOT_CALL, SWITCH_ALWAYS, 0);
	assert_switch("converse", SWITCH_ZERO_RETENTION, SWITCH_OFF, SWITCH_BY_AGENT);
	assert_int_equal(profile("converse")->switches[SWITCH_RECORDING].state, SWITCH_NOT_SET);
}

static void converse_asks_first_and_keeps_time_number_and_the_exact_text(void **state)
{
	const struct profile_consent *consent = &profile("converse")->consent;

	(void)state;
	assert_true(consent->set && consent->before_recording);
	assert_int_equal(consent->keeps, CONSENT_KEEPS_TIME | CONSENT_KEEPS_NUMBER | CONSENT_KEEPS_TEXT);
	assert_true(strlen(consent->ask) > 0 && strlen(consent->refused) > 0);
}

static void converse_masks_numbers_addresses_and_cards_in_transcripts_and_logs(void **state)
{
	const struct profile_masks *masks = &profile("converse")->masks;

	(void)state;
	assert_true(masks->set);
	assert_string_equal(masks->phone, "[PHONE]");
	assert_string_equal(masks->email, "[EMAIL]");
	assert_string_equal(masks->card, "[CARD]");
	assert_int_equal(masks->places, MASK_TRANSCRIPTS | MASK_LOGS);
}

/* ---- exotel ---- */

static void exotel_keeps_recordings_90_days_and_longer_with_a_plan(void **state)
{
	(void)state;
	assert_keeps("exotel", KIND_RECORDING, "90 days", "at most 90 days");
	assert_true(allowed("exotel", NULL, KIND_RECORDING, "90 days"));
	assert_false(allowed("exotel", NULL, KIND_RECORDING, "91 days"));
	assert_true(allowed("exotel", "growth", KIND_RECORDING, "180 days"));
	assert_false(allowed("exotel", "growth", KIND_RECORDING, "181 days"));
	assert_true(allowed("exotel", "enterprise", KIND_RECORDING, "365 days"));
	assert_false(allowed("exotel", "enterprise", KIND_RECORDING, "366 days"));
}

static void exotel_keeps_call_delivery_and_campaign_records_a_year_whatever_the_plan(void **state)
{
	static const enum record_kind fixed[] = {KIND_CALL, KIND_DELIVERY, KIND_CAMPAIGN_RESULT};

	(void)state;
	for (size_t i = 0; i < COUNT(fixed); i++) {
		assert_keeps("exotel", fixed[i], "12 months", "only 12 months");
		assert_true(allowed("exotel", "enterprise", fixed[i], "1 year"));
		assert_false(allowed("exotel", "enterprise", fixed[i], "365 days"));
		assert_false(allowed("exotel", NULL, fixed[i], "11 months"));
	}
}

static void exotel_contact_lists_stay_until_deleted_and_what_is_deleted_is_purged_in_30_days(void **state)
{
	(void)state;
	assert_int_equal(profile("exotel")->things[THING_CONTACT_LISTS].life, LIFE_UNTIL_DELETED);
	assert_term("exotel", TERM_ERASURE_COMPLETE_WITHIN, "30 days");
}

static void exotel_records_only_where_it_is_enabled(void **state)
{
	(void)state;
	assert_switch("exotel", SWITCH_RECORDING, SWITCH_OFF, SWITCH_BY_ACCOUNT | SWITCH_BY_FLOW | SWITCH_BY_API_CALL);
}

static void exotels_log_periods_are_those_of_every_other_system(void **state)
{
	static const char *const names[] = {"exotel", "justcall", "aircall", "callrail", "converse"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_term(names[i], TERM_LOG_ACTIVITY, "24 months");
		assert_term(names[i], TERM_LOG_API_ACCESS, "90 days");
		assert_term(names[i], TERM_LOG_WEBHOOK_DELIVERY, "30 days");
	}
}

/* ---- gdpr-strict ---- */

static void gdpr_strict_bounds_every_kind_and_gives_a_reason(void **state)
{
	const struct profile *p = profile("gdpr-strict");

	(void)state;
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		const struct profile_rule *rule = &p->rules[kind];

		assert_true(rule->set && !rule->keep.unlimited && strlen(rule->source) > 20);
		assert_int_equal(rule->bound.type, BOUND_MAX);
		assert_true(span_within(rule->keep, rule->bound.spans[0]));
	}
	for (size_t i = 0; i < TERM_COUNT; i++)
		assert_true(p->terms[i].set && p->terms[i].source);
}

static void gdpr_strict_is_nowhere_longer_than_a_system_that_sets_a_period(void **state)
{
	const struct profile *strict = profile("gdpr-strict");

	(void)state;
	for (size_t i = 0; i < all.count; i++) {
		for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
			assert_true(
			    span_within(strict->rules[kind].keep, profile_keep(all.list[i], (enum record_kind)kind)));
	}
}

/* ---- asking ---- */

static void there_are_six_by_name(void **state)
{
	static const char *const names[] = {"aircall", "callrail", "converse", "exotel", "gdpr-strict", "justcall"};
	const struct profile *p;

	(void)state;
	assert_int_equal(all.count, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(all.list[i]->name, names[i]);
	assert_int_equal(profile_find(&all, "exhotel", &p, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "there is no profile 'exhotel'");
	assert_string_equal(err.mend, "the profiles are: aircall, callrail, converse, exotel, gdpr-strict, justcall");
}

static void a_kind_that_a_profile_does_not_speak_of_is_kept_without_bound(void **state)
{
	struct bound bound = bound_of("exotel", "growth", KIND_NOTE);

	(void)state;
	assert_false(profile("exotel")->rules[KIND_NOTE].set);
	assert_true(profile_keep(profile("exotel"), KIND_NOTE).unlimited);
	assert_int_equal(bound.type, BOUND_NONE);
	assert_int_equal(bound_allows(&bound, span_of("3 days"), &err), OK);
}

static void a_plan_that_is_none_is_refused_with_those_there_are(void **state)
{
	struct bound bound;

	(void)state;
	assert_int_equal(profile_bound(profile("exotel"), "gold", KIND_RECORDING, &bound, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "the profile 'exotel' has no plan 'gold'");
	assert_string_equal(err.mend, "its plans are: growth, enterprise");
	assert_int_equal(profile_bound(profile("callrail"), "gold", KIND_CALL, &bound, &err), ERR_NOT_FOUND);
	assert_string_equal(err.mend, "its plans are: none");
}

static void a_refusal_says_the_bound_its_source_and_how_to_mend_it(void **state)
{
	(void)state;
	assert_false(allowed("exotel", "growth", KIND_RECORDING, "365 days"));
	assert_string_equal(
	    err.what,
	    "the plan 'growth' allows at most 180 days for recordings, not 365 days (Exotel, data privacy and "
	    "retention: recordings 90 days, growth up to 180, enterprise up to 365)");
	assert_string_equal(err.mend, "choose at most 180 days, or give the account another plan or profile");
	assert_false(allowed("exotel", NULL, KIND_CALL, "24 months"));
	assert_string_equal(err.what,
			    "the profile 'exotel' allows only 12 months for calls, not 24 months (Exotel, data "
			    "privacy and retention: call detail records 1 year, not configurable)");
	assert_string_equal(err.mend, "leave it at 12 months, or give the account another plan or profile");
	assert_false(allowed("justcall", NULL, KIND_MESSAGE, "45 days"));
	assert_string_equal(err.mend,
			    "choose 30 days, 60 days, 90 days, 365 days or unlimited, or give the account another "
			    "plan or profile");
}

static void a_year_is_not_within_365_days_and_the_refusal_says_why(void **state)
{
	(void)state;
	assert_false(allowed("exotel", "enterprise", KIND_RECORDING, "1 year"));
	assert_string_equal(err.mend, "choose at most 365 days; months and days are compared by the longest and the "
				      "shortest they can be");
	assert_true(allowed("exotel", "enterprise", KIND_RECORDING, "11 months"));
	assert_true(allowed("callrail", NULL, KIND_CALL, "758 days"));
	assert_false(allowed("callrail", NULL, KIND_CALL, "759 days"));
}

static void every_word_of_the_vocabularies_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(profile_term_name(TERM_USERS_IDLE), "users_idle");
	assert_string_equal(profile_duty_name(DUTY_ERASE_ONCE_BILLED), "erase_once_billed");
	assert_string_equal(profile_thing_name(THING_CUSTOMER_DATA), "customer_data");
	assert_string_equal(profile_life_name(LIFE_ACCOUNT_OPEN), "account_open");
	assert_string_equal(profile_life_name(LIFE_NOT_SET), "");
	assert_string_equal(profile_switch_name(SWITCH_ZERO_RETENTION), "zero_retention");
	assert_string_equal(switch_state_name(SWITCH_ALWAYS), "always");
	assert_string_equal(switch_scope_name(SWITCH_BY_AGENT), "agent");
	assert_string_equal(profile_change_name(CHANGE_SUPPORT), "support");
}

/* ---- refusing files ---- */

#define GOOD                                                                                                           \
	"{\n"                                                                                                          \
	"  \"name\": \"x\", \"title\": \"X\", \"text\": \"T.\",\n"                                                     \
	"  \"plans\": [\"big\"],\n"                                                                                    \
	"  \"records\": [\n"                                                                                           \
	"    {\"kinds\": [\"call\"], \"keep\": \"90 days\", \"bound\": {\"min\": \"30 days\"},\n"                      \
	"     \"plans\": {\"big\": {\"choices\": [\"90 days\", \"1 year\"]}}, \"source\": \"S\"},\n"                   \
	"    {\"kinds\": [\"note\"], \"keep\": \"unlimited\", \"bound\": \"none\", \"source\": \"S\"}\n"               \
	"  ],\n"                                                                                                       \
	"  \"terms\": {\"backups_kept\": {\"period\": \"90 days\", \"source\": \"S\"}},\n"                             \
	"  \"duties\": {\"erase_once_billed\": {\"source\": \"S\"}},\n"                                                \
	"  \"things\": {\"tags\": {\"kept\": \"until_deleted\", \"source\": \"S\"}},\n"                                \
	"  \"self_service\": {\"records\": [\"call\"], \"things\": [\"tags\"], \"by\": [\"api\"], \"source\": "        \
	"\"S\"},\n"                                                                                                    \
	"  \"switches\": {\"recording\": {\"state\": \"on\", \"set_by\": [\"flow\"], \"source\": \"S\"}},\n"           \
	"  \"consent\": {\"before_recording\": false, \"keeps\": [\"time\"], \"ask\": \"A\", \"refused\": \"R\",\n"    \
	"    \"source\": \"S\"},\n"                                                                                    \
	"  \"masks\": {\"phone\": \"P\", \"email\": \"E\", \"card\": \"C\", \"in\": [\"logs\"], \"source\": \"S\"}\n"  \
	"}\n"

static enum result parse(const char *text, struct profile *out)
{
	return profile_parse("x.json", text, strlen(text), &pool, out, &err);
}

static void assert_refused(const char *what, const char *with, const char *says, const char *where)
{
	char text[FILE_TEXT_MAX], place[300];
	struct profile out;

	exchange(GOOD, what, with, text);
	snprintf(place, sizeof place, "x.json, line %s", where);
	assert_says(parse(text, &out), says, place);
}

static void a_good_file_is_read_whole(void **state)
{
	struct profile p;
	struct bound bound;

	(void)state;
	assert_int_equal(parse(GOOD, &p), OK);
	assert_int_equal(profile_bound(&p, "big", KIND_CALL, &bound, &err), OK);
	assert_int_equal(bound.type, BOUND_CHOICES);
	assert_int_equal(bound_allows(&bound, span_of("12 months"), &err), OK);
	assert_int_equal(profile_bound(&p, NULL, KIND_CALL, &bound, &err), OK);
	assert_int_equal(bound_allows(&bound, span_of("30 days"), &err), OK);
	assert_int_equal(bound_allows(&bound, span_of("1 month"), &err), ERR_INPUT);
	assert_string_equal(err.what, "the profile 'x' allows at least 30 days for calls, not 1 month (S)");
	assert_int_equal(bound_allows(&bound, span_of("unlimited"), &err), OK);
	assert_int_equal(p.switches[SWITCH_RECORDING].scopes, SWITCH_BY_FLOW);
	assert_false(p.consent.before_recording);
}

static void a_member_nobody_knows_is_refused_wherever_it_stands(void **state)
{
	(void)state;
	assert_refused("\"title\"", "\"titel\"", "unknown member 'titel'", "2, 'titel'");
	assert_refused("\"keep\"", "\"kept\"", "unknown member 'kept'", "5, 'records[0].kept'");
	assert_refused("\"min\"", "\"least\"", "unknown member 'least'", "5, 'records[0].bound.least'");
	assert_refused("\"big\": ", "\"huge\": ", "unknown member 'huge'", "6, 'records[0].plans.huge'");
	assert_string_equal(err.mend, "these are known here: big");
	assert_refused("\"backups_kept\"", "\"backup\"", "unknown member 'backup'", "9, 'terms.backup'");
	assert_refused("\"period\"", "\"span\"", "unknown member 'span'", "9, 'terms.backups_kept.span'");
	assert_refused("\"erase_once_billed\"", "\"x\"", "unknown member 'x'", "10, 'duties.x'");
	assert_refused("billed\": {", "billed\": {\"on\": true, ", "unknown member 'on'",
		       "10, 'duties.erase_once_billed.on'");
	assert_refused("\"tags\": {", "\"tag\": {", "unknown member 'tag'", "11, 'things.tag'");
	assert_refused("\"kept\"", "\"keep\"", "unknown member 'keep'", "11, 'things.tags.keep'");
	assert_refused("\"by\"", "\"via\"", "unknown member 'via'", "12, 'self_service.via'");
	assert_refused("\"recording\": {\"state\"", "\"rec\": {\"state\"", "unknown member 'rec'",
		       "13, 'switches.rec'");
	assert_refused("\"set_by\"", "\"at\"", "unknown member 'at'", "13, 'switches.recording.at'");
	assert_refused("\"refused\"", "\"no\"", "unknown member 'no'", "14, 'consent.no'");
	assert_refused("\"card\"", "\"iban\"", "unknown member 'iban'", "16, 'masks.iban'");
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	assert_refused("\"title\": \"X\", ", "", "the member 'title' is missing", "1");
	assert_refused("\"keep\": \"90 days\", ", "", "the member 'keep' is missing", "5, 'records[0]'");
	assert_refused("\"bound\": {\"min\": \"30 days\"},", "", "the member 'bound' is missing", "5, 'records[0]'");
	assert_refused(", \"source\": \"S\"},\n    {", "},\n    {", "the member 'source' is missing",
		       "5, 'records[0]'");
	assert_refused("\"kinds\": [\"note\"], ", "", "the member 'kinds' is missing", "7, 'records[1]'");
	assert_refused("\"period\": \"90 days\", ", "", "the member 'period' is missing", "9, 'terms.backups_kept'");
	assert_refused("{\"source\": \"S\"}}", "{}}", "the member 'source' is missing",
		       "10, 'duties.erase_once_billed'");
	assert_refused("\"kept\": \"until_deleted\", ", "", "the member 'kept' is missing", "11, 'things.tags'");
	assert_refused("\"by\": [\"api\"], ", "", "the member 'by' is missing", "12, 'self_service'");
	assert_refused("\"set_by\": [\"flow\"], ", "", "the member 'set_by' is missing", "13, 'switches.recording'");
	assert_refused("\"state\": \"on\", ", "", "the member 'state' is missing", "13, 'switches.recording'");
	assert_refused("\"ask\": \"A\", ", "", "the member 'ask' is missing", "14, 'consent'");
	assert_refused("\"card\": \"C\", ", "", "the member 'card' is missing", "16, 'masks'");
}

static void a_word_nobody_knows_is_refused(void **state)
{
	(void)state;
	assert_refused("\"note\"", "\"memo\"", "unknown kind 'memo'", "7, 'records[1].kinds[0]'");
	assert_refused("\"none\"", "\"any\"", "unknown bound 'any'", "7, 'records[1].bound'");
	assert_refused("\"until_deleted\"", "\"ever\"", "unknown time 'ever'", "11, 'things.tags.kept'");
	assert_refused("\"until_deleted\"", "\"\"", "unknown time ''", "11, 'things.tags.kept'");
	assert_refused("[\"tags\"]", "[\"rooms\"]", "unknown thing 'rooms'", "12, 'self_service.things[0]'");
	assert_refused("[\"api\"]", "[\"fax\"]", "unknown way 'fax'", "12, 'self_service.by[0]'");
	assert_refused("\"on\"", "\"yes\"", "unknown state 'yes'", "13, 'switches.recording.state'");
	assert_refused("[\"flow\"]", "[\"room\"]", "unknown place to set it 'room'",
		       "13, 'switches.recording.set_by[0]'");
	assert_refused("[\"time\"]", "[\"name\"]", "unknown field 'name'", "14, 'consent.keeps[0]'");
	assert_refused("[\"logs\"]", "[\"calls\"]", "unknown place 'calls'", "16, 'masks.in[0]'");
	assert_refused("\"source\": \"S\"},\n    {", "\"changed_by\": \"me\", \"source\": \"S\"},\n    {",
		       "unknown way of changing 'me'", "6, 'records[0].changed_by'");
}

static void a_bound_is_one_and_its_default_is_within_it(void **state)
{
	(void)state;
	assert_refused("{\"min\": \"30 days\"}", "{\"min\": \"30 days\", \"max\": \"1 year\"}",
		       "a bound has one member, not 2", "5, 'records[0].bound'");
	assert_refused("{\"min\": \"30 days\"}", "{}", "a bound has one member, not 0", "5, 'records[0].bound'");
	assert_refused("{\"min\": \"30 days\"}", "30", "an object is expected here, not an integer",
		       "5, 'records[0].bound'");
	assert_refused("\"30 days\"", "\"91 days\"",
		       "the profile 'x' allows at least 91 days for calls, not 90 days (S)", "5, 'records[0].bound'");
	assert_refused("[\"90 days\", \"1 year\"]", "[\"1 year\"]",
		       "the plan 'big' allows 12 months for calls, not 90 days (S)", "6, 'records[0].plans.big'");
	assert_refused("[\"90 days\", \"1 year\"]", "[]", "the list is empty", "6, 'records[0].plans.big.choices'");
	assert_refused("\"1 year\"", "\"a year\"", "'a year' is not a length of time",
		       "6, 'records[0].plans.big.choices[1]'");
	assert_refused("\"30 days\"", "true", "a string is expected here, not a boolean", "5, 'records[0].bound.min'");
}

static void rules_do_not_contradict_each_other(void **state)
{
	(void)state;
	assert_refused("\"note\"", "\"call\"", "two rules speak of calls", "7, 'records[1].kinds'");
	assert_refused("\"on\"", "\"always\"", "what is always so cannot be set", "13, 'switches.recording.set_by'");
	assert_refused("false", "\"no\"", "a boolean is expected here, not a string", "14, 'consent.before_recording'");
}

static enum result load_elsewhere(struct pool *to)
{
	struct profiles into;

	return profiles_load(to, &into, &err);
}

static void without_memory_that_is_said_wherever_it_runs_out(void **state)
{
	(void)state;
	assert_memory_is_said(load_elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(justcall_keeps_content_for_ever_or_for_one_of_four_periods),
	    cmocka_unit_test(justcall_call_logs_are_unlimited_and_only_deleted_by_hand_or_api),
	    cmocka_unit_test(justcall_terms_are_90_30_and_30_days),
	    cmocka_unit_test(aircall_keeps_content_a_year_and_support_changes_it),
	    cmocka_unit_test(aircall_keeps_metadata_for_telecom_law_against_an_erasure),
	    cmocka_unit_test(aircall_leaves_contacts_notes_tags_and_agents_to_the_account),
	    cmocka_unit_test(callrail_keeps_communication_records_25_months_and_never_longer),
	    cmocka_unit_test(callrail_customer_data_and_greetings_go_with_the_account),
	    cmocka_unit_test(callrail_users_go_after_13_months_and_without_an_account),
	    cmocka_unit_test(callrail_deletes_only_what_is_billed_and_keeps_backups_90_days),
	    cmocka_unit_test(converse_leaves_the_periods_to_the_account),
	    cmocka_unit_test(converse_has_its_switches),
	    cmocka_unit_test(converse_asks_first_and_keeps_time_number_and_the_exact_text),
	    cmocka_unit_test(converse_masks_numbers_addresses_and_cards_in_transcripts_and_logs),
	    cmocka_unit_test(exotel_keeps_recordings_90_days_and_longer_with_a_plan),
	    cmocka_unit_test(exotel_keeps_call_delivery_and_campaign_records_a_year_whatever_the_plan),
	    cmocka_unit_test(exotel_contact_lists_stay_until_deleted_and_what_is_deleted_is_purged_in_30_days),
	    cmocka_unit_test(exotel_records_only_where_it_is_enabled),
	    cmocka_unit_test(exotels_log_periods_are_those_of_every_other_system),
	    cmocka_unit_test(gdpr_strict_bounds_every_kind_and_gives_a_reason),
	    cmocka_unit_test(gdpr_strict_is_nowhere_longer_than_a_system_that_sets_a_period),
	    cmocka_unit_test(there_are_six_by_name),
	    cmocka_unit_test(a_kind_that_a_profile_does_not_speak_of_is_kept_without_bound),
	    cmocka_unit_test(a_plan_that_is_none_is_refused_with_those_there_are),
	    cmocka_unit_test(a_refusal_says_the_bound_its_source_and_how_to_mend_it),
	    cmocka_unit_test(a_year_is_not_within_365_days_and_the_refusal_says_why),
	    cmocka_unit_test(every_word_of_the_vocabularies_has_a_name),
	    cmocka_unit_test(a_good_file_is_read_whole),
	    cmocka_unit_test(a_member_nobody_knows_is_refused_wherever_it_stands),
	    cmocka_unit_test(what_is_missing_is_named),
	    cmocka_unit_test(a_word_nobody_knows_is_refused),
	    cmocka_unit_test(a_bound_is_one_and_its_default_is_within_it),
	    cmocka_unit_test(rules_do_not_contradict_each_other),
	    cmocka_unit_test(without_memory_that_is_said_wherever_it_runs_out),
	};

	return cmocka_run_group_tests(tests, load, close_files);
}
