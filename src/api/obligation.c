/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "api/paging.h"
#include "retention/obliging.h"
#include "vault/cut.h"

#define PAGE 64

/* ---- list ---- */

static void say_law(struct call *call, const struct obligation *law)
{
	char fields[CUT_FIELDS_MAX], span[TIME_TEXT_MAX], day[TIME_TEXT_MAX];

	call_say(call, "%s  (%s)\n  %s, %s\n  %s\n  keeps %s for %s", law->code, law->country, law->law, law->article,
		 law->text, cut_fields_text(law->fields, fields), span_format(law->period, span));
	call_say(call, law->from == OBLIGATION_FROM_YEAR_END     ? " from the end of the year\n"
		       : law->from == OBLIGATION_FROM_GST_RETURN ? " from the due date of the annual GST return\n"
								 : "\n");
	if (law->note != NULL)
		call_say(call, "  %s\n", law->note);
	call_say(call, "  %s\n  read on %s", law->url, date_format(law->checked_on, day));
	call_say(call, law->checked_against != NULL ? ": %s\n" : "\n", law->checked_against);
}

static void print_names(struct json_writer *w, const struct obligation *law)
{
	json_begin_array(w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (law->kinds & 1u << kind)
			json_string(w, NULL, kind_name((enum record_kind)kind));
	}
	json_end_array(w);
	json_begin_array(w, "tags");
	for (size_t i = 0; i < law->tag_count; i++)
		json_string(w, NULL, law->tags[i]);
	json_end_array(w);
	json_begin_array(w, "fields");
	for (uint32_t bit = 1; bit <= OBLIGATION_ALL; bit <<= 1) {
		if (law->fields & bit)
			json_string(w, NULL, obligation_field_name((enum obligation_field)bit));
	}
	json_end_array(w);
}

static void print_law(struct json_writer *w, const struct obligation *law)
{
	char text[TIME_TEXT_MAX];

	json_string(w, "code", law->code);
	json_string(w, "country", law->country);
	json_string(w, "law", law->law);
	json_string(w, "article", law->article);
	json_string(w, "text", law->text);
	json_string(w, "applies_to", obligation_subject_name(law->applies_to));
	print_names(w, law);
	json_string(w, "period", span_format(law->period, text));
	json_string(w, "from", obligation_from_name(law->from));
	json_string(w, "url", law->url);
	json_string(w, "note", law->note);
	json_date(w, "checked", law->checked_on);
	json_string(w, "checked_against", law->checked_against);
}

static bool is_of(const struct obligation *law, const char *country)
{
	return country == NULL || strcasecmp(law->country, country) == 0;
}

static enum result none_of(const char *country, struct err *err)
{
	char shown[QUOTE_MAX];

	err_set(err, ERR_NOT_FOUND, "no obligation of %s is known here", quote(country, strlen(country), shown));
	err_where(err, "--country");
	return err_mend(err, "`lethe obligation list` shows all, by the two letters of their country");
}

enum result op_obligation_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *country = NULL;
	const struct call_option options[] = {{"country", &country, NULL}};
	struct obligations all;
	size_t shown = 0;
	enum result r = call_parse(call, options, 1, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = obligations_load(&call->pool, &all, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "obligations");
	for (size_t i = 0; i < all.count; i++) {
		if (!is_of(&all.list[i], country))
			continue;
		say_law(call, &all.list[i]);
		json_begin_object(&call->w, NULL);
		print_law(&call->w, &all.list[i]);
		json_end_object(&call->w);
		shown++;
	}
	json_end_array(&call->w);
	json_end_object(&call->w);
	return shown > 0 ? OK : none_of(country, err);
}

enum result op_obligation_law(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const struct obligation *law = NULL;
	struct obligations all;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = obligations_load(&call->pool, &all, err);
	if (r == OK)
		law = obligation_find(&all, argv[0]);
	if (r == OK && law == NULL) {
		err_set(err, ERR_NOT_FOUND, "no obligation of that code is known here");
		r = err_mend(err, "`lethe obligation list` shows all");
	}
	if (r != OK)
		return r;
	say_law(call, law);
	json_begin_object(&call->w, NULL);
	print_law(&call->w, law);
	json_end_object(&call->w);
	return OK;
}

/* ---- add and end ---- */

enum result op_obligation_add(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = obliging_add(call->vault, &account, argv[0], call->who, call->now, err);
	if (r != OK)
		return r;
	call_say(call,
		 "From now on what %s covers is not deleted before its end: it is cut down to the fields it names.\n",
		 argv[0]);
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "code", argv[0]);
	json_instant(&call->w, "applied", call->now);
	json_string(&call->w, "set_by", call->who);
	json_end_object(&call->w);
	return OK;
}

enum result op_obligation_end(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	int64_t due = 0, cut = 0;
	char count[32];
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = obliging_end(call->vault, &account, argv[0], call->now, &due, &cut, err);
	if (r != OK)
		return r;
	call_say(call, "Ended.\n");
	if (due > 0)
		call_say(call, "It alone kept %s records; the next `lethe retention run` deletes them.\n",
			 call_count(due, count));
	if (cut > 0)
		call_say(call, "%s records are kept by other obligations too, and are cut down to what those name.\n",
			 call_count(cut, count));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "code", argv[0]);
	json_int(&call->w, "due", due);
	json_int(&call->w, "cut", cut);
	json_end_object(&call->w);
	return OK;
}

