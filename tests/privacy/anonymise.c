/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Anonymising people and single records, and what that leaves.
 */
#include "retention/keeping.h"

#include "privacy/anonymise_record.h"
#include "privacy/erase.h"
#include "privacy/resume.h"
#include "retention/settings.h"
#include "store/aggregate.h"
#include "vault/backup.h"
#include "vault/restore.h"

#define DAY "2025-05-01T08:00:00Z"

static const char *const people[] = {"+4520000001", "+4520000002", "+4520000003", "+4520000004",
				     "+4520000005", "+4520000006", "+4520000007"};

struct sums { int64_t rows, records; int step; };

static enum result add_up(void *arg, const struct aggregate_row *row, struct err *err)
{
	struct sums *sums = arg;

	(void)err;
	sums->rows++;
	sums->records += row->records;
	sums->step = row->step;
	return OK;
}

static struct sums shown(struct world *world, enum record_kind kind)
{
	struct sums sums = {0};
	struct err err;

	assert_ok(aggregate_walk(world->vault->read.data, world->account.number, kind, add_up, &sums, &err), &err);
	return sums;
}

static struct sums waiting(struct world *world, enum record_kind kind)
{
	struct sums sums = {0};
	struct err err;

	assert_ok(aggregate_walk_waiting(world->vault->read.data, world->account.number, kind, add_up, &sums, &err),
		  &err);
	return sums;
}

static enum result try_anonymise(struct world *world, const char *who, const struct erase_options *more,
				 struct erase_result *out, struct err *err)
{
	struct erase_options options = more != NULL ? *more : (struct erase_options){0};
	struct id person;

	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, who, &person), 0);
	options.now = world->now;
	options.anonymise = true;
	return erase_person(world->vault, &world->account, person, &options, &world->pool, out, err);
}

static struct erase_result anonymise(struct world *world, const char *who)
{
	struct erase_result out;
	struct err err;

	assert_ok(try_anonymise(world, who, NULL, &out, &err), &err);
	assert_int_equal(out.left.records + out.left.keys + out.left.identities, 0);
	return out;
}

static void set(struct world *world, const char *name, const char *value)
{
	struct err err;

	assert_ok(settings_set(world->vault, &world->account, name, value, world->now, &world->pool, &err), &err);
}

/* P37 */
static void nothing_is_shown_before_enough_people_are_in_it(void **state)
{
	struct world *world = *state;
	struct erase_result out;
	struct id id = {{0}};

	for (int i = 0; i < 5; i++)
		id = world_put(world, KIND_CALL, DAY, "{}", people[i], NULL);
	for (int i = 0; i < 4; i++) {
		out = anonymise(world, people[i]);
		assert_int_equal(out.aggregated[KIND_CALL], 1);
		assert_true(out.shown.waits[KIND_CALL]);
		assert_int_equal(shown(world, KIND_CALL).rows, 0);
		assert_int_equal(waiting(world, KIND_CALL).records, i + 1);
	}
	out = anonymise(world, people[4]);
	assert_false(out.shown.waits[KIND_CALL]);
	assert_int_equal(out.shown.records[COARSEN_DAY], 5);
	assert_int_equal(shown(world, KIND_CALL).rows, 1);
	assert_int_equal(shown(world, KIND_CALL).records, 5);
	assert_int_equal(shown(world, KIND_CALL).step, COARSEN_DAY);
	assert_int_equal(waiting(world, KIND_CALL).rows, 0);
	assert_false(is_there(world, KIND_CALL, id));
	assert_non_null(strstr(out.receipt, "person.anonymise"));
	assert_non_null(strstr(out.receipt, "\"shown\""));
	checks_out(world, true);
}

static void an_account_may_want_more_or_fewer_people(void **state)
{
	struct world *world = *state;

	set(world, "anonymous_k", "3");
	for (int i = 0; i < 3; i++)
		world_put(world, KIND_CALL, i == 0 ? "2025-02-01T08:00:00Z" : DAY, "{}", people[i], NULL);
	for (int i = 0; i < 3; i++)
		anonymise(world, people[i]);
	assert_int_equal(shown(world, KIND_CALL).records, 3);
	assert_int_equal(shown(world, KIND_CALL).step, COARSEN_YEAR);
}

static void an_erasure_leaves_no_counts(void **state)
{
	struct world *world = *state;
	const struct erase_options options = {.now = world->now};
	struct erase_result out;
	struct id person;
	struct err err;

	world_put(world, KIND_CALL, DAY, "{}", people[0], NULL);
	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, people[0], &person), 0);
	assert_ok(erase_person(world->vault, &world->account, person, &options, &world->pool, &out, &err), &err);
	assert_int_equal(waiting(world, KIND_CALL).rows, 0);
	assert_null(strstr(out.receipt, "anonymised"));
}

