/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/away.h"

#include <pthread.h>
#include <stdlib.h>

#include "net/shares.h"

#define DOUBTFUL_MAX 256 /* beyond them who was slow longest ago is forgotten */

struct doubt { uint64_t owner; int64_t until; }; /* until 0: a free place */

struct away {
	pthread_mutex_t lock;
	struct shares *shares;
	size_t all, taken, doubtful; /* the last: of `taken`, by those who were slow */
	struct doubt doubts[DOUBTFUL_MAX];
};

enum result away_new(size_t all, struct away **out, struct err *err)
{
	struct away *away = calloc(1, sizeof *away);

	INVARIANT(all > 0);
	if (away == NULL)
		return err_no_memory(err);
	away->shares = shares_new(all);
	if (away->shares == NULL) {
		free(away);
		return err_no_memory(err);
	}
	pthread_mutex_init(&away->lock, NULL);
	away->all = all;
	*out = away;
	return OK;
}

void away_free(struct away *away)
{
	if (away == NULL)
		return;
	pthread_mutex_destroy(&away->lock);
	shares_free(away->shares);
	free(away);
}

/* ---- under the lock ---- */

static bool is_doubtful(const struct away *away, uint64_t owner, int64_t now)
{
	for (size_t i = 0; i < DOUBTFUL_MAX; i++) {
		if (away->doubts[i].owner == owner && away->doubts[i].until > now)
			return true;
	}
	return false;
}

/* In its own place, or in that of whoever's ends first, which is a free one if there is any. */
static void doubt(struct away *away, uint64_t owner, int64_t now)
{
	struct doubt *place = &away->doubts[0];

	for (size_t i = 0; i < DOUBTFUL_MAX; i++) {
		if (away->doubts[i].owner == owner && away->doubts[i].until != 0) {
			place = &away->doubts[i];
			break;
		}
		if (away->doubts[i].until < place->until)
			place = &away->doubts[i];
	}
	*place = (struct doubt){owner, now + AWAY_DOUBT_MS};
}

static size_t half(size_t all)
{
	return all > 1 ? all / 2 : 1;
}

static bool take(struct away *away, uint64_t owner, bool doubtful)
{
	size_t others = away->taken - shares_of(away->shares, owner);

	if (away->taken == away->all || (doubtful && away->doubtful >= half(away->all)) ||
	    !shares_take(away->shares, owner, doubtful ? 1 : shares_half(away->all - others)))
		return false;
	away->taken++;
	away->doubtful += doubtful;
	return true;
}

/* ---- turns ---- */

bool away_begin(struct away *away, uint64_t owner, int64_t now, struct away_turn *turn)
{
	bool taken;

	pthread_mutex_lock(&away->lock);
	*turn = (struct away_turn){owner, now, is_doubtful(away, owner, now)};
	taken = take(away, owner, turn->doubtful);
	pthread_mutex_unlock(&away->lock);
	return taken;
}

void away_end(struct away *away, const struct away_turn *turn, int64_t now)
{
	pthread_mutex_lock(&away->lock);
	INVARIANT(away->taken > 0 && away->doubtful >= turn->doubtful);
	shares_give(away->shares, turn->owner);
	away->taken--;
	away->doubtful -= turn->doubtful;
	if (now - turn->since >= AWAY_SLOW_MS)
		doubt(away, turn->owner, now);
	pthread_mutex_unlock(&away->lock);
}
