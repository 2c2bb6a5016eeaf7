/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Figures of a running program in the Prometheus text format (version 0.0.4).
 *
 * What is counted is declared once, before threads start: name, help, and
 * labels whose values come from a list of words fixed then.  A value is chosen
 * by its place in the list, so nothing that came from outside can become one.
 * Counting is one atomic addition.
 *
 * Names: lethe_<what>_<unit>, base units, counters end in _total
 * (prometheus.io/docs/practices/naming; `promtool check metrics` agrees).
 */
#ifndef LETHE_NET_METRICS_H
#define LETHE_NET_METRICS_H

#include <stdint.h>
#include "base/buf.h"
#include "base/pool.h"

struct metrics;
struct metric;

/* A label and its words, both literals; outlive the registry. */
struct metric_label {
	const char *name;
	const char *const *words;
	size_t count;
};
#define METRIC_LABELS_MAX 2

MUST_CHECK enum result metrics_new(struct metrics **out, struct err *err);
void metrics_free(struct metrics *metrics); /* NULL is fine */

/* Memory that lives as long as the registry, for words that are put together once. NULL: no memory. */
void *metrics_alloc(struct metrics *metrics, size_t size);

/* NULL: no memory. `labels` may be NULL when `count` is 0. A name that is there already or malformed is a bug. */
struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *help,
			       const struct metric_label *labels, size_t count);
struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *help,
			     const struct metric_label *labels, size_t count);
/* Of durations: buckets from 1 ms to 60 s; the name ends in _seconds. */
struct metric *metrics_durations(struct metrics *metrics, const char *name, const char *help,
				 const struct metric_label *labels, size_t count);
/* A gauge that is asked when it is written. `scale` is divided by: 1000 for milliseconds to seconds. */
struct metric *metrics_asked(struct metrics *metrics, const char *name, const char *help, int64_t (*ask)(void *arg),
			     void *arg, int64_t scale);

/* Drops the gauges that are asked with `arg`, which is going. */
void metrics_forget(struct metrics *metrics, const void *arg);

/* `a` and `b` are places in the lists of the first and second label, 0 where there is none. NULL does nothing. */
void metric_add(struct metric *metric, size_t a, size_t b, int64_t by);
void metric_set(struct metric *metric, size_t a, size_t b, int64_t value);
void metric_observe(struct metric *metric, size_t a, size_t b, int64_t microseconds);
int64_t metric_value(const struct metric *metric, size_t a, size_t b); /* of a histogram: how many were observed */

/* Appends all of them, in the order declared. */
void metrics_write(const struct metrics *metrics, struct buf *out);
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
