/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P30: our own log obeys retention too, and still verifies.
 */
#include "retention/keeping.h"

#include <sqlite3.h>

#include "base/file.h"
#include "retention/logs.h"
#include "store/event.h"
#include "store/leaf.h"
#include "vault/proof.h"

#define SECRET INT64_C(73183183183) /* stands in one leaf only */
#define SECRET_TEXT "73183183183"

struct doing { uint32_t account; struct instant at; int which; uint64_t seq; };

static enum result do_op(struct session *session, void *arg, struct err *err)
{
	struct doing *doing = arg;
	struct act act;

	switch (doing->which) {
	case LEAF_ACCESS:
		act_begin(&act, "person.find", doing->account, doing->at);
		act_int(&act, "secret", SECRET);
		break;
	case LEAF_DELIVERY:
		act_begin(&act, "webhook.sent", doing->account, doing->at);
		break;
	case LEAF_PROOF:
		act_begin(&act, "person.erase", doing->account, doing->at);
		break;
	default:
		act_begin(&act, "person.link", doing->account, doing->at);
	}
	return act_append(&act, session->data, &doing->seq, err);
}

static uint64_t did(struct world *world, enum leaf_term which, const char *at)
{
	struct doing doing = {.account = world->account.number, .at = world_time(at), .which = which};
	struct err err;

	assert_ok(vault_write(world->vault, do_op, &doing, &err), &err);
	return doing.seq;
}

static struct leaf leaf_at(struct world *world, uint64_t seq)
{
	struct leaf leaf;
	struct err err;

	assert_ok(leaf_get(world->vault->read.data, seq, &world->pool, &leaf, &err), &err);
	return leaf;
}

static bool has_body(struct world *world, uint64_t seq)
{
	return leaf_at(world, seq).body_len > 0;
}

static struct logs_plan prune(struct world *world)
{
	struct logs_plan out;
	struct err err;

	assert_ok(logs_prune(world->vault, world->account.number, world->now, &out, &err), &err);
	assert_ok(vault_scrub(world->vault, &err), &err);
	return out;
}

static struct hash root_of(struct world *world, uint64_t size)
{
	struct merkle_store hashes = leaf_hashes(world->vault->read.data);
	struct hash root;
	struct err err;

	assert_ok(merkle_root(&hashes, size, &root, &err), &err);
	return root;
}

static uint64_t size_of(struct world *world)
{
	uint64_t size;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	return size;
}

/* Behind Lethe's back. */
static void tamper(struct world *world, const char *sql)
{
	char path[400];
	sqlite3 *db;

	vault_close(world->vault);
	snprintf(path, sizeof path, "%s/regions/default/vault.db", world->data);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	world_open_vault(world);
}

