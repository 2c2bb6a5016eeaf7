/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "keeping.h"

#include "retention/obliging.h"
#include "retention/policy_change.h"
#include "retention/settings.h"
#include "store/leaf.h"
#include "vault/labels.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define OWN "+4570101010"

/* ---- what tests say ---- */

static struct id call(struct world *world, const char *at, const char *from)
{
	return world_put(world, KIND_CALL, at, "{\"n\":1}", from, NULL);
}

static struct policy_request request_of(const char *keep)
{
	struct policy_request request = {.kind = KIND_CALL, .grace_hours = GRACE_OF_ACCOUNT, .set_by = "os:7",
					 .remove = keep == NULL};
	struct err err;

	if (keep != NULL)
		assert_ok(span_parse(keep, &request.keep, &err), &err);
	return request;
}

static struct policy_planned plan(struct world *world, const struct policy_request *request)
{
	struct policy_planned planned;
	struct err err;

	assert_ok(policy_plan(&world->vault->read, &world->account, request, world->now, &world->pool, &planned, &err),
		  &err);
	return planned;
}

static enum result try(struct world *world, const struct policy_request *request, struct policy_planned *out,
		       struct err *err)
{
	return policy_change(world->vault, &world->account, request, world->now, &world->pool, out, err);
}

static struct policy_planned change(struct world *world, const struct policy_request *request)
{
	struct policy_planned planned;
	struct err err;

	assert_ok(try(world, request, &planned, &err), &err);
	return planned;
}

/* With the digest of its dry run. */
static struct policy_planned change_agreed(struct world *world, struct policy_request request)
{
	struct policy_planned planned = plan(world, &request);

	request.plan = planned.effect.digest;
	return change(world, &request);
}

static void refused(struct world *world, const struct policy_request *request, enum result expected, const char *what)
{
	struct policy_planned planned;
	struct err err;

	assert_int_equal(try(world, request, &planned, &err), expected);
	if (strstr(err.what, what) == NULL)
		fail_msg("'%s' is not in: %s", what, err.what);
	assert_true(*err.mend != '\0');
}

static const struct policy *base(struct world *world)
{
	static struct policy_set set;
	struct err err;

	assert_ok(policies_load(&world->vault->read, world->account.number, world->now, &world->pool, &set, &err), &err);
	return policies_base(&set, KIND_CALL);
}

static int64_t versions(struct world *world)
{
	struct policy rows[64], after = {.version = 0};
	size_t count;
	struct err err;

	assert_ok(policy_walk(world->vault->read.data, world->account.number, &after, &world->pool, rows, 64, &count,
			      &err), &err);
	return (int64_t)count;
}

/* The body of the last leaf. */
static const char *last_leaf(struct world *world)
{
	struct leaf leaf;
	uint64_t size;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	assert_ok(leaf_get(world->vault->read.data, size - 1, &world->pool, &leaf, &err), &err);
	return pool_strndup(&world->pool, leaf.body, leaf.body_len);
}

static void last_leaf_has(struct world *world, const char *part)
{
	const char *leaf = last_leaf(world);

	if (strstr(leaf, part) == NULL)
		fail_msg("%s is not in %s", part, leaf);
}

struct shape {
	struct world *world;
	struct id id;
	struct scope_given words;
	enum direction direction;
	int64_t duration_ms;
};

/* Gives a record its labels and what else a scope asks for. */
static enum result shape_op(struct session *session, void *arg, struct err *err)
{
	struct shape *s = arg;
	struct record_row row = row_of(s->world, KIND_CALL, s->id);
	struct policy_scope scope;
	enum result r = scope_read(session, &s->world->account, &s->words, &s->world->pool, &scope, err);

