/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Calls as a telephone system would hand them over, made up.  Each follows
 * from its number alone, so that nothing has to be kept: the same numbers give
 * the same calls, in the order of time.
 */
#ifndef LETHE_BENCH_CALLS_H
#define LETHE_BENCH_CALLS_H

#include <stdbool.h>
#include "base/time.h"

#define CALL_LINE_MAX 640
#define CALL_PHONE_MAX 16
#define CALL_PEOPLE_MAX 7000000 /* so many numbers are valid */

/* `total` calls of two people each, spread evenly over `days` days. */
struct calls {
	uint64_t seed;
	int64_t total;
	int64_t people;    /* even; 4 to CALL_PEOPLE_MAX */
	bool same_for_all; /* everybody has 2 * total / people calls; else who takes part is random */
	struct date first;
	int days;
};

struct call {
	int64_t n;
	struct instant at;
	int64_t from, to; /* persons, from 0; two different ones */
	uint64_t entropy; /* decides the rest */
};

/* The same start, whenever the benchmark runs. */
struct date calls_epoch(void);
struct call call_make(const struct calls *calls, int64_t n);
/* As Lethe JSON Lines, with the line end; returns its length. */
size_t call_line(const struct calls *calls, const struct call *call, char out[CALL_LINE_MAX]);
char *call_phone(int64_t person, char out[CALL_PHONE_MAX]);
/* Calls from..until-1 into a file. */
MUST_CHECK enum result calls_write(const struct calls *calls, int64_t from, int64_t until, const char *path,
				   struct err *err);
/* A well mixed number: splitmix64 (Steele, Lea, Flood, OOPSLA 2014). */
uint64_t calls_mix(uint64_t x);

#endif
