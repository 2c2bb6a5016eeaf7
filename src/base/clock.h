/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A clock that nobody sets, for how long something takes or may take: it says
 * nothing of what time it is, which is a parameter (base/time.h).
 */
#ifndef LETHE_BASE_CLOCK_H
#define LETHE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Since some time in the past (CLOCK_MONOTONIC). */
int64_t monotonic_ms(void);
int64_t monotonic_us(void);
/* The moment at which monotonic_ms() is `ms`, for pthread_cond_timedwait with a condition of that clock. */
struct timespec monotonic_at(int64_t ms);

#endif