	if (r == OK)
		r = scope_make_labels(session, s->world->account.number, &s->words, &s->world->pool, &scope, err);
	row.label_count = 0;
	for (int i = 0; i < 3; i++) {
		int64_t label = i == 0 ? scope.queue : i == 1 ? scope.campaign : scope.tag;

		if (label != 0)
			row.labels[row.label_count++] = label;
	}
	for (size_t i = 0; i < row.label_count; i++)
		for (size_t j = i + 1; j < row.label_count; j++)
			if (row.labels[j] < row.labels[i]) {
				int64_t other = row.labels[i];

				row.labels[i] = row.labels[j];
				row.labels[j] = other;
			}
	row.direction = s->direction;
	row.duration_ms = s->duration_ms != 0 ? s->duration_ms : row.duration_ms;
	return r == OK ? record_reseal(session->data, &row, err) : r;
}

static void shape(struct world *world, struct id id, struct scope_given words, enum direction direction,
		  int64_t duration_ms)
{
	struct shape s = {.world = world, .id = id, .words = words, .direction = direction, .duration_ms = duration_ms};
	struct err err;

	assert_ok(vault_write(world->vault, shape_op, &s, &err), &err);
}

/* ---- what begins at once ---- */

static void a_first_rule_that_reaches_nothing_begins_at_once(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("90 days");
	struct policy_planned planned;

	call(world, "2026-02-01T10:00:00Z", ANNA);
	planned = change(world, &request);
	assert_int_equal(planned.policy.version, 1);
	assert_int_equal(planned.policy.begins_at.ms, world->now.ms);
	assert_true(planned.effect.shortens);
	assert_int_equal(base(world)->keep.days, 90);
	assert_string_equal(base(world)->set_by, "os:7");
	last_leaf_has(world, "\"act\":\"policy.set\"");
	last_leaf_has(world, "\"version.call\":1");
}

static void a_lengthening_begins_at_once_whatever_is_there(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("1 year");
	struct policy_planned planned;

	set_policy(world, KIND_CALL, "90 days");
	call(world, "2025-02-01T10:00:00Z", ANNA); /* due already */
	planned = change(world, &request);
	assert_false(planned.effect.shortens);
	assert_int_equal(planned.effect.records, 0);
	assert_int_equal(planned.policy.begins_at.ms, world->now.ms);
}

/* ---- what needs a digest ---- */

static void what_would_delete_something_is_refused_without_the_digest_of_its_dry_run(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");

	call(world, "2026-01-01T10:00:00Z", ANNA);
	call(world, "2026-01-01T11:00:00Z", ANNA);
	call(world, "2026-01-15T11:00:00Z", ANNA);
	call(world, "2026-02-15T11:00:00Z", ANNA);
	refused(world, &request, ERR_UNSEEN, "would delete 3 calls of 2 days");
	request.plan = "0123456789abcdef";
	refused(world, &request, ERR_CHANGED, "(now 3 records)");
	request.plan = "";
	refused(world, &request, ERR_CHANGED, "digest does not fit");
	assert_int_equal(versions(world), 0);
}

static void with_it_the_change_begins_after_the_grace_to_the_millisecond(void **state)
{
	struct world *world = *state;
	struct policy_planned planned;
	int64_t begins;

	call(world, "2026-01-01T10:00:00Z", ANNA);
	planned = change_agreed(world, request_of("30 days"));
	begins = world->now.ms + 24 * 3600 * 1000;
	assert_int_equal(planned.policy.begins_at.ms, begins);
	last_leaf_has(world, planned.effect.digest);
	assert_null(base(world));
	world->now.ms = begins - 1;
	assert_null(base(world));
	world->now.ms = begins;
	assert_int_equal(base(world)->keep.days, 30);
}

static void the_first_sixteen_digits_are_enough_and_fifteen_are_not(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");
	char digest[PLAN_DIGEST_MAX];

	call(world, "2026-01-01T10:00:00Z", ANNA);
	snprintf(digest, sizeof digest, "%s", plan(world, &request).effect.digest);
	request.plan = digest;
	digest[PLAN_DIGEST_SHOWN - 1] = '\0';
	refused(world, &request, ERR_CHANGED, "digest does not fit");
	snprintf(digest, sizeof digest, "%.16s", plan(world, &request).effect.digest);
	change(world, &request);
}

