/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * ICU is asked twice: once taking the earlier of two times and moving forward
 * over a gap, once the other way round.  Where the answers differ, the local time
 * exists twice or not at all.
 */
#include "base/zone.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/quote.h"

#define NAME_MAX_LEN 64

struct zone {
	UCalendar *wanted, *other;
};

static enum result icu_failed(struct err *err, const char *doing, UErrorCode status)
{
	if (status == U_MEMORY_ALLOCATION_ERROR)
		return err_no_memory(err);
	return err_set(err, ERR_INTERNAL, "cannot %s: %s", doing, u_errorName(status));
}

/* Is it in the tz database? "GMT+01:00" and the like ICU makes up as it goes. */
static bool known_zone(const UChar *name)
{
	UErrorCode status = U_ZERO_ERROR;
	UBool is_system = false;
	UChar canonical[NAME_MAX_LEN];

	ucal_getCanonicalTimeZoneID(name, -1, canonical, NAME_MAX_LEN, &is_system, &status);
	return U_SUCCESS(status) && is_system;
}

static bool plain_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
	size_t len = strlen(name);

	return len > 0 && len < NAME_MAX_LEN && strspn(name, allowed) == len;
}

static UCalendar *open_calendar(const UChar *name, UCalendarWallTimeOption repeated, UCalendarWallTimeOption skipped,
				UErrorCode *status)
{
	UCalendar *calendar = ucal_open(name, -1, "en", UCAL_GREGORIAN, status);

	/* Gregorian for ever, as in base/time.h; ICU would be Julian before 1582. */
	ucal_setGregorianChange(calendar, -8.64e15, status);
	if (U_FAILURE(*status))
		return calendar;
	ucal_setAttribute(calendar, UCAL_REPEATED_WALL_TIME, (int32_t)repeated);
	ucal_setAttribute(calendar, UCAL_SKIPPED_WALL_TIME, (int32_t)skipped);
	return calendar;
}

enum result zone_open(const char *name, struct zone **out, struct err *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[NAME_MAX_LEN];
	char shown[QUOTE_MAX];
	struct zone *zone;

	*out = NULL;
	if (plain_name(name))
		u_uastrcpy(wide, name);
	if (!plain_name(name) || !known_zone(wide)) {
		err_set(err, ERR_INPUT, "%s is not a known time zone", quote(name, strlen(name), shown));
		return err_mend(err, "give a name of the tz database, such as Europe/Copenhagen or UTC");
	}
	zone = calloc(1, sizeof *zone);
	if (zone == NULL)
		return err_no_memory(err);
	zone->wanted = open_calendar(wide, UCAL_WALLTIME_FIRST, UCAL_WALLTIME_LAST, &status);
	zone->other = open_calendar(wide, UCAL_WALLTIME_LAST, UCAL_WALLTIME_FIRST, &status);
	if (U_FAILURE(status)) {
		zone_close(zone);
		return icu_failed(err, "open the time zone", status);
	}
	*out = zone;
	return OK;
}

void zone_close(struct zone *zone)
{
	if (zone == NULL)
		return;
	if (zone->wanted != NULL)
		ucal_close(zone->wanted);
	if (zone->other != NULL)
		ucal_close(zone->other);
	free(zone);
}

static UDate to_utc(UCalendar *calendar, const struct civil *local, UErrorCode *status)
{
	ucal_clear(calendar);
	ucal_set(calendar, UCAL_EXTENDED_YEAR, local->year);
	ucal_set(calendar, UCAL_MONTH, local->month - 1);
	ucal_set(calendar, UCAL_DATE, local->day);
	ucal_set(calendar, UCAL_HOUR_OF_DAY, local->hour);
	ucal_set(calendar, UCAL_MINUTE, local->minute);
	ucal_set(calendar, UCAL_SECOND, local->second);
	ucal_set(calendar, UCAL_MILLISECOND, local->ms);
	return ucal_getMillis(calendar, status);
}

enum result zone_to_utc(struct zone *zone, const struct civil *local, struct instant *out, bool *doubtful,
			struct err *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UDate wanted, other;

	if (!civil_valid(local) || local->year < 1 || local->year > 9999)
		return err_set(err, ERR_INPUT, "there is no local time %04d-%02d-%02d %02d:%02d:%02d", local->year,
			       local->month, local->day, local->hour, local->minute, local->second);
	wanted = to_utc(zone->wanted, local, &status);
	other = doubtful != NULL ? to_utc(zone->other, local, &status) : wanted;
	if (U_FAILURE(status))
		return icu_failed(err, "convert a local time", status);
	out->ms = (int64_t)llround(wanted);
	if (doubtful != NULL)
		*doubtful = wanted < other || wanted > other;
	return OK;
}

enum result zone_local(struct zone *zone, struct instant at, struct civil *out, struct err *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *calendar = zone->wanted;
	int32_t year = instant_civil(at).year;

	if (year < 1 || year > 9999)
		return err_set(err, ERR_INPUT, "a time in the year %d has no local time here: years are 1 to 9999", year);
	ucal_setMillis(calendar, (UDate)at.ms, &status);
	*out = (struct civil){
	    .year = ucal_get(calendar, UCAL_EXTENDED_YEAR, &status),
	    .month = ucal_get(calendar, UCAL_MONTH, &status) + 1,
	    .day = ucal_get(calendar, UCAL_DATE, &status),
	    .hour = ucal_get(calendar, UCAL_HOUR_OF_DAY, &status),
	    .minute = ucal_get(calendar, UCAL_MINUTE, &status),
	    .second = ucal_get(calendar, UCAL_SECOND, &status),
	    .ms = ucal_get(calendar, UCAL_MILLISECOND, &status),
	};
	return U_FAILURE(status) ? icu_failed(err, "convert a time to a local one", status) : OK;
}
