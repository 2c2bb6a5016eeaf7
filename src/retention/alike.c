/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/alike.h"

#include <string.h>

#define SLOTS 1024     /* a power of two */
#define SORTS_MAX 512  /* when there are more, they are forgotten and asked for again */
#define SORT_LABELS 6  /* of a record with more nothing is remembered */

struct alike_sort {
	uint32_t day; /* 0: free */
	int answer;
	int64_t number, duration;
	enum direction direction;
	size_t label_count;
	int64_t labels[SORT_LABELS];
};

enum result alike_init(struct alike *alike, struct pool *pool, struct err *err)
{
	*alike = (struct alike){.sorts = pool_alloc(pool, SLOTS * sizeof *alike->sorts)};
	if (alike->sorts == NULL)
		return err_no_memory(err);
	memset(alike->sorts, 0, SLOTS * sizeof *alike->sorts);
	return OK;
}

static void add_duration(struct alike *alike, int64_t duration)
{
	for (size_t i = 0; i < alike->duration_count; i++) {
		if (alike->durations[i] == duration)
			return;
	}
	alike->exact |= alike->duration_count == ALIKE_DURATIONS_MAX;
	if (!alike->exact)
		alike->durations[alike->duration_count++] = duration;
}

void alike_also(struct alike *alike, const struct policy_set *set, enum record_kind kind)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->rules[i].kind == kind && set->rules[i].scope.min_duration_ms != 0)
			add_duration(alike, set->rules[i].scope.min_duration_ms);
	}
}

void alike_begin(struct alike *alike, const struct policy_set *set, enum record_kind kind)
{
	alike->duration_count = 0;
	alike->exact = false;
	alike_also(alike, set, kind);
	alike_next_day(alike);
}

void alike_next_day(struct alike *alike)
{
	alike->count = 0;
	if (++alike->day == 0) {
		memset(alike->sorts, 0, SLOTS * sizeof *alike->sorts);
		alike->day = 1;
	}
}

/* How many of the minimum durations it reaches. */
static int64_t duration_of(const struct alike *alike, const struct record_row *row)
{
	int64_t reached = 0;

	if (alike->exact)
		return row->duration_ms;
	for (size_t i = 0; i < alike->duration_count; i++)
		reached += row->duration_ms >= alike->durations[i];
	return reached;
}

static uint64_t mix(uint64_t hash, int64_t value)
{
	hash = (hash ^ (uint64_t)value) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ (hash >> 32);
}

static uint64_t hash_of(const struct record_row *row, int64_t duration)
{
	uint64_t hash = mix(mix(mix(0, row->number), duration), (int64_t)row->direction);

	for (size_t i = 0; i < row->label_count; i++)
		hash = mix(hash, row->labels[i]);
	return hash;
}

static bool is_like(const struct alike_sort *sort, const struct record_row *row, int64_t duration)
{
	return sort->number == row->number && sort->duration == duration && sort->direction == row->direction &&
	       sort->label_count == row->label_count &&
	       (row->label_count == 0 || memcmp(sort->labels, row->labels, row->label_count * sizeof row->labels[0]) == 0);
}

static int *add_sort(struct alike *alike, struct alike_sort *sort, const struct record_row *row, int64_t duration)
{
	*sort = (struct alike_sort){.day = alike->day, .number = row->number, .duration = duration,
				    .direction = row->direction, .label_count = row->label_count};
	if (row->label_count > 0)
		memcpy(sort->labels, row->labels, row->label_count * sizeof row->labels[0]);
	alike->count++;
	return &sort->answer;
}

int *alike_find(struct alike *alike, const struct record_row *row, bool *known)
{
	int64_t duration = duration_of(alike, row);
	size_t at = hash_of(row, duration) & (SLOTS - 1);

	*known = false;
	if (row->label_count > SORT_LABELS)
		return &alike->unheard;
	while (alike->sorts[at].day == alike->day) {
		*known = is_like(&alike->sorts[at], row, duration);
		if (*known)
			return &alike->sorts[at].answer;
		at = (at + 1) & (SLOTS - 1);
	}
	if (alike->count == SORTS_MAX) {
		alike_next_day(alike);
		at = hash_of(row, duration) & (SLOTS - 1);
	}
	return add_sort(alike, &alike->sorts[at], row, duration);
}