static void what_a_hold_keeps_is_kept_and_not_counted(void **state)
{
	struct world *world = *state;
	struct hold_request hold = {.kinds = UINT32_C(1) << KIND_CALL};
	struct erase_result out;

	world_put(world, KIND_CALL, DAY, "{}", people[0], NULL);
	world_put(world, KIND_MESSAGE, DAY, "{}", people[0], NULL);
	add_hold(world, &hold);
	out = anonymise(world, people[0]);
	assert_int_equal(out.kept[KIND_CALL], 1);
	assert_int_equal(out.aggregated[KIND_CALL], 0);
	assert_int_equal(out.aggregated[KIND_MESSAGE], 1);
	assert_int_equal(waiting(world, KIND_CALL).rows, 0);
}

static void what_is_not_billed_yet_is_not_anonymised(void **state)
{
	struct world *world = *state;
	struct record_anonymised record;
	struct erase_result out;
	struct err err;
	struct id id = world_put(world, KIND_CALL, DAY, "{}", people[0], NULL);

	set(world, "profile", "callrail");
	assert_int_equal(try_anonymise(world, people[0], NULL, &out, &err), ERR_WRONG_STATE);
	assert_string_equal(err.what, "what happened on 2025-05-01 is not billed yet, and the profile callrail lets go only of "
				      "what is");
	set(world, "billed_until", "2025-04-30");
	assert_int_equal(try_anonymise(world, people[0], NULL, &out, &err), ERR_WRONG_STATE);
	assert_int_equal(record_anonymise(world->vault, &world->account, KIND_CALL, id, world->now, &record, &err),
			 ERR_WRONG_STATE);
	assert_opens(world, KIND_CALL, id, "{}");
	set(world, "billed_until", "2025-05-01");
	anonymise(world, people[0]);
	assert_int_equal(waiting(world, KIND_CALL).records, 1);
}

/* ---- stopped half-way ---- */

static bool stop_at_once(void *arg, int64_t done)
{
	(void)done;
	return --*(int *)arg < 0;
}

/* P37. Whatever is stopped where: each record is counted once. */
static void an_anonymisation_stopped_between_any_two_steps_counts_each_record_once(void **state)
{
	struct world *world = *state;
	struct erase_result result;
	int64_t records = 0;
	struct err err;

	for (int steps = 0; steps < 5; steps++) {
		int countdown = steps;
		const struct erase_options options = {.progress = stop_at_once, .progress_arg = &countdown};
		char at[40];

		for (int i = 0; i < 40; i++, records++) {
			snprintf(at, sizeof at, "2025-05-%02dT08:00:00Z", 1 + i % 28);
			world_put(world, KIND_CALL, at, "{}", people[steps], NULL);
		}
		if (try_anonymise(world, people[steps], &options, &result, &err) == ERR_INTERRUPTED) {
			world_reopen(world);
			assert_ok(resume_jobs(world->vault, world->now, &err), &err);
		}
		assert_int_equal(waiting(world, KIND_CALL).records + shown(world, KIND_CALL).records, records);
	}
	assert_int_equal(shown(world, KIND_CALL).records, records);
	checks_out(world, true);
}

/* ---- one record ---- */

static struct record_anonymised anonymise_one(struct world *world, enum record_kind kind, struct id id)
{
	struct record_anonymised out;
	struct err err;

	assert_ok(record_anonymise(world->vault, &world->account, kind, id, world->now, &out, &err), &err);
	return out;
}

/* P37, P32 */
static void one_record_goes_for_good_and_the_rest_of_its_day_is_read_as_before(void **state)
{
	struct world *world = *state;
	struct id id = world_put(world, KIND_CALL, DAY, "{\"n\":1}", people[0], NULL);
	struct id other = world_put(world, KIND_CALL, "2025-05-01T09:00:00Z", "{\"n\":2}", people[0], NULL);
	struct record_anonymised out;
	struct blob_name blob;
	struct key key = {{1}};
	struct err err;

	blob = attach(world, KIND_CALL, id, key);
	out = anonymise_one(world, KIND_CALL, id);
	assert_true(out.shown.waits[KIND_CALL]);
	assert_false(is_there(world, KIND_CALL, id));
	assert_false(has_blob(world, &blob));
	assert_opens(world, KIND_CALL, other, "{\"n\":2}");
	assert_int_equal(row_of(world, KIND_CALL, other).part, 1);
	assert_false(has_period_key(world, KIND_CALL, DAY));
	assert_int_equal(waiting(world, KIND_CALL).records, 1);
	assert_int_equal(record_anonymise(world->vault, &world->account, KIND_CALL, id, world->now, &out, &err),
			 ERR_NOT_FOUND);
	/* Again, of what was sealed anew. */
	anonymise_one(world, KIND_CALL, other);
	assert_int_equal(waiting(world, KIND_CALL).records, 2);
	checks_out(world, true);
}

