/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What tests of retention share: policies, holds and media in a world.
 */
#ifndef LETHE_TESTS_RETENTION_KEEPING_H
#define LETHE_TESTS_RETENTION_KEEPING_H

#include "checking.h"
#include "world.h"

#include <sys/wait.h>

#include "retention/holds.h"
#include "retention/sweep.h"
#include "store/job.h"

WORLD_UNUSED static int keeping_set_up(void **state)
{
	return world_set_up_at(state, "2026-03-01T12:00:00Z");
}

#define KEEPING(test) cmocka_unit_test_setup_teardown(test, keeping_set_up, world_tear_down)

struct policy_op { struct world *world; enum record_kind kind; struct span keep; struct policy_scope scope; };

static enum result put_policy(struct session *session, void *arg, struct err *err)
{
	struct policy_op *op = arg;
	struct policy policy = {.kind = op->kind, .scope = op->scope, .keep = op->keep, .set_at = op->world->now, .begins_at = op->world->now,
				.set_by = "os:0"};

	return policy_put(session->data, op->world->account.number, &policy, err);
}

WORLD_UNUSED static void set_policy(struct world *world, enum record_kind kind, const char *keep)
{
	struct policy_op op = {.world = world, .kind = kind};
	struct err err;

	assert_ok(span_parse(keep, &op.keep, &err), &err);
	assert_ok(vault_write(world->vault, put_policy, &op, &err), &err);
}

/* For what of the kind fits the scope. */
WORLD_UNUSED static void set_scoped(struct world *world, enum record_kind kind, struct policy_scope scope, const char *keep)
{
	struct policy_op op = {.world = world, .kind = kind, .scope = scope};
	struct err err;

	assert_ok(span_parse(keep, &op.keep, &err), &err);
	assert_ok(vault_write(world->vault, put_policy, &op, &err), &err);
}

/* 0 when nobody has it. */
WORLD_UNUSED static int64_t identity_of(struct world *world, enum identity_kind kind, const char *value,
					struct id *person)
{
	struct session *session = &world->vault->read;
	struct identity_row row;
	struct blind blind;
	struct err err;
	bool found;

	assert_ok(keyring_blind(session->ring, world->account.number, kind, value, strlen(value), &blind, &err), &err);
	assert_ok(identity_find(session->data, world->account.number, &blind, &found, &row, &err), &err);
	if (found && person != NULL)
		*person = row.person;
	return found ? row.identity : 0;
}

WORLD_UNUSED static struct id add_hold(struct world *world, const struct hold_request *request)
{
	struct hold_request with_reason = *request;
	struct id id;
	struct err err;

	with_reason.reason = request->reason != NULL ? request->reason : "a dispute";
	assert_ok(holds_add(world->vault, &world->account, &with_reason, world->now, &id, &err), &err);
	return id;
}

WORLD_UNUSED static struct id hold_person(struct world *world, const char *phone)
{
	struct hold_request request = {.has_person = true};

	assert_int_not_equal(identity_of(world, IDENTITY_PHONE, phone, &request.person), 0);
	return add_hold(world, &request);
}

WORLD_UNUSED static int64_t release_hold(struct world *world, struct id hold)
{
	struct err err;
	struct handed handed;

	assert_ok(holds_release(world->vault, &world->account, hold, world->now, &handed, &err), &err);
	return handed.due;
}

WORLD_UNUSED static void run_sweep(struct world *world, struct sweep_result *out)
{
	struct err err;

	assert_ok(sweep_run(world->vault, &world->account, world->now, NULL, NULL, &world->pool, out, &err), &err);
	assert_false(sweep_left_any(&out->left));
}

WORLD_UNUSED static bool is_there(struct world *world, enum record_kind kind, struct id id)
{
	struct record_row row;
	struct err err;
	enum result r = record_get(world->vault->read.data, world->account.number, kind, id, &world->pool, &row, &err);

	assert_true(r == OK || r == ERR_NOT_FOUND);
	return r == OK;
}

WORLD_UNUSED static bool has_key(struct world *world, enum key_class class, int64_t number)
{
	struct wrapped_key key;
	struct err err;
	enum result r = key_get(world->vault->read.keys, world->account.number, class, number, &key, &err);

	assert_true(r == OK || r == ERR_NOT_FOUND);
	return r == OK;
}

WORLD_UNUSED static bool has_period_key(struct world *world, enum record_kind kind, const char *at)
{
	return has_key(world, KEY_PERIOD, key_period_number(kind, instant_date(world_time(at)), 0));
}

WORLD_UNUSED static struct record_row row_of(struct world *world, enum record_kind kind, struct id id)
{
	struct record_row row;
	struct err err;

	assert_ok(record_get(world->vault->read.data, world->account.number, kind, id, &world->pool, &row, &err), &err);
	return row;
}

