/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P48: what others are told is made with the act it tells of, is told once, and is nothing personal.
 */
#include "vault/recording.h"

#include "shim/json_parse.h"
#include "vault/backup.h"
#include "vault/check.h"
#include "vault/outbox.h"
#include "vault/restore.h"

#define DB(world) (world)->vault->read.data

struct doing { struct world *world; const char *act; uint32_t account; bool fail; uint64_t seq; };

/* The name of an act is a literal: this is one that any test can give. */
static enum result do_op(struct session *session, void *arg, struct err *err)
{
	struct doing *doing = arg;
	struct act act;
	enum result r;

	act_begin_(&act, doing->act, doing->account, doing->world->now);
	act_id(&act, "job", JOB_PREFIX, (struct id){{7}});
	act_int(&act, "keys", 3);
	r = act_append(&act, session->data, &doing->seq, err);
	return r == OK && doing->fail ? err_set(err, ERR_INPUT, "it fails after its act") : r;
}

static uint64_t did(struct world *world, const char *act)
{
	struct doing doing = {.world = world, .act = act, .account = world->account.number};
	struct err err;

	assert_ok(vault_write(world->vault, do_op, &doing, &err), &err);
	return doing.seq;
}

/* Without that of the account being made. */
static size_t events(struct world *world, struct event_row *rows, size_t max)
{
	size_t count;
	struct err err;

	assert_ok(event_list(DB(world), world->account.number, 1, 0, &world->pool, rows, max, &count, &err), &err);
	return count;
}

static const char *text_of(struct world *world, const struct event_row *row)
{
	struct buf out;
	const char *text;
	struct err err;

	buf_init(&out, EVENT_BODY_MAX);
	assert_ok(outbox_write(DB(world), row, world->account.id, &world->pool, &out, &err), &err);
	text = pool_strdup(&world->pool, out.data);
	buf_free(&out);
	return text;
}

