/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Holds of every scope on records as imports bring them, what they reach, and restrictions.
 */
#include "ingest/taking.h"

#include "privacy/person.h"
#include "retention/reach.h"
#include "retention/sweep.h"
#include "vault/labels.h"

#define ANNA "+4520000578"
#define BENT "+4520000111"
#define OURS "+4570101010"
#define OTHER "+4570101011"

#define CALL_ON(id, day, from, number, more) \
	"{\"type\":\"call\",\"id\":\"" id "\",\"time\":\"" day "T10:00:00Z\",\"from\":\"" from "\",\"to\":\"" number \
	"\",\"number\":\"" number "\"" more "}\n"

/* Two old calls and a new one, which differ in everything that a scope can name. */
static const char calls[] =
    CALL_ON("1", "2024-01-01", ANNA, OURS,
	    ",\"agent\":\"a7\",\"queue\":\"support\",\"campaign\":\"spring\",\"tags\":[\"vip\",\"late\"]")
    CALL_ON("2", "2024-01-01", BENT, OTHER, ",\"agent\":\"a8\",\"queue\":\"sales\",\"campaign\":\"autumn\",\"tags\":[\"late\"]")
    CALL_ON("3", "2024-05-31", ANNA, OURS, ",\"agent\":\"a7\",\"queue\":\"support\"");

static int64_t identity(enum identity_kind kind, const char *value)
{
	struct identity_row row;

	assert_true(find(kind, value, &row));
	return row.identity;
}

static int64_t label(enum label_kind kind, const char *name)
{
	int64_t out;

	assert_ok(labels_find(&world.vault->read, world.account.number, kind, name, &world.pool, &out, &err), &err);
	return out;
}

static struct id add(struct hold_request request)
{
	struct id id;

	request.reason = "a lawsuit";
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &id, &err), &err);
	return id;
}

static struct reach preview(const struct hold_request *request)
{
	struct hold_scope scope;
	struct reach out;

	assert_ok(holds_scope_of(&world.vault->read, &world.account, request, &world.pool, &scope, &err), &err);
	assert_ok(reach_preview(&world.vault->read, &scope, world.now, NULL, NULL, &out, &err), &err);
	return out;
}

static int64_t sweep(void)
{
	struct sweep_result *out = calloc(1, sizeof *out);
	int64_t records;

	assert_non_null(out);
	assert_ok(sweep_run(world.vault, &world.account, world.now, NULL, NULL, &world.pool, out, &err), &err);
	records = out->kinds[KIND_CALL].records;
	free(out);
	return records;
}

static int64_t calls_left(void)
{
	struct record_row rows[8];

	return (int64_t)(list_day(KIND_CALL, "2024-01-01T00:00:00Z", rows, 8) +
			 list_day(KIND_CALL, "2024-05-31T00:00:00Z", rows, 8));
}

/* Each scope that covers the first call alone of the two old ones. */
static struct hold_request scope_of(int which)
{
	struct hold_request request = {.kinds = 0};

	switch (which) {
	case 0:
		request.has_person = true;
		request.person = person_of(IDENTITY_PHONE, ANNA);
		break;
	case 1:
		request.identity = identity(IDENTITY_PHONE, ANNA);
		break;
	case 2:
		request.number = identity(IDENTITY_NUMBER, OURS);
		break;
	case 3:
		request.agent = identity(IDENTITY_AGENT, "a7");
		break;
	case 4:
		request.queue = label(LABEL_QUEUE, "Support");
		break;
	case 5:
		request.campaign = label(LABEL_CAMPAIGN, "spring");
		break;
	case 6:
		request.tag = label(LABEL_TAG, "vip");
		break;
	case 7:
		request.identity = identity(IDENTITY_NUMBER, OURS);
		break;
	default:
		request.number = identity(IDENTITY_NUMBER, OURS);
		request.tag = label(LABEL_TAG, "late");
		request.kinds = 1u << KIND_CALL;
		request.has_until = true;
		request.until = world_time("2024-02-01T00:00:00Z");
	}
	return request;
}
#define SCOPES 9

