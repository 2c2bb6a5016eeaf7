/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rows of an account are all visited, however many there are, also by who deletes them.
 */
#include "store/tables.h"

#include "store/filled.h"

#define MANY 150 /* more than two pages */

struct visiting { int seen[MANY]; int fail_at; };

static void begin(struct visiting *v)
{
	*v = (struct visiting){.fail_at = -1};
}

static enum result note(struct visiting *v, int64_t n, struct err *why)
{
	assert_in_range(n, 0, MANY - 1);
	v->seen[n]++;
	return n == v->fail_at ? err_set(why, ERR_FULL, "here") : OK;
}

static void each_was_seen_once(const struct visiting *v)
{
	for (int i = 0; i < MANY; i++)
		assert_int_equal(v->seen[i], 1);
}

/* ---- users ---- */

static enum result end_user(void *arg, const struct user_row *row, struct err *why)
{
	enum result r = note(arg, row->user - 1, why);

	return r == OK ? user_delete(vault, row->account, row->user, why) : r;
}

static void every_user_is_visited(void **state)
{
	struct visiting v;

	(void)state;
	begin(&v);
	for (int i = 0; i < MANY; i++) {
		struct user_row row = user_of(1, i + 1);

		assert_ok(user_put(vault, &row, &err));
	}
	assert_ok(user_each(vault, 2, &pool, end_user, &v, &err));
	assert_int_equal(v.seen[0], 0);
	assert_ok(user_each(vault, 1, &pool, end_user, &v, &err));
	each_was_seen_once(&v);
	assert_ok(user_each(vault, 1, &pool, end_user, &v, &err));
	each_was_seen_once(&v);
}

/* ---- their secrets ---- */

static enum result end_secret(void *arg, const struct user_secret_row *row, struct err *why)
{
	enum result r = note(arg, row->user - 1, why);

	return r == OK ? user_secret_delete(vault, row->account, row->user, row->kind, why) : r;
}

static void every_secret_is_visited(void **state)
{
	struct visiting v;

	(void)state;
	begin(&v);
	for (int i = 0; i < MANY; i++) {
		struct user_secret_row row = secret_of(1, i + 1);

		assert_ok(user_secret_put(vault, &row, &err));
	}
	assert_ok(user_secret_each(vault, 1, &pool, end_secret, &v, &err));
	each_was_seen_once(&v);
}

/* ---- tokens ---- */

static enum result end_token(void *arg, const struct token_row *row, struct err *why)
{
	enum result r = note(arg, row->id.bytes[0] - 1, why);

	return r == OK ? token_delete(vault, row->account, row->id, why) : r;
}

static void every_token_is_visited(void **state)
{
	struct visiting v;

	(void)state;
	begin(&v);
	for (int i = 0; i < MANY; i++) {
		struct token_row row = token_of(1, (unsigned char)(i + 1));

		assert_ok(token_insert(vault, &row, &err));
	}
	assert_ok(token_each(vault, 1, &pool, end_token, &v, &err));
	each_was_seen_once(&v);
}

/* ---- work, the newest first ---- */

static enum result see_work(void *arg, const struct work_row *row, struct err *why)
{
	return note(arg, row->id.bytes[0] - 1, why);
}

static void all_work_is_visited_until_a_visit_fails(void **state)
{
	struct visiting v;

	(void)state;
	begin(&v);
	for (int i = 0; i < MANY; i++) {
		struct work_row row = work_of(1, (unsigned char)(i + 1));

		assert_ok(work_put(vault, &row, &err));
	}
	assert_ok(work_each(vault, 1, &pool, see_work, &v, &err));
	each_was_seen_once(&v);
	begin(&v);
	v.fail_at = 100;
	assert_fails(work_each(vault, 1, &pool, see_work, &v, &err), ERR_FULL, "here");
	assert_int_equal(v.seen[100], 1);
	assert_int_equal(v.seen[99], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(every_user_is_visited),
	    table_test(every_secret_is_visited),
	    table_test(every_token_is_visited),
	    table_test(all_work_is_visited_until_a_visit_fails),
	};

	return cmocka_run_group_tests_name("store/each", tests, NULL, NULL);
}
