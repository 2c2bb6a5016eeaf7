/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An account's own days in the calendar of its country.
 *
 * Two sorts, because the law knows only one: what prolongs a period is a public
 * holiday "designated as such in the Member State" where action is to be taken
 * (Reg. (EEC, Euratom) 1182/71, arts. 2(1) and 3(4)), whoever wants a day off.
 *
 * - A day added with the law that designates it (of a region, a municipality,
 *   for one year) is a public holiday that the built-in calendar leaves out:
 *   C3 and whatever counts by it honour it.
 * - One without is the account's own: the office is closed, and no period of the
 *   law is longer for it. It is said by when it would have to be done before.
 *
 * Each change leaves a leaf (holiday.add, holiday.remove) with the day and
 * whether it is public; looking at the names leaves holiday.list.
 */
#ifndef LETHE_VAULT_CALENDAR_H
#define LETHE_VAULT_CALENDAR_H

#include "law/holidays.h"
#include "store/holiday.h"
#include "vault/accounts.h"

#define CALENDAR_TEXT_MAX 200 /* bytes of a name or a law */
#define CALENDAR_DAYS_MAX 1000

struct calendar_day {
	struct date day;
	const char *name;
	const char *law; /* NULL: the account's own */
	const char *by;
};

/* Adds it. ERR_EXISTS when the day is there, ERR_LIMIT above CALENDAR_DAYS_MAX, ERR_INPUT for a text that is none. */
MUST_CHECK enum result calendar_add(struct vault *vault, const struct account *account, const struct calendar_day *day,
				    struct instant now, struct pool *pool, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result calendar_remove(struct vault *vault, const struct account *account, struct date day,
				       struct instant now, struct pool *pool, struct err *err);
/* Its texts, in the pool. */
MUST_CHECK enum result calendar_open(struct session *session, uint32_t account, const struct holiday_row *row,
				     struct pool *pool, struct calendar_day *out, struct err *err);

/* All of an account's days, in order. Texts and arrays are in the pool it was read into. */
struct calendar {
	const struct calendar_day *days;
	size_t count;
	struct holidays_extra lawful; /* the public holidays among them: what C3 takes */
	struct holidays_extra closed; /* all of them: when nobody is there */
};
/* Outside the writer. Where there are any, after the leaf of a read, which is on disk before. */
MUST_CHECK enum result calendar_read(struct session *session, uint32_t account, struct instant now, struct pool *pool,
				     struct calendar *out, struct err *err);

#endif
