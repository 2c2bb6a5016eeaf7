/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * When what could not be delivered is tried again: after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24
 * hours (Standard Webhooks, spec 1.0), each longer by up to a fifth, so that not all come at once after an outage.
 */
#ifndef LETHE_NOTIFY_SCHEDULE_H
#define LETHE_NOTIFY_SCHEDULE_H

#include "base/id.h"

#define SCHEDULE_ATTEMPTS 10

/* No wait is longer, also not one that the other side asked for: what waits for a later moment was put off by a clock that
 * has been set back since. */
#define SCHEDULE_LONGEST_MS (INT64_C(86400000) / 5 * 6)

/* When to try again what has failed `attempts` times, the last at `now`; false: not any more. How much longer is told by
 * `what` and `attempts`, always the same. Not before `least_s` seconds, as the other side wants it, a day at the most. */
bool schedule_next(int attempts, struct id what, struct instant now, int64_t least_s, struct instant *next);

#endif