static void a_digest_fits_no_more_when_what_would_go_has_changed(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days"), other;
	char digest[PLAN_DIGEST_MAX];

	call(world, "2026-01-01T10:00:00Z", ANNA);
	snprintf(digest, sizeof digest, "%s", plan(world, &request).effect.digest);
	request.plan = digest;
	call(world, "2026-01-01T10:00:00Z", BENT);
	refused(world, &request, ERR_CHANGED, "digest does not fit");
	other = request_of("29 days"); /* the same records, another span */
	snprintf(digest, sizeof digest, "%s", plan(world, &request).effect.digest);
	other.plan = digest;
	refused(world, &other, ERR_CHANGED, "digest does not fit");
	hold_person(world, ANNA);
	refused(world, &request, ERR_CHANGED, "digest does not fit");
	snprintf(digest, sizeof digest, "%s", plan(world, &request).effect.digest);
	world->now = world_time("2026-03-02T00:00:00Z"); /* another day */
	refused(world, &request, ERR_CHANGED, "digest does not fit");
	snprintf(digest, sizeof digest, "%s", plan(world, &request).effect.digest);
	change(world, &request);
}

/* What is read from here on is as of now, whatever is written. */
static void another_change_that_came_in_between_is_to_be_looked_at_first(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("10 days");
	struct policy_planned planned;
	struct err err;

	assert_ok(db_begin_read(world->vault->read.data, &err), &err);
	planned = plan(world, &request);
	assert_int_equal(planned.effect.records, 0);
	set_policy(world, KIND_CALL, "20 days");
	assert_int_equal(try(world, &request, &planned, &err), ERR_CHANGED);
	assert_string_equal(err.what, "another change of policy came in between");
	assert_string_equal(err.mend, "look at `lethe policy list`, and try again");
	db_rollback(world->vault->read.data);
	change(world, &request);
}

static void what_becomes_due_within_the_grace_counts(void **state)
{
	struct world *world = *state; /* now is 2026-03-01T12:00 */
	struct policy_request request = request_of("30 days");

	call(world, "2026-01-31T00:00:00Z", ANNA); /* due on 2 March, when it would begin */
	assert_int_equal(plan(world, &request).effect.records, 1);
	request.grace_hours = 11; /* ends on 1 March */
	assert_int_equal(plan(world, &request).effect.records, 0);
	request.grace_hours = 12; /* at midnight */
	assert_int_equal(plan(world, &request).effect.records, 1);
}

static void the_grace_is_the_accounts_or_the_requests(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");
	struct err err;

	call(world, "2026-01-01T00:00:00Z", ANNA);
	assert_ok(settings_set(world->vault, &world->account, "grace_hours", "48", world->now, &world->pool, &err), &err);
	assert_int_equal(plan(world, &request).policy.begins_at.ms, world->now.ms + 48 * 3600 * 1000);
	request.grace_hours = 0;
	assert_int_equal(change_agreed(world, request).policy.begins_at.ms, world->now.ms);
	request.grace_hours = 8761;
	refused(world, &request, ERR_INPUT, "a grace of 8761 hours");
}

static void what_a_hold_keeps_is_counted_apart(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");
	struct policy_planned planned;

	call(world, "2026-01-01T00:00:00Z", ANNA);
	call(world, "2026-01-01T00:00:00Z", BENT);
	call(world, "2026-01-02T00:00:00Z", BENT);
	hold_person(world, ANNA);
	planned = plan(world, &request);
	assert_int_equal(planned.effect.day_count, 2);
	assert_int_equal(planned.effect.days[0].records, 2);
	assert_int_equal(planned.effect.days[0].held, 1);
	assert_int_equal(planned.effect.days[1].held, 0);
	assert_int_equal(planned.effect.records, 3);
	assert_int_equal(planned.effect.held, 1);
	refused(world, &request, ERR_UNSEEN, "would delete 2 calls of 2 days, besides what holds or obligations keep");
}

