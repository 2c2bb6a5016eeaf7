/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the law's calendar share: dates and instants as text, and
 * the place a clock hangs in.
 */
#ifndef TESTS_LAW_PLACE_H
#define TESTS_LAW_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "law/clock.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct err err;

static inline struct date date_of(const char *text)
{
	struct date date = {0};

	assert_int_equal(date_parse(text, strlen(text), &date, &err), OK);
	return date;
}

static inline struct instant instant_of(const char *text)
{
	struct instant at = {0};

	assert_int_equal(instant_parse(text, strlen(text), &at, &err), OK);
	return at;
}

static inline struct holidays *calendar(void)
{
	struct holidays *holidays = NULL;

	if (holidays_open(&holidays, &err) != OK)
		fail_msg("%s (%s)", err.what, err.where);
	return holidays;
}

static inline const struct holidays_country *country_of(const struct holidays *holidays, const char *code)
{
	const struct holidays_country *country = NULL;

	assert_int_equal(holidays_find(holidays, code, &country, &err), OK);
	return country;
}

static inline struct zone *zone_of(const char *name)
{
	struct zone *zone = NULL;

	assert_int_equal(zone_open(name, &zone, &err), OK);
	return zone;
}

#endif
