/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/calendar.h"

#include <string.h>

#include "base/text.h"

/* What binds the sealed texts to their day. */
static struct id place_of(struct date day)
{
	struct id id = {{0}};

	for (size_t i = 0; i < 4; i++)
		id.bytes[15 - i] = (unsigned char)((uint32_t)day.days >> (8 * i));
	return id;
}

/* ---- writing ---- */

static enum result check_text(const char *what, const char *text, struct pool *pool, struct err *err)
{
	size_t len = strlen(text);
	const char *folded = "";

	if (len <= CALENDAR_TEXT_MAX && text_is_utf8(text, len))
		folded = text_fold(pool, text, len);
	if (folded == NULL)
		return err_no_memory(err);
	if (*folded != '\0')
		return OK;
	err_set(err, ERR_INPUT, "%s is UTF-8 of 1 to %d bytes, blanks and marks aside", what, CALENDAR_TEXT_MAX);
	return err_mend(err, "write it so that people can read it");
}

struct change {
	uint32_t account;
	const struct calendar_day *day; /* to add; or NULL */
	struct date on;
	struct instant now;
	struct pool *pool;
};

/* Of the leaf that was begun. */
static enum result append_leaf(struct session *session, struct act *act, const struct change *c, bool public,
			       struct err *err)
{
	act_instant(act, "day", date_start(c->on));
	act_int(act, "public", public);
	return act_append(act, session->data, NULL, err);
}

static enum result check_free(struct session *session, const struct change *c, struct err *err)
{
	struct holiday_row have;
	char text[TIME_TEXT_MAX];
	int64_t count;
	enum result r = holiday_get(session->data, c->account, c->on, c->pool, &have, err);

	if (r == OK) {
		err_set(err, ERR_EXISTS, "%s is in the account's calendar", date_format(c->on, text));
		return err_mend(err, "to change it, first: lethe law holidays remove %s", text);
	}
	if (r != ERR_NOT_FOUND)
		return r;
	r = holiday_count(session->data, c->account, &count, err);
	if (r != OK || count < CALENDAR_DAYS_MAX)
		return r;
	err_set(err, ERR_LIMIT, "an account has at most %d days of its own", CALENDAR_DAYS_MAX);
	return err_mend(err, "remove some that are past: lethe law holidays list");
}

static enum result add_op(struct session *session, void *arg, struct err *err)
{
	const struct change *c = arg;
	struct holiday_row row = {.day = c->on, .law = (const unsigned char *)"", .added = c->now,
				  .added_by = c->day->by};
	struct act act;
	enum result r = check_free(session, c, err);

	if (r == OK)
		r = seal_data(session->ring, c->account, "day", place_of(c->on), c->day->name, c->pool, &row.name,
			      &row.name_len, err);
	if (r == OK && c->day->law != NULL)
		r = seal_data(session->ring, c->account, "day law", place_of(c->on), c->day->law, c->pool, &row.law,
			      &row.law_len, err);
	if (r == OK)
		r = holiday_put(session->data, c->account, &row, err);
	act_begin(&act, "holiday.add", c->account, c->now);
	return r == OK ? append_leaf(session, &act, c, c->day->law != NULL, err) : r;
}

enum result calendar_add(struct vault *vault, const struct account *account, const struct calendar_day *day,
			 struct instant now, struct pool *pool, struct err *err)
{
	struct change change = {.account = account->number, .day = day, .on = day->day, .now = now, .pool = pool};
	enum result r = check_text("what a day off is called", day->name, pool, err);

	if (r == OK && day->law != NULL)
		r = check_text("the law that makes a day a public holiday", day->law, pool, err);
	return r == OK ? vault_write(vault, add_op, &change, err) : r;
}

static enum result remove_op(struct session *session, void *arg, struct err *err)
{
	const struct change *c = arg;
	struct holiday_row have;
	struct act act;
	char text[TIME_TEXT_MAX];
	enum result r = holiday_get(session->data, c->account, c->on, c->pool, &have, err);

	if (r == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, "%s is not in the account's calendar", date_format(c->on, text));
		return err_mend(err, "`lethe law holidays list` shows what is");
	}
	if (r == OK)
		r = holiday_delete(session->data, c->account, c->on, err);
	act_begin(&act, "holiday.remove", c->account, c->now);
	return r == OK ? append_leaf(session, &act, c, have.law_len > 0, err) : r;
}

enum result calendar_remove(struct vault *vault, const struct account *account, struct date day, struct instant now,
			    struct pool *pool, struct err *err)
{
	struct change change = {.account = account->number, .on = day, .now = now, .pool = pool};

	return vault_write(vault, remove_op, &change, err);
}

/* ---- reading ---- */

enum result calendar_open(struct session *session, uint32_t account, const struct holiday_row *row, struct pool *pool,
			  struct calendar_day *out, struct err *err)
{
	enum result r;

	*out = (struct calendar_day){.day = row->day, .by = row->added_by};
	r = open_data(session->ring, account, "day", place_of(row->day), row->name, row->name_len, pool, &out->name,
		      err);
	if (r == OK && row->law_len > 0)
		r = open_data(session->ring, account, "day law", place_of(row->day), row->law, row->law_len, pool,
			      &out->law, err);
	return r;
}

static enum result note_read(struct session *session, uint32_t account, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "holiday.list", account, now);
	return vault_note(session, &act, err);
}

static enum result open_all(struct session *session, uint32_t account, const struct holiday_row *rows, size_t count,
			    struct pool *pool, struct calendar *out, struct err *err)
{
	struct calendar_day *days = pool_alloc(pool, count * sizeof *days);
	struct holidays_own *lawful = pool_alloc(pool, count * sizeof *lawful);
	struct holidays_own *closed = pool_alloc(pool, count * sizeof *closed);
	enum result r = OK;

	if (days == NULL || lawful == NULL || closed == NULL)
		return err_no_memory(err);
	*out = (struct calendar){.days = days, .count = count, .lawful = {lawful, 0}, .closed = {closed, count}};
	for (size_t i = 0; i < count && r == OK; i++) {
		r = calendar_open(session, account, &rows[i], pool, &days[i], err);
		closed[i] = (struct holidays_own){days[i].day, days[i].name};
		if (days[i].law != NULL)
			lawful[out->lawful.count++] = closed[i];
	}
	return r;
}

enum result calendar_read(struct session *session, uint32_t account, struct instant now, struct pool *pool,
			  struct calendar *out, struct err *err)
{
	struct holiday_row *rows = pool_alloc(pool, CALENDAR_DAYS_MAX * sizeof *rows);
	size_t count;
	enum result r;

	*out = (struct calendar){.days = NULL};
	if (rows == NULL)
		return err_no_memory(err);
	r = holiday_list(session->data, account, (struct date){INT32_MIN}, pool, rows, CALENDAR_DAYS_MAX, &count, err);
	if (r != OK || count == 0)
		return r;
	r = note_read(session, account, now, err);
	return r == OK ? open_all(session, account, rows, count, pool, out, err) : r;
}
