/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls of a day of which some go before the rest, by narrower rules.
 */
#ifndef LETHE_TESTS_RETENTION_PARTING_H
#define LETHE_TESTS_RETENTION_PARTING_H

#include "keeping.h"

#include "retention/expire.h"
#include "store/media.h"

#define ANNA "+4520111111"
#define BENT "+4520222222"
#define DAY "2026-01-10T"

WORLD_UNUSED static const struct policy_scope incoming = {.direction = DIRECTION_INBOUND};

WORLD_UNUSED static struct id put(struct world *world, const char *at, enum direction direction, const char *phone)
{
	struct world_record spec = {.world = world, .kind = KIND_CALL, .at = world_time(at), .phones = {phone},
				    .text = "{\"n\":1}", .direction = direction};
	struct err err;

	spec.id = id_new(spec.at);
	assert_ok(vault_write(world->vault, world_put_op, &spec, &err), &err);
	return spec.id;
}

WORLD_UNUSED static struct period period_of(struct world *world, const char *at)
{
	struct period period;
	struct err err;

	assert_ok(period_get(world->vault->read.data, world->account.number, KIND_CALL, instant_date(world_time(at)),
			     &period, &err), &err);
	return period;
}

WORLD_UNUSED static bool has_part_key(struct world *world, const char *at, int part)
{
	return has_key(world, KEY_PERIOD, key_period_number(KIND_CALL, instant_date(world_time(at)), part));
}

WORLD_UNUSED static void assert_sound(struct world *world)
{
	assert_int_equal(checks_out_but(world, false, 1U << CHECK_MEDIA | 1U << CHECK_LABELS).keys_without_data, 0);
}

WORLD_UNUSED static int64_t due_of(struct world *world)
{
	struct sweep_plan plan;
	struct err err;

	assert_ok(sweep_plan(&world->vault->read, world->account.number, world->now, &plan, &err), &err);
	return sweep_plan_records(&plan.kinds[KIND_CALL]);
}

/* What the live keys make of a row that somebody copied. */
WORLD_UNUSED static enum result open_copy(struct world *world, const struct record_row *copy)
{
	const char *text;
	size_t len;
	struct err err;

	return open_record(world->vault->read.ring, copy, &world->pool, &text, &len, &err);
}

/* Incoming calls go after a month, the others after a year. */
WORLD_UNUSED static void set_rules(struct world *world)
{
	set_policy(world, KIND_CALL, "1 year");
	set_scoped(world, KIND_CALL, incoming, "30 days");
}

#endif
