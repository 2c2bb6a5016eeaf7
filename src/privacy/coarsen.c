/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/coarsen.h"

#include <stdlib.h>

static const struct { const char *name, *text; } steps[] = {
    [COARSEN_DAY] = {"day", "by day"},
    [COARSEN_MONTH] = {"month", "by month"},
    [COARSEN_QUARTER] = {"quarter", "by quarter"},
    [COARSEN_YEAR] = {"year", "by year"},
    [COARSEN_DURATION] = {"duration", "by year, of any duration"},
    [COARSEN_QUEUE] = {"queue", "by year, of any duration and queue"},
    [COARSEN_STATUS] = {"status", "by year, of any duration, queue and status"},
    [COARSEN_DIRECTION] = {"direction", "by year alone"},
    [COARSEN_ALL] = {"all", "all of the kind together"},
};
_Static_assert(sizeof steps / sizeof steps[0] == COARSEN_STEPS, "each step has its words");

const char *coarsen_name(enum coarsen_step step)
{
	return step >= COARSEN_DAY && step <= COARSEN_ALL ? steps[step].name : "";
}

const char *coarsen_text(enum coarsen_step step)
{
	return step >= COARSEN_DAY && step <= COARSEN_ALL ? steps[step].text : "";
}

static struct date first_day(struct date day, enum coarsen_step step)
{
	struct civil civil = date_civil(day);

	if (step == COARSEN_DAY)
		return day;
	if (step == COARSEN_ALL)
		return (struct date){0};
	if (step == COARSEN_MONTH)
		return date_from_civil(civil.year, civil.month, 1);
	if (step == COARSEN_QUARTER)
		return date_from_civil(civil.year, (civil.month - 1) / 3 * 3 + 1, 1);
	return date_from_civil(civil.year, 1, 1);
}

struct aggregate_row coarsen_row(const struct aggregate_row *row, enum coarsen_step step)
{
	struct aggregate_row out = *row;

	out.step = step;
	out.from = first_day(row->from, step);
	if (step >= COARSEN_DURATION)
		out.duration_class = AGGREGATE_ANY;
	if (step >= COARSEN_QUEUE)
		out.queue = AGGREGATE_ANY;
	if (step >= COARSEN_STATUS)
		out.status = AGGREGATE_ANY;
	if (step >= COARSEN_DIRECTION)
		out.direction = AGGREGATE_ANY;
	return out;
}

/* ---- groups ---- */

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* By the columns of a group alone. */
static int compare_groups(const struct aggregate_row *a, const struct aggregate_row *b)
{
	int c = compare(a->kind, b->kind);

	if (c == 0)
		c = compare(a->from.days, b->from.days);
	if (c == 0)
		c = compare(a->direction, b->direction);
	if (c == 0)
		c = compare(a->status, b->status);
	if (c == 0)
		c = compare(a->duration_class, b->duration_class);
	return c != 0 ? c : compare(a->queue, b->queue);
}

static int compare_rows(enum coarsen_step step, const void *left, const void *right)
{
	const struct aggregate_row *a = left, *b = right;
	struct aggregate_row x = coarsen_row(a, step), y = coarsen_row(b, step);
	int c = compare_groups(&x, &y);

	if (c == 0)
		c = compare(a->person, b->person);
	return c != 0 ? c : compare_groups(a, b);
}

/* qsort passes no argument on. */
#define COMPARE_AT(step) \
	static int compare_##step(const void *a, const void *b) { return compare_rows(step, a, b); }
COMPARE_AT(COARSEN_DAY)
COMPARE_AT(COARSEN_MONTH)
COMPARE_AT(COARSEN_QUARTER)
COMPARE_AT(COARSEN_YEAR)
COMPARE_AT(COARSEN_DURATION)
COMPARE_AT(COARSEN_QUEUE)
COMPARE_AT(COARSEN_STATUS)
COMPARE_AT(COARSEN_DIRECTION)
COMPARE_AT(COARSEN_ALL)

static int (*const compare_at[COARSEN_STEPS])(const void *, const void *) = {
    compare_COARSEN_DAY,      compare_COARSEN_MONTH, compare_COARSEN_QUARTER, compare_COARSEN_YEAR,
    compare_COARSEN_DURATION, compare_COARSEN_QUEUE, compare_COARSEN_STATUS,  compare_COARSEN_DIRECTION,
    compare_COARSEN_ALL,
};

/* One group: how many rows it has from `rows` on, their sum, and how many people are in it. Sorted by group and person. */
static size_t sum_group(const struct aggregate_row *rows, size_t count, enum coarsen_step step,
			struct aggregate_row *sum, int64_t *people)
{
	int64_t last = 0;
	size_t n;

	*sum = coarsen_row(&rows[0], step);
	sum->person = sum->records = sum->duration_ms = sum->bytes = 0;
	*people = 0;
	for (n = 0; n < count; n++) {
		struct aggregate_row at = coarsen_row(&rows[n], step);

		if (compare_groups(&at, sum) != 0)
			break;
		*people += at.person != 0 && at.person != last;
		last = at.person;
		sum->records += at.records;
		sum->duration_ms += at.duration_ms;
		sum->bytes += at.bytes;
	}
	return n;
}

void coarsen(struct aggregate_row *rows, size_t count, int64_t k, struct aggregate_row *shown, size_t *shown_count,
	     size_t *waiting)
{
	*shown_count = 0;
	for (int step = COARSEN_DAY; step < COARSEN_STEPS && count > 0; step++) {
		size_t left = 0, n;

		qsort(rows, count, sizeof *rows, compare_at[step]);
		for (size_t i = 0; i < count; i += n) {
			int64_t people;

			n = sum_group(&rows[i], count - i, (enum coarsen_step)step, &shown[*shown_count], &people);
			if (people >= k) {
				++*shown_count;
				continue;
			}
			for (size_t j = 0; j < n; j++)
				rows[left++] = rows[i + j];
		}
		count = left;
	}
	*waiting = count;
}
