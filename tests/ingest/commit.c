/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What importing stores, and what it refuses to.
 */
#include "ingest/taking.h"

#include "vault/labels.h"

/* ---- records ---- */

static void a_call_is_stored_with_its_parties_period_and_payload(void **state)
{
	struct record_row rows[4];
	struct period period;
	const char *text;
	size_t len;

	(void)state;
	take_in(CALL("1", ",\"direction\":\"inbound\",\"status\":\"answered\",\"duration\":12.5"));
	assert_int_equal(result.lines, 1);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.identities, 2);
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 4), 1);
	assert_int_equal(rows[0].direction, DIRECTION_INBOUND);
	assert_int_equal(rows[0].status, STATUS_ANSWERED);
	assert_int_equal(rows[0].duration_ms, 12500);
	assert_int_equal(rows[0].party_count, 2);
	assert_int_equal(id_time(rows[0].id).ms, world_time("2024-05-17T14:03:00Z").ms);
	assert_ok(open_record(world.vault->read.ring, &rows[0], &world.pool, &text, &len, &err), &err);
	assert_non_null(strstr(text, "\"duration\":12.5"));
	assert_int_equal(count_rows("party"), 2);
	period = period_of(KIND_CALL, "2024-05-17T00:00:00Z");
	assert_int_equal(period.records, 1);
	assert_int_equal(period.bytes, rows[0].payload_len);
}

/* P18 */
static void importing_twice_changes_nothing(void **state)
{
	(void)state;
	take_in(CALL("1", "") CALL("2", ""));
	assert_int_equal(result.records[KIND_CALL], 2);
	world_reopen(&world);
	take_in(CALL("1", "") CALL("2", "") CALL("3", ""));
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.duplicates, 2);
	assert_int_equal(result.identities, 0);
	assert_int_equal(count_rows("party"), 6);
	assert_int_equal(period_of(KIND_CALL, "2024-05-17T00:00:00Z").records, 3);
}

static void the_first_of_two_lines_with_one_id_wins(void **state)
{
	struct record_row rows[4];

	(void)state;
	take_in(CALL("1", ",\"duration\":1") CALL("1", ",\"duration\":2"));
	assert_int_equal(result.duplicates, 0);
	assert_int_equal(result.differs, 1);
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 4), 1);
	assert_int_equal(rows[0].duration_ms, 1000);
}

static void a_known_record_makes_no_new_identities(void **state)
{
	struct identity_row row;

	(void)state;
	take_in(CALL("1", ""));
	take_in(CALL("1", ",\"participants\":[\"+4520000999\"]"));
	assert_int_equal(result.differs, 1);
	assert_int_equal(result.identities, 0);
	assert_false(find(IDENTITY_PHONE, "+4520000999", &row));
}

static const char *open_call(void)
{
	struct record_row row;
	const char *text;

	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", &row, 1), 1);
	assert_ok(world_open_record(&world, KIND_CALL, row.id, &text, &err), &err);
	return text;
}

static void a_record_that_comes_again_with_other_content_is_told_of_and_left_as_it_was(void **state)
{
	(void)state;
	take_in(CALL("1", ",\"duration\":1"));
	take_in("\n" CALL("1", ",\"duration\":1") CALL("1", ",\"duration\":2"));
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(result.differs, 1);
	assert_int_equal(result.rejected, 0);
	assert_non_null(strstr(told, "in.jsonl:3: "));
	assert_non_null(strstr(told, "is here already, with other content (it was left as it was"));
	assert_string_equal(result.rejects, "in.jsonl.rejects");
	assert_string_equal(content_of("in.jsonl.rejects"), CALL("1", ",\"duration\":2"));
	assert_non_null(strstr(content_of("in.jsonl.rejects.txt"), "line 3: a record of this source, id and time"));
	assert_non_null(strstr(open_call(), "\"duration\":1"));
}

