/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/child.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum result hold_memory(void *arg, struct sample *out, struct err *err)
{
	size_t len = *(const size_t *)arg;
	char *memory = malloc(len);
	struct moment started = child_now();

	if (memory == NULL)
		return err_no_memory(err);
	memset(memory, 1, len);
	__asm__ volatile("" : : "r"(memory) : "memory"); /* the compiler may not leave it out */
	child_stop(out, started);
	out->units = 42;
	free(memory);
	return OK;
}

static enum result refuse(void *arg, struct sample *out, struct err *err)
{
	(void)arg;
	(void)out;
	err_set(err, ERR_FULL, "no space");
	return err_where(err, "here");
}

static enum result end_by_signal(void *arg, struct sample *out, struct err *err)
{
	(void)out;
	(void)err;
	raise(*(const int *)arg);
	return OK;
}

static enum result leave(void *arg, struct sample *out, struct err *err)
{
	(void)arg;
	(void)out;
	(void)err;
	_Exit(0);
}

static void a_child_measures_and_has_a_peak_of_its_own(void **state)
{
	size_t large = 64 * 1024 * 1024, small = 4096;
	struct sample first, second;
	struct err err;

	(void)state;
	assert_int_equal(child_run(hold_memory, &large, &first, &err), OK);
	assert_int_equal(child_run(hold_memory, &small, &second, &err), OK);
	assert_int_equal(first.units, 42);
	assert_true(first.ns > 0);
	assert_true(first.peak_bytes >= (int64_t)large && first.own_bytes >= (int64_t)large);
	assert_true(second.peak_bytes < first.peak_bytes && second.own_bytes < (int64_t)large);
}

static void its_error_comes_back_whole(void **state)
{
	struct sample sample;
	struct err err;

	(void)state;
	assert_int_equal(child_run(refuse, NULL, &sample, &err), ERR_FULL);
	assert_string_equal(err.what, "no space");
	assert_string_equal(err.where, "here");
}

static void a_child_that_dies_is_told_of(void **state)
{
	int killed = SIGKILL, interrupted = SIGINT;
	struct sample sample;
	struct err err;

	(void)state;
	assert_int_equal(child_run(end_by_signal, &killed, &sample, &err), ERR_INTERNAL);
	assert_string_equal(err.what, "a measurement ended by signal 9");
	assert_int_equal(child_run(end_by_signal, &interrupted, &sample, &err), ERR_INTERRUPTED);
	assert_int_equal(child_run(leave, NULL, &sample, &err), ERR_INTERNAL);
	assert_string_equal(err.what, "a measurement ended without an answer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_measures_and_has_a_peak_of_its_own),
		cmocka_unit_test(its_error_comes_back_whole),
		cmocka_unit_test(a_child_that_dies_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
