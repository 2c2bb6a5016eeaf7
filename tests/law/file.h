/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the data files share. Include first.
 */
#ifndef LETHE_TESTS_LAW_FILE_H
#define LETHE_TESTS_LAW_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/pool.h"

#define MB ((size_t)1 << 20)
#define FILE_TEXT_MAX 4096

static struct err err;
static struct pool pool;

/* Loads the built-in files into `to`, which lives in the pool. */
typedef enum result file_load(struct pool *to);

static int open_files(file_load *load)
{
	pool_init(&pool, 8 * MB);
	return load(&pool) == OK ? 0 : -1;
}

static int close_files(void **state)
{
	(void)state;
	pool_free(&pool);
	return 0;
}

/* `good` with `what` replaced by `with`. */
static void exchange(const char *good, const char *what, const char *with, char text[FILE_TEXT_MAX])
{
	const char *at = strstr(good, what);
	int len;

	assert_non_null(at);
	len = snprintf(text, FILE_TEXT_MAX, "%.*s%s%s", (int)(at - good), good, with, at + strlen(what));
	assert_true(len >= 0 && len < FILE_TEXT_MAX);
}

static void assert_says(enum result r, const char *what, const char *where)
{
	assert_int_equal(r, ERR_INPUT);
	assert_string_equal(err.what, what);
	assert_string_equal(err.where, where);
}

/* Wherever memory runs out while loading, that is what is said; by JSON that it does not fit into what there is. */
static void assert_memory_is_said(file_load *load)
{
	bool loaded = false;

	for (size_t max = 0; !loaded; max += 512) {
		struct pool small;

		assert_true(max < 4 * MB);
		pool_init(&small, max);
		loaded = load(&small) == OK;
		if (!loaded)
			assert_true(err.code == ERR_NO_MEMORY || err.code == ERR_LIMIT);
		pool_free(&small);
	}
}

#endif