static void the_order_of_fields_and_blanks_are_no_other_content(void **state)
{
	(void)state;
	take_in(CALL("1", ",\"duration\":1"));
	take_in("{ \"id\": \"1\", \"type\": \"call\", \"duration\": 1, \"from\": \"+4520000578\", \"to\": \"+4520000300\","
		" \"time\": \"2024-05-17T14:03:00Z\" }\n");
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(result.differs, 0);
	take_in(CALL("1", ",\"duration\":1.0"));
	assert_int_equal(result.differs, 1);
	take_in(CALL("1", ",\"duration\":1,\"tags\":[\"a\"]"));
	assert_int_equal(result.differs, 1);
}

static enum result destroy_day_op(struct session *session, void *arg, struct err *e)
{
	bool existed;

	(void)arg;
	return keyring_destroy(session->ring, world.account.number, KEY_PERIOD,
			       key_period_number(KIND_CALL, instant_date(world_time("2024-05-17T00:00:00Z")), 0), &existed, e);
}

static void a_record_that_can_no_longer_be_opened_is_not_compared(void **state)
{
	(void)state;
	take_in(CALL("1", ",\"duration\":1"));
	assert_ok(vault_write(world.vault, destroy_day_op, NULL, &err), &err);
	take_in(CALL("1", ",\"duration\":2"));
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(result.differs, 0);
}

static void the_same_id_of_another_source_or_kind_is_another_record(void **state)
{
	(void)state;
	take_in(CALL("1", "") CALL("1", ",\"source\":\"other\""));
	assert_int_equal(result.records[KIND_CALL], 2);
	take_in("{\"type\":\"message\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\"}\n");
	assert_int_equal(result.records[KIND_MESSAGE], 1);
}

static void numbers_are_read_by_the_rules_of_the_accounts_country(void **state)
{
	struct identity_row row;

	(void)state;
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"20 00 05 78\"}\n");
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	assert_int_equal(result.fell_back, 0);
}

static void what_is_no_number_becomes_an_external_id_and_is_counted(void **state)
{
	struct identity_row row;

	(void)state;
	take_in(CALL("1", ",\"participants\":[\"anonymous\"]"));
	assert_int_equal(result.fell_back, 1);
	assert_true(find(IDENTITY_EXTERNAL, "anonymous", &row));
	assert_int_equal(row.kind, IDENTITY_EXTERNAL);
}

static void the_business_number_and_the_agent_are_no_people_outside(void **state)
{
	struct record_row rows[2];
	struct identity_row agent, number;

	(void)state;
	take_in(CALL("1", ",\"number\":\"20000300\",\"agent\":{\"id\":\"ben\",\"name\":\"Ben\"}"));
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 2), 1);
	assert_true(find(IDENTITY_AGENT, "ben", &agent));
	assert_true(find(IDENTITY_NUMBER, "+4520000300", &number));
	assert_false(find(IDENTITY_PHONE, "+4520000300", &(struct identity_row){0}));
	assert_int_equal(rows[0].agent, agent.identity);
	assert_int_equal(rows[0].number, number.identity);
	assert_int_equal(rows[0].party_count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(rows[0].parties[i].roles,
				 rows[0].parties[i].identity == agent.identity ? ROLE_AGENT : ROLE_FROM);
	assert_int_equal(count_rows("party"), 2);
}

static void a_record_of_the_accounts_own_number_alone_is_rejected(void **state)
{
	(void)state;
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"004520000300\","
		"\"number\":\"+4520000300\"}\n");
	assert_int_equal(result.rejected, 1);
	assert_non_null(strstr(told, "in.jsonl:1: field 'from': the only number in it is the account's own"));
	assert_int_equal(count_rows("party"), 0);
}

static void somebody_who_calls_themselves_is_one_party_with_two_roles(void **state)
{
	struct record_row rows[2];

	(void)state;
	take_in("{\"type\":\"call\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\","
		"\"to\":\"+4520000578\"}\n");
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 2), 1);
	assert_int_equal(rows[0].party_count, 1);
	assert_int_equal(rows[0].parties[0].roles, ROLE_FROM | ROLE_TO);
	assert_int_equal(result.identities, 1);
}

