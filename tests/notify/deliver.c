/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P58, P59: events to webhooks, against a receiver that is another program.
 */
#include "notify/receiver.h"

#include <pthread.h>
#include <sched.h>

#include "notify/deliver.h"
#include "notify/schedule.h"
#include "retention/logs.h"
#include "store/job.h"
#include "store/leaf.h"
#include "vault/recording.h"
#include "vault/check.h"

#define MAX 64
#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)

static struct peer receiver;
static const char *const nowhere[] = {NULL};
static struct address_block loopback = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}}, 104};
static const struct client_reach here = {.plain = true, .allowed = &loopback, .allowed_count = 1, .resolve = nowhere};
static const struct deliver_how how = {.reach = &here};

static int start_receiver(void **state)
{
	(void)state;
	receiver_start(&receiver);
	return 0;
}

static int stop_receiver(void **state)
{
	(void)state;
	peer_stop(&receiver);
	return 0;
}

/* ---- what tests do ---- */

static struct id add(struct world *world, const char *path, const char *types)
{
	const struct webhook_new new = {.url = pool_printf(&world->pool, "http://127.0.0.1:%d%s", receiver.port, path),
					.types = types, .made_by = "os:0"};
	char secret[WEBHOOK_SECRET_MAX];
	struct err err;
	struct id id;

	assert_ok(webhook_add(world->vault, world->account.number, &here, &new, world->now, &id, secret, &err), &err);
	return id;
}

struct doing { struct world *world; bool fail; };

static enum result do_op(struct session *session, void *arg, struct err *err)
{
	const struct doing *doing = arg;
	struct act act;

	act_begin(&act, "hold.add", doing->world->account.number, doing->world->now);
	return act_append(&act, session->data, NULL, err);
}

static void happen(struct world *world)
{
	struct doing doing = {.world = world};
	struct err err;

	assert_ok(vault_write(world->vault, do_op, &doing, &err), &err);
}

static struct delivered deliver(struct world *world)
{
	struct delivered out;
	struct err err;

	assert_ok(deliver_all(world->vault, &how, world->now, &out, &err), &err);
	return out;
}

static struct webhook_row webhook(struct world *world, struct id id)
{
	struct webhook_row row;
	struct err err;

	assert_ok(webhook_get(world->vault->read.data, world->account.number, id, &world->pool, &row, &err), &err);
	return row;
}

/* The newest. */
static struct delivery_row delivery(struct world *world, struct id id)
{
	struct delivery_row row = {.attempts = -1};
	struct id last;
	size_t count;
	struct err err;

	memset(last.bytes, 0xff, sizeof last.bytes);
	assert_ok(delivery_back(world->vault->read.data, world->account.number, id, last, &row, 1, &count, &err), &err);
	return row;
}

static size_t got(struct world *world, struct received *out)
{
	return receiver_got(&receiver, &world->pool, out, MAX);
}

static size_t got_at(struct world *world, const char *path)
{
	struct received all[MAX];
	size_t count = got(world, all), found = 0;

	for (size_t i = 0; i < count; i++)
		found += strcmp(all[i].path, path) == 0;
	return found;
}

static void fresh_requests(void)
{
	char path[300];

	snprintf(path, sizeof path, "%s/requests", receiver.folder);
	unlink(path);
}

static int fresh(void **state)
{
	fresh_requests();
	return world_set_up(state);
}

#define DELIVERING(test) cmocka_unit_test_setup_teardown(test, fresh, world_tear_down)

/* ---- tests ---- */

static void what_happens_after_it_was_added_is_told_once(void **state)
{
	struct world *world = *state;
	struct received all[MAX];
	struct id id;

	happen(world);
	id = add(world, "/204", "");
	assert_int_equal(deliver(world).listed, 0);
	happen(world);
	assert_int_equal(deliver(world).done, 1);
	assert_int_equal(deliver(world).done, 0);
	assert_int_equal(got(world, all), 1);
	assert_non_null(strstr(all[0].body, "\"type\":\"hold.added\""));
	assert_string_equal(all[0].timestamp, "1748779200");
	assert_int_equal(delivery(world, id).state, DELIVERY_DONE);
	assert_int_equal(delivery(world, id).status, 204);
}

