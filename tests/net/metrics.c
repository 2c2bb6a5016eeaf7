/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "net/metrics.h"

static struct metrics *metrics;
static struct err err;

static int make(void **state)
{
	(void)state;
	return metrics_new(&metrics, &err) == OK ? 0 : -1;
}

static int drop(void **state)
{
	(void)state;
	metrics_free(metrics);
	metrics_free(NULL);
	return 0;
}

static const char *written(void)
{
	static struct buf out;

	buf_free(&out);
	buf_init(&out, 1 << 20);
	metrics_write(metrics, &out);
	return out.data ? out.data : "";
}

static const char *const colours[] = {"red", "green"};
static const char *const sizes[] = {"small", "large", "huge"};
static const struct metric_label labels[] = {{"colour", colours, 2}, {"size", sizes, 3}};

static int64_t ask(void *arg)
{
	return *(int64_t *)arg;
}

static void counters_and_gauges_are_written_as_prometheus_reads_them(void **state)
{
	struct metric *plain, *one, *two;

	(void)state;
	plain = metrics_counter(metrics, "lethe_things_total", "Things", NULL, 0);
	one = metrics_gauge(metrics, "lethe_level", "The level", labels, 1);
	two = metrics_counter(metrics, "lethe_pairs_total", "Pairs", labels, 2);
	metric_add(plain, 0, 0, 3);
	metric_set(one, 0, 0, -7);
	metric_add(two, 1, 2, 5);
	metric_add(NULL, 9, 9, 1);
	metric_set(NULL, 9, 9, 1);
	metric_observe(NULL, 9, 9, 1);
	assert_string_equal(written(), "# HELP lethe_things_total Things\n# TYPE lethe_things_total counter\n"
				       "lethe_things_total 3\n"
				       "# HELP lethe_level The level\n# TYPE lethe_level gauge\n"
				       "lethe_level{colour=\"red\"} -7\n"
				       "# HELP lethe_pairs_total Pairs\n# TYPE lethe_pairs_total counter\n"
				       "lethe_pairs_total{colour=\"green\",size=\"huge\"} 5\n");
	assert_int_equal(metric_value(two, 1, 2), 5);
}

static void durations_add_up(void **state)
{
	struct metric *took = metrics_durations(metrics, "lethe_took_seconds", "How long", NULL, 0);
	const char *text;

	(void)state;
	metric_observe(took, 0, 0, 1000);
	metric_observe(took, 0, 0, 1001);
	metric_observe(took, 0, 0, 300000);
	metric_observe(took, 0, 0, 90000000);
	text = written();
	assert_non_null(strstr(text, "# TYPE lethe_took_seconds histogram\n"));
	assert_non_null(strstr(text, "lethe_took_seconds_bucket{le=\"0.001\"} 1\n"));
	assert_non_null(strstr(text, "lethe_took_seconds_bucket{le=\"0.0025\"} 2\n"));
	assert_non_null(strstr(text, "lethe_took_seconds_bucket{le=\"0.5\"} 3\n"));
	assert_non_null(strstr(text, "lethe_took_seconds_bucket{le=\"60\"} 3\n"));
	assert_non_null(strstr(text, "lethe_took_seconds_bucket{le=\"+Inf\"} 4\n"));
	assert_non_null(strstr(text, "lethe_took_seconds_sum 90.302001\n"));
	assert_non_null(strstr(text, "lethe_took_seconds_count 4\n"));
	assert_int_equal(metric_value(took, 0, 0), 4);
}

static void gauges_can_be_asked_and_forgotten(void **state)
{
	int64_t value = -500, other = 1500;

	(void)state;
	assert_non_null(metrics_asked(metrics, "lethe_age_seconds", "Age", ask, &value, 1000));
	assert_non_null(metrics_asked(metrics, "lethe_rest_seconds", "Rest", ask, &other, 1000));
	assert_non_null(strstr(written(), "\nlethe_age_seconds -0.5\n"));
	assert_non_null(strstr(written(), "\nlethe_rest_seconds 1.5\n"));
	metrics_forget(metrics, &value);
	assert_null(strstr(written(), "lethe_age_seconds"));
	assert_non_null(strstr(written(), "lethe_rest_seconds"));
	assert_non_null(metrics_gauge(metrics, "lethe_more", "More", NULL, 0));
	assert_non_null(strstr(written(), "lethe_more 0\n"));
	assert_non_null(metrics_alloc(metrics, 100));
}

static struct metric *counted;

static void *count(void *arg)
{
	for (int i = 0; i < 50000; i++)
		metric_add(counted, 0, 0, 1);
	return arg;
}

static void threads_lose_nothing(void **state)
{
	pthread_t threads[3];

	(void)state;
	counted = metrics_counter(metrics, "lethe_counted_total", "Counted", NULL, 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	written();
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_value(counted, 0, 0), 150000);
}

/* In a process of its own, as it ends it. */
static bool is_a_bug(void (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		what();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void no_total(void)
{
	metrics_counter(metrics, "lethe_things", "Things", NULL, 0);
}

static void no_seconds(void)
{
	metrics_durations(metrics, "lethe_took", "Took", NULL, 0);
}

static void same_name(void)
{
	metrics_gauge(metrics, "lethe_twice", "Twice", NULL, 0);
	metrics_gauge(metrics, "lethe_twice", "Twice", NULL, 0);
}

static void outside_word(void)
{
	metric_add(metrics_gauge(metrics, "lethe_g", "G", labels, 1), 2, 0, 1);
}

static void a_declaration_that_would_not_pass_is_a_bug(void **state)
{
	(void)state;
	assert_true(is_a_bug(no_total));
	assert_true(is_a_bug(no_seconds));
	assert_true(is_a_bug(same_name));
	assert_true(is_a_bug(outside_word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	    T(counters_and_gauges_are_written_as_prometheus_reads_them),
	    T(durations_add_up),
	    T(gauges_can_be_asked_and_forgotten),
	    T(threads_lose_nothing),
	    T(a_declaration_that_would_not_pass_is_a_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