/* P12 */
static void each_batch_leaves_one_leaf_of_counts(void **state)
{
	uint64_t before, after;
	struct leaf leaf;

	(void)state;
	assert_ok(leaf_tree_size(world.vault->read.data, &before, &err), &err);
	take_in(CALL("1", "") CALL("2", ""));
	assert_ok(leaf_tree_size(world.vault->read.data, &after, &err), &err);
	assert_int_equal(after, before + 1);
	assert_ok(leaf_get(world.vault->read.data, before, &world.pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"act\":\"import.batch\""));
	assert_non_null(strstr(leaf.body, "\"records.call\":2"));
	assert_null(strstr(leaf.body, "20000578"));
}

/* ---- what must not come in ---- */

/* P5 */
static void records_of_an_erased_person_from_before_do_not_come_back(void **state)
{
	struct identity_row row;

	(void)state;
	take_in(CALL("1", ""));
	erase("+4520000578", NOW);
	take_in(CALL("1", "") CALL("2", ""));
	assert_int_equal(result.refused_erased, 2);
	assert_int_equal(result.identities, 0);
	assert_false(find(IDENTITY_PHONE, "+4520000578", &row));
	take_in("{\"type\":\"call\",\"id\":\"9\",\"time\":\"2024-06-01T13:00:00Z\",\"from\":\"+4520000578\"}\n");
	assert_int_equal(result.refused_erased, 0);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	take_in(CALL("2", ""));
	assert_int_equal(result.refused_erased, 1);
}

static void a_contact_of_an_erased_person_is_refused_until_they_live_again(void **state)
{
	(void)state;
	take_in(CALL("1", ""));
	erase("+4520000578", NOW);
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.refused_erased, 1);
	assert_int_equal(result.contacts_new, 0);
	take_in("{\"type\":\"call\",\"id\":\"9\",\"time\":\"2024-06-01T13:00:00Z\",\"from\":\"+4520000578\"}\n"
		CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.contacts_new, 1);
}

static void what_the_policy_would_delete_at_once_is_left_out(void **state)
{
	(void)state;
	keep_calls_for_days(15); /* 17 May + 15 days is today */
	take_in(CALL("1", "") "{\"type\":\"call\",\"id\":\"2\",\"time\":\"2024-05-18T00:00:00Z\",\"from\":\"+4520000578\"}\n");
	assert_int_equal(result.expired, 1);
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(period_of(KIND_CALL, "2024-05-17T00:00:00Z").records, 0);
}

static void a_hold_lets_in_what_the_policy_would_delete(void **state)
{
	struct hold_request request = {.reason = "a lawsuit"};
	struct identity_row row;
	struct id hold;

	(void)state;
	take_in("{\"type\":\"note\",\"id\":\"2\",\"time\":\"2024-05-18T00:00:00Z\",\"from\":\"+4520000578\"}\n");
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	request.identity = row.identity;
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &hold, &err), &err);
	keep_calls_for_days(1);
	take_in(CALL("1", "")
		"{\"type\":\"call\",\"id\":\"2\",\"time\":\"2024-05-18T00:00:00Z\",\"from\":\"+4520000111\"}\n");
	assert_int_equal(result.records[KIND_CALL], 1);
	assert_int_equal(result.expired, 1);
	assert_int_equal(result.identities, 1); /* +4520000300: nothing is made for what is left out */
}

/* ---- contacts ---- */

static size_t contacts_named(const char *word)
{
	struct blind blind;
	struct id ids[8];
	size_t count;

	assert_ok(keyring_blind(world.vault->read.ring, world.account.number, BLIND_NAME_WORD, word, strlen(word), &blind,
				&err),
		  &err);
	assert_ok(contact_find_name(world.vault->read.data, world.account.number, &blind, 1, ids, 8, &count, &err), &err);
	return count;
}

/* ---- labels ---- */

static int64_t label_of(enum label_kind kind, const char *name)
{
	int64_t label;

	assert_ok(labels_find(&world.vault->read, world.account.number, kind, name, &world.pool, &label, &err), &err);
	return label;
}