static void only_the_types_that_are_wanted_are_told(void **state)
{
	struct world *world = *state;

	add(world, "/200", "person.*,policy.changed");
	happen(world);
	assert_int_equal(deliver(world).listed, 0);
	add(world, "/204", "person.*,hold.*");
	happen(world);
	assert_int_equal(deliver(world).done, 1);
	assert_int_equal(got_at(world, "/204"), 1);
	assert_int_equal(got_at(world, "/200"), 0);
}

/* P58 */
static void the_id_is_the_same_at_every_attempt_and_they_follow_the_schedule(void **state)
{
	static const int64_t after_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
	struct world *world = *state;
	struct received all[MAX];
	struct id id = add(world, "/500", "");
	struct delivery_row row;

	happen(world);
	for (size_t i = 0; i < sizeof after_s / sizeof after_s[0]; i++) {
		assert_int_equal(deliver(world).failed, 1);
		row = delivery(world, id);
		assert_int_equal(row.state, DELIVERY_WAITING);
		assert_int_equal(row.attempts, i + 1);
		assert_true(row.next.ms >= world->now.ms + after_s[i] * SECOND);
		assert_true(row.next.ms <= world->now.ms + after_s[i] * SECOND * 6 / 5);
		world->now.ms = row.next.ms - 1;
		assert_int_equal(deliver(world).failed, 0);
		world->now = row.next;
	}
	assert_int_equal(deliver(world).failed, 1);
	assert_int_equal(delivery(world, id).state, DELIVERY_FAILED);
	assert_int_equal(got(world, all), SCHEDULE_ATTEMPTS);
	for (size_t i = 1; i < SCHEDULE_ATTEMPTS; i++) {
		assert_string_equal(all[i].id, all[0].id);
		assert_string_equal(all[i].body, all[0].body);
		assert_string_not_equal(all[i].timestamp, all[0].timestamp);
		assert_string_not_equal(all[i].signature, all[0].signature);
	}
}

static void gone_stops_it_and_that_is_told(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/410", ""), other = add(world, "/204", "webhook.disabled");
	struct received all[MAX];
	size_t count;

	happen(world);
	deliver(world);
	assert_int_equal(webhook(world, id).state, WEBHOOK_GONE);
	assert_int_equal(delivery(world, id).state, DELIVERY_FAILED);
	happen(world);
	deliver(world);
	assert_int_equal(got_at(world, "/410"), 1);
	assert_int_equal(delivery(world, other).state, DELIVERY_DONE);
	count = got(world, all);
	assert_non_null(strstr(all[count - 1].body, "\"why\":\"gone\""));
}

static void days_of_failing_stop_it_and_what_works_again_is_not_failing(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/500", "");
	struct err err;

	for (int day = 0; day < 5; day++) {
		happen(world);
		deliver(world);
		assert_int_equal(webhook(world, id).state, WEBHOOK_ENABLED);
		assert_int_not_equal(webhook(world, id).failing_since.ms, 0);
		world->now.ms += 24 * HOUR;
	}
	happen(world);
	deliver(world);
	assert_int_equal(webhook(world, id).state, WEBHOOK_FAILING);
	assert_int_equal(deliver(world).failed, 0);
	assert_ok(webhook_enable(world->vault, world->account.number, id, true, world->now, &err), &err);
	assert_int_equal(webhook(world, id).failing_since.ms, 0);
	happen(world);
	assert_true(deliver(world).failed > 0);
}

static void what_it_missed_while_it_was_stopped_is_told_then(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/204", "");
	struct err err;

	assert_ok(webhook_enable(world->vault, world->account.number, id, false, world->now, &err), &err);
	happen(world);
	happen(world);
	assert_int_equal(deliver(world).done, 0);
	assert_ok(webhook_enable(world->vault, world->account.number, id, true, world->now, &err), &err);
	assert_int_equal(deliver(world).done, 2);
}

static void set_failing_since(struct world *world, struct id id, struct instant since)
{
	struct webhook_row row = webhook(world, id);
	struct err err;

	row.failing_since = since;
	assert_ok(webhook_put(world->vault->read.data, &row, &err), &err);
}

