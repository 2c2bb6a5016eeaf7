/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_HOUR (INT64_C(60) * 60 * 1000)
#define BREACH_HOURS 72
#define ANSWER_MONTHS 1
#define EXTENDED_MONTHS 3 /* the first and two further */
#define OBJECTION_DAYS 30
#define OPT_OUT_DAYS 10
#define NAME_SHOWN_MAX 80 /* bytes of a day's name in a sentence */

/* ---- sentences ---- */

#define LONG_DATE_MAX 40

static char *long_date(struct date day, char out[LONG_DATE_MAX])
{
	static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
					     "July",    "August",   "September", "October", "November", "December"};
	struct civil civil = date_civil(day);

	snprintf(out, LONG_DATE_MAX, "%d %s %d", civil.day, months[civil.month - 1], civil.year);
	return out;
}

static void add_rule(struct clock_reason *reason, const char *rule)
{
	INVARIANT(reason->count < CLOCK_RULES_MAX);
	reason->rules[reason->count++] = rule;
}

static void say(struct clock_reason *reason, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct clock_reason *reason, const char *fmt, ...)
{
	size_t used = strlen(reason->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason->text + used, sizeof reason->text - used, fmt, ap);
	va_end(ap);
}

/* How much of a name is shown: whole characters of UTF-8. */
static int shown_len(const char *name)
{
	size_t len = strlen(name);

	if (len <= NAME_SHOWN_MAX)
		return (int)len;
	len = NAME_SHOWN_MAX;
	while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80)
		len--;
	return (int)len;
}

static const char *plural(int32_t count)
{
	return count == 1 ? "" : "s";
}

/* ---- days ---- */

static enum result local_day(const struct clock_place *place, struct instant at, struct date *out, struct err *err)
{
	struct civil local;
	enum result result = zone_local(place->zone, at, &local, err);

	if (result == OK)
		*out = date_from_civil(local.year, local.month, local.day);
	return result;
}

/* Ends with the last hour of due->day. */
static enum result end_of_day(const struct clock_place *place, struct clock_due *due, struct err *err)
{
	due->local = date_civil(date_add_days(due->day, 1));
	return zone_to_utc(place->zone, &due->local, &due->due, NULL, err);
}

static struct date working_day(const struct clock_place *place, struct date day)
{
	return holidays_working_day(place->country, day, place->extra);
}

/* C3, and the end of the day it comes to. */
static enum result end_of_working_day(const struct clock_place *place, struct date day, struct clock_due *due,
				      struct err *err)
{
	const char *off = holidays_day_off(place->country, day, place->extra);
	bool weekend = off != NULL && (strcmp(off, "Saturday") == 0 || strcmp(off, "Sunday") == 0);
	char text[LONG_DATE_MAX];

	due->day = working_day(place, day);
	if (off != NULL) {
		add_rule(&due->reason, "C3");
		say(&due->reason, "; that is %s%.*s, so %s (C3)", weekend ? "a " : "", shown_len(off), off,
		    long_date(due->day, text));
	}
	return end_of_day(place, due, err);
}

/* ---- C6: the clock stands still ---- */

struct stop {
	struct date asked, answered;
	bool open;
};

/* The course of one period of months. */
struct course {
	struct date end;         /* its last day, before C3 */
	int32_t stopped;         /* days it stood still */
	size_t stops;            /* how often that made a difference */
	struct date from, until; /* the first and the last day of standing still, the asking's and the answer's */
	bool open;
	int32_t left; /* while open */
};

static int by_asking(const void *a, const void *b)
{
	const struct stop *left = a, *right = b;

	return (left->asked.days > right->asked.days) - (left->asked.days < right->asked.days);
}

static enum result read_pause(const struct clock_place *place, const struct clock_request *request,
			      const struct clock_pause *pause, struct stop *out, struct err *err)
{
	enum result result = local_day(place, pause->asked, &out->asked, err);

	if (result != OK)
		return result;
	out->open = pause->open;
	out->answered = out->asked;
	if (pause->asked.ms < request->received.ms || (!pause->open && pause->answered.ms < pause->asked.ms)) {
		err_set(err, ERR_INPUT, "more information was %s (C6)",
			pause->open || pause->answered.ms >= pause->asked.ms
			    ? "asked for before the request was received"
			    : "given before it was asked for");
		return err_mend(err, "give receipt, asking and answer in their order of time");
	}
	return pause->open ? OK : local_day(place, pause->answered, &out->answered, err);
}

