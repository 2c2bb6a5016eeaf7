/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const int64_t bounds_us[] = {1000,   2500,    5000,    10000,   25000,    50000,    100000,  250000,
				    500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000};
#define BOUNDS (sizeof bounds_us / sizeof *bounds_us)

#define WORDS_MAX ((size_t)1024 * 1024)

/* Of one combination of labels: a value; or for durations the buckets, their sum in microseconds, their number. */
#define DURATION_CELLS (BOUNDS + 2)
#define SUM_CELL BOUNDS
#define COUNT_CELL (BOUNDS + 1)

enum kind { COUNTER, GAUGE, DURATIONS, ASKED };

struct metric {
	struct metric *next;
	enum kind kind;
	const char *name, *help;
	struct metric_label labels[METRIC_LABELS_MAX];
	size_t label_count;
	int64_t (*ask)(void *arg);
	void *ask_arg;
	int64_t scale;
	_Atomic int64_t cells[];
};

struct metrics {
	struct metric *first, **last;
	struct pool words;
};

enum result metrics_new(struct metrics **out, struct err *err)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return err_no_memory(err);
	(*out)->last = &(*out)->first;
	pool_init(&(*out)->words, WORDS_MAX);
	return OK;
}

void *metrics_alloc(struct metrics *metrics, size_t size)
{
	return pool_alloc(&metrics->words, size);
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	while (metrics->first) {
		struct metric *metric = metrics->first;

		metrics->first = metric->next;
		free(metric);
	}
	pool_free(&metrics->words);
	free(metrics);
}

/* --- declaring --------------------------------------------------------------- */

static bool is_word(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (!(*at >= 'a' && *at <= 'z') && *at != '_' && !(at > text && *at >= '0' && *at <= '9'))
			return false;
	return *text != '\0';
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* What may stand in quotes as it is. */
static bool is_label_value(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
			return false;
	return true;
}

static void check(const struct metrics *metrics, const struct metric *metric)
{
	INVARIANT(is_word(metric->name) && is_label_value(metric->help));
	INVARIANT(ends_with(metric->name, "_total") == (metric->kind == COUNTER));
	INVARIANT(metric->kind != DURATIONS || ends_with(metric->name, "_seconds"));
	for (const struct metric *at = metrics->first; at; at = at->next)
		INVARIANT(strcmp(at->name, metric->name) != 0);
	for (size_t i = 0; i < metric->label_count; i++) {
		INVARIANT(is_word(metric->labels[i].name) && metric->labels[i].count > 0);
		for (size_t j = 0; j < metric->labels[i].count; j++)
			INVARIANT(is_label_value(metric->labels[i].words[j]));
	}
}

static struct metric *declare(struct metrics *metrics, enum kind kind, const char *name, const char *help,
			      const struct metric_label *labels, size_t count)
{
	size_t cells = kind == DURATIONS ? DURATION_CELLS : 1;
	struct metric *metric;

	INVARIANT(count <= METRIC_LABELS_MAX);
	for (size_t i = 0; i < count; i++)
		cells *= labels[i].count;
	metric = calloc(1, sizeof *metric + cells * sizeof *metric->cells);
	if (!metric)
		return NULL;
	metric->kind = kind;
	metric->name = name;
	metric->help = help;
	metric->scale = 1;
	metric->label_count = count;
	if (count > 0)
		memcpy(metric->labels, labels, count * sizeof *labels);
	check(metrics, metric);
	*metrics->last = metric;
	metrics->last = &metric->next;
	return metric;
}

struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *help,
			       const struct metric_label *labels, size_t count)
{
	return declare(metrics, COUNTER, name, help, labels, count);
}

struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
			     const struct metric_label *labels, size_t count)
{
	return declare(metrics, GAUGE, name, help, labels, count);
}

struct metric *metrics_durations(struct metrics *metrics, const char *name, const char *help,
				 const struct metric_label *labels, size_t count)
{
	return declare(metrics, DURATIONS, name, help, labels, count);
}

struct metric *metrics_asked(struct metrics *metrics, const char *name, const char *help, int64_t (*ask)(void *arg),
			     void *arg, int64_t scale)
{
	struct metric *metric = declare(metrics, ASKED, name, help, NULL, 0);

	if (metric) {
		metric->ask = ask;
		metric->ask_arg = arg;
		metric->scale = scale;
	}
	return metric;
}

void metrics_forget(struct metrics *metrics, const void *arg)
{
	struct metric **at = &metrics->first;

	while (*at) {
		struct metric *metric = *at;

		if (metric->kind != ASKED || metric->ask_arg != arg) {
			at = &metric->next;
			continue;
		}
		*at = metric->next;
		free(metric);
	}
	metrics->last = at;
}

/* --- counting ------------------------------------------------------------------ */

/* The first of the cells of a combination. */
static size_t place(const struct metric *metric, size_t a, size_t b)
{
	size_t second = metric->label_count > 1 ? metric->labels[1].count : 1;

	INVARIANT(a < (metric->label_count > 0 ? metric->labels[0].count : 1) && b < second);
	return (a * second + b) * (metric->kind == DURATIONS ? DURATION_CELLS : 1);
}

static void add(struct metric *metric, size_t cell, int64_t by)
{
	atomic_fetch_add_explicit(&metric->cells[cell], by, memory_order_relaxed);
}