static void what_is_delivered_ends_the_days_of_failing(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/204", "");

	set_failing_since(world, id, (struct instant){world->now.ms - 100 * 24 * HOUR});
	happen(world);
	assert_int_equal(deliver(world).done, 1);
	assert_int_equal(webhook(world, id).state, WEBHOOK_ENABLED);
	assert_int_equal(webhook(world, id).failing_since.ms, 0);
}

static void what_is_not_2xx_has_failed(void **state)
{
	static const struct { const char *path; bool done; } answers[] = {{"/200", true}, {"/299", true}, {"/300", false}, {"/404", false}};
	struct world *world = *state;
	struct id ids[4];

	for (int i = 0; i < 4; i++)
		ids[i] = add(world, answers[i].path, "");
	happen(world);
	deliver(world);
	for (int i = 0; i < 4; i++)
		assert_int_equal(delivery(world, ids[i]).state, answers[i].done ? DELIVERY_DONE : DELIVERY_WAITING);
}

/* P59 */
static void redirects_are_not_followed(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/away", "");

	happen(world);
	assert_int_equal(deliver(world).failed, 1);
	assert_int_equal(delivery(world, id).status, 302);
	assert_int_equal(got_at(world, "/204"), 0);
}

/* All of it, not the one event that was told so. */
static void how_long_it_wants_to_be_left_alone_is_followed(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/503?600", "");

	happen(world);
	happen(world);
	assert_int_equal(deliver(world).failed, 1);
	assert_int_equal(webhook(world, id).rest_until.ms, world->now.ms + 600 * SECOND);
	world->now.ms += 599 * SECOND;
	happen(world);
	assert_int_equal(deliver(world).failed, 0);
	world->now.ms += SECOND;
	assert_int_equal(deliver(world).failed, 1);
}

static void it_says_how_long_in_seconds_or_as_a_date_and_nonsense_is_none(void **state)
{
	static const struct { const char *path; int64_t least_s, most_s; } says[] = {
	    {"/429?0", 0, 0}, {"/429?-5", 0, 0}, {"/429?soon", 0, 0}, {"/429?86401", 86400, 86400}, {"/429?99999999999", 86400, 86400}, {"/429?99999999999999999999", 0, 0},
	    {"/429?Sun,%2022%20Nov%202099%2015:00:00%20GMT", 86400, 86400}, {"/429?Sun,%2022%20Nov%201998%2015:00:00%20GMT", 0, 0},
	    {"/429?%20120%20", 120, 120}, {"/200?600", 0, 0},
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
		struct id id = add(world, says[i].path, "");
		int64_t rest;

		happen(world);
		deliver(world);
		rest = webhook(world, id).rest_until.ms == 0 ? 0 : webhook(world, id).rest_until.ms - world->now.ms;
		if (rest < says[i].least_s * SECOND || rest > says[i].most_s * SECOND)
			fail_msg("%s: %lld", says[i].path, (long long)rest);
		world->now.ms += 30 * 24 * HOUR;
	}
}

/* As long as it lasts, longer each time; the schedule of one event alone is never held up by it. */
static void who_does_not_answer_is_left_alone_for_a_while(void **state)
{
	struct world *world = *state;
	struct instant began = world->now;
	struct id id = add(world, "/drop", "");
	struct webhook_row row;

	happen(world);
	happen(world);
	assert_int_equal(deliver(world).failed, 1);
	row = webhook(world, id);
	assert_int_equal(row.rest_until.ms - world->now.ms, 5 * SECOND);
	for (int i = 0; i < 6; i++) {
		world->now = row.rest_until;
		world->now.ms--;
		assert_int_equal(deliver(world).failed, 0);
		world->now.ms += HOUR; /* the schedule has come to something by then */
		assert_int_equal(deliver(world).failed, 1);
		row = webhook(world, id);
		assert_in_range(row.rest_until.ms - world->now.ms, (world->now.ms - began.ms) / 10 < 600 * SECOND ? (world->now.ms - began.ms) / 10 : 600 * SECOND,
				600 * SECOND);
	}
}

