/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Records of a day that are alike in what policies go by: number, queue,
 * campaign, tags, direction, and which of the rules' minimum durations they reach.
 *
 * Whoever counts what would go asks once for those that are alike, instead of
 * for each. That is only right where nothing else decides: verdict_goes_by_sort,
 * and of those in which there is nobody whom a hold names: holds_name.
 * What they are judged by is the first of them. Not thread-safe.
 */
#ifndef LETHE_RETENTION_ALIKE_H
#define LETHE_RETENTION_ALIKE_H

#include "retention/policies.h"

#define ALIKE_DURATIONS_MAX 32

struct alike {
	struct alike_sort *sorts;             /* a hash table, in the pool */
	size_t count;                         /* of this day */
	uint32_t day;                         /* counts them: what is of another is not there */
	int64_t durations[ALIKE_DURATIONS_MAX];
	size_t duration_count;
	bool exact;                           /* they are too many: only the same duration is alike */
	int unheard;                          /* for one that is not remembered */
};

MUST_CHECK enum result alike_init(struct alike *alike, struct pool *pool, struct err *err);
/* From here on it is about this kind, under these rules; alike_also adds those of another set. */
void alike_begin(struct alike *alike, const struct policy_set *set, enum record_kind kind);
void alike_also(struct alike *alike, const struct policy_set *set, enum record_kind kind);
/* Forgets the answers: another day comes. */
void alike_next_day(struct alike *alike);
/* The answer for those that are like `row`; `*known` false: the caller writes it there, before it asks again. */
int *alike_find(struct alike *alike, const struct record_row *row, bool *known);

#endif
