/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A hash table with linear probing, at most half full.
 */
#include "net/shares.h"

#include <stdlib.h>

struct share {
	uint64_t owner; /* 0: the place is free */
	size_t count;
};

struct shares {
	size_t mask; /* places - 1, a power of two less one */
	size_t owners, all;
	struct share places[];
};

size_t shares_half(size_t all)
{
	return all / 2 + all % 2;
}

struct shares *shares_new(size_t all)
{
	struct shares *shares;
	size_t places = 4;

	while (places / 2 < all)
		places *= 2;
	shares = calloc(1, sizeof *shares + places * sizeof *shares->places);
	if (shares) {
		shares->mask = places - 1;
		shares->all = all;
	}
	return shares;
}

void shares_free(struct shares *shares)
{
	free(shares);
}

static size_t home_of(const struct shares *shares, uint64_t owner)
{
	return (size_t)((owner * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & shares->mask;
}

/* Where the owner is, or would be put. */
static size_t place_of(const struct shares *shares, uint64_t owner)
{
	size_t at = home_of(shares, owner);

	while (shares->places[at].owner != 0 && shares->places[at].owner != owner)
		at = (at + 1) & shares->mask;
	return at;
}

size_t shares_of(const struct shares *shares, uint64_t owner)
{
	return owner != 0 ? shares->places[place_of(shares, owner)].count : 0;
}

bool shares_take(struct shares *shares, uint64_t owner, size_t most)
{
	struct share *share = &shares->places[place_of(shares, owner)];

	if (owner == 0)
		return true;
	if (share->count >= most)
		return false;
	shares->owners += share->count == 0;
	INVARIANT(shares->owners <= shares->all);
	share->owner = owner;
	share->count++;
	return true;
}

/* Whoever stands after it, up to a free place, may have been put there because it was taken. */
static void close_gap(struct shares *shares, size_t gap)
{
	for (size_t at = (gap + 1) & shares->mask; shares->places[at].owner != 0; at = (at + 1) & shares->mask) {
		size_t home = home_of(shares, shares->places[at].owner);

		if (((at - home) & shares->mask) < ((at - gap) & shares->mask))
			continue;
		shares->places[gap] = shares->places[at];
		gap = at;
	}
	shares->places[gap] = (struct share){0};
}

void shares_give(struct shares *shares, uint64_t owner)
{
	size_t at = place_of(shares, owner);

	if (owner == 0)
		return;
	INVARIANT(shares->places[at].count > 0);
	if (--shares->places[at].count > 0)
		return;
	shares->owners--;
	close_gap(shares, at);
}