static enum result read_pauses(const struct clock_place *place, const struct clock_request *request,
			       struct stop out[CLOCK_PAUSES_MAX], struct err *err)
{
	if (request->pause_count > CLOCK_PAUSES_MAX)
		return err_set(err, ERR_LIMIT, "more information was asked for more than %d times (C6)",
			       CLOCK_PAUSES_MAX);
	for (size_t i = 0; i < request->pause_count; i++) {
		enum result result = read_pause(place, request, &request->pauses[i], &out[i], err);

		if (result != OK)
			return result;
	}
	qsort(out, request->pause_count, sizeof *out, by_asking);
	return OK;
}

/* One stop. What is left when it begins is left when it ends. */
static void stand_still(const struct stop *stop, struct course *course)
{
	struct date from = course->stops > 0 && course->until.days > stop->asked.days ? course->until : stop->asked;

	if (!stop->open && stop->answered.days <= from.days)
		return;
	if (course->stops++ == 0)
		course->from = stop->asked;
	course->open = stop->open;
	course->left = from.days < course->end.days ? course->end.days - from.days : 0;
	course->until = stop->answered;
	if (stop->open)
		return;
	course->stopped += stop->answered.days - from.days;
	course->end = date_add_days(stop->answered, course->left);
}

/* Months from receipt with all stops that begin before they are over. False when one begins after that. */
static bool run_course(const struct clock_place *place, struct date received, int32_t months, const struct stop *stops,
		       size_t count, struct course *course)
{
	*course = (struct course){.end = date_add_months(received, months)};
	for (size_t i = 0; i < count && !course->open; i++) {
		if (stops[i].asked.days > working_day(place, course->end).days)
			return false;
		stand_still(&stops[i], course);
	}
	return true;
}

/* ---- C1 to C5: the month ---- */

static void say_stopped(struct clock_due *due, const struct course *course)
{
	char from[LONG_DATE_MAX], until[LONG_DATE_MAX], end[LONG_DATE_MAX];

	if (course->stops == 0)
		return;
	add_rule(&due->reason, "C6");
	long_date(course->from, from);
	long_date(course->until, until);
	if (course->open) {
		say(&due->reason,
		    "; the clock stands still since more was asked for on %s, with %d day%s left after that of the "
		    "answer (C6)",
		    course->stops == 1 ? from : until, course->left, plural(course->left));
		return;
	}
	if (course->stops == 1)
		say(&due->reason, "; the clock stood still from the asking on %s to the answer on %s", from, until);
	else
		say(&due->reason, "; between %s and %s the clock stood still %zu times", from, until, course->stops);
	say(&due->reason, ", %d day%s, so %s (C6)", course->stopped, plural(course->stopped),
	    long_date(course->end, end));
}

/* The end of a course as a date with its reasons, of which the caller has added the first rule. */
static enum result end_course(const struct clock_place *place, struct date received, int32_t months,
			      const struct course *course, struct clock_due *due, struct err *err)
{
	struct clock_reason *reason = &due->reason;
	char start[LONG_DATE_MAX], end[LONG_DATE_MAX];

	say(reason, "%s after receipt on %s is %s (", months == ANSWER_MONTHS ? "one month" : "three months",
	    long_date(received, start), long_date(date_add_months(received, months), end));
	for (size_t i = 0; i < reason->count; i++)
		say(reason, "%s, ", reason->rules[i]);
	say(reason, "C2)");
	add_rule(reason, "C2");
	say_stopped(due, course);
	if (!course->open)
		return end_of_working_day(place, course->end, due, err);
	due->stopped = true;
	due->days_left = course->left;
	due->day = (struct date){INT32_MAX};
	due->due = (struct instant){INT64_MAX};
	return OK;
}

static enum result asked_too_late(const struct clock_place *place, const struct course *course, struct err *err)
{
	char last[LONG_DATE_MAX];

	err_set(err, ERR_INPUT, "more information was asked for when the time for an answer was over, after %s (C6)",
		long_date(working_day(place, course->end), last));
	return err_mend(err, "give the times as they were; an asking that comes too late stops no clock: leave it out");
}