static void every_number_of_the_dry_run_is_what_the_run_then_does(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");
	struct policy_planned planned;
	struct sweep_result result;
	struct id young = call(world, "2026-02-20T00:00:00Z", ANNA);

	for (int i = 0; i < 5; i++)
		call(world, "2026-01-01T00:00:00Z", BENT);
	attach(world, KIND_CALL, call(world, "2026-01-31T00:00:00Z", BENT), (struct key){{1}});
	call(world, "2026-01-02T00:00:00Z", ANNA);
	hold_person(world, ANNA);
	planned = change_agreed(world, request);
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 0);
	world->now = planned.policy.begins_at;
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, planned.effect.records - planned.effect.held);
	assert_int_equal(result.kinds[KIND_CALL].held, planned.effect.held);
	assert_int_equal(result.kinds[KIND_CALL].periods, planned.effect.day_count);
	assert_int_equal(result.kinds[KIND_CALL].records, 6);
	assert_true(is_there(world, KIND_CALL, young));
}

static void what_the_law_keeps_is_counted_apart_and_the_run_cuts_it_down(void **state)
{
	struct world *world = *state;
	struct policy_planned planned;
	struct sweep_result result;
	struct err err;

	call(world, "2026-01-01T00:00:00Z", BENT);
	call(world, "2023-01-01T00:00:00Z", BENT); /* no obligation runs any more */
	assert_ok(obliging_add(world->vault, &world->account, "es-ley25-2007-5", "os:7", world->now, &err), &err);
	planned = change_agreed(world, request_of("30 days"));
	assert_int_equal(planned.effect.records, 2);
	assert_int_equal(planned.effect.obliged, 1);
	assert_int_equal(policy_effect_deleted(&planned.effect), 1);
	world->now = planned.policy.begins_at;
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 1);
	assert_int_equal(result.kinds[KIND_CALL].cut, 1);
}

/* The records of one day part: what is in the scope goes, the rest stays. */
static void of_a_narrower_rule_too_the_run_does_what_the_dry_run_said(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");
	struct policy_planned planned;
	struct sweep_result result;
	struct id sold = call(world, "2026-01-01T00:00:00Z", ANNA), other = call(world, "2026-01-01T00:00:00Z", BENT);

	shape(world, sold, (struct scope_given){.queue = "sales"}, DIRECTION_NONE, 0);
	shape(world, call(world, "2026-01-02T00:00:00Z", BENT), (struct scope_given){.queue = "sales"}, DIRECTION_NONE, 0);
	request.scope.queue = "Sales";
	planned = change_agreed(world, request);
	assert_int_equal(policy_effect_deleted(&planned.effect), 2);
	world->now = planned.policy.begins_at;
	run_sweep(world, &result);
	assert_int_equal(result.kinds[KIND_CALL].records, 2);
	assert_false(is_there(world, KIND_CALL, sold));
	assert_opens(world, KIND_CALL, other, "{\"n\":1}");
}

/* ---- scopes ---- */

static void a_narrower_rule_counts_what_is_in_its_scope_only(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");
	struct id sold = call(world, "2026-01-01T00:00:00Z", ANNA);

	call(world, "2026-01-01T00:00:00Z", BENT);
	request.scope.queue = "Sales";
	assert_int_equal(plan(world, &request).effect.records, 0);
	shape(world, sold, (struct scope_given){.queue = "sales"}, DIRECTION_INBOUND, 90000);
	assert_int_equal(plan(world, &request).effect.records, 1);
	request.scope.direction = "outbound";
	assert_int_equal(plan(world, &request).effect.records, 0);
	request.scope.direction = "inbound";
	request.scope.min_duration = "91s";
	assert_int_equal(plan(world, &request).effect.records, 0);
	request.scope.min_duration = "90 seconds";
	assert_int_equal(plan(world, &request).effect.records, 1);
}

