/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How many of something each owner has, so that none has all of it.
 *
 * An owner is a number that means something to the caller alone; 0 is nobody,
 * of whom nothing is counted.  Who has none takes no place, so the table never
 * holds more owners than there are things.  Not locked: the caller does that.
 */
#ifndef LETHE_NET_SHARES_H
#define LETHE_NET_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct shares;

/* `all`: how many there are to be had at most, by all owners together. NULL: no memory. */
struct shares *shares_new(size_t all);
void shares_free(struct shares *shares); /* NULL is fine */
/* One more; false when the owner has `most` already. */
bool shares_take(struct shares *shares, uint64_t owner, size_t most);
void shares_give(struct shares *shares, uint64_t owner); /* back what was taken */
size_t shares_of(const struct shares *shares, uint64_t owner);
/* What one owner may have of `all`: half, rounded up. */
size_t shares_half(size_t all);

#endif