/* P10 */
static void a_hold_of_every_scope_keeps_what_it_covers_from_a_sweep(void **state)
{
	for (int i = 0; i < SCOPES; i++) {
		struct hold_request request;
		struct reach reach;

		take_in(calls);
		request = scope_of(i);
		keep_calls_for_days(90);
		reach = preview(&request);
		assert_int_equal(reach.kinds[KIND_CALL].due, 1);
		assert_int_equal(reach.kinds[KIND_CALL].kept, 0);
		assert_int_equal(reach.kinds[KIND_CALL].records, i == 5 || i == 6 || i == 8 ? 1 : 2);
		assert_int_equal(reach.kinds[KIND_CALL].oldest.ms, world_time("2024-01-01T10:00:00Z").ms);
		add(request);
		assert_int_equal(sweep(), 1);
		assert_int_equal(calls_left(), 2);
		reach = preview(&request);
		assert_int_equal(reach.kinds[KIND_CALL].due, 0);
		assert_int_equal(reach.kinds[KIND_CALL].kept, 1);
		tear_down(state);
		set_up(state);
	}
}

/* P10 */
static void what_arrives_under_a_hold_is_kept_though_it_is_past_its_time(void **state)
{
	static const char seed[] = CALL_ON("0", "2024-05-31", ANNA, OURS,
					   ",\"agent\":\"a7\",\"queue\":\"support\",\"campaign\":\"spring\",\"tags\":[\"vip\",\"late\"]");

	for (int i = 0; i < SCOPES; i++) {
		take_in(seed);
		add(scope_of(i));
		keep_calls_for_days(90);
		take_in(calls);
		assert_int_equal(result.expired, 1);
		assert_int_equal(calls_left(), 3);
		assert_int_equal(sweep(), 0);
		assert_int_equal(calls_left(), 3);
		tear_down(state);
		set_up(state);
	}
}

static void a_preview_stores_and_deletes_nothing(void **state)
{
	struct hold_request all = {.kinds = 0};
	struct hold_set set;

	(void)state;
	take_in(calls);
	keep_calls_for_days(90);
	assert_int_equal(preview(&all).kinds[KIND_CALL].records, 3);
	assert_ok(holds_load(&world.vault->read, world.account.number, &world.pool, &set, &err), &err);
	assert_int_equal(set.count, 0);
	assert_int_equal(calls_left(), 3);
}

static bool stop_now(void *arg)
{
	(void)arg;
	return true;
}

static void looking_at_what_a_hold_reaches_can_be_stopped(void **state)
{
	const struct hold_request all = {.kinds = 0};
	struct hold_request anna = {.has_person = true};
	struct hold_scope scope;
	struct reach out;

	(void)state;
	take_in(calls);
	assert_ok(holds_scope_of(&world.vault->read, &world.account, &all, &world.pool, &scope, &err), &err);
	assert_int_equal(reach_preview(&world.vault->read, &scope, world.now, stop_now, NULL, &out, &err),
			 ERR_INTERRUPTED);
	anna.person = person_of(IDENTITY_PHONE, ANNA);
	assert_ok(holds_scope_of(&world.vault->read, &world.account, &anna, &world.pool, &scope, &err), &err);
	assert_int_equal(reach_preview(&world.vault->read, &scope, world.now, stop_now, NULL, &out, &err),
			 ERR_INTERRUPTED);
}

static struct reach_end before_release(struct id hold)
{
	struct hold_row row;
	struct reach_end end;

	assert_ok(hold_find(world.vault->read.data, world.account.number, hold, &world.pool, &row, &err), &err);
	assert_ok(reach_release(&world.vault->read, &row, world.now, NULL, NULL, &end, &err), &err);
	return end;
}

static void what_is_said_before_a_release_is_what_the_next_run_deletes(void **state)
{
	for (int i = 0; i < SCOPES; i++) {
		struct id hold;
		int64_t said;
		struct handed handed;

		take_in(calls);
		keep_calls_for_days(90);
		hold = add(scope_of(i));
		if (i % 2 == 0) /* kept under its key, or not looked at yet */
			assert_int_equal(sweep(), 1);
		said = before_release(hold).records[KIND_CALL];
		assert_int_equal(said, 1);
		assert_ok(holds_release(world.vault, &world.account, hold, world.now, &handed, &err), &err);
		assert_int_equal(sweep(), i % 2 == 0 ? said : said + 1);
		assert_int_equal(calls_left(), 1);
		tear_down(state);
		set_up(state);
	}
}

static void what_another_hold_covers_too_is_not_said_to_go(void **state)
{
	struct id hold;

	(void)state;
	take_in(calls);
	keep_calls_for_days(90);
	hold = add(scope_of(3));
	add(scope_of(6));
	assert_int_equal(before_release(hold).records[KIND_CALL], 0);
	assert_int_equal(sweep(), 1);
	assert_int_equal(before_release(hold).records[KIND_CALL], 0);
}