static int64_t load(const struct metric *metric, size_t cell)
{
	return atomic_load_explicit(&metric->cells[cell], memory_order_relaxed);
}

void metric_add(struct metric *metric, size_t a, size_t b, int64_t by)
{
	if (metric)
		add(metric, place(metric, a, b), by);
}

void metric_set(struct metric *metric, size_t a, size_t b, int64_t value)
{
	if (metric)
		atomic_store_explicit(&metric->cells[place(metric, a, b)], value, memory_order_relaxed);
}

void metric_observe(struct metric *metric, size_t a, size_t b, int64_t microseconds)
{
	size_t at, bucket = 0;

	if (!metric)
		return;
	INVARIANT(metric->kind == DURATIONS);
	at = place(metric, a, b);
	while (bucket < BOUNDS && microseconds > bounds_us[bucket])
		bucket++;
	if (bucket < BOUNDS)
		add(metric, at + bucket, 1);
	add(metric, at + SUM_CELL, microseconds);
	add(metric, at + COUNT_CELL, 1);
}

int64_t metric_value(const struct metric *metric, size_t a, size_t b)
{
	if (metric->kind == ASKED)
		return metric->ask(metric->ask_arg);
	return load(metric, place(metric, a, b) + (metric->kind == DURATIONS ? COUNT_CELL : 0));
}

/* --- writing ------------------------------------------------------------------- */

/* A decimal fraction without an exponent and without zeros at its end. */
static void write_number(struct buf *out, int64_t value, int64_t scale)
{
	int64_t rest;

	INVARIANT(scale > 0);
	rest = llabs(value % scale);
	buf_printf(out, "%s%" PRId64, value < 0 ? "-" : "", (int64_t)llabs(value / scale));
	if (rest > 0)
		buf_add_char(out, '.');
	for (; rest > 0; rest %= scale) {
		rest *= 10;
		buf_add_char(out, (char)('0' + rest / scale));
	}
}

/* "name_suffix{label="word",le="0.5"} " */
static void write_name(struct buf *out, const struct metric *metric, const char *suffix, const size_t places[2],
		       const char *le)
{
	const char *separator = "{";

	INVARIANT(metric->label_count <= METRIC_LABELS_MAX);
	buf_add_str(out, metric->name);
	buf_add_str(out, suffix);
	for (size_t i = 0; i < metric->label_count; i++) {
		buf_printf(out, "%s%s=\"%s\"", separator, metric->labels[i].name, metric->labels[i].words[places[i]]);
		separator = ",";
	}
	if (le)
		buf_printf(out, "%sle=\"%s\"", separator, le);
	if (metric->label_count > 0 || le)
		buf_add_char(out, '}');
	buf_add_char(out, ' ');
}

static void write_durations(struct buf *out, const struct metric *metric, const size_t places[2], size_t at)
{
	int64_t sum = 0, count = load(metric, at + COUNT_CELL);

	for (size_t i = 0; i < BOUNDS; i++) {
		struct buf le;

		sum += load(metric, at + i);
		buf_init(&le, 32);
		write_number(&le, bounds_us[i], 1000000);
		write_name(out, metric, "_bucket", places, le.data);
		buf_printf(out, "%" PRId64 "\n", sum);
		buf_free(&le);
	}
	/* Threads count on while this is written: the whole is never less than its parts. */
	if (count < sum)
		count = sum;
	write_name(out, metric, "_bucket", places, "+Inf");
	buf_printf(out, "%" PRId64 "\n", count);
	write_name(out, metric, "_sum", places, NULL);
	write_number(out, load(metric, at + SUM_CELL), 1000000);
	buf_add_char(out, '\n');
	write_name(out, metric, "_count", places, NULL);
	buf_printf(out, "%" PRId64 "\n", count);
}

static void write_cell(struct buf *out, const struct metric *metric, const size_t places[2])
{
	size_t at = place(metric, places[0], places[1]);

	if (metric->label_count > 0 && load(metric, at + (metric->kind == DURATIONS ? COUNT_CELL : 0)) == 0)
		return; /* hundreds of routes times all classes: what never was is not told */
	if (metric->kind == DURATIONS) {
		write_durations(out, metric, places, at);
		return;
	}
	write_name(out, metric, "", places, NULL);
	write_number(out, metric->kind == ASKED ? metric->ask(metric->ask_arg) : load(metric, at), metric->scale);
	buf_add_char(out, '\n');
}

static void write_metric(struct buf *out, const struct metric *metric)
{
	static const char *const types[] = {
	    [COUNTER] = "counter", [GAUGE] = "gauge", [DURATIONS] = "histogram", [ASKED] = "gauge"};
	size_t a_max = metric->label_count > 0 ? metric->labels[0].count : 1;
	size_t b_max = metric->label_count > 1 ? metric->labels[1].count : 1;

	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, types[metric->kind]);
	for (size_t a = 0; a < a_max; a++)
		for (size_t b = 0; b < b_max; b++)
			write_cell(out, metric, (const size_t[]){a, b});
}

void metrics_write(const struct metrics *metrics, struct buf *out)
{
	for (const struct metric *metric = metrics->first; metric; metric = metric->next)
		write_metric(out, metric);
}
