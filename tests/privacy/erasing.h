/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What tests of erasures that are refused, stopped or disturbed share.
 */
#ifndef LETHE_TESTS_PRIVACY_ERASING_H
#define LETHE_TESTS_PRIVACY_ERASING_H

#include "retention/obliged.h"

#include "privacy/erase_state.h"
#include "privacy/resume.h"
#include "privacy/somebody.h"

WORLD_UNUSED static void link_them(struct world *world, const char *who, const char *other)
{
	struct err err;
	bool changed;

	assert_ok(
	    person_link(world->vault, &world->account, one(world, who), one(world, other), world->now, &changed, &err),
	    &err);
}

WORLD_UNUSED static enum result erase(struct world *world, const char *who, struct err *err)
{
	const struct erase_options options = {.now = world->now};
	struct erase_result result;

	return erase_person(world->vault, &world->account, one(world, who), &options, &world->pool, &result, err);
}

WORLD_UNUSED static enum result reseal_op(struct session *session, void *arg, struct err *err)
{
	return record_reseal(session->data, arg, err);
}

WORLD_UNUSED static enum result spoil_contact_op(struct session *session, void *arg, struct err *err)
{
	struct contact_row *row = arg;
	unsigned char bytes[256];

	assert_true(row->payload_len <= sizeof bytes);
	memcpy(bytes, row->payload, row->payload_len);
	bytes[row->payload_len - 1] ^= 1;
	row->payload = bytes;
	return contact_put(session->data, row, err);
}

WORLD_UNUSED static struct contact_row contact_of(struct world *world, struct id id)
{
	struct contact_row row;
	struct err err;

	assert_ok(contact_get(world->vault->read.data, world->account.number, id, &world->pool, &row, &err), &err);
	return row;
}

WORLD_UNUSED static void spoil_contact(struct world *world, struct id id)
{
	struct contact_row row = contact_of(world, id);
	struct err err;

	assert_ok(vault_write(world->vault, spoil_contact_op, &row, &err), &err);
}

WORLD_UNUSED static void nothing_runs(struct world *world)
{
	struct err err;
	int64_t running;

	assert_ok(job_count_running(world->vault->read.data, &running, &err), &err);
	assert_int_equal(running, 0);
}

WORLD_UNUSED static void sweep(struct world *world)
{
	struct sweep_result result;

	run_sweep(world, &result);
}

WORLD_UNUSED static void sweep_at(struct world *world, const char *now)
{
	world->now = world_time(now);
	sweep(world);
}

WORLD_UNUSED static int64_t listed(struct world *world, int64_t hold)
{
	struct err err;
	int64_t count;

	assert_ok(held_count(world->vault->read.data, world->account.number, hold, &count, &err), &err);
	return count;
}

/* How much is put aside under that hold. */
WORLD_UNUSED static int64_t aside(struct world *world, int64_t hold)
{
	struct held_row rows[32];
	struct err err;
	int64_t sum = 0;
	size_t count;

	assert_ok(held_list(world->vault->read.data, world->account.number, hold, (enum record_kind)0, (struct id){{0}},
			    rows, 32, &count, &err),
		  &err);
	for (size_t i = 0; i < count; i++)
		sum += rows[i].cause == HELD_ASIDE;
	return sum;
}

WORLD_UNUSED static enum held_cause cause_of(struct world *world, enum record_kind kind, struct id id)
{
	bool contact = kind == (enum record_kind)HELD_CONTACT;
	int64_t hold = contact ? contact_of(world, id).hold : row_of(world, kind, id).hold;
	struct held_row held;
	struct err err;

	assert_ok(held_get(world->vault->read.data, world->account.number, hold, kind, id, &held, &err), &err);
	return held.cause;
}

/* As if there had been no erasure: under the key of its day. */
WORLD_UNUSED static void is_back(struct world *world, struct id call, const char *text)
{
	assert_true(is_there(world, KIND_CALL, call));
	assert_int_equal(row_of(world, KIND_CALL, call).hold, 0);
	assert_opens(world, KIND_CALL, call, text);
}

/* ---- stopping it ---- */

struct stopping {
	struct world *world;
	int64_t calls, stop_at;
	enum erase_phase phase;
	struct id damaged; /* what is spoiled on the way */
};

WORLD_UNUSED static enum erase_phase phase_now(struct world *world)
{
	struct erase_state state;
	struct job job;
	struct err err;

	assert_ok(job_next_running(world->vault->read.data, JOB_ERASE, &world->pool, &job, &err), &err);
	assert_ok(erase_state_read(&job, &world->pool, &state, &err), &err);
	return state.phase;
}

WORLD_UNUSED static bool once_sealed(void *arg, int64_t done)
{
	const struct stopping *stopping = arg;
	int64_t sealed = 0;

	(void)done;
	for (int64_t hold = 1; hold <= 3; hold++)
		sealed += aside(stopping->world, hold);
	return sealed > 0;
}

WORLD_UNUSED static bool once_in_phase(void *arg, int64_t done)
{
	const struct stopping *stopping = arg;

	(void)done;
	return phase_now(stopping->world) == stopping->phase;
}

WORLD_UNUSED static bool once_giving_up(void *arg, int64_t done)
{
	struct stopping *stopping = arg;

	(void)done;
	return phase_now(stopping->world) == ERASE_BACK && ++stopping->calls == stopping->stop_at;
}

WORLD_UNUSED static enum result erase_until(struct world *world, const char *who, bool (*stop)(void *arg, int64_t done),
					    struct stopping *stopping)
{
	const struct erase_options options = {.now = world->now, .progress = stop, .progress_arg = stopping};
	struct erase_result result;
	struct err err;
	enum result r;

	stopping->world = world;
	r = erase_person(world->vault, &world->account, one(world, who), &options, &world->pool, &result, &err);
	world_reopen(world);
	return r;
}

WORLD_UNUSED static void resume(struct world *world)
{
	bool found = true;
	struct err err;

	while (found)
		assert_ok(resume_next(world->vault, JOB_ERASE, world->now, &found, &err), &err);
	nothing_runs(world);
}

#endif