static void a_rest_ends_when_somebody_asks_for_a_delivery_or_the_clock_is_set_back(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/503?86400", ""), event;
	int64_t count;
	struct err err;

	happen(world);
	assert_int_equal(deliver(world).failed, 1);
	happen(world);
	assert_int_equal(deliver(world).failed, 0);
	assert_ok(webhook_test(world->vault, world->account.number, id, world->now, &event, &err), &err);
	assert_int_equal(deliver(world).failed, 1);
	assert_int_equal(deliver(world).failed, 0);
	assert_ok(webhook_replay(world->vault, world->account.number, id, &event, world->now, &count, &err), &err);
	assert_int_equal(deliver(world).failed, 1);
	assert_ok(webhook_enable(world->vault, world->account.number, id, false, world->now, &err), &err);
	assert_ok(webhook_enable(world->vault, world->account.number, id, true, world->now, &err), &err);
	happen(world); /* of what waited already either may have been tried */
	assert_int_equal(deliver(world).failed, 1);
	world->now.ms -= 2 * HOUR;
	happen(world);
	assert_int_equal(deliver(world).failed, 1);
}

/* ---- what the clock does */

/* Nothing waits longer than the schedule ever has anything wait, wherever the clock has been meanwhile. */
static void a_clock_that_was_days_ahead_keeps_nothing_waiting(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/500", "");
	struct instant now = world->now;

	happen(world);
	world->now.ms += 48 * HOUR;
	assert_int_equal(deliver(world).failed, 1);
	assert_int_equal(webhook(world, id).failing_since.ms, world->now.ms);
	world->now = now;
	assert_int_equal(deliver(world).failed, 1);
	assert_int_equal(delivery(world, id).attempts, 2);
	assert_int_equal(webhook(world, id).failing_since.ms, now.ms);
	assert_in_range(delivery(world, id).next.ms - now.ms, 300 * SECOND, 360 * SECOND);
	assert_int_equal(deliver(world).failed, 0);
}

static void an_hour_back_costs_an_hour_at_the_most(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/500", "");

	happen(world);
	assert_int_equal(deliver(world).failed, 1);
	world->now.ms -= HOUR;
	happen(world);
	assert_int_equal(deliver(world).failed, 1); /* what is new goes at once */
	world->now.ms += HOUR + 6 * SECOND;
	assert_int_equal(deliver(world).failed, 2);
	assert_int_equal(webhook(world, id).state, WEBHOOK_ENABLED);
}

/* ---- what changes while an attempt is being made */

struct at_once { struct world *world; struct vault *view; struct id id; struct delivered out; };

static void *deliver_beside(void *arg)
{
	struct at_once *a = arg;
	struct err e;

	if (deliver_webhook(a->view, &how, a->world->account.number, a->id, a->world->now, MAX, &a->out, &e) != OK)
		a->out.done = -1;
	return NULL;
}

static void begin_gate(struct world *world, struct at_once *a, pthread_t *thread)
{
	struct received all[MAX];
	struct err err;

	*a = (struct at_once){.world = world, .id = add(world, "/gate", "")};
	for (int i = 0; i < 3; i++)
		happen(world);
	assert_ok(vault_view(world->vault, &a->view, &err), &err);
	assert_int_equal(pthread_create(thread, NULL, deliver_beside, a), 0);
	while (got(world, all) == 0)
		sched_yield();
}

static void end_gate(struct at_once *a, pthread_t thread)
{
	char path[300];

	snprintf(path, sizeof path, "%s/gate", receiver.folder);
	fclose(fopen(path, "w"));
	assert_int_equal(pthread_join(thread, NULL), 0);
	unlink(path);
	vault_close(a->view);
}

/* P58 */
static void one_that_is_removed_or_stopped_in_the_middle_is_told_no_more(void **state)
{
	struct world *world = *state;
	struct at_once a;
	pthread_t thread;
	struct err err;

	begin_gate(world, &a, &thread);
	assert_ok(webhook_remove(world->vault, world->account.number, a.id, world->now, &err), &err);
	end_gate(&a, thread);
	assert_int_equal(got_at(world, "/gate"), 1);
	assert_int_equal(a.out.done, 1);
	fresh_requests();
	begin_gate(world, &a, &thread);
	assert_ok(webhook_enable(world->vault, world->account.number, a.id, false, world->now, &err), &err);
	end_gate(&a, thread);
	assert_int_equal(got_at(world, "/gate"), 1);
	assert_int_equal(a.out.done, 1);
	assert_int_equal(webhook(world, a.id).state, WEBHOOK_STOPPED);
}