static void an_account_that_is_made_is_told_of(void **state)
{
	struct world *world = *state;
	struct event_row row;
	size_t count;
	struct err err;

	assert_ok(event_list(DB(world), world->account.number, 0, -1, &world->pool, &row, 1, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_int_equal(row.type, EVENT_ACCOUNT_CREATED);
}

static void an_act_tells_what_its_leaf_says(void **state)
{
	struct world *world = *state;
	char id[ID_TEXT_MAX], account[ID_TEXT_MAX], job[ID_TEXT_MAX], wanted[600];
	struct event_row rows[3];

	did(world, "person.erase");
	assert_int_equal(events(world, rows, 3), 2);
	assert_int_equal(rows[0].type, EVENT_PERSON_ERASED);
	assert_int_equal(rows[1].type, EVENT_JOB_DONE);
	snprintf(wanted, sizeof wanted,
		 "{\"id\":\"%s\",\"type\":\"person.erased\",\"timestamp\":\"2025-06-01T12:00:00Z\",\"account\":\"%s\","
		 "\"data\":{\"act\":\"person.erase\",\"job\":\"%s\",\"keys\":3}}",
		 id_format(EVENT_PREFIX, rows[0].id, id), id_format(ACCOUNT_PREFIX, world->account.id, account),
		 id_format(JOB_PREFIX, (struct id){{7}}, job));
	assert_string_equal(text_of(world, &rows[0]), wanted);
}

static void a_job_that_was_asked_for_is_told_of_twice(void **state)
{
	struct world *world = *state;
	struct event_row rows[3];

	did(world, "job.file");
	did(world, "job.end");
	assert_int_equal(events(world, rows, 3), 2);
	assert_int_equal(rows[0].type, EVENT_JOB_STARTED);
	assert_int_equal(rows[1].type, EVENT_JOB_ENDED);
}

static void an_act_that_is_undone_tells_nobody(void **state)
{
	struct world *world = *state;
	struct doing doing = {.world = world, .act = "hold.add", .account = world->account.number, .fail = true};
	struct event_row row;
	struct err err;

	assert_int_equal(vault_write(world->vault, do_op, &doing, &err), ERR_INPUT);
	assert_int_equal(events(world, &row, 1), 0);
}

static void most_acts_and_those_of_no_account_tell_nobody(void **state)
{
	struct world *world = *state;
	struct doing doing = {.world = world, .act = "policy.set", .account = VAULT_ACCOUNT};
	struct event_row row;
	size_t count;
	struct err err;

	did(world, "record.get");
	did(world, "token.create");
	assert_int_equal(events(world, &row, 1), 0);
	assert_ok(vault_write(world->vault, do_op, &doing, &err), &err);
	assert_ok(event_list(DB(world), VAULT_ACCOUNT, 0, -1, &world->pool, &row, 1, &count, &err), &err);
	assert_int_equal(count, 0);
}

static void every_type_has_a_name_of_its_own(void **state)
{
	enum event_type back;

	(void)state;
	for (int type = 1; type < EVENT_TYPE_COUNT; type++) {
		const char *name = event_type_name((enum event_type)type);

		assert_true(event_type_parse(name, strlen(name), &back));
		assert_int_equal(back, type);
	}
	assert_false(event_type_parse("person.erase", 12, &back));
	assert_false(event_type_parse("", 0, &back));
}

/* ---- lists ---- */

struct listing { struct world *world; struct outbox_list *list; enum event_type type; uint64_t seq; };

static enum result list_op(struct session *session, void *arg, struct err *err)
{
	struct listing *listing = arg;
	struct doing doing = {.world = listing->world, .act = "import.batch", .account = listing->world->account.number};
	int n = 0;
	enum result r = do_op(session, &doing, err);

	return r == OK ? outbox_put(session->data, listing->list, listing->type, listing->world->account.number, doing.seq,
				    &n, listing->world->now, err)
		       : r;
}

static void put_list(struct world *world, enum event_type type, int kind, size_t count)
{
	struct outbox_list list = {.packed = NULL};
	struct listing listing = {world, &list, type, 0};
	struct err err;

	for (size_t i = 0; i < count; i++)
		assert_ok(outbox_add(&list, kind, id_new(world->now), &err), &err);
	assert_ok(vault_write(world->vault, list_op, &listing, &err), &err);
	outbox_free(&list);
}

static size_t listed(struct world *world, const struct event_row *row, const char *member)
{
	const char *text = text_of(world, row);
	const struct json *event;
	struct err err;

	assert_ok(json_parse_once(text, strlen(text), &world->pool, &event, &err), &err);
	return json_get(json_get(event, "data"), member)->len;
}

static void many_things_of_one_act_are_told_in_lists(void **state)
{
	struct world *world = *state;
	struct event_row rows[4];

	put_list(world, EVENT_RECORD_CREATED, KIND_CAMPAIGN_RESULT, 2 * EVENT_IDS_MAX + 1);
	assert_int_equal(events(world, rows, 4), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rows[i].n, i);
	assert_int_equal(listed(world, &rows[0], "records"), EVENT_IDS_MAX);
	assert_int_equal(listed(world, &rows[2], "records"), 1);
	assert_non_null(strstr(text_of(world, &rows[2]), "\"data\":{\"records\":[\"res_"));
}

static void contacts_are_told_as_contacts(void **state)
{
	struct world *world = *state;
	struct event_row row;

	put_list(world, EVENT_CONTACT_UPDATED, OUTBOX_CONTACT, 2);
	assert_int_equal(events(world, &row, 1), 1);
	assert_int_equal(listed(world, &row, "contacts"), 2);
}

static void an_empty_list_is_no_event(void **state)
{
	struct world *world = *state;
	struct event_row row;

	put_list(world, EVENT_RECORD_CREATED, KIND_CALL, 0);
	assert_int_equal(events(world, &row, 1), 0);
}

/* ---- damage ---- */

static void prune_op_like(struct world *world, uint64_t seq)
{
	char sql[200];

	snprintf(sql, sizeof sql, "UPDATE audit_leaf SET body = x'' WHERE seq = %d", (int)seq);
	tamper(world, "vault.db", sql);
}

static void of_a_pruned_leaf_only_that_it_was_is_told(void **state)
{
	struct world *world = *state;
	struct event_row row;

	prune_op_like(world, did(world, "hold.add"));
	assert_int_equal(events(world, &row, 1), 1);
	assert_non_null(strstr(text_of(world, &row), "\"data\":{}}"));
}

struct finding { int count; enum check_id id; char text[300]; };

static void tell(void *arg, enum check_id id, const char *text)
{
	struct finding *finding = arg;

	finding->count++;
	finding->id = id;
	snprintf(finding->text, sizeof finding->text, "%s", text);
}

static void assert_found(struct world *world, const char *sql)
{
	struct finding finding = {.count = 0};
	const struct check_options options = {.quick = true, .problem = tell, .arg = &finding};
	struct check_report report;
	struct err err;

	tamper(world, "vault.db", sql);
	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	if (finding.count != 1 || finding.id != CHECK_OUTBOX || strstr(finding.text, "account 1: evt_") == NULL)
		fail_msg("%s: %d: %s", sql, finding.count, finding.text);
}

static void damage_is_found(void **state)
{
	struct world *world = *state;
	struct event_row row;
	struct buf out;
	struct err err;

	did(world, "hold.add");
	assert_found(world, "UPDATE event SET seq = 77 WHERE type = 22");
	assert_found(world, "UPDATE event SET seq = 2, ids = x'0102' WHERE type = 22");
	assert_int_equal(events(world, &row, 1), 1);
	buf_init(&out, EVENT_BODY_MAX);
	assert_int_equal(outbox_write(DB(world), &row, world->account.id, &world->pool, &out, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "the ids of an event are damaged");
	buf_reset(&out);
	tamper(world, "vault.db", "UPDATE event SET seq = 0, ids = x'' WHERE type = 22");
	assert_ok(event_at(DB(world), 1, 0, 0, &world->pool, &row, &err), &err);
	assert_int_equal(outbox_write(DB(world), &row, world->account.id, &world->pool, &out, &err), ERR_CORRUPT);
	assert_string_equal(err.what, "the leaf of an event is not there");
	buf_free(&out);
}

/* What is wrong with ids that could be written all the same: a kind there is not, contacts among records, too many. */
static void ids_are_whole_or_damaged(void **state)
{
	enum { LEN = 17, MOST = EVENT_IDS_MAX * LEN };
	static unsigned char ids[MOST + LEN];
	struct event_row row = {.ids = ids, .ids_len = MOST};

	(void)state;
	for (size_t i = 0; i < sizeof ids; i += LEN)
		ids[i] = KIND_LAST;
	assert_true(outbox_ids_whole(&row));
	row.ids_len = MOST + LEN;
	assert_false(outbox_ids_whole(&row));
	row.ids_len = 2 * LEN - 1;
	assert_false(outbox_ids_whole(&row));
	row.ids_len = 2 * LEN;
	ids[LEN] = KIND_LAST + 1;
	assert_false(outbox_ids_whole(&row));
	ids[LEN] = OUTBOX_CONTACT;
	assert_false(outbox_ids_whole(&row));
	ids[0] = OUTBOX_CONTACT;
	assert_true(outbox_ids_whole(&row));
	ids[LEN] = KIND_CALL;
	assert_false(outbox_ids_whole(&row));
	ids[0] = KIND_CAMPAIGN_RESULT;
	assert_true(outbox_ids_whole(&row));
}

static void ids_of_a_kind_there_is_not_are_damage_to_check_and_to_who_sends(void **state)
{
	struct world *world = *state;
	struct event_row row;
	struct buf out;
	struct err err;

	put_list(world, EVENT_RECORD_CREATED, KIND_CALL, 2);
	assert_found(world, "UPDATE event SET ids = x'63' || substr(ids, 2) WHERE length(ids) = 34");
	assert_int_equal(events(world, &row, 1), 1);
	buf_init(&out, EVENT_BODY_MAX);
	assert_int_equal(outbox_write(DB(world), &row, world->account.id, &world->pool, &out, &err), ERR_CORRUPT);
	buf_free(&out);
	assert_found(world, "UPDATE event SET ids = x'00' || substr(ids, 2) WHERE length(ids) = 34");
}

/* ---- a restore ---- */

static void a_restore_tells_nobody_anew_and_forgets_nothing(void **state)
{
	struct world *world = *state;
	const char *dir = pool_printf(&world->pool, "%s/backup", world->base);
	struct backup_options backup = {.dir = dir, .now = world->now};
	struct restore_options options = {.dir = dir, .now = world->now};
	struct restore_result restored;
	struct event_row before[4], after[4];
	struct manifest manifest;
	int64_t deleted;
	struct err err;

	did(world, "hold.add");
	did(world, "hold.release");
	assert_ok(backup_create(world->vault, &backup, &manifest, &err), &err);
	tamper(world, "vault.db", "DELETE FROM event WHERE type = 22"); /* its time was over */
	did(world, "policy.set");
	assert_int_equal(events(world, before, 4), 2);
	assert_ok(restore_run(world->vault, &options, &restored, &err), &err);
	assert_int_equal(events(world, after, 4), 2);
	for (int i = 0; i < 2; i++)
		assert_memory_equal(&before[i].id, &after[i].id, sizeof after[i].id);
	assert_ok(event_delete_before(DB(world), 1, world_time("2025-06-01T12:00:00.001Z"), 9, &deleted, &err), &err);
	assert_int_equal(deleted, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(an_account_that_is_made_is_told_of),
	    IN_WORLD(an_act_tells_what_its_leaf_says),
	    IN_WORLD(a_job_that_was_asked_for_is_told_of_twice),
	    IN_WORLD(an_act_that_is_undone_tells_nobody),
	    IN_WORLD(most_acts_and_those_of_no_account_tell_nobody),
	    cmocka_unit_test(every_type_has_a_name_of_its_own),
	    IN_WORLD(many_things_of_one_act_are_told_in_lists),
	    IN_WORLD(contacts_are_told_as_contacts),
	    IN_WORLD(an_empty_list_is_no_event),
	    IN_WORLD(of_a_pruned_leaf_only_that_it_was_is_told),
	    IN_WORLD(damage_is_found),
	    cmocka_unit_test(ids_are_whole_or_damaged),
	    IN_WORLD(ids_of_a_kind_there_is_not_are_damage_to_check_and_to_who_sends),
	    IN_WORLD(a_restore_tells_nobody_anew_and_forgets_nothing),
	};

	return cmocka_run_group_tests_name("vault/outbox", tests, NULL, NULL);
}