static void scopes_that_name_nothing_are_refused(void **state)
{
	struct hold_request bad[6] = {{.number = 4711}, {.agent = 4711}, {.queue = 4711}, {.campaign = 4711}, {.tag = 4711}};
	struct id id;

	(void)state;
	take_in(calls);
	bad[5].queue = label(LABEL_TAG, "vip"); /* there, and no queue */
	for (int i = 0; i < 6; i++) {
		bad[i].reason = "r";
		assert_int_equal(holds_add(world.vault, &world.account, &bad[i], world.now, &id, &err), ERR_NOT_FOUND);
	}
	assert_string_equal(err.what, "there is no such queue in this account");
	bad[0].number = identity(IDENTITY_AGENT, "a7");
	assert_int_equal(holds_add(world.vault, &world.account, &bad[0], world.now, &id, &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "there is no such business number in this account");
}

/* P13 */
static void custodian_matter_and_reason_are_sealed_apart_and_no_leaf_has_them(void **state)
{
	struct hold_request request = {
	    .reason = "Anna v. Bent", .custodian = "Carla of Legal", .matter = "2024-117"};
	struct hold_texts texts;
	struct hold_row row;
	struct leaf leaves[64];
	uint64_t size;
	size_t count;
	struct id id;

	(void)state;
	assert_ok(holds_add(world.vault, &world.account, &request, world.now, &id, &err), &err);
	assert_ok(hold_find(world.vault->read.data, world.account.number, id, &world.pool, &row, &err), &err);
	assert_null(memmem(row.custodian, row.custodian_len, "Carla", 5));
	assert_null(memmem(row.matter, row.matter_len, "2024-117", 8));
	assert_ok(holds_open_texts(&world.vault->read, &row, &world.pool, &texts, &err), &err);
	assert_string_equal(texts.custodian, "Carla of Legal");
	assert_string_equal(texts.matter, "2024-117");
	assert_string_equal(texts.reason, "Anna v. Bent");
	row.matter = row.custodian;
	row.matter_len = row.custodian_len;
	assert_int_equal(holds_open_texts(&world.vault->read, &row, &world.pool, &texts, &err), ERR_CORRUPT);
	assert_ok(leaf_tree_size(world.vault->read.data, &size, &err), &err);
	assert_ok(leaf_list(world.vault->read.data, 0, size - 1, &world.pool, leaves, 64, &count, &err), &err);
	assert_null(memmem(leaves[0].body, leaves[0].body_len, "Carla", 5));
	assert_non_null(memmem(leaves[0].body, leaves[0].body_len, "hold.add", 8));
}

static void texts_that_are_too_long_are_refused(void **state)
{
	char longer[HOLD_NAME_MAX + 2];
	struct hold_request request = {.reason = "r", .matter = longer};
	struct id id;

	(void)state;
	memset(longer, 'a', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(holds_add(world.vault, &world.account, &request, world.now, &id, &err), ERR_INPUT);
	assert_string_equal(err.what, "a hold's matter is UTF-8 of at most 400 bytes");
	request = (struct hold_request){.reason = "r", .custodian = longer};
	assert_int_equal(holds_add(world.vault, &world.account, &request, world.now, &id, &err), ERR_INPUT);
}

/* ---- restrictions ---- */

static struct id restrict_anna(void)
{
	struct id id;

	assert_ok(holds_restrict(world.vault, &world.account, person_of(IDENTITY_PHONE, ANNA), GROUND_CLAIMS, "her lawyer",
				 world.now, &id, &err), &err);
	return id;
}

static enum result lift(const char *day, struct handed *due)
{
	return holds_unrestrict(world.vault, &world.account, person_of(IDENTITY_PHONE, ANNA),
				instant_date(world_time(day)), world.now, due, &err);
}

/* A7: restriction, GDPR art. 18 */
static void a_restriction_keeps_what_a_policy_would_delete(void **state)
{
	struct handed due;

	(void)state;
	take_in(calls);
	keep_calls_for_days(90);
	restrict_anna();
	assert_int_equal(sweep(), 1);
	assert_int_equal(calls_left(), 2);
	assert_ok(lift("2024-06-01T00:00:00Z", &due), &err);
	assert_int_equal(due.due, 1);
	assert_int_equal(sweep(), 1);
	assert_int_equal(calls_left(), 1);
}

/* A7 */
static void a_restriction_does_not_stand_in_the_way_of_an_erasure(void **state)
{
	struct hold_set set;

	(void)state;
	take_in(calls);
	keep_calls_for_days(90);
	restrict_anna();
	assert_int_equal(sweep(), 1); /* one of hers is under the restriction's key now */
	erase(ANNA, NOW);
	assert_int_equal(calls_left(), 0);
	assert_ok(holds_load(&world.vault->read, world.account.number, &world.pool, &set, &err), &err);
	assert_int_equal(set.count, 0); /* it ended with her */
}

/* P10 */
static void a_legal_hold_takes_over_from_a_restriction_when_the_person_is_erased(void **state)
{
	(void)state;
	take_in(calls);
	keep_calls_for_days(90);
	restrict_anna();
	assert_int_equal(sweep(), 1);
	add(scope_of(6));
	erase(ANNA, NOW);
	assert_int_equal(calls_left(), 1);
	assert_int_equal(sweep(), 0);
	assert_int_equal(calls_left(), 1);
}

/* C10: lifted only after the person was told, art. 18(3) */
static void a_restriction_is_lifted_only_after_the_person_was_told(void **state)
{
	struct hold_row row;
	struct handed due;
	bool found;
	struct id id;

	(void)state;
	take_in(calls);
	id = restrict_anna();
	assert_int_equal(lift("2024-06-02T00:00:00Z", &due), ERR_INPUT);
	assert_non_null(strstr(err.what, "yet to come"));
	assert_int_equal(lift("2024-05-31T00:00:00Z", &due), ERR_INPUT);
	assert_non_null(strstr(err.what, "before the restriction was made"));
	assert_int_equal(holds_release(world.vault, &world.account, id, world.now, &due, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.mend, "person unrestrict"));
	assert_ok(lift("2024-06-01T00:00:00Z", &due), &err);
	assert_ok(holds_restriction(&world.vault->read, world.account.number, person_of(IDENTITY_PHONE, ANNA), 0,
				    &world.pool, &found, &row, &err), &err);
	assert_false(found);
	assert_int_equal(lift("2024-06-01T00:00:00Z", &due), ERR_NOT_FOUND);
}

static void nobody_is_restricted_twice_or_without_being_there(void **state)
{
	struct id id;

	(void)state;
	take_in(calls);
	restrict_anna();
	assert_int_equal(holds_restrict(world.vault, &world.account, person_of(IDENTITY_PHONE, ANNA), GROUND_ACCURACY, NULL,
					world.now, &id, &err), ERR_EXISTS);
	assert_int_equal(holds_restrict(world.vault, &world.account, id_new(world.now), GROUND_ACCURACY, NULL, world.now,
					&id, &err), ERR_NOT_FOUND);
}

static void every_ground_has_its_name(void **state)
{
	enum restriction_ground ground;

	(void)state;
	for (int i = GROUND_ACCURACY; i <= GROUND_OBJECTION; i++) {
		assert_true(ground_parse(ground_name((enum restriction_ground)i), &ground));
		assert_int_equal(ground, i);
	}
	assert_false(ground_parse("none", &ground));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_hold_of_every_scope_keeps_what_it_covers_from_a_sweep),
	    TEST(what_arrives_under_a_hold_is_kept_though_it_is_past_its_time),
	    TEST(a_preview_stores_and_deletes_nothing),
	    TEST(looking_at_what_a_hold_reaches_can_be_stopped),
	    TEST(what_is_said_before_a_release_is_what_the_next_run_deletes),
	    TEST(what_another_hold_covers_too_is_not_said_to_go),
	    TEST(scopes_that_name_nothing_are_refused),
	    TEST(custodian_matter_and_reason_are_sealed_apart_and_no_leaf_has_them),
	    TEST(texts_that_are_too_long_are_refused),
	    TEST(a_restriction_keeps_what_a_policy_would_delete),
	    TEST(a_restriction_does_not_stand_in_the_way_of_an_erasure),
	    TEST(a_legal_hold_takes_over_from_a_restriction_when_the_person_is_erased),
	    TEST(a_restriction_is_lifted_only_after_the_person_was_told),
	    TEST(nobody_is_restricted_twice_or_without_being_there),
	    TEST(every_ground_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
