/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/turns.h"

#include <stdlib.h>
#include <string.h>

#define PASSED_MAX 256 /* all webhooks of five accounts; more are as if they had not been met */

#define SLOW_MAX 256   /* accounts; of more those that were slow last */

struct turns {
	size_t threads;
	size_t slow_count;
	struct turn slow[SLOW_MAX]; /* accounts: the webhook is zeros; the first was slow longest ago */
	size_t passed_count;
	struct turn passed[PASSED_MAX]; /* the first was passed over first */
	size_t busy_count;
	struct turn busy[]; /* of each thread at most one */
};

struct turns *turns_new(size_t threads)
{
	struct turns *turns = calloc(1, sizeof *turns + threads * sizeof turns->busy[0]);

	if (turns != NULL)
		turns->threads = threads;
	return turns;
}

void turns_free(struct turns *turns)
{
	free(turns);
}

static bool is_same(const struct turn *a, const struct turn *b)
{
	return a->region == b->region && a->account == b->account && id_compare(a->webhook, b->webhook) == 0;
}

/* Where it is among them; `count`: it is not. */
static size_t find(const struct turn *list, size_t count, const struct turn *turn)
{
	size_t i = 0;

	while (i < count && !is_same(&list[i], turn))
		i++;
	return i;
}

static void take_out(struct turn *list, size_t *count, size_t i)
{
	memmove(&list[i], &list[i + 1], (--*count - i) * sizeof *list);
}

static struct turn account_of(const struct turn *turn)
{
	return (struct turn){.region = turn->region, .account = turn->account};
}

static bool is_slow(const struct turns *turns, const struct turn *turn)
{
	struct turn account = account_of(turn);

	return find(turns->slow, turns->slow_count, &account) < turns->slow_count;
}

/* Has its account the half of the threads, or have those that are slow as it is? */
static bool has_half(const struct turns *turns, const struct turn *turn)
{
	size_t of_account = 0, of_slow = 0, half = (turns->threads + 1) / 2;
	bool slow = is_slow(turns, turn);

	for (size_t i = 0; i < turns->busy_count; i++) {
		of_account += turns->busy[i].region == turn->region && turns->busy[i].account == turn->account;
		of_slow += slow && is_slow(turns, &turns->busy[i]);
	}
	return of_account >= half || of_slow >= half;
}

static void judge(struct turns *turns, const struct turn *turn, enum turn_pace pace)
{
	struct turn account = account_of(turn);
	size_t i = find(turns->slow, turns->slow_count, &account);

	if (pace == TURN_IDLE)
		return;
	if (i < turns->slow_count)
		take_out(turns->slow, &turns->slow_count, i);
	if (pace == TURN_QUICK)
		return;
	if (turns->slow_count == SLOW_MAX)
		take_out(turns->slow, &turns->slow_count, 0);
	turns->slow[turns->slow_count++] = account;
}

static void remember(struct turns *turns, const struct turn *turn)
{
	if (turns->passed_count < PASSED_MAX && find(turns->passed, turns->passed_count, turn) == turns->passed_count)
		turns->passed[turns->passed_count++] = *turn;
}

bool turns_begin(struct turns *turns, const struct turn *turn)
{
	size_t passed = find(turns->passed, turns->passed_count, turn);

	if (find(turns->busy, turns->busy_count, turn) < turns->busy_count)
		return false;
	if (has_half(turns, turn)) {
		remember(turns, turn);
		return false;
	}
	if (passed < turns->passed_count)
		take_out(turns->passed, &turns->passed_count, passed);
	INVARIANT(turns->busy_count < turns->threads);
	turns->busy[turns->busy_count++] = *turn;
	return true;
}

bool turns_begin_passed(struct turns *turns, struct turn *out)
{
	for (size_t i = 0; i < turns->passed_count; i++) {
		*out = turns->passed[i];
		if (turns_begin(turns, out))
			return true;
	}
	return false;
}

void turns_end(struct turns *turns, const struct turn *turn, enum turn_pace pace)
{
	size_t i = find(turns->busy, turns->busy_count, turn);

	INVARIANT(i < turns->busy_count);
	take_out(turns->busy, &turns->busy_count, i);
	judge(turns, turn, pace);
}
