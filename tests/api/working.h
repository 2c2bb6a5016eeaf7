/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Long work that is asked for in a world, and carried out when a test says so.
 */
#ifndef LETHE_TESTS_API_WORKING_H
#define LETHE_TESTS_API_WORKING_H

#include "api/asking.h"

#include "access/token.h"
#include "api/work.h"
#include "store/leaf.h"

#define RUNS OURS "/retention/runs"
#define JOBS OURS "/jobs"
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static int woken;
static bool stop;

WORLD_UNUSED static void wake(void *arg)
{
	(void)arg;
	woken++;
}

WORLD_UNUSED static bool is_stopping(void *arg)
{
	(void)arg;
	return stop;
}

WORLD_UNUSED static struct instant the_time(void *arg)
{
	const struct asking *asking = arg;

	return asking->world->now;
}

/* From here on it is a token of that role that asks. */
WORLD_UNUSED static struct id act_as(struct asking *asking, enum access_role role)
{
	struct world *world = asking->world;
	const struct token_new new = {.name = "program", .role = role, .scopes = permission_scopes(role), .expires = true,
				      .expires_at = {world->now.ms + DAY_MS}};
	const struct actor local = actor_local(0);
	uint32_t account = role == ROLE_OPERATOR ? VAULT_ACCOUNT : world->account.number;
	struct token_row row;
	struct opaque token;
	struct id id;
	struct err err;

	assert_ok(tokens_create(world->vault, &local, account, &new, world->now, &token, &id, &err), &err);
	assert_ok(token_get(world->vault->read.data, account, id, &world->pool, &row, &err), &err);
	asking->actor = actor_token(&row);
	asking->actor.region = world->vault->id;
	return id;
}

WORLD_UNUSED static void begin(struct asking *asking, void **state)
{
	asking_begin(asking, *state);
	act_as(asking, ROLE_OWNER);
	asking->desk.wake = wake;
	woken = 0;
	stop = false;
	with_header(asking, "prefer", "respond-async, wait=1");
}

WORLD_UNUSED static size_t open_ones(struct asking *asking, struct work_row *out)
{
	struct db *data = asking->world->vault->read.data;
	uint32_t account;
	size_t count = 0;
	bool found;
	struct err err;

	assert_ok(work_next_account(data, -1, &found, &account, &err), &err);
	if (found)
		assert_ok(work_list_open(data, account, &asking->world->pool, out, 8, &count, &err), &err);
	return count;
}

/* As it was when it was taken. Did it end? */
WORLD_UNUSED static bool carry_out_as(struct asking *asking, const struct work_row *row)
{
	const struct work_runner runner = {.desk = &asking->desk, .vaults = &asking->world->vault, .router = asking->router,
					   .stopping = is_stopping, .now = the_time, .arg = asking};

	return work_run(&runner, 0, row);
}

/* The oldest. */
WORLD_UNUSED static bool carry_out(struct asking *asking)
{
	struct work_row rows[8];

	assert_true(open_ones(asking, rows) > 0);
	return carry_out_as(asking, &rows[0]);
}

WORLD_UNUSED static const char *file(struct asking *asking, const char *target, const char *body)
{
	assert_asked(asking, METHOD_POST, target, body, 202);
	return pool_strdup(&asking->world->pool, answer_header(asking, "Location"));
}

/* A check of the vault, which is the operator's. */
WORLD_UNUSED static const char *file_check(struct asking *asking, void **state)
{
	begin(asking, state);
	act_as(asking, ROLE_OPERATOR);
	return file(asking, "/v1/checks", "{\"quick\":true}");
}

WORLD_UNUSED static const struct json *job_at(struct asking *asking, const char *where)
{
	assert_asked(asking, METHOD_GET, where, NULL, 200);
	return document(asking);
}

WORLD_UNUSED static void is_in_state(struct asking *asking, const char *where, const char *state)
{
	assert_string_equal(json_get_text(job_at(asking, where), "state"), state);
}

WORLD_UNUSED static int count_leaves(const struct world *world, const char *act)
{
	struct leaf leaves[256];
	struct pool pool;
	struct err err;
	size_t count;
	int found = 0;

	pool_init(&pool, 1 << 22);
	assert_ok(leaf_list(world->vault->read.data, world->account.number, 0, &pool, leaves, 256, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		found += strstr(leaves[i].body, act) != NULL;
	pool_free(&pool);
	return found;
}

#endif