/* Today is 2026-03-01: 90 days back is 2025-12-01, 30 days 2026-01-30, 2 years 2024-03-01. */
static void each_term_ends_on_its_day(void **state)
{
	struct world *world = *state;
	static const struct { enum leaf_term term; const char *past, *kept; } days[] = {
	    {LEAF_ACTIVITY, "2024-03-01T23:59:59.999Z", "2024-03-02T00:00:00Z"},
	    {LEAF_ACCESS, "2025-12-01T23:59:59.999Z", "2025-12-02T00:00:00Z"},
	    {LEAF_DELIVERY, "2026-01-30T23:59:59.999Z", "2026-01-31T00:00:00Z"},
	    {LEAF_PROOF, "2024-03-01T23:59:59.999Z", "2024-03-02T00:00:00Z"},
	};
	uint64_t past[4], kept[4];
	struct logs_plan done, plan;
	struct err err;

	for (int i = 0; i < 4; i++) {
		kept[i] = did(world, days[i].term, days[i].kept);
		past[i] = did(world, days[i].term, days[i].past);
	}
	assert_ok(logs_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	assert_int_equal(plan.due, 4);
	done = prune(world);
	assert_int_equal(done.due, 4);
	assert_int_equal(done.damaged, 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(done.terms[days[i].term].due, 1);
		assert_int_equal(plan.terms[days[i].term].due, 1);
		assert_false(has_body(world, past[i]));
		assert_true(has_body(world, kept[i]));
	}
}

static void the_log_verifies_as_before_and_says_what_is_gone(void **state)
{
	struct world *world = *state;
	struct check_report report;
	struct hash before, after;
	uint64_t size;

	for (int i = 0; i < 20; i++)
		did(world, i % 2 ? LEAF_ACCESS : LEAF_ACTIVITY, "2025-06-01T00:00:00Z");
	size = size_of(world);
	before = root_of(world, size);
	assert_int_equal(prune(world).due, 10);
	assert_int_equal(size_of(world), size + 1); /* its own act */
	after = root_of(world, size);
	assert_memory_equal(&before, &after, sizeof after);
	report = checked(world, true);
	assert_int_equal(report.checks[CHECK_LOG].problems, 0);
	assert_int_equal(report.pruned, 10);
}

static void a_second_run_finds_nothing_and_writes_nothing(void **state)
{
	struct world *world = *state;
	uint64_t size;

	for (int i = 0; i < 1500; i++) /* more than a batch */
		did(world, LEAF_ACCESS, "2025-06-01T00:00:00Z");
	assert_int_equal(prune(world).due, 1500);
	size = size_of(world);
	assert_int_equal(prune(world).due, 0);
	assert_int_equal(size_of(world), size);
}

static int64_t told(struct world *world)
{
	struct event_row rows[9];
	size_t count;
	struct err err;

	assert_ok(event_list(world->vault->read.data, world->account.number, 0, -1, &world->pool, rows, 9, &count, &err), &err);
	return (int64_t)count;
}

/* P48 */
static void what_others_were_told_goes_after_its_thirty_days(void **state)
{
	struct world *world = *state;

	int64_t before = told(world);

	did(world, LEAF_PROOF, "2025-01-01T00:00:00Z"); /* erased, done: two events */
	did(world, LEAF_PROOF, "2025-01-02T00:00:00Z");
	assert_int_equal(told(world), before + 4);
	world->now = world_time("2025-01-31T23:00:00Z");
	assert_int_equal(prune(world).events, 2);
	assert_int_equal(told(world), before + 2);
	assert_int_equal(prune(world).events, 0);
}

static bool in_file(const struct world *world, const char *name)
{
	char path[400];
	struct buf bytes;
	struct err err;
	enum result r;
	bool found;

	snprintf(path, sizeof path, "%s/regions/default/%s", world->data, name);
	r = file_read(path, (size_t)64 * 1024 * 1024, &bytes, &err);
	if (r == ERR_NOT_FOUND)
		return false;
	assert_ok(r, &err);
	found = bytes.len > 0 && memmem(bytes.data, bytes.len, SECRET_TEXT, strlen(SECRET_TEXT)) != NULL;
	buf_free(&bytes);
	return found;
}

static void what_is_emptied_is_in_no_file(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 300; i++)
		did(world, LEAF_ACCESS, "2025-06-01T00:00:00Z");
	assert_true(in_file(world, "vault.db") || in_file(world, "vault.db-wal"));
	prune(world);
	assert_false(in_file(world, "vault.db"));
	assert_false(in_file(world, "vault.db-wal"));
}

