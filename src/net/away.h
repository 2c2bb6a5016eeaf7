/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Requests that wait for a server of somebody else, which may be slow or never
 * answer: so many at once, and of each owner half of what others leave.  So
 * one whose server hangs leaves half, a second one half of that.
 *
 * An owner one of whose requests took two seconds or more has one at a time
 * for a minute, and all such owners together half: when the server of many
 * hangs, others' are asked all the same.
 *
 * An owner is a number that means something to the caller alone.  Thread safe.
 */
#ifndef LETHE_NET_AWAY_H
#define LETHE_NET_AWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define AWAY_SLOW_MS 2000  /* what takes so long is slow */
#define AWAY_DOUBT_MS 60000
#define AWAY_MAIL 1        /* the owner of all that waits for the mail server */

struct away;
struct away_turn { uint64_t owner; int64_t since; bool doubtful; };

/* `all` is at least 1. */
MUST_CHECK enum result away_new(size_t all, struct away **out, struct err *err);
void away_free(struct away *away); /* NULL is fine */
/* False: not now. Nobody waits here. `now` is monotonic_ms(). */
bool away_begin(struct away *away, uint64_t owner, int64_t now, struct away_turn *turn);
void away_end(struct away *away, const struct away_turn *turn, int64_t now);

#endif