/* A secret in wrong hands signs nothing from the moment on that another alone does. */
static void a_secret_that_is_replaced_in_the_middle_signs_no_more(void **state)
{
	struct world *world = *state;
	char secret[WEBHOOK_SECRET_MAX], signature[WEBHOOK_SIGNATURE_MAX];
	struct received all[MAX];
	struct at_once a;
	pthread_t thread;
	struct err err;

	begin_gate(world, &a, &thread);
	assert_ok(webhook_rotate(world->vault, world->account.number, a.id, true, world->now, secret, &err), &err);
	end_gate(&a, thread);
	assert_int_equal(got(world, all), 3);
	for (int i = 0; i < 3; i++) {
		assert_ok(webhook_sign(secret, NULL, all[i].id, strtoll(all[i].timestamp, NULL, 10), all[i].body, strlen(all[i].body),
				       signature, &err), &err);
		assert_int_equal(strcmp(signature, all[i].signature) == 0, i > 0);
	}
}

/* ---- answers */

static void an_answer_without_end_or_none_at_all_holds_nobody_up(void **state)
{
	const struct deliver_how hasty = {.reach = &here, .timeout_ms = 2000};
	struct world *world = *state;
	struct id big = add(world, "/big", ""), slow = add(world, "/slow", ""), headers = add(world, "/headers", "");
	struct delivered out;
	struct err err;

	happen(world);
	assert_ok(deliver_all(world->vault, &hasty, world->now, &out, &err), &err);
	assert_int_equal(delivery(world, big).state, DELIVERY_DONE);
	assert_int_equal(delivery(world, slow).fault, DELIVERY_UNREACHABLE);
	assert_int_equal(delivery(world, slow).status, 0);
	assert_int_equal(delivery(world, headers).fault, DELIVERY_UNREACHABLE);
	assert_int_equal(delivery(world, headers).status, 0);
}

/* It has acted on it: told again it would act again. */
static void who_answered_2xx_has_it_whatever_becomes_of_the_rest_of_the_answer(void **state)
{
	struct world *world = *state;
	struct id half = add(world, "/half", ""), stall = add(world, "/stall", ""), gone = add(world, "/gone", "");

	happen(world);
	deliver(world);
	assert_int_equal(delivery(world, half).state, DELIVERY_DONE);
	assert_int_equal(delivery(world, stall).state, DELIVERY_DONE);
	assert_int_equal(delivery(world, stall).status, 200);
	assert_int_equal(webhook(world, gone).state, WEBHOOK_GONE);
}

static void who_does_not_answer_is_waited_for_once_in_a_turn(void **state)
{
	const struct deliver_how hasty = {.reach = &here, .timeout_ms = 200};
	struct world *world = *state;
	struct id slow = add(world, "/slow", "");
	struct delivered out = {.listed = 0};
	struct err err;

	happen(world);
	happen(world);
	assert_ok(deliver_webhook(world->vault, &hasty, world->account.number, slow, world->now, MAX, &out, &err), &err);
	assert_int_equal(out.listed, 2);
	assert_int_equal(out.failed, 1);
}