/* One month from receipt, under the rule C1 or C5. Askings after its end stop nothing; `strict` refuses them. */
static enum result first_month(const struct clock_place *place, const char *rule, struct date received,
			       const struct stop *stops, size_t count, bool strict, struct clock_due *due,
			       struct err *err)
{
	struct course course;

	*due = (struct clock_due){.stopped = false};
	if (!run_course(place, received, ANSWER_MONTHS, stops, count, &course) && strict)
		return asked_too_late(place, &course, err);
	add_rule(&due->reason, rule);
	return end_course(place, received, ANSWER_MONTHS, &course, due, err);
}

/* C4: is the extension one? `first` is the date it had to be told by. */
static enum result check_extension(const struct clock_request *request, const struct clock_due *first, struct err *err)
{
	const struct clock_extension *extension = request->extension;
	char last[LONG_DATE_MAX];

	if (!extension->with_reasons) {
		err_set(err, ERR_INPUT, "an extension of which the person is not told the reasons is none (C4)");
		return err_mend(err, "tell the person why two months more are needed, while the first month runs");
	}
	if (extension->told.ms < request->received.ms)
		return err_set(err, ERR_INPUT, "the person was told of an extension before the request came (C4)");
	if (!clock_late(first, extension->told))
		return OK;
	err_set(err, ERR_INPUT, "the person was told of an extension after the first month, which ended on %s (C4)",
		long_date(first->day, last));
	return err_mend(err, "the first date stands: answer at once");
}

static enum result extend(const struct clock_place *place, struct date received, const struct stop *stops, size_t count,
			  const struct clock_due *first, struct clock_due *due, struct err *err)
{
	struct course course;
	char date[LONG_DATE_MAX];
	enum result result;

	if (!run_course(place, received, EXTENDED_MONTHS, stops, count, &course))
		return asked_too_late(place, &course, err);
	*due = (struct clock_due){.stopped = false};
	add_rule(&due->reason, "C1");
	add_rule(&due->reason, "C4");
	result = end_course(place, received, EXTENDED_MONTHS, &course, due, err);
	if (result == OK && !first->stopped)
		say(&due->reason, "; without the extension it was %s", long_date(first->day, date));
	return result;
}

enum result clock_answer(const struct clock_place *place, const struct clock_request *request, struct clock_due *first,
			 struct clock_due *due, struct err *err)
{
	struct stop stops[CLOCK_PAUSES_MAX];
	bool extended = request->extension != NULL;
	struct date received;
	enum result result;

	if ((result = local_day(place, request->received, &received, err)) != OK ||
	    (result = read_pauses(place, request, stops, err)) != OK ||
	    (result = first_month(place, "C1", received, stops, request->pause_count, !extended, first, err)) != OK)
		return result;
	if (!extended) {
		*due = *first;
		return OK;
	}
	if ((result = check_extension(request, first, err)) != OK)
		return result;
	return extend(place, received, stops, request->pause_count, first, due, err);
}

enum result clock_refusal(const struct clock_place *place, const struct clock_request *request, struct clock_due *due,
			  struct err *err)
{
	struct stop stops[CLOCK_PAUSES_MAX];
	bool strict = request->extension == NULL;
	struct date received;
	enum result result;

	if ((result = local_day(place, request->received, &received, err)) != OK ||
	    (result = read_pauses(place, request, stops, err)) != OK)
		return result;
	return first_month(place, "C5", received, stops, request->pause_count, strict, due, err);
}

/* ---- C7, C8: hours ---- */

/* "3 March 2026 at 11:00" on the wall there. */
static enum result say_local(const struct clock_place *place, struct instant at, struct clock_reason *reason,
			     struct err *err)
{
	char date[LONG_DATE_MAX];
	struct civil local;
	enum result result = zone_local(place->zone, at, &local, err);

	if (result != OK)
		return result;
	say(reason, "%s at %02d:%02d", long_date(date_from_civil(local.year, local.month, local.day), date), local.hour,
	    local.minute);
	return OK;
}

/* 72 hours from `start`, and the end of the sentence that tells it. */
static enum result end_hours(const struct clock_place *place, struct instant start, struct clock_due *due,
			     struct err *err)
{
	char utc[TIME_TEXT_MAX];
	enum result result;

