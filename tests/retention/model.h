/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The model: what must become of one record, said again and slowly, straight
 * from the law and from what docs/retention.md promises.  It shares no code with the
 * engine: its calendar counts days, and it finds out when something changes by looking at
 * every day.
 */
#ifndef LETHE_TESTS_RETENTION_MODEL_H
#define LETHE_TESTS_RETENTION_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_UNUSED __attribute__((unused))
#define MODEL_ALL 256u
#define MODEL_AGGREGATE 512u

/* ---- a calendar that counts ---- */

MODEL_UNUSED static bool model_leap(int year)
{
	if (year % 400 == 0)
		return true;
	if (year % 100 == 0)
		return false;
	return year % 4 == 0;
}

MODEL_UNUSED static int model_month_days(int year, int month)
{
	if (month == 2)
		return model_leap(year) ? 29 : 28;
	if (month == 4 || month == 6 || month == 9 || month == 11)
		return 30;
	return 31;
}

struct model_date { int year, month, day; };

/* Days since 1970-01-01, by counting; from 1970 on. */
MODEL_UNUSED static int model_number(struct model_date date)
{
	int days = 0;

	for (int year = 1970; year < date.year; year++)
		days += model_leap(year) ? 366 : 365;
	for (int month = 1; month < date.month; month++)
		days += model_month_days(date.year, month);
	return days + date.day - 1;
}

MODEL_UNUSED static struct model_date model_date(int number)
{
	struct model_date date = {1970, 1, 1};

	while (number >= (model_leap(date.year) ? 366 : 365))
		number -= model_leap(date.year++) ? 366 : 365;
	while (number >= model_month_days(date.year, date.month))
		number -= model_month_days(date.year, date.month++);
	date.day += number;
	return date;
}

/* The same day so many months on; where that month has none, its last (C2). */
MODEL_UNUSED static int model_months_on(int number, int months)
{
	struct model_date date = model_date(number);

	for (int i = 0; i < months; i++) {
		date.month++;
		if (date.month == 13) {
			date.month = 1;
			date.year++;
		}
	}
	if (date.day > model_month_days(date.year, date.month))
		date.day = model_month_days(date.year, date.month);
	return model_number(date);
}

/* ---- one record and all that bears on it; days are numbers since 1970-01-01 ---- */

struct model_span { bool unlimited; int months, days; };
struct model_law { unsigned fields; int ends; };
#define MODEL_LAWS 4

struct model_case {
	int occurred, today;
	bool anonymised, key_gone;
	int holds, restrictions;         /* how many */
	int law_count;
	struct model_law laws[MODEL_LAWS];
	bool unbilled;
	bool erased;
	bool erasure_asked; int erasure_due;
	bool expired;
	bool deleted; int gone_on;       /* a contact, by hand, and brought back until then */
	bool has_policy; struct model_span policy;
	bool has_bound; struct model_span bound;
};

MODEL_UNUSED static int model_due(int occurred, struct model_span span)
{
	return model_months_on(occurred, span.months) + span.days;
}

/* What must and may stay of it on that day, if nothing is decided anew until then. */
MODEL_UNUSED static unsigned model_stays(const struct model_case *c, int day, int policy_due, int bound_due)
{
	unsigned law = 0;

	/* Of nobody any more: the law does not speak of it. */
	if (c->anonymised)
		return MODEL_AGGREGATE;
	if (c->key_gone)
		return 0;
	/* 17(3)(e): legal claims. */
	if (c->holds > 0)
		return MODEL_ALL;
	/* 17(3)(b): a legal obligation, so far as it goes. */
	for (int i = 0; i < c->law_count; i++) {
		if (day < c->laws[i].ends)
			law = law | c->laws[i].fields;
	}
	if ((law & MODEL_ALL) != 0)
		return MODEL_ALL;
	if (c->unbilled)
		return MODEL_ALL;
	/* 17(1) */
	if (c->erased)
		return law;
	if (c->erasure_asked && day >= c->erasure_due)
		return law;
	/* 18(1): the person wants it kept. */
	if (c->restrictions > 0)
		return MODEL_ALL;
	/* 5(1)(e): no longer than necessary; what was too long once is so for good. */
	if (c->expired)
		return law;
	/* Who deleted it may think better of it for a while. */
	if (c->deleted)
		return day < c->gone_on ? MODEL_ALL : law;
	if (c->has_policy) {
		if (c->policy.unlimited)
			return MODEL_ALL;
		return day < policy_due ? MODEL_ALL : law;
	}
	if (c->has_bound) {
		if (c->bound.unlimited)
			return MODEL_ALL;
		return day < bound_due ? MODEL_ALL : law;
	}
	return MODEL_ALL;
}

#define MODEL_HORIZON 5000 /* days: more than any span or law of the random cases below */

/* What the verdict must be. Days are 0 where there is none. */
struct model_verdict {
	bool delete, forever;
	unsigned keeps;
	int until; /* from then on nothing stays */
	int next;  /* from then on less stays than today */
};

MODEL_UNUSED static struct model_verdict model_verdict(const struct model_case *c)
{
	int policy_due = c->has_policy ? model_due(c->occurred, c->policy) : 0;
	int bound_due = c->has_bound ? model_due(c->occurred, c->bound) : 0;
	struct model_verdict out = {.keeps = model_stays(c, c->today, policy_due, bound_due)};

	out.delete = out.keeps == 0;
	for (int day = c->today + 1; day < c->today + MODEL_HORIZON && out.until == 0 && !out.delete; day++) {
		unsigned stays = model_stays(c, day, policy_due, bound_due);

		if (stays != out.keeps && out.next == 0)
			out.next = day;
		if (stays == 0)
			out.until = day;
	}
	out.forever = !out.delete && out.until == 0;
	return out;
}

/* ---- random, and the same for the same seed ---- */

struct model_random { uint64_t state; };

/* 0 .. below - 1 */
MODEL_UNUSED static int model_pick(struct model_random *random, int below)
{
	/* SplitMix64 (Steele, Lea, Flood 2014). */
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (int)(z % (uint64_t)below);
}

MODEL_UNUSED static bool model_chance(struct model_random *random, int one_in)
{
	return model_pick(random, one_in) == 0;
}

/* Ends of months and years, leap days, and any day between. */
MODEL_UNUSED static int model_any_day(struct model_random *random)
{
	static const struct model_date special[] = {
	    {2023, 12, 31}, {2024, 1, 1},   {2024, 1, 31}, {2024, 2, 28}, {2024, 2, 29}, {2024, 3, 1},
	    {2024, 3, 31},  {2024, 12, 31}, {2025, 1, 31}, {2025, 2, 28}, {2025, 3, 30}, {2025, 10, 26},
	    {2099, 12, 31}, {2100, 2, 28},  {2100, 3, 1},  {2000, 2, 29}};

	if (model_chance(random, 2))
		return model_number(special[model_pick(random, sizeof special / sizeof special[0])]);
	return model_number((struct model_date){2023, 1, 1}) + model_pick(random, 1200);
}

MODEL_UNUSED static struct model_span model_any_span(struct model_random *random)
{
	static const struct model_span spans[] = {
	    {false, 0, 0}, {false, 0, 1},  {false, 0, 28}, {false, 0, 30},  {false, 0, 90}, {false, 0, 365},
	    {false, 1, 0}, {false, 12, 0}, {false, 25, 0}, {false, 48, 0},  {true, 0, 0}};

	if (model_chance(random, 4))
		return (struct model_span){false, 0, model_pick(random, 800)};
	return spans[model_pick(random, sizeof spans / sizeof spans[0])];
}

#endif