static void single_records_make_no_group_however_many(void **state)
{
	struct world *world = *state;
	struct id ids[20];

	for (int i = 0; i < 20; i++)
		ids[i] = world_put(world, KIND_CALL, DAY, "{}", people[i % 7], NULL);
	for (int i = 0; i < 13; i++)
		anonymise_one(world, KIND_CALL, ids[i]);
	assert_int_equal(shown(world, KIND_CALL).rows, 0);
	for (int i = 0; i < 7; i++)
		anonymise(world, people[i]);
	assert_int_equal(shown(world, KIND_CALL).records + waiting(world, KIND_CALL).records, 20);
	assert_int_equal(shown(world, KIND_CALL).records, 18);
	checks_out(world, true);
}

static void a_record_that_is_held_is_not_anonymised(void **state)
{
	struct world *world = *state;
	struct hold_request hold = {.kinds = UINT32_C(1) << KIND_CALL};
	struct id id = world_put(world, KIND_CALL, DAY, "{}", people[0], NULL);
	struct record_anonymised out;
	struct err err;

	add_hold(world, &hold);
	assert_int_equal(record_anonymise(world->vault, &world->account, KIND_CALL, id, world->now, &out, &err),
			 ERR_HELD);
	assert_string_equal(err.what, "a legal hold, a restriction or an obligation keeps this record");
	assert_opens(world, KIND_CALL, id, "{}");
	assert_int_equal(waiting(world, KIND_CALL).rows, 0);
}

/* P37 */
static void no_restore_brings_it_back_or_counts_it_twice(void **state)
{
	struct world *world = *state;
	struct id hers = world_put(world, KIND_CALL, DAY, "{}", people[0], NULL);
	struct id one = world_put(world, KIND_MESSAGE, DAY, "{}", people[1], NULL);
	struct id other = world_put(world, KIND_MESSAGE, DAY, "{\"n\":2}", people[1], NULL);
	struct backup_options backup = {.dir = pool_printf(&world->pool, "%s/backup", world->base), .now = world->now};
	struct restore_options options = {.dir = backup.dir, .now = world->now};
	struct restore_result restored;
	struct manifest manifest;
	struct err err;

	anonymise(world, (world_put(world, KIND_CALL, DAY, "{}", people[2], NULL), people[2]));
	assert_ok(backup_create(world->vault, &backup, &manifest, &err), &err);
	anonymise(world, people[0]);
	anonymise_one(world, KIND_MESSAGE, one);
	assert_ok(restore_run(world->vault, &options, &restored, &err), &err);
	assert_false(is_there(world, KIND_CALL, hers));
	assert_false(is_there(world, KIND_MESSAGE, one));
	assert_opens(world, KIND_MESSAGE, other, "{\"n\":2}");
	assert_int_equal(waiting(world, KIND_CALL).records, 2);
	assert_int_equal(waiting(world, KIND_MESSAGE).records, 1);
	checks_out(world, true);
}

static enum result spoil(struct session *session, void *arg, struct err *err)
{
	const struct aggregate_row row = {.kind = KIND_CALL, .step = COARSEN_MONTH, .from = {3}, .records = 1};

	(void)arg;
	return aggregate_add(session->data, 1, &row, err);
}

static void a_check_finds_what_is_not_coarsened_as_it_says(void **state)
{
	struct world *world = *state;
	struct check_options options = {.quick = true};
	struct check_report report;
	struct err err;

	assert_ok(vault_write(world->vault, spoil, NULL, &err), &err);
	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	assert_int_equal(report.checks[CHECK_AGGREGATES].problems, 1);
	assert_int_equal(report.problems, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(nothing_is_shown_before_enough_people_are_in_it),
	    KEEPING(an_account_may_want_more_or_fewer_people),
	    KEEPING(an_erasure_leaves_no_counts),
	    KEEPING(what_a_hold_keeps_is_kept_and_not_counted),
	    KEEPING(what_is_not_billed_yet_is_not_anonymised),
	    KEEPING(an_anonymisation_stopped_between_any_two_steps_counts_each_record_once),
	    KEEPING(one_record_goes_for_good_and_the_rest_of_its_day_is_read_as_before),
	    KEEPING(single_records_make_no_group_however_many),
	    KEEPING(a_record_that_is_held_is_not_anonymised),
	    KEEPING(no_restore_brings_it_back_or_counts_it_twice),
	    KEEPING(a_check_finds_what_is_not_coarsened_as_it_says),
	};

	return cmocka_run_group_tests_name("privacy/anonymise", tests, NULL, NULL);
}