/* P59: the name answers with an address outside when it is registered, and with one inside when it is delivered to. */
static void a_name_that_changes_its_address_reaches_nothing_inside(void **state)
{
	struct world *world = *state;
	const char *const rebound[] = {pool_printf(&world->pool, "hook.example:%d:127.0.0.1", receiver.port), NULL};
	const char *const both[] = {pool_printf(&world->pool, "hook.example:%d:10.0.0.1,127.0.0.1", receiver.port), NULL};
	const struct client_reach strict = {.plain = true, .resolve = rebound}, mixed = {.plain = true, .resolve = both};
	const struct webhook_new new = {.url = pool_printf(&world->pool, "http://hook.example:%d/204", receiver.port),
					.types = "", .made_by = "os:0"};
	const struct deliver_how there = {.reach = &strict}, again = {.reach = &mixed};
	char secret[WEBHOOK_SECRET_MAX];
	struct delivered out;
	struct err err;
	struct id id;

	assert_ok(webhook_add(world->vault, world->account.number, &strict, &new, world->now, &id, secret, &err), &err);
	happen(world);
	assert_ok(deliver_all(world->vault, &there, world->now, &out, &err), &err);
	assert_int_equal(delivery(world, id).fault, DELIVERY_INSIDE);
	world->now.ms += HOUR;
	assert_ok(deliver_all(world->vault, &again, world->now, &out, &err), &err);
	assert_int_equal(delivery(world, id).fault, DELIVERY_INSIDE);
	assert_int_equal(delivery(world, id).attempts, 2);
	assert_int_equal(got_at(world, "/204"), 0);
}

static void http_is_not_spoken_unless_it_is_allowed(void **state)
{
	const struct client_reach strict = {.inside = true};
	const struct deliver_how there = {.reach = &strict};
	struct world *world = *state;
	struct id id = add(world, "/204", "");
	struct delivered out;
	struct err err;

	happen(world);
	assert_ok(deliver_all(world->vault, &there, world->now, &out, &err), &err);
	assert_int_equal(delivery(world, id).fault, DELIVERY_URL);
}

/* P58 */
static void what_was_sent_and_not_noted_is_sent_again_under_the_same_id(void **state)
{
	struct world *world = *state;
	struct received all[MAX];
	struct delivery_row row;
	struct id id = add(world, "/204", "");
	struct err err;

	happen(world);
	deliver(world);
	row = delivery(world, id);
	world_reopen(world);
	row.state = DELIVERY_WAITING; /* as it was when the power went */
	assert_ok(delivery_put(world->vault->read.data, &row, &err), &err);
	assert_int_equal(deliver(world).done, 1);
	assert_int_equal(got(world, all), 2);
	assert_string_equal(all[0].id, all[1].id);
}

static void an_event_that_is_past_its_time_is_told_no_more(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/500", "");
	int64_t deleted;
	struct err err;

	happen(world);
	deliver(world);
	set_failing_since(world, id, (struct instant){0});
	world->now.ms += HOUR;
	assert_ok(event_delete_before(world->vault->read.data, world->account.number, world->now, 9, &deleted, &err), &err);
	assert_int_equal(deliver(world).failed, 1);
	assert_int_equal(delivery(world, id).state, DELIVERY_FAILED);
	assert_int_equal(delivery(world, id).fault, DELIVERY_EVENT_GONE);
	assert_int_equal(webhook(world, id).state, WEBHOOK_ENABLED);
	assert_int_equal(webhook(world, id).failing_since.ms, 0); /* it was not asked */
	assert_int_equal(got_at(world, "/500"), 1);
}

#define DAY (24 * HOUR)

static void prune(struct world *world)
{
	struct logs_plan out = {.due = 0};
	struct err err;

	assert_ok(logs_prune(world->vault, world->account.number, world->now, &out, &err), &err);
}

static size_t listed(struct world *world, struct id id)
{
	struct delivery_row rows[MAX];
	struct id last;
	size_t count;
	struct err err;

	memset(last.bytes, 0xff, sizeof last.bytes);
	assert_ok(delivery_back(world->vault->read.data, world->account.number, id, last, rows, MAX, &count, &err), &err);
	return count;
}

static void what_was_delivered_is_listed_for_30_days(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/204", ""), first;
	int64_t count;
	struct err err;

	happen(world);
	assert_int_equal(deliver(world).done, 1);
	first = delivery(world, id).event;
	world->now.ms += 29 * DAY;
	prune(world);
	assert_int_equal(listed(world, id), 1);
	assert_ok(webhook_replay(world->vault, world->account.number, id, &first, world->now, &count, &err), &err);
	assert_int_equal(deliver(world).done, 1);
	happen(world);
	world->now.ms += 3 * DAY;
	prune(world);
	assert_int_equal(webhook_replay(world->vault, world->account.number, id, &first, world->now, &count, &err), ERR_NOT_FOUND);
	assert_int_equal(listed(world, id), 0);
	assert_int_equal(deliver(world).done, 1); /* what is younger is delivered still */
	assert_int_equal(listed(world, id), 1);
}