static size_t count_labels(void)
{
	struct label_row rows[16];
	size_t count;

	assert_ok(label_list(world.vault->read.data, world.account.number, 0, &world.pool, rows, 16, &count, &err),
		  &err);
	return count;
}

static void queue_campaign_and_tags_become_labels_that_records_share(void **state)
{
	struct record_row rows[4];

	(void)state;
	take_in(CALL("1", ",\"queue\":\"Support\",\"campaign\":\"spring\",\"tags\":[\"vip\",\"VIP \",\"spring\"]")
		CALL("2", ",\"queue\":\"support\"") CALL("3", ""));
	assert_int_equal(count_labels(), 4); /* a tag "spring" is no campaign "spring" */
	world_reopen(&world);
	take_in(CALL("4", ",\"tags\":[\"vip\"]"));
	assert_int_equal(count_labels(), 4);
	assert_int_equal(list_day(KIND_CALL, "2024-05-17T00:00:00Z", rows, 4), 4);
	for (size_t i = 0, with = 0; i < 4; i++) {
		with += rows[i].label_count > 0;
		assert_true(rows[i].label_count == 4 || rows[i].label_count <= 1);
		if (rows[i].label_count == 4)
			assert_int_equal(rows[i].labels[0], label_of(LABEL_QUEUE, "SUPPORT"));
		assert_true(i < 3 || with == 3);
	}
}

static void what_is_passed_over_makes_no_label(void **state)
{
	(void)state;
	keep_calls_for_days(14);
	take_in(CALL("1", ",\"tags\":[\"old\"]"));
	assert_int_equal(result.expired, 1);
	take_in("{\"type\":\"note\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\"}\n");
	take_in("{\"type\":\"note\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\",\"tags\":[\"late\"]}\n");
	assert_int_equal(result.differs, 1);
	assert_int_equal(count_labels(), 0);
}

static void a_label_of_nothing_but_marks_is_refused(void **state)
{
	(void)state;
	take_in(CALL("1", ",\"tags\":[\"\xc2\xad\"]"));
	assert_int_equal(result.rejected, 1);
	assert_non_null(strstr(told, "field 'tags': the name of a tag is UTF-8 of 1 to 200 bytes"));
}

static void a_contact_links_its_identities_and_is_found_by_name(void **state)
{
	(void)state;
	take_in(CALL("1", "")
		"{\"type\":\"chat\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":{\"email\":\"zoe@example.com\"}}\n");
	assert_false(same_person(IDENTITY_PHONE, "+4520000578", IDENTITY_EMAIL, "zoe@example.com"));
	take_in(CONTACT("a", "Zo\xc3\xab M\xc3\xbcller",
			"\"phones\":[\"+45 20 00 05 78\"],\"emails\":[\"Zoe@Example.com\"],\"ids\":[\"crm-1\"]"));
	assert_int_equal(result.contacts_new, 1);
	assert_int_equal(result.linked, 1);
	assert_int_equal(result.identities, 1);
	assert_true(same_person(IDENTITY_PHONE, "+4520000578", IDENTITY_EMAIL, "zoe@example.com"));
	assert_true(same_person(IDENTITY_PHONE, "+4520000578", IDENTITY_EXTERNAL, "crm-1"));
	assert_int_equal(contacts_named("zoe"), 1);
	assert_int_equal(contacts_named("muller"), 1);
}

static void a_linked_identity_is_known_by_its_new_person_at_once(void **state)
{
	(void)state;
	take_in("{\"type\":\"chat\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":{\"email\":\"zoe@example.com\"}}\n"
		CALL("1", "") CONTACT("a", "Zoe", "\"phones\":[\"+4520000578\"],\"emails\":[\"zoe@example.com\"]"));
	take_in(CONTACT("b", "Zoe", "\"emails\":[\"zoe@example.com\"],\"ids\":[\"crm-2\"]"));
	assert_true(same_person(IDENTITY_PHONE, "+4520000578", IDENTITY_EXTERNAL, "crm-2"));
}

static void an_unchanged_contact_is_left_and_a_changed_one_updated(void **state)
{
	(void)state;
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.contacts_unchanged, 1);
	assert_int_equal(result.contacts_updated, 0);
	take_in(CONTACT("a", "Astrid Krog", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.contacts_updated, 1);
	assert_int_equal(contacts_named("holst"), 0);
	assert_int_equal(contacts_named("krog"), 1);
}

static void an_identifier_that_two_names_share_links_nobody(void **state)
{
	(void)state;
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000300\",\"+4520000001\"]")
		CONTACT("b", "Marcus Paulsen", "\"phones\":[\"+4520000300\",\"+4520000002\"]"));
	assert_int_equal(result.contacts_new, 2);
	assert_int_equal(result.shared, 1);
	assert_false(same_person(IDENTITY_PHONE, "+4520000001", IDENTITY_PHONE, "+4520000002"));
	/* The same name in another order is the same person. */
	take_in(CONTACT("c", "holst, astrid", "\"phones\":[\"+4520000001\",\"+4520000003\"]"));
	assert_true(same_person(IDENTITY_PHONE, "+4520000001", IDENTITY_PHONE, "+4520000003"));
}