WORLD_UNUSED static void assert_opens(struct world *world, enum record_kind kind, struct id id, const char *expected)
{
	const char *text = "";
	struct err err;

	assert_ok(world_open_record(world, kind, id, &text, &err), &err);
	assert_string_equal(text, expected);
}

WORLD_UNUSED static struct sweep_plan plan_of(struct world *world)
{
	struct sweep_plan plan;
	struct err err;

	assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	return plan;
}

WORLD_UNUSED static int64_t running_jobs(struct world *world)
{
	struct err err;
	int64_t count;

	assert_ok(job_count_running(world->vault->read.data, &count, &err), &err);
	return count;
}

WORLD_UNUSED static enum result spoil_record_op(struct session *session, void *arg, struct err *err)
{
	struct record_row *row = arg;
	unsigned char *bytes = test_malloc(row->payload_len);
	enum result r;

	memcpy(bytes, row->payload, row->payload_len);
	bytes[row->payload_len - 1] ^= 1;
	row->payload = bytes;
	r = record_reseal(session->data, row, err);
	test_free(bytes);
	return r;
}

/* Its payload fails its tag from here on. */
WORLD_UNUSED static void spoil_record(struct world *world, enum record_kind kind, struct id id)
{
	struct record_row row = row_of(world, kind, id);
	struct err err;

	assert_ok(vault_write(world->vault, spoil_record_op, &row, &err), &err);
}

/* In a process of its own, which `progress` may end with _exit(0) as a power cut would; true when it did. */
WORLD_UNUSED static bool sweep_in_child(struct world *world, sweep_progress *progress, void *arg)
{
	struct sweep_result result;
	struct err err;
	pid_t child;
	int status;

	vault_close(world->vault);
	world->vault = NULL;
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct vault_options options = {.data_dir = world->data, .command = "test", .write = true};

		if (vault_open(&options, world->now, &world->vault, &err) != OK ||
		    sweep_run(world->vault, &world->account, world->now, progress, arg, &world->pool, &result, &err) != OK)
			_exit(2);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	world_open_vault(world);
	return WEXITSTATUS(status) == 0;
}

/* ---- media ---- */

struct media_op { struct world *world; enum record_kind kind; struct id id; struct id blob; struct key key; };

static enum result put_media(struct session *session, void *arg, struct err *err)
{
	struct media_op *op = arg;
	struct record_row row = row_of(op->world, op->kind, op->id);
	struct media_row media = {.account = row.account, .kind = row.kind, .id = row.id, .blob = op->blob,
				  .bytes = 5, .segment = 65536};
	struct period delta = {.kind = row.kind, .day = instant_date(id_time(row.id)), .media = 1, .media_bytes = 5};
	bool existed;
	struct key key;
	enum result r = seal_record_key(session->ring, &row, &key, err);

	if (r == OK)
		r = seal_media_key(&key, &op->key, &media, err);
	if (r == OK)
		r = media_insert(session->data, &media, err);
	if (r == OK)
		r = record_delete(session->data, row.account, row.kind, row.id, &existed, err);
	row.media = 1;
	if (r == OK)
		r = record_insert(session->data, &row, &existed, err);
	return r == OK ? period_add(session->data, row.account, &delta, err) : r;
}

/* Gives a record a medium whose key is `key`. */
WORLD_UNUSED static struct blob_name attach(struct world *world, enum record_kind kind, struct id id, struct key key)
{
	struct media_op op = {.world = world, .kind = kind, .id = id, .blob = id_new(world->now), .key = key};
	struct blob_name name = {world->account.number, (uint32_t)kind, instant_date(id_time(id)), op.blob};
	struct blob_batch *batch = NULL;
	struct blob_put *put = NULL;
	struct err err;

	assert_ok(blob_batch_new(world->vault->blobs, &batch, &err), &err);
	assert_ok(blob_put_begin(batch, &name, &put, &err), &err);
	assert_ok(blob_put_write(put, "sound", 5, &err), &err);
	assert_ok(blob_put_finish(put, &err), &err);
	assert_ok(blob_publish(batch, &err), &err);
	assert_ok(vault_write(world->vault, put_media, &op, &err), &err);
	assert_ok(blob_settle(batch, &err), &err);
	blob_batch_free(batch);
	return name;
}

WORLD_UNUSED static bool has_blob(struct world *world, const struct blob_name *name)
{
	struct blob_file *file = NULL;
	struct err err;
	uint64_t size;
	enum result r = blob_get(world->vault->blobs, name, &file, &size, &err);

	assert_true(r == OK || r == ERR_NOT_FOUND);
	blob_file_close(file);
	return r == OK;
}

#endif