/* ---- show ---- */

static enum result show_one(struct call *call, const struct account *account, const struct obligations *all,
			    const struct obligation_row *row, struct err *err)
{
	const struct obligation *law = obligation_find(all, row->code);
	char at[TIME_TEXT_MAX], count[32];
	struct date until;
	int64_t records;
	enum result r = obliging_count(&call->vault->read, account->number, row->code, &records, &until, err);

	if (r != OK)
		return r;
	call_say(call, "%s\n", row->code);
	if (law != NULL)
		call_say(call, "  %s, %s\n", law->law, law->article);
	call_say(call, "  since %s, set by %s\n", date_format(instant_date(row->applied), at),
		 call_clean(call, row->set_by));
	if (row->ended)
		call_say(call, "  ended on %s\n", date_format(instant_date(row->ended_at), at));
	call_say(call, "  %s records would be gone without it\n", call_count(records, count));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "code", row->code);
	json_string(&call->w, "law", law != NULL ? law->law : NULL);
	json_string(&call->w, "article", law != NULL ? law->article : NULL);
	json_instant(&call->w, "applied", row->applied);
	json_string(&call->w, "ended", row->ended ? instant_format(row->ended_at, at) : NULL);
	json_string(&call->w, "set_by", row->set_by);
	json_int(&call->w, "kept", records);
	json_string(&call->w, "changes", records > 0 ? date_format(until, at) : NULL);
	json_end_object(&call->w);
	return OK;
}

/* A code is longer than what fits in a cursor, and no row ever goes: its digest says which it was. */
static struct id point_to(const char *code)
{
	struct hash hash = sha256(code, strlen(code));
	struct id out;

	memcpy(out.bytes, hash.bytes, sizeof out.bytes);
	return out;
}

/* The code that the cursor points to. */
static enum result pointed_to(struct call *call, const struct account *account, const struct paging *page,
			      const char **after, struct err *err)
{
	struct obligation_row rows[PAGE];
	size_t count;
	enum result r;

	*after = "";
	do {
		r = obligation_list_rows(call->vault->read.data, account->number, *after, &call->pool, rows, PAGE, &count,
					 err);
		for (size_t i = 0; i < count && r == OK; i++) {
			*after = rows[i].code;
			if (id_compare(point_to(rows[i].code), page->id) == 0)
				return OK;
		}
	} while (r == OK && count == PAGE);
	return r;
}

static enum result show_all(struct call *call, const struct account *account, const struct obligations *all,
			    struct paging *page, struct err *err)
{
	struct obligation_row rows[PAGE];
	const char *after = "";
	size_t count, ask, shown = 0;
	enum result r = page->begun ? pointed_to(call, account, page, &after, err) : OK;

	if (r != OK)
		return r;
	do {
		ask = paging_ask(page, PAGE);
		r = obligation_list_rows(call->vault->read.data, account->number, after, &call->pool, rows, ask,
					 &count, err);
		for (size_t i = 0; i < count && r == OK && paging_take(page); i++) {
			after = rows[i].code;
			page->id = point_to(after);
			r = show_one(call, account, all, &rows[i], err);
		}
		shown += count;
	} while (r == OK && count == ask && !page->more);
	if (r == OK && shown == 0 && !page->begun)
		call_say(call, "The account is under no obligation: `lethe obligation list` shows those there are.\n");
	return r;
}

static enum result find_row(struct call *call, const struct account *account, const char *code,
			    struct obligation_row *out, struct err *err)
{
	struct obligation_row rows[PAGE];
	const char *after = "";
	size_t count;
	enum result r;

	do {
		r = obligation_list_rows(call->vault->read.data, account->number, after, &call->pool, rows, PAGE,
					 &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			if (strcasecmp(rows[i].code, code) == 0) {
				*out = rows[i];
				return OK;
			}
			after = rows[i].code;
		}
	} while (r == OK && count == PAGE);
	if (r != OK)
		return r;
	err_set(err, ERR_NOT_FOUND, "the account is and was under no obligation of that code");
	return err_mend(err, "`lethe obligation show` shows those it is under");
}

enum result op_obligation_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct obligations all;
	struct obligation_row row;
	struct account account;
	struct paging page = {0};
	const struct call_option options[] = {PAGING_OPTIONS(page)};
	enum result r = call_parse(call, options, 2, &argc, argv, 0, 1, err);

	(void)partly;
	if (r == OK && argc == 1)
		r = paging_refuse(&page, "one obligation", err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = obligations_load(&call->pool, &all, err);
	if (r == OK && argc == 1) {
		r = find_row(call, &account, argv[0], &row, err);
		return r == OK ? show_one(call, &account, &all, &row, err) : r;
	}
	if (r == OK)
		r = paging_begin(call, &page, account.number, PAGING_ALL, "", err);
	if (r != OK)
		return r;
	paging_open(call, "obligations");
	r = show_all(call, &account, &all, &page, err);
	return paging_close(call, &page, account.number, "", r, err);
}
