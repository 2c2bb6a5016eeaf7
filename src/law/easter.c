/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/easter.h"

struct date easter_western(int32_t year)
{
	int32_t golden = year % 19, century = year / 100, of_century = year % 100;
	int32_t correction = (century - (century + 8) / 25 + 1) / 3;
	int32_t moon = (19 * golden + century - century / 4 - correction + 15) % 30;
	int32_t sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
	int32_t late = (golden + 11 * moon + 22 * sunday) / 451;
	int32_t from_march = moon + sunday - 7 * late + 21; /* 0 is 1 March */

	INVARIANT(year >= 1583);
	return date_add_days(date_from_civil(year, 3, 1), from_march);
}

/* The Julian calendar, in which this counts, falls behind by a day in each century year that is no leap year. */
struct date easter_orthodox(int32_t year)
{
	int32_t moon = (19 * (year % 19) + 15) % 30;
	int32_t sunday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7;
	int32_t behind = year / 100 - year / 400 - 2;

	INVARIANT(year >= 1583);
	return date_add_days(date_from_civil(year, 3, 1), moon + sunday + 21 + behind);
}