/* The same event, asked for by two at once or while it is sent, is one delivery. */
static void what_is_replayed_twice_at_once_is_one_delivery(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/204", ""), event;
	int64_t count;
	struct err err;

	happen(world);
	assert_int_equal(deliver(world).done, 1);
	event = delivery(world, id).event;
	for (int i = 0; i < 2; i++)
		assert_ok(webhook_replay(world->vault, world->account.number, id, &event, world->now, &count, &err), &err);
	assert_int_equal(deliver(world).done, 1);
	assert_int_equal(listed(world, id), 1);
	assert_int_equal(got_at(world, "/204"), 2);
}

static void one_that_is_damaged_keeps_no_other_waiting(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/204", "");
	struct webhook_row before;

	happen(world);
	tamper(world, "vault.db", "UPDATE event SET ids = x'01' WHERE seq = (SELECT MAX(seq) FROM event)");
	happen(world);
	before = webhook(world, id);
	assert_int_equal(deliver(world).done, 1);
	assert_int_equal(got_at(world, "/204"), 1);
	assert_int_equal(webhook(world, id).failing_since.ms, before.failing_since.ms);
	tamper(world, "vault.db", "UPDATE webhook SET secret = url");
	world->now.ms++; /* of events of one moment any may be the newest */
	happen(world);
	assert_int_equal(deliver(world).failed, 1);
	assert_int_equal(delivery(world, id).fault, DELIVERY_DAMAGED);
	assert_int_equal(delivery(world, id).state, DELIVERY_WAITING);
	assert_int_equal(got_at(world, "/204"), 1);
}