static void a_held_contact_is_not_updated(void **state)
{
	struct hold_request request = {.reason = "a lawsuit"};
	struct identity_row row;
	struct id hold;

	(void)state;
	take_in(CONTACT("a", "Astrid Holst", "\"phones\":[\"+4520000578\"]"));
	assert_true(find(IDENTITY_PHONE, "+4520000578", &row));
	request.identity = row.identity;
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &hold, &err), &err);
	take_in(CONTACT("a", "Somebody Else", "\"phones\":[\"+4520000578\"]"));
	assert_int_equal(result.contacts_held, 1);
	assert_int_equal(contacts_named("holst"), 1);
}

static void an_identifier_given_twice_in_a_contact_counts_once(void **state)
{
	(void)state;
	take_in(CONTACT("a", "Astrid", "\"phones\":[\"+4520000578\",\"20000578\"]"));
	assert_int_equal(result.contacts_new, 1);
	assert_int_equal(result.identities, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_call_is_stored_with_its_parties_period_and_payload),
	    TEST(importing_twice_changes_nothing),
	    TEST(the_first_of_two_lines_with_one_id_wins),
	    TEST(a_known_record_makes_no_new_identities),
	    TEST(a_record_that_comes_again_with_other_content_is_told_of_and_left_as_it_was),
	    TEST(the_order_of_fields_and_blanks_are_no_other_content),
	    TEST(a_record_that_can_no_longer_be_opened_is_not_compared),
	    TEST(the_same_id_of_another_source_or_kind_is_another_record),
	    TEST(numbers_are_read_by_the_rules_of_the_accounts_country),
	    TEST(what_is_no_number_becomes_an_external_id_and_is_counted),
	    TEST(the_business_number_and_the_agent_are_no_people_outside),
	    TEST(a_record_of_the_accounts_own_number_alone_is_rejected),
	    TEST(somebody_who_calls_themselves_is_one_party_with_two_roles),
	    TEST(each_batch_leaves_one_leaf_of_counts),
	    TEST(records_of_an_erased_person_from_before_do_not_come_back),
	    TEST(a_contact_of_an_erased_person_is_refused_until_they_live_again),
	    TEST(what_the_policy_would_delete_at_once_is_left_out),
	    TEST(a_hold_lets_in_what_the_policy_would_delete),
	    TEST(queue_campaign_and_tags_become_labels_that_records_share),
	    TEST(what_is_passed_over_makes_no_label),
	    TEST(a_label_of_nothing_but_marks_is_refused),
	    TEST(a_contact_links_its_identities_and_is_found_by_name),
	    TEST(a_linked_identity_is_known_by_its_new_person_at_once),
	    TEST(an_unchanged_contact_is_left_and_a_changed_one_updated),
	    TEST(an_identifier_that_two_names_share_links_nobody),
	    TEST(a_held_contact_is_not_updated),
	    TEST(an_identifier_given_twice_in_a_contact_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