static void a_base_rule_does_not_count_what_a_narrower_rule_keeps(void **state)
{
	struct world *world = *state;
	struct policy_request narrow = request_of("unlimited"), request = request_of("30 days"), removal = request_of(NULL);
	struct id vip = call(world, "2026-01-01T00:00:00Z", ANNA);

	call(world, "2026-01-01T00:00:00Z", BENT);
	shape(world, vip, (struct scope_given){.tag = "VIP"}, DIRECTION_NONE, 0);
	narrow.scope.tag = "vip";
	assert_false(change(world, &narrow).effect.shortens);
	assert_int_equal(plan(world, &request).effect.records, 1);
	request.grace_hours = 0;
	change_agreed(world, request);
	removal.scope.tag = "Vip";
	assert_true(plan(world, &removal).effect.shortens);
	assert_int_equal(plan(world, &removal).effect.records, 1);
	refused(world, &removal, ERR_UNSEEN, "would delete 1 call of 1 day");
	assert_int_equal(change_agreed(world, removal).effect.records, 1);
	last_leaf_has(world, "\"act\":\"policy.remove\"");
}

static void a_rule_may_name_labels_nobody_has_yet(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");
	struct policy_planned planned;
	enum label_kind kind;
	const char *text;
	struct err err;

	call(world, "2026-01-01T00:00:00Z", BENT);
	request.scope = (struct scope_given){.campaign = "Spring", .tag = "vip"};
	assert_int_equal(plan(world, &request).policy.scope.tag, SCOPE_UNKNOWN);
	planned = change(world, &request);
	assert_true(planned.policy.scope.tag > 0);
	assert_ok(labels_name(&world->vault->read, world->account.number, planned.policy.scope.campaign, &world->pool,
			      &kind, &text, &err), &err);
	assert_string_equal(text, "Spring");
	assert_ok(scope_text(&world->vault->read, world->account.number, &planned.policy.scope, NULL, &world->pool, &text,
			     &err), &err);
	assert_string_equal(text, "of the campaign Spring, the tag vip");
}

static void a_removal_of_what_is_not_there_is_refused(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of(NULL);

	refused(world, &request, ERR_NOT_FOUND, "no such rule");
	set_policy(world, KIND_CALL, "30 days");
	change(world, &request);
	refused(world, &request, ERR_NOT_FOUND, "no such rule");
}

