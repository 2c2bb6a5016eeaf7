/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Random worlds with rules, laws and holds that come and end within days: what forecasts and warnings are tried on.
 */
#ifndef LETHE_TESTS_RETENTION_COMING_H
#define LETHE_TESTS_RETENTION_COMING_H

#include "keeping.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define DAY_MS INT64_C(86400000)

WORLD_UNUSED static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

WORLD_UNUSED static int below(uint64_t *seed, int n)
{
	return (int)(next_random(seed) % (uint64_t)n);
}

WORLD_UNUSED static struct id call(struct world *world, const char *at, const char *from)
{
	return world_put(world, KIND_CALL, at, "{\"n\":1}", from, NULL);
}

WORLD_UNUSED static struct instant days_from(struct instant at, int days)
{
	return instant_add(at, (struct duration){days * DAY_MS});
}

/* ---- rules ---- */

struct rule_op { struct world *world; struct policy policy; };

WORLD_UNUSED static enum result rule_op(struct session *session, void *arg, struct err *err)
{
	struct rule_op *op = arg;

	return policy_put(session->data, op->world->account.number, &op->policy, err);
}

WORLD_UNUSED static void put_rule(struct world *world, struct policy_scope scope, enum record_kind kind, struct span keep,
		     struct instant begins)
{
	struct rule_op op = {world, {.kind = kind, .scope = scope, .keep = keep, .set_at = world->now,
				     .begins_at = begins, .set_by = "os:0"}};
	struct err err;

	assert_ok(vault_write(world->vault, rule_op, &op, &err), &err);
}

struct law_op { struct world *world; struct obligation_row row; };

WORLD_UNUSED static enum result law_op(struct session *session, void *arg, struct err *err)
{
	struct law_op *op = arg;

	return obligation_put(session->data, op->world->account.number, &op->row, err);
}

WORLD_UNUSED static const struct policy_scope base = {.number = 0};

/* A call of one of the account's own numbers. */
WORLD_UNUSED static void put_of_number(struct world *world, struct instant at, const char *number)
{
	struct world_record spec = {.kind = KIND_CALL, .at = at, .phones = {ANNA}, .number = number, .text = "{}",
				    .id = id_new(at), .world = world};
	struct err err;

	assert_ok(vault_write(world->vault, world_put_op, &spec, &err), &err);
}

/* ---- random worlds ---- */

WORLD_UNUSED static struct instant some_time(struct world *world, uint64_t *seed)
{
	struct instant day = days_from(world->now, -below(seed, 40));

	return instant_add(day, (struct duration){-(int64_t)(next_random(seed) % (uint64_t)DAY_MS)});
}

WORLD_UNUSED static void put_some(struct world *world, uint64_t *seed)
{
	char at[TIME_TEXT_MAX];
	enum record_kind kind = below(seed, 3) == 0 ? KIND_NOTE : KIND_CALL;
	struct id id = world_put(world, kind, instant_format(some_time(world, seed), at), "{\"n\":1}",
				 below(seed, 2) == 0 ? ANNA : BENT, NULL);

	if (below(seed, 4) == 0)
		attach(world, kind, id, (struct key){{1}});
}

WORLD_UNUSED static void some_rule(struct world *world, uint64_t *seed, enum record_kind kind, struct policy_scope scope)
{
	struct span keep = {.days = below(seed, 45)};
	int64_t later = below(seed, 2) == 0 ? 0 : (int64_t)(next_random(seed) % (uint64_t)(9 * DAY_MS));

	if (below(seed, 5) == 0)
		keep = (struct span){.months = 1};
	else if (below(seed, 8) == 0)
		keep = (struct span){.unlimited = true};
	put_rule(world, scope, kind, keep, instant_add(world->now, (struct duration){later}));
}

WORLD_UNUSED static void some_law(struct world *world, uint64_t *seed)
{
	static const char *const codes[] = {"es-ley25-2007-5", "fr-cpce-l34-1-source", "it-dlgs196-132-telephone"};
	const char *code = codes[below(seed, 3)];
	struct law_op op = {world, {.code = code, .applied = world->now, .set_by = "os:0"}};
	struct err err;

	assert_ok(vault_write(world->vault, law_op, &op, &err), &err);
	/* Some that it covers until one of the days looked at. */
	for (int i = 0; i < 8; i++) {
		char at[TIME_TEXT_MAX];

		call(world, instant_format(days_from(world->now, -365 + below(seed, 12) - 2), at),
		     below(seed, 2) == 0 ? ANNA : BENT);
	}
}

WORLD_UNUSED static void some_world(struct world *world, uint64_t *seed)
{
	struct hold_request request = {.has_person = true};
	struct sweep_result ignored;
	struct id hold;

	world_put(world, KIND_CALL, "2026-02-20T10:00:00Z", "{}", ANNA, BENT, NULL);
	for (int i = 0; i < 25; i++)
		put_some(world, seed);
	for (int i = below(seed, 4); i >= 0; i--)
		some_rule(world, seed, below(seed, 2) == 0 ? KIND_NOTE : KIND_CALL, base);
	if (below(seed, 2) == 0) {
		int64_t number;

		for (int i = 0; i < 10; i++)
			put_of_number(world, some_time(world, seed), i % 3 == 0 ? "+4570202020" : "+4570101010");
		number = identity_of(world, IDENTITY_NUMBER, "+4570101010", NULL);
		for (int i = below(seed, 2); i >= 0; i--)
			some_rule(world, seed, KIND_CALL, (struct policy_scope){.number = number});
	}
	for (int i = below(seed, 3); i > 0; i--)
		some_law(world, seed);
	if (below(seed, 3) == 0)
		run_sweep(world, &ignored);
	if (below(seed, 2) == 0)
		return;
	identity_of(world, IDENTITY_PHONE, ANNA, &request.person);
	request.has_until = below(seed, 2) == 0;
	request.until = some_time(world, seed);
	hold = add_hold(world, &request);
	if (below(seed, 2) == 0)
		run_sweep(world, &ignored);
	if (below(seed, 2) == 0)
		release_hold(world, hold);
}

#endif
