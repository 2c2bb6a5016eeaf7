/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "db/pagemem.h"

#define PAGE 4200 /* a page and what SQLite keeps with it */
#define MANY 70000 /* more than fit into the range */

static int install(void **state)
{
	(void)state;
	pagemem_install();
	pagemem_install(); /* the second time is none */
	return sqlite3_initialize() == SQLITE_OK ? 0 : -1;
}

static void a_slot_that_was_given_back_is_taken_again(void **state)
{
	void *first = sqlite3_malloc(PAGE), *second = sqlite3_malloc(PAGE);

	(void)state;
	assert_non_null(first);
	assert_ptr_not_equal(first, second);
	assert_true(sqlite3_msize(first) >= PAGE);
	assert_int_equal((uintptr_t)first % 16, 0);
	memset(first, 1, PAGE);
	memset(second, 2, PAGE);
	assert_int_equal(((unsigned char *)first)[PAGE - 1], 1);
	sqlite3_free(first);
	assert_ptr_equal(sqlite3_malloc(PAGE), first);
	sqlite3_free(first);
	sqlite3_free(second);
}

static void what_is_resized_keeps_its_content(void **state)
{
	static const int sizes[] = {PAGE, 2 * PAGE, PAGE, 100, PAGE};
	unsigned char *at = sqlite3_malloc(PAGE), want[100];

	(void)state;
	memset(want, 7, sizeof want);
	memset(at, 7, PAGE);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		at = sqlite3_realloc(at, sizes[i]);
		assert_non_null(at);
		assert_memory_equal(at, want, sizeof want);
	}
	sqlite3_free(at);
	sqlite3_free(NULL);
}

static void what_does_not_fit_comes_from_malloc(void **state)
{
	void **all = calloc(MANY, sizeof *all);

	(void)state;
	assert_non_null(all);
	for (size_t i = 0; i < MANY; i++) {
		all[i] = sqlite3_malloc(PAGE);
		assert_non_null(all[i]);
		memcpy(all[i], &i, sizeof i);
	}
	for (size_t i = 0; i < MANY; i++) {
		assert_memory_equal(all[i], &i, sizeof i);
		sqlite3_free(all[i]);
	}
	free(all);
}

static void *take_and_give(void *arg)
{
	void *taken[64] = {NULL};

	for (size_t i = 0; i < 20000; i++) {
		void **at = &taken[i * 7919 % 64];

		if (*at != NULL && memcmp(*at, &arg, sizeof arg) != 0)
			return NULL;
		sqlite3_free(*at);
		*at = sqlite3_malloc(PAGE);
		if (*at == NULL)
			return NULL;
		memcpy(*at, &arg, sizeof arg);
	}
	for (size_t i = 0; i < 64; i++)
		sqlite3_free(taken[i]);
	return arg;
}

static void threads_never_have_the_same_slot(void **state)
{
	pthread_t threads[3];
	char names[3];
	void *same;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &names[i]), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], &same), 0);
		assert_ptr_equal(same, &names[i]);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_that_was_given_back_is_taken_again),
		cmocka_unit_test(what_is_resized_keeps_its_content),
		cmocka_unit_test(threads_never_have_the_same_slot),
		cmocka_unit_test(what_does_not_fit_comes_from_malloc),
	};

	return cmocka_run_group_tests_name("db/pagemem", tests, install, NULL);
}