static void an_account_may_say_otherwise_within_bounds(void **state)
{
	struct world *world = *state;
	const struct log_term *access = log_term_find("access");
	uint64_t seq = did(world, LEAF_ACCESS, "2025-12-15T00:00:00Z");
	struct err err;

	assert_non_null(access);
	assert_null(log_term_find("proof"));
	assert_int_equal(prune(world).due, 0);
	assert_int_equal(logs_set(world->vault, world->account.number, access, (struct span){.days = 29}, world->now, &err),
			 ERR_INPUT);
	assert_string_equal(err.what, "the log of access cannot be kept 29 days");
	assert_string_equal(err.mend, "give at least 30 days and at most 24 months");
	assert_int_equal(logs_set(world->vault, world->account.number, access, (struct span){.months = 25}, world->now, &err),
			 ERR_INPUT);
	assert_int_equal(logs_set(world->vault, world->account.number, access, (struct span){.unlimited = true}, world->now,
				  &err), ERR_INPUT);
	assert_ok(logs_set(world->vault, world->account.number, access, (struct span){.days = 30}, world->now, &err), &err);
	assert_int_equal(prune(world).terms[LEAF_ACCESS].due, 1);
	assert_false(has_body(world, seq));
}

static void acts_that_prove_a_deletion_are_kept_two_years_whatever_is_set(void **state)
{
	struct world *world = *state;
	uint64_t proof = did(world, LEAF_PROOF, "2025-06-01T00:00:00Z");
	uint64_t other = did(world, LEAF_ACTIVITY, "2025-06-01T00:00:00Z");
	struct err err;

	assert_ok(logs_set(world->vault, world->account.number, log_term_find("activity"), (struct span){.months = 6},
			   world->now, &err), &err);
	prune(world);
	assert_true(has_body(world, proof));
	assert_false(has_body(world, other));
	assert_ok(logs_set(world->vault, world->account.number, log_term_find("activity"), (struct span){.months = 36},
			   world->now, &err), &err);
	world->now = world_time("2028-01-01T00:00:00Z");
	prune(world);
	assert_true(has_body(world, proof)); /* as long as activity, when that is longer */
	world->now = world_time("2028-06-02T00:00:00Z");
	prune(world);
	assert_false(has_body(world, proof));
}

static void an_altered_leaf_is_left_alone(void **state)
{
	struct world *world = *state;
	uint64_t bad = did(world, LEAF_ACCESS, "2025-06-01T00:00:00Z");
	uint64_t good = did(world, LEAF_ACCESS, "2025-06-02T00:00:00Z");
	struct logs_plan done;
	char sql[200];

	snprintf(sql, sizeof sql, "DROP TRIGGER audit_leaf_fixed; UPDATE audit_leaf SET body = x'7b7d' WHERE seq = %d",
		 (int)bad);
	tamper(world, sql);
	done = prune(world);
	assert_int_equal(done.damaged, 1);
	assert_int_equal(done.due, 1);
	assert_true(has_body(world, bad));
	assert_false(has_body(world, good));
}

static void a_leaf_emptied_before_its_time_is_found(void **state)
{
	struct world *world = *state;
	struct check_report report;
	char sql[100];

	snprintf(sql, sizeof sql, "UPDATE audit_leaf SET body = x'' WHERE seq = %d",
		 (int)did(world, LEAF_ACCESS, "2026-02-20T00:00:00Z"));
	tamper(world, sql);
	report = checked(world, true);
	assert_int_equal(report.checks[CHECK_LOG].problems, 1);
	world->now = world_time("2026-08-01T00:00:00Z");
	did(world, LEAF_ACCESS, "2026-08-01T00:00:00Z");
	report = checked(world, true);
	assert_int_equal(report.checks[CHECK_LOG].problems, 0); /* it would be gone by now */
}

static void a_leaf_filed_under_another_term_is_found(void **state)
{
	struct world *world = *state;
	struct check_report report;

	did(world, LEAF_PROOF, "2026-02-20T00:00:00Z");
	tamper(world, "DROP TRIGGER audit_leaf_fixed; UPDATE audit_leaf SET term = 3 WHERE seq = (SELECT MAX(seq) FROM"
		      " audit_leaf)");
	report = checked(world, true);
	assert_int_equal(report.checks[CHECK_LOG].problems, 1);
}