static void a_test_is_for_one_alone_and_what_failed_is_replayed(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/204", "hold.*"), event, nothing = {{1}};
	struct delivery_row row;
	struct received all[MAX];
	int64_t count;
	struct err err;

	add(world, "/200", "");
	assert_ok(webhook_test(world->vault, world->account.number, id, world->now, &event, &err), &err);
	assert_int_equal(deliver(world).done, 1);
	assert_true(got(world, all) == 1 && strstr(all[0].body, "\"type\":\"webhook.test\"") != NULL);
	assert_ok(webhook_replay(world->vault, world->account.number, id, &event, world->now, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_int_equal(deliver(world).done, 1);
	assert_ok(webhook_replay(world->vault, world->account.number, id, NULL, world->now, &count, &err), &err);
	assert_int_equal(count, 0);
	row = delivery(world, id);
	row.state = DELIVERY_FAILED;
	assert_ok(delivery_put(world->vault->read.data, &row, &err), &err);
	assert_ok(webhook_replay(world->vault, world->account.number, id, NULL, world->now, &count, &err), &err);
	assert_int_equal(count, 1);
	assert_int_equal(deliver(world).done, 1);
	assert_int_equal(webhook_replay(world->vault, world->account.number, id, &nothing, world->now, &count, &err), ERR_NOT_FOUND);
	assert_int_equal(webhook_replay(world->vault, world->account.number, nothing, NULL, world->now, &count, &err), ERR_NOT_FOUND);
	assert_string_equal(err.mend, "`lethe webhook list` shows those there are");
}

static void one_that_is_removed_is_told_nothing_of_what_waits(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/500", "");
	struct check_report report;
	const struct check_options options = {.quick = true};
	struct err err;

	happen(world);
	deliver(world);
	assert_ok(webhook_remove(world->vault, world->account.number, id, world->now, &err), &err);
	world->now.ms += HOUR;
	assert_int_equal(deliver(world).failed, 0);
	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	assert_int_equal(report.problems, 0);
	assert_int_equal(webhook_remove(world->vault, world->account.number, id, world->now, &err), ERR_NOT_FOUND);
}

static void many_events_are_listed_whole(void **state)
{
	struct world *world = *state;
	struct id id = add(world, "/slow", "");
	struct delivered out = {.listed = 0};
	struct err err;

	for (int i = 0; i < 300; i++)
		happen(world);
	assert_ok(deliver_webhook(world->vault, &how, world->account.number, id, world->now, 0, &out, &err), &err);
	assert_int_equal(out.listed, 300);
	assert_int_equal(out.done + out.failed, 0);
}

static void as_the_program_stops_no_attempt_is_begun(void **state)
{
	const atomic_bool stopping = true;
	const struct deliver_how stopped = {.reach = &here, .stopping = &stopping};
	struct world *world = *state;
	struct id id = add(world, "/500", "");
	struct delivered out = {.listed = 0};
	struct err err;

	happen(world);
	happen(world);
	assert_ok(deliver_webhook(world->vault, &stopped, world->account.number, id, world->now, 4, &out, &err), &err);
	assert_int_equal(out.listed, 2);
	assert_int_equal(out.done + out.failed, 0);
	assert_int_equal(deliver(world).failed, 2); /* they wait */
}

static void each_attempt_is_in_the_log(void **state)
{
	struct world *world = *state;
	struct leaf leaf;
	uint64_t size;
	struct err err;

	add(world, "/500", "");
	happen(world);
	deliver(world);
	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	assert_ok(leaf_get(world->vault->read.data, size - 1, &world->pool, &leaf, &err), &err);
	assert_non_null(strstr(leaf.body, "\"act\":\"delivery.failed\""));
	assert_non_null(strstr(leaf.body, "\"status\":500"));
	assert_int_equal(leaf.term, LEAF_DELIVERY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    DELIVERING(what_happens_after_it_was_added_is_told_once),
	    DELIVERING(only_the_types_that_are_wanted_are_told),
	    DELIVERING(the_id_is_the_same_at_every_attempt_and_they_follow_the_schedule),
	    DELIVERING(gone_stops_it_and_that_is_told),
	    DELIVERING(days_of_failing_stop_it_and_what_works_again_is_not_failing),
	    DELIVERING(what_it_missed_while_it_was_stopped_is_told_then),
	    DELIVERING(what_is_delivered_ends_the_days_of_failing),
	    DELIVERING(what_is_not_2xx_has_failed),
	    DELIVERING(redirects_are_not_followed),
	    DELIVERING(who_does_not_answer_is_waited_for_once_in_a_turn),
	    DELIVERING(how_long_it_wants_to_be_left_alone_is_followed),
	    DELIVERING(it_says_how_long_in_seconds_or_as_a_date_and_nonsense_is_none),
	    DELIVERING(who_does_not_answer_is_left_alone_for_a_while),
	    DELIVERING(a_rest_ends_when_somebody_asks_for_a_delivery_or_the_clock_is_set_back),
	    DELIVERING(a_clock_that_was_days_ahead_keeps_nothing_waiting),
	    DELIVERING(an_hour_back_costs_an_hour_at_the_most),
	    DELIVERING(one_that_is_removed_or_stopped_in_the_middle_is_told_no_more),
	    DELIVERING(a_secret_that_is_replaced_in_the_middle_signs_no_more),
	    DELIVERING(who_answered_2xx_has_it_whatever_becomes_of_the_rest_of_the_answer),
	    DELIVERING(an_answer_without_end_or_none_at_all_holds_nobody_up),
	    DELIVERING(a_name_that_changes_its_address_reaches_nothing_inside),
	    DELIVERING(http_is_not_spoken_unless_it_is_allowed),
	    DELIVERING(what_was_sent_and_not_noted_is_sent_again_under_the_same_id),
	    DELIVERING(an_event_that_is_past_its_time_is_told_no_more),
	    DELIVERING(what_was_delivered_is_listed_for_30_days),
	    DELIVERING(what_is_replayed_twice_at_once_is_one_delivery),
	    DELIVERING(one_that_is_damaged_keeps_no_other_waiting),
	    DELIVERING(a_test_is_for_one_alone_and_what_failed_is_replayed),
	    DELIVERING(one_that_is_removed_is_told_nothing_of_what_waits),
	    DELIVERING(many_events_are_listed_whole),
	    DELIVERING(as_the_program_stops_no_attempt_is_begun),
	    DELIVERING(each_attempt_is_in_the_log),
	};

	return cmocka_run_group_tests_name("notify/deliver", tests, start_receiver, stop_receiver);
}
