/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The benchmarks run to their ends; what they measure is not looked at.
 */
#include "bench/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/primitives.h"
#include "folder.h"

struct seen {
	char dir[200];
	int figures, steps, stop_after;
	const char *last;
};

static void see_figure(void *arg, const struct figure *figure)
{
	struct seen *seen = arg;

	seen->figures++;
	seen->last = figure->name;
	assert_true(figure->what[0] != '\0' && figure->against[0] != '\0');
	if (figure->rounds == 0) { /* only for want of PostgreSQL, openssl, curl, wrk or a program that serves */
		assert_true(figure->note[0] != '\0');
		return;
	}
	assert_true(figure->rounds == 1 && figure->ratio > 0 && figure->ours > 0 && figure->baseline > 0);
	assert_true(figure->lowest <= figure->ratio && figure->ratio <= figure->highest);
}

static void see_step(void *arg, const char *what)
{
	struct seen *seen = arg;

	assert_true(what[0] != '\0');
	seen->steps++;
}

static bool stop_after_some(void *arg)
{
	const struct seen *seen = arg;

	return seen->stop_after > 0 && seen->steps >= seen->stop_after;
}

static int begin(void **state)
{
	struct seen *seen = calloc(1, sizeof *seen);
	struct err err;

	*state = seen;
	return crypto_init(&err) == OK ? folder_make(seen->dir, sizeof seen->dir, "bench") : -1;
}

/* Nothing is left behind, or this fails. */
static int end(void **state)
{
	struct seen *seen = *state;
	int code = rmdir(seen->dir);

	free(seen);
	return code;
}

static enum result run(struct seen *seen, const char *name, struct err *err)
{
	const struct bench_options options = {.dir = seen->dir, .records = BENCH_RECORDS_MIN, .grown = 2 * BENCH_RECORDS_MIN,
					      .swept = BENCH_RECORDS_MIN, .rounds = 1, .seconds = 0.01, .arg = seen, .stop = stop_after_some,
					      .step = see_step, .figure = see_figure, .lethe = getenv("LETHE")};

	return bench_run(&options, &name, 1, err);
}

static void check(struct seen *seen, const char *name, int figures)
{
	struct err err;

	if (run(seen, name, &err) != OK)
		fail_msg("%s: %s", err.what, err.where);
	assert_int_equal(seen->figures, figures);
	assert_string_equal(seen->last, name);
}

static void import_is_measured(void **state)
{
	check(*state, "import", 1);
}

static void lookup_is_measured_at_each_size(void **state)
{
	check(*state, "lookup", 4);
}

static void opening_records_is_measured_at_each_size(void **state)
{
	check(*state, "records", 4);
}

static void erase_is_measured_against_the_small_vault(void **state)
{
	check(*state, "erase", 1);
}

static void growth_is_measured_against_a_tenth(void **state)
{
	check(*state, "growth", 1);
}

static void sweep_deletes_what_the_baseline_deletes_and_grows_from_size_to_size(void **state)
{
	check(*state, "sweep", 5);
}

static void idle_measures_what_deletes_nothing(void **state)
{
	check(*state, "idle", 4);
}

/* Where PostgreSQL is not installed one figure says so; either way no server and no file of it is left. */
static void sweep_postgres_is_measured_where_there_is_postgresql(void **state)
{
	struct seen *seen = *state;
	struct err err;

	if (run(seen, "sweep-postgres", &err) != OK)
		fail_msg("%s: %s", err.what, err.where);
	assert_true(seen->figures == 1 || seen->figures == 2);
	assert_string_equal(seen->last, "sweep-postgres");
}

static void what_goes_over_http_is_measured_where_there_is_a_daemon(void **state)
{
	check(*state, "ingest-http", 1);
}

/* A figure of the server and one of reading; without a daemon or wrk, one that says so. */
static void reading_over_http_is_measured_where_there_is_a_daemon(void **state)
{
	check(*state, "http", getenv("LETHE") != NULL && access("/usr/bin/wrk", X_OK) == 0 ? 2 : 1);
}

static void reading_over_http_is_measured_with_each_way_to_the_disk(void **state)
{
	check(*state, "http-synced", 1);
}

static void stopped_while_postgresql_runs_it_clears_up(void **state)
{
	struct seen *seen = *state;
	struct err err;

	seen->stop_after = 2;
	if (run(seen, "sweep-postgres", &err) == OK)
		assert_int_equal(seen->figures, 1);
	else
		assert_int_equal(seen->figures, 0);
}

static void an_unknown_name_is_refused_before_anything_is_made(void **state)
{
	struct err err;

	assert_int_equal(run(*state, "imports", &err), ERR_INPUT);
	assert_string_equal(err.what, "there is no benchmark 'imports'");
	assert_string_equal(err.mend, "one of: import, media, lookup, records, erase, growth, sweep, idle, sweep-postgres, "
			    "ingest-http, http, http-synced");
}

static void asked_to_stop_it_clears_up(void **state)
{
	struct seen *seen = *state;
	struct err err;

	seen->stop_after = 2;
	assert_int_equal(run(seen, "growth", &err), ERR_INTERRUPTED);
	assert_int_equal(seen->figures, 0);
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
	struct seen *seen = *state;
	const struct bench_options options = {.dir = "/proc/nowhere", .records = BENCH_RECORDS_MIN,
					      .grown = BENCH_RECORDS_MIN, .swept = BENCH_RECORDS_MIN, .rounds = 1};
	struct err err;

	(void)seen;
	assert_int_not_equal(bench_run(&options, NULL, 0, &err), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(import_is_measured, begin, end),
		cmocka_unit_test_setup_teardown(lookup_is_measured_at_each_size, begin, end),
		cmocka_unit_test_setup_teardown(opening_records_is_measured_at_each_size, begin, end),
		cmocka_unit_test_setup_teardown(erase_is_measured_against_the_small_vault, begin, end),
		cmocka_unit_test_setup_teardown(growth_is_measured_against_a_tenth, begin, end),
		cmocka_unit_test_setup_teardown(sweep_deletes_what_the_baseline_deletes_and_grows_from_size_to_size,
						begin, end),
		cmocka_unit_test_setup_teardown(idle_measures_what_deletes_nothing, begin, end),
		cmocka_unit_test_setup_teardown(sweep_postgres_is_measured_where_there_is_postgresql, begin, end),
		cmocka_unit_test_setup_teardown(what_goes_over_http_is_measured_where_there_is_a_daemon, begin, end),
		cmocka_unit_test_setup_teardown(reading_over_http_is_measured_where_there_is_a_daemon, begin, end),
		cmocka_unit_test_setup_teardown(reading_over_http_is_measured_with_each_way_to_the_disk, begin, end),
		cmocka_unit_test_setup_teardown(stopped_while_postgresql_runs_it_clears_up, begin, end),
		cmocka_unit_test_setup_teardown(an_unknown_name_is_refused_before_anything_is_made, begin, end),
		cmocka_unit_test_setup_teardown(asked_to_stop_it_clears_up, begin, end),
		cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_made_is_an_error, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
