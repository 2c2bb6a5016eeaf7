/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A world to import files into: its folder is the working directory of each test.
 */
#ifndef LETHE_TESTS_INGEST_TAKING_H
#define LETHE_TESTS_INGEST_TAKING_H

#include "world.h"

#include "base/file.h"
#include "ingest/import.h"
#include "ingest/intake.h"
#include "privacy/erase.h"
#include "retention/holds.h"
#include "store/leaf.h"
#include "store/policy.h"

#define NOW "2024-06-01T12:00:00Z"
#define CALL(id, more) \
	"{\"type\":\"call\",\"id\":\"" id "\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\",\"to\":\"+4520000300\"" more "}\n"
#define CONTACT(id, name, more) "{\"type\":\"contact\",\"id\":\"" id "\",\"name\":\"" name "\"," more "}\n"

static struct world world;
static struct import_options options;
static struct import_result result;
static struct err err;
static char told[1024]; /* the last bad line, as it was reported */
static int stop_after;  /* calls to stop() until it says yes; 0: never */

static inline void note_bad_line(void *arg, const char *file, uint64_t line, const struct err *why)
{
	(void)arg;
	snprintf(told, sizeof told, "%s:%d: %s: %s (%s)", file, (int)line, why->where, why->what, why->mend);
}

static inline bool stop(void *arg)
{
	(void)arg;
	return stop_after > 0 && --stop_after == 0;
}

static inline int set_up(void **state)
{
	(void)state;
	world_begin(&world, NOW);
	assert_int_equal(chdir(world.base), 0);
	options = (struct import_options){
	    .account = &world.account, .now = world.now, .bad_line = note_bad_line, .stop = stop};
	told[0] = '\0';
	stop_after = 0;
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	world_end(&world);
	return 0;
}

static inline void put_bytes(const char *path, const void *data, size_t len)
{
	assert_ok(file_write_atomic(path, data, len, 0600, &err), &err);
}

static inline void put_file(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static inline enum result import(const char *path)
{
	return import_files(world.vault, &options, &path, 1, &result, &err);
}

/* Writes and imports; it must go well. */
static inline void take_in(const char *text)
{
	put_file("in.jsonl", text);
	assert_ok(import("in.jsonl"), &err);
}

static inline const char *content_of(const char *path)
{
	struct buf text;
	char *copy;

	assert_ok(file_read(path, 1 << 24, &text, &err), &err);
	copy = pool_strndup(&world.pool, text.data != NULL ? text.data : "", text.len);
	buf_free(&text);
	return copy;
}

static inline int64_t count_rows(const char *kind_of_row)
{
	int64_t rows, by_month;

	assert_ok(party_count(world.vault->read.data, world.account.number, &rows, &by_month, &err), &err);
	assert_int_equal(rows, by_month);
	return strcmp(kind_of_row, "party") == 0 ? rows : -1;
}

/* All of a kind, by their day. */
static inline size_t list_day(enum record_kind kind, const char *day, struct record_row *rows, size_t max)
{
	struct instant at = world_time(day);
	size_t count;

	assert_ok(record_list_day(world.vault->read.data, world.account.number, kind, instant_date(at),
				  (struct id){{0}}, &world.pool, rows, max, &count, &err),
		  &err);
	return count;
}

static inline struct period period_of(enum record_kind kind, const char *day)
{
	struct period period;

	assert_ok(period_get(world.vault->read.data, world.account.number, kind, instant_date(world_time(day)), &period,
			     &err),
		  &err);
	return period;
}

static inline bool find(enum identity_kind kind, const char *value, struct identity_row *out)
{
	struct blind blind;
	bool found;

	assert_ok(keyring_blind(world.vault->read.ring, world.account.number, kind, value, strlen(value), &blind, &err),
		  &err);
	assert_ok(identity_find(world.vault->read.data, world.account.number, &blind, &found, out, &err), &err);
	return found;
}

static inline struct id person_of(enum identity_kind kind, const char *value)
{
	struct identity_row row;

	assert_true(find(kind, value, &row));
	return row.person;
}

static inline bool same_person(enum identity_kind a_kind, const char *a, enum identity_kind b_kind, const char *b)
{
	return id_compare(person_of(a_kind, a), person_of(b_kind, b)) == 0;
}

static inline void erase(const char *phone, const char *at)
{
	struct erase_options how = {.now = world_time(at)};
	struct erase_result *done = calloc(1, sizeof *done);

	assert_non_null(done);
	assert_ok(erase_person(world.vault, &world.account, person_of(IDENTITY_PHONE, phone), &how, &world.pool, done,
			       &err),
		  &err);
	free(done);
}

static inline enum result set_policy_op(struct session *session, void *arg, struct err *e)
{
	const struct span *keep = arg;
	struct policy policy = {.kind = KIND_CALL, .keep = *keep, .set_at = world.now, .begins_at = world.now,
				.set_by = "os:0"};

	return policy_put(session->data, world.account.number, &policy, e);
}

static inline void keep_calls_for_days(int days)
{
	struct span keep = {.days = days};

	assert_ok(vault_write(world.vault, set_policy_op, &keep, &err), &err);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