	due->due = instant_add(start, (struct duration){BREACH_HOURS * MS_HOUR});
	if ((result = zone_local(place->zone, due->due, &due->local, err)) != OK)
		return result;
	due->day = date_from_civil(due->local.year, due->local.month, due->local.day);
	say(&due->reason, " end on ");
	if ((result = say_local(place, due->due, &due->reason, err)) != OK)
		return result;
	say(&due->reason, " there, %s (%s)", instant_format(due->due, utc), due->reason.rules[0]);
	return OK;
}

enum result clock_breach(const struct clock_place *place, struct instant aware, struct clock_due *due, struct err *err)
{
	struct instant start;
	struct civil local;
	enum result result = zone_local(place->zone, aware, &local, err);

	if (result != OK)
		return result;
	*due = (struct clock_due){.stopped = false};
	add_rule(&due->reason, "C7");
	start.ms = aware.ms - ((local.minute * 60 + local.second) * INT64_C(1000) + local.ms) + MS_HOUR;
	say(&due->reason, "the hour of becoming aware, on ");
	if ((result = say_local(place, aware, &due->reason, err)) != OK)
		return result;
	say(&due->reason, ", is not counted; %d hours from ", BREACH_HOURS);
	if ((result = say_local(place, start, &due->reason, err)) != OK)
		return result;
	return end_hours(place, start, due, err);
}

enum result clock_processor_breach(const struct clock_place *place, struct instant aware, struct clock_due *due,
				   struct err *err)
{
	enum result result;

	*due = (struct clock_due){.stopped = false};
	add_rule(&due->reason, "C8");
	say(&due->reason, "without undue delay, and as promised within %d hours, which from becoming aware on ",
	    BREACH_HOURS);
	if ((result = say_local(place, aware, &due->reason, err)) != OK)
		return result;
	return end_hours(place, aware, due, err);
}

/* ---- C9 to C11 ---- */

enum result clock_objection(const struct clock_place *place, struct instant noticed, struct clock_due *due,
			    struct err *err)
{
	char from[LONG_DATE_MAX], to[LONG_DATE_MAX];
	struct date day;
	enum result result = local_day(place, noticed, &day, err);

	if (result != OK)
		return result;
	*due = (struct clock_due){.day = date_add_days(day, OBJECTION_DAYS)};
	add_rule(&due->reason, "C9");
	say(&due->reason, "%d days after the notice of %s end with %s (C9)", OBJECTION_DAYS, long_date(day, from),
	    long_date(due->day, to));
	return end_of_day(place, due, err);
}

bool clock_may_lift(const struct instant *told, struct instant now, struct clock_reason *reason)
{
	bool may = told != NULL && told->ms < now.ms;
	char at[TIME_TEXT_MAX];

	*reason = (struct clock_reason){.count = 0};
	add_rule(reason, "C10");
	if (told == NULL)
		say(reason, "the person has not been told that the restriction is to be lifted (C10)");
	else
		say(reason, "the person %s told at %s that the restriction is to be lifted (C10)",
		    may ? "was" : "is only", instant_format(*told, at));
	return may;
}

static struct date add_working_days(const struct clock_place *place, struct date day, int count)
{
	for (; count > 0; count--)
		day = working_day(place, date_add_days(day, 1));
	return day;
}

enum result clock_opt_out(const struct clock_place *place, struct instant at, struct clock_due *due,
			  struct clock_due *latest, struct err *err)
{
	char from[LONG_DATE_MAX], to[LONG_DATE_MAX];
	struct date day;
	enum result result = local_day(place, at, &day, err);

	if (result != OK)
		return result;
	*due = (struct clock_due){.day = day, .due = at};
	add_rule(&due->reason, "C11");
	say(&due->reason, "an opt-out counts from the moment it comes (C11)");
	*latest = (struct clock_due){.day = add_working_days(place, day, OPT_OUT_DAYS)};
	add_rule(&latest->reason, "C11");
	say(&latest->reason, "%d business days after the opt-out of %s end with %s (C11)", OPT_OUT_DAYS,
	    long_date(day, from), long_date(latest->day, to));
	result = zone_local(place->zone, at, &due->local, err);
	return result == OK ? end_of_day(place, latest, err) : result;
}

bool clock_late(const struct clock_due *due, struct instant done)
{
	return done.ms >= due->due.ms;
}