static void no_new_receipt_is_made_of_a_pruned_leaf(void **state)
{
	struct world *world = *state;
	uint64_t seq = did(world, LEAF_PROOF, "2024-01-01T00:00:00Z");
	struct buf out;
	struct err err;

	prune(world);
	buf_init(&out, 65536);
	assert_int_equal(proof_receipt(&world->vault->read, world->vault->id, "{}", 2, seq, &out, &err), ERR_GONE);
	assert_non_null(strstr(err.what, "past its time: only its hash is left"));
	assert_string_equal(err.mend, "a receipt that was made before then still verifies; a new one cannot be made");
	buf_free(&out);
}

static void the_vaults_own_acts_go_too_and_anothers_stay(void **state)
{
	struct world *world = *state;
	struct account other;
	struct doing doing = {.at = world_time("2025-06-01T00:00:00Z"), .which = LEAF_ACCESS};
	struct err err;

	assert_ok(accounts_create(world->vault, "Other", "DK", world->now, &world->pool, &other, &err), &err);
	doing.account = other.number;
	assert_ok(vault_write(world->vault, do_op, &doing, &err), &err);
	world->now = world_time("2028-06-01T00:00:00Z");
	assert_int_equal(prune(world).terms[LEAF_PROOF].due, 2); /* vault.init, account.create */
	assert_false(has_body(world, 0));
	assert_true(has_body(world, doing.seq));
}

static void every_act_has_its_term(void **state)
{
	(void)state;
	assert_int_equal(log_term_of("person.show"), LEAF_ACCESS);
	assert_int_equal(log_term_of("record.media"), LEAF_ACCESS);
	assert_int_equal(log_term_of("person.export"), LEAF_ACTIVITY); /* that a request was answered */
	assert_int_equal(log_term_of("import.batch"), LEAF_ACTIVITY);
	assert_int_equal(log_term_of("person.erase.begin"), LEAF_PROOF);
	assert_int_equal(log_term_of("retention.run"), LEAF_PROOF);
	assert_int_equal(log_term_of("hold.release"), LEAF_PROOF);
	assert_int_equal(log_term_of("person.restrict"), LEAF_PROOF);
	assert_int_equal(log_term_of("person.unrestrict"), LEAF_PROOF);
	assert_int_equal(log_term_of("duty.ended"), LEAF_PROOF);
	assert_int_equal(log_term_of("policy.set"), LEAF_PROOF);
	assert_int_equal(log_term_of("keys.rotate"), LEAF_PROOF);
	assert_int_equal(log_term_of("audit.prune"), LEAF_PROOF);
	assert_int_equal(log_term_of("webhook.failed"), LEAF_DELIVERY);
	assert_int_equal(log_term_of("delivery.done"), LEAF_DELIVERY);
	assert_int_equal(log_term_of("webhook.add"), LEAF_ACTIVITY);
	assert_int_equal(log_term_of("webhook.list"), LEAF_ACCESS);
	assert_int_equal(log_term_of(""), LEAF_ACTIVITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    KEEPING(each_term_ends_on_its_day),
	    KEEPING(the_log_verifies_as_before_and_says_what_is_gone),
	    KEEPING(a_second_run_finds_nothing_and_writes_nothing),
	    KEEPING(what_others_were_told_goes_after_its_thirty_days),
	    KEEPING(what_is_emptied_is_in_no_file),
	    KEEPING(an_account_may_say_otherwise_within_bounds),
	    KEEPING(acts_that_prove_a_deletion_are_kept_two_years_whatever_is_set),
	    KEEPING(an_altered_leaf_is_left_alone),
	    KEEPING(a_leaf_emptied_before_its_time_is_found),
	    KEEPING(a_leaf_filed_under_another_term_is_found),
	    KEEPING(no_new_receipt_is_made_of_a_pruned_leaf),
	    KEEPING(the_vaults_own_acts_go_too_and_anothers_stay),
	    cmocka_unit_test(every_act_has_its_term),
	};

	return cmocka_run_group_tests_name("retention/logs", tests, NULL, NULL);
}
