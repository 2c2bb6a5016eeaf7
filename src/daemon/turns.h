/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whose turn it is, where few threads go round many webhooks: no two are at
 * one, and one account has half of the threads at most. Accounts with a turn
 * of late that was slow have half of them together: else a few whose receivers
 * hang would have all. Who is passed over for that has its turn before others
 * of its account that come later in the round: else receivers that hang would
 * keep those behind them waiting for ever.
 * Not locked: the caller does that.
 */
#ifndef LETHE_DAEMON_TURNS_H
#define LETHE_DAEMON_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/id.h"

struct turn { size_t region; uint32_t account; struct id webhook; };

struct turns;

/* Of so many threads. NULL: no memory. */
struct turns *turns_new(size_t threads);
void turns_free(struct turns *turns); /* NULL is fine */
/* May its turn begin? Then it has, until turns_end. If its account, or all slow ones, have their half, it is passed over, and
 * remembered. */
bool turns_begin(struct turns *turns, const struct turn *turn);
/* Of those that were passed over the first whose turn may begin now: it has begun. */
bool turns_begin_passed(struct turns *turns, struct turn *out);
/* What was it like? One in which there was nothing to do tells nothing. */
enum turn_pace { TURN_IDLE, TURN_QUICK, TURN_SLOW };
void turns_end(struct turns *turns, const struct turn *turn, enum turn_pace pace);

#endif