static void scopes_that_are_wrong_say_how_they_are_written(void **state)
{
	static const struct { struct scope_given words; enum result expected; const char *what; } cases[] = {
	    {{.number = OWN}, ERR_NOT_FOUND, "no number of the account's own"},
	    {{.direction = "up"}, ERR_INPUT, "'up' is no direction"},
	    {{.direction = ""}, ERR_INPUT, "no direction"},
	    {{.min_duration = "30"}, ERR_INPUT, "'30' is no duration"},
	    {{.min_duration = "0 s"}, ERR_INPUT, "no duration"},
	    {{.min_duration = "99999999999999999999 s"}, ERR_INPUT, "no duration"},
	    {{.min_duration = "9000 hours"}, ERR_INPUT, "no duration"},
	    {{.min_duration = "soon"}, ERR_INPUT, "no duration"},
	    {{.tag = ""}, ERR_INPUT, "the name of a tag"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct policy_request request = request_of("30 days");
		struct policy_planned planned;
		struct err err;

		request.scope = cases[i].words;
		assert_int_equal(try(world, &request, &planned, &err), cases[i].expected);
		if (strstr(err.what, cases[i].what) == NULL)
			fail_msg("'%s' is not in: %s", cases[i].what, err.what);
	}
	assert_int_equal(versions(world), 0);
}

/* ---- undoing ---- */

static struct policy undo(struct world *world, const char *tag)
{
	struct scope_given words = {.tag = tag};
	struct policy policy;
	struct err err;

	assert_ok(policy_undo(world->vault, &world->account, KIND_CALL, &words, "os:8", world->now, &world->pool, &policy,
			      &err), &err);
	return policy;
}

static void undo_refused(struct world *world, enum result expected, const char *what)
{
	struct scope_given words = {.tag = NULL};
	struct policy policy;
	struct err err;

	assert_int_equal(policy_undo(world->vault, &world->account, KIND_CALL, &words, "os:8", world->now, &world->pool,
				     &policy, &err), expected);
	if (strstr(err.what, what) == NULL)
		fail_msg("'%s' is not in: %s", what, err.what);
}

static void until_it_begins_a_change_can_be_undone_and_then_no_more(void **state)
{
	struct world *world = *state;
	struct policy_planned planned;
	struct policy undone;

	call(world, "2025-06-01T00:00:00Z", ANNA);
	undo_refused(world, ERR_NOT_FOUND, "no such rule was ever set");
	set_policy(world, KIND_CALL, "1 year");
	undo_refused(world, ERR_WRONG_STATE, "version 1, is in force since 2026-03-01T12:00:00Z");
	planned = change_agreed(world, request_of("30 days"));
	world->now.ms = planned.policy.begins_at.ms;
	undo_refused(world, ERR_WRONG_STATE, "can be undone no more");
	world->now.ms--;
	undone = undo(world, NULL);
	assert_int_equal(undone.version, 3);
	assert_int_equal(undone.keep.months, 12);
	assert_string_equal(undone.set_by, "os:8");
	last_leaf_has(world, "\"act\":\"policy.undo\"");
	last_leaf_has(world, "\"undone\":2");
	undo_refused(world, ERR_WRONG_STATE, "can be undone no more");
	world->now.ms++;
	assert_int_equal(base(world)->keep.months, 12);
}

static void undoing_the_first_rule_of_a_scope_leaves_it_without_one(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("30 days");
	struct id vip = call(world, "2025-06-01T00:00:00Z", ANNA);

	shape(world, vip, (struct scope_given){.tag = "vip"}, DIRECTION_NONE, 0);
	request.scope.tag = "vip";
	change_agreed(world, request);
	assert_true(undo(world, "vip").removed);
	world->now = world_time("2026-04-01T00:00:00Z");
	assert_null(base(world));
	assert_int_equal(plan(world, &request).effect.records, 1); /* as it was at first */
}

static void a_removal_can_be_undone(void **state)
{
	struct world *world = *state;
	struct policy_request narrow = request_of("unlimited"), removal = request_of(NULL);
	struct id vip = call(world, "2025-06-01T00:00:00Z", ANNA);

	shape(world, vip, (struct scope_given){.tag = "vip"}, DIRECTION_NONE, 0);
	narrow.scope.tag = removal.scope.tag = "vip";
	change(world, &narrow);
	set_policy(world, KIND_CALL, "30 days");
	change_agreed(world, removal);
	assert_true(undo(world, "vip").keep.unlimited);
	world->now = world_time("2026-04-01T00:00:00Z");
	assert_int_equal(plan(world, &removal).effect.records, 1);
}

/* Otherwise the one in between would begin, and delete, before the one that is wanted. */
static void a_change_takes_the_place_of_one_that_has_not_begun(void **state)
{
	struct world *world = *state;
	struct policy_planned planned;

	call(world, "2025-12-01T00:00:00Z", ANNA);
	call(world, "2026-01-20T00:00:00Z", ANNA);
	change_agreed(world, request_of("30 days"));
	world->now.ms += 1000;
	planned = change_agreed(world, request_of("60 days"));
	assert_int_equal(planned.replaced, 1);
	assert_int_equal(planned.policy.version, 3);
	world->now.ms = planned.policy.begins_at.ms - 1; /* the first would have begun */
	assert_null(base(world));
	world->now.ms++;
	assert_int_equal(base(world)->keep.days, 60);
}

/* The same change once more must not begin at once because one like it is on its way. */
static void one_that_is_on_its_way_harms_as_if_it_were_not(void **state)
{
	struct world *world = *state;
	struct policy_planned planned;

	call(world, "2025-12-01T00:00:00Z", ANNA);
	change_agreed(world, request_of("30 days"));
	world->now.ms += 1000;
	planned = change_agreed(world, request_of("30 days"));
	assert_int_equal(planned.effect.records, 1);
	assert_int_equal(planned.policy.begins_at.ms, world->now.ms + 24 * 3600 * 1000);
}

/* Alone neither deletes it: together they do, and the second is asked. */
static void two_changes_do_not_do_together_what_neither_does_alone(void **state)
{
	struct world *world = *state;
	struct policy_request narrow = request_of("unlimited"), removal = request_of(NULL);
	struct id vip = call(world, "2025-12-20T00:00:00Z", ANNA);

	shape(world, vip, (struct scope_given){.tag = "vip"}, DIRECTION_NONE, 0);
	call(world, "2025-12-20T00:00:00Z", BENT);
	narrow.scope.tag = removal.scope.tag = "vip";
	change(world, &narrow);
	set_policy(world, KIND_CALL, "90 days");
	assert_int_equal(plan(world, &removal).effect.records, 0);
	assert_int_equal(change_agreed(world, request_of("30 days")).effect.records, 1);
	assert_int_equal(plan(world, &removal).effect.records, 1);
	refused(world, &removal, ERR_UNSEEN, "would delete 1");
}

/* ---- bounds ---- */

static void a_span_outside_the_accounts_bounds_is_refused_with_the_bound_and_its_source(void **state)
{
	struct world *world = *state;
	struct policy_request request = request_of("200 days"), removal = request_of(NULL);
	struct err err;

	assert_ok(settings_set(world->vault, &world->account, "profile", "exotel", world->now, &world->pool, &err), &err);
	request.kind = removal.kind = KIND_RECORDING;
	refused(world, &request, ERR_INPUT, "at most 90 days");
	assert_ok(settings_set(world->vault, &world->account, "plan", "enterprise", world->now, &world->pool, &err), &err);
	change(world, &request);
	refused(world, &removal, ERR_INPUT, "Exotel");
	request.scope.tag = "vip";
	request.keep.days = 366;
	refused(world, &request, ERR_INPUT, "'enterprise' allows at most 365 days");
	request.keep.days = 365;
	change(world, &request);
	removal.scope.tag = "vip"; /* what is left is the base rule, which is within */
	change(world, &removal);
}

/* ---- against looking at every record ---- */

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static const char *const tags[] = {NULL, "vip", "new"}, *const queues[] = {NULL, "sales"};
static const char *const directions[] = {NULL, "inbound", "outbound"};

static struct scope_given draw_words(bool of_rule)
{
	struct scope_given words = {.tag = tags[draw(3)], .queue = queues[draw(2)]};

	if (of_rule)
		words.direction = directions[draw(3)];
	return words;
}

static void fill(struct world *world)
{
	for (int i = 0; i < 60; i++) {
		char at[TIME_TEXT_MAX];
		struct id id;

		instant_format((struct instant){world->now.ms - (int64_t)draw(40) * 86400000 - (int64_t)draw(3600000)},
			       at);
		id = call(world, at, draw(4) == 0 ? ANNA : BENT);
		shape(world, id, draw_words(false), (enum direction)(DIRECTION_INBOUND + draw(2)), 1000);
	}
}

/* As policies.h has it, from every record. */
static void count_slowly(struct world *world, const struct policy *change, struct date until, int64_t *records,
			 int64_t *held)
{
	struct policy_set before[2], after[2];
	struct record_row rows[128];
	struct hold_set holds;
	size_t count;
	struct err err;

	*records = *held = 0;
	assert_ok(policies_load(&world->vault->read, 1, world->now, &world->pool, &before[0], &err), &err);
	assert_ok(policies_load_all(&world->vault->read, 1, &world->pool, &before[1], &err), &err);
	assert_ok(holds_load(&world->vault->read, 1, &world->pool, &holds, &err), &err);
	for (int i = 0; i < 2; i++)
		assert_ok(policies_with(&before[i], change, &world->pool, &after[i], &err), &err);
	for (int32_t day = until.days - 60; day <= until.days; day++) {
		assert_ok(record_list_day(world->vault->read.data, 1, KIND_CALL, (struct date){day}, (struct id){{0}},
					  &world->pool, rows, 128, &count, &err), &err);
		for (size_t i = 0; i < count; i++) {
			bool due = (policies_expired(&after[0], &rows[i], until) &&
				    !policies_expired(&before[0], &rows[i], until)) ||
				   (policies_expired(&after[1], &rows[i], until) &&
				    !policies_expired(&before[1], &rows[i], until));

			*records += due;
			*held += due && holds_cover(&holds, &rows[i]) != NULL;
		}
	}
}

static void the_count_is_that_of_looking_at_every_record(void **state)
{
	struct world *world = *state;
	int64_t records, held, seen = 0;

	seed = 7;
	fill(world);
	hold_person(world, ANNA);
	for (int i = 0; i < 150; i++) {
		struct policy_request request = request_of("1 day");
		struct policy_planned planned;
		struct policy_planned stored;
		struct err err;

		request.scope = draw_words(true);
		request.keep = (struct span){.days = (int32_t)draw(45)};
		if (draw(6) == 0)
			request.keep = (struct span){.unlimited = true};
		request.remove = draw(4) == 0;
		request.grace_hours = draw(3) * 12;
		if (policy_plan(&world->vault->read, &world->account, &request, world->now, &world->pool, &planned,
				&err) != OK)
			continue; /* nothing to remove */
		count_slowly(world, &planned.policy, planned.effect.until, &records, &held);
		assert_int_equal(planned.effect.records, records);
		assert_int_equal(planned.effect.held, held);
		seen += records > 0;
		request.plan = planned.effect.digest;
		assert_ok(try(world, &request, &stored, &err), &err);
		world->now.ms += (int64_t)draw(8) * 3600000;
	}
	assert_true(seen > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(a_first_rule_that_reaches_nothing_begins_at_once),
	    KEEPING(a_lengthening_begins_at_once_whatever_is_there),
	    KEEPING(what_would_delete_something_is_refused_without_the_digest_of_its_dry_run),
	    KEEPING(with_it_the_change_begins_after_the_grace_to_the_millisecond),
	    KEEPING(the_first_sixteen_digits_are_enough_and_fifteen_are_not),
	    KEEPING(a_digest_fits_no_more_when_what_would_go_has_changed),
	    KEEPING(another_change_that_came_in_between_is_to_be_looked_at_first),
	    KEEPING(what_becomes_due_within_the_grace_counts),
	    KEEPING(the_grace_is_the_accounts_or_the_requests),
	    KEEPING(what_a_hold_keeps_is_counted_apart),
	    KEEPING(every_number_of_the_dry_run_is_what_the_run_then_does),
	    KEEPING(what_the_law_keeps_is_counted_apart_and_the_run_cuts_it_down),
	    KEEPING(of_a_narrower_rule_too_the_run_does_what_the_dry_run_said),
	    KEEPING(a_narrower_rule_counts_what_is_in_its_scope_only),
	    KEEPING(a_base_rule_does_not_count_what_a_narrower_rule_keeps),
	    KEEPING(a_rule_may_name_labels_nobody_has_yet),
	    KEEPING(a_removal_of_what_is_not_there_is_refused),
	    KEEPING(scopes_that_are_wrong_say_how_they_are_written),
	    KEEPING(until_it_begins_a_change_can_be_undone_and_then_no_more),
	    KEEPING(undoing_the_first_rule_of_a_scope_leaves_it_without_one),
	    KEEPING(a_removal_can_be_undone),
	    KEEPING(a_change_takes_the_place_of_one_that_has_not_begun),
	    KEEPING(one_that_is_on_its_way_harms_as_if_it_were_not),
	    KEEPING(two_changes_do_not_do_together_what_neither_does_alone),
	    KEEPING(a_span_outside_the_accounts_bounds_is_refused_with_the_bound_and_its_source),
	    KEEPING(the_count_is_that_of_looking_at_every_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
