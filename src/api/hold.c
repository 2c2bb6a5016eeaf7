/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api/operations.h"
#include "api/paging.h"
#include "api/hold_scope.h"
#include "retention/reach.h"

#define PAGE 64

static bool stop(void *arg)
{
	return call_interrupted(arg);
}

/* ---- add ---- */

static enum result need_reason(const struct hold_request *request, struct err *err)
{
	if (request->reason != NULL)
		return OK;
	err_set(err, ERR_INPUT, "a legal hold needs a reason");
	return err_mend(err, "add --reason TEXT, or --reason-file FILE");
}

static void print_head(struct call *call, const struct hold_row *row)
{
	char at[TIME_TEXT_MAX];

	json_id(&call->w, "id", HOLD_PREFIX, row->id);
	json_string(&call->w, "type", row->type == HOLD_LEGAL ? "legal" : "restriction");
	json_instant(&call->w, "created", row->created);
	json_string(&call->w, "released", row->released ? instant_format(row->released_at, at) : NULL);
}

enum result op_hold_add(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct hold_words words = {.person = NULL};
	const struct call_option options[] = {HOLD_SCOPE_OPTIONS(words)};
	struct hold_request request = {.kinds = 0};
	struct account account;
	struct hold_row row;
	struct id id;
	enum result r = call_parse(call, options, sizeof options / sizeof options[0], &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = hold_scope_words(call, &words, &request, err);
	if (r == OK)
		r = need_reason(&request, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = hold_scope_find(call, &account, &words, &request, err);
	if (r == OK)
		r = holds_add(call->vault, &account, &request, call->now, &id, err);
	if (r == OK)
		r = hold_find(call->vault->read.data, account.number, id, &call->pool, &row, err);
	if (r != OK)
		return r;
	call_say(call, "%s holds, until it is released:\n", id_format(HOLD_PREFIX, id, call->made));
	json_begin_object(&call->w, NULL);
	print_head(call, &row);
	r = hold_scope_print(call, &row, err);
	json_end_object(&call->w);
	return r == OK ? hold_scope_say(call, &row, err) : r;
}

/* ---- preview ---- */

static void say_preview_kind(struct call *call, enum record_kind kind, const struct reach_kind *found)
{
	char count[32], kept[32], due[32], first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];

	call_say(call, "%9s %s, from %s to %s\n", call_count(found->records, count), call_kind(kind, found->records),
		 date_format(instant_date(found->oldest), first), date_format(instant_date(found->newest), last));
	if (found->kept > 0)
		call_say(call, "%9s would be gone already, but for other holds or obligations\n",
			 call_count(found->kept, kept));
	if (found->due > 0)
		call_say(call, "%9s due: the next `lethe retention run` would delete them\n",
			 call_count(found->due, due));
}

static void print_preview_kind(struct call *call, enum record_kind kind, const struct reach_kind *found)
{
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "kind", kind_name(kind));
	json_int(&call->w, "records", found->records);
	json_int(&call->w, "kept", found->kept);
	json_int(&call->w, "due", found->due);
	json_instant(&call->w, "oldest", found->oldest);
	json_instant(&call->w, "newest", found->newest);
	json_end_object(&call->w);
}

static int64_t show_preview(struct call *call, const struct reach *reach)
{
	int64_t all = 0;

	json_begin_array(&call->w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		const struct reach_kind *found = &reach->kinds[kind];

		if (found->records == 0)
			continue;
		all += found->records;
		say_preview_kind(call, (enum record_kind)kind, found);
		print_preview_kind(call, (enum record_kind)kind, found);
	}
	json_end_array(&call->w);
	json_int(&call->w, "records", all);
	return all;
}

enum result op_hold_preview(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct hold_words words = {.person = NULL};
	const struct call_option options[] = {HOLD_SCOPE_OPTIONS(words)};
	struct hold_request request = {.kinds = 0};
	struct hold_scope scope;
	struct account account;
	struct reach reach;
	enum result r = call_parse(call, options, sizeof options / sizeof options[0], &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = hold_scope_words(call, &words, &request, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = hold_scope_find(call, &account, &words, &request, err);
	if (r == OK)
		r = holds_scope_of(&call->vault->read, &account, &request, &call->pool, &scope, err);
	if (r == OK)
		r = reach_preview(&call->vault->read, &scope, call->now, stop, call, &reach, err);
	if (r == OK)
		r = holds_note_preview(&call->vault->read, &scope.row, call->now, err);
	if (r != OK)
		return r;
	call_say(call, "Such a hold would cover:\n");
	json_begin_object(&call->w, NULL);
	if (show_preview(call, &reach) == 0)
		call_say(call, "  nothing that is here; what arrives later, it would\n");
	json_end_object(&call->w);
	return OK;
}

/* ---- list ---- */

static void say_hold(struct call *call, const struct hold_row *row)
{
	char id[ID_TEXT_MAX], made[TIME_TEXT_MAX], released[TIME_TEXT_MAX];

	call_say(call, "%s  %s%s%s%s\n", id_format(HOLD_PREFIX, row->id, id),
		 date_format(instant_date(row->created), made), row->type == HOLD_RESTRICTION ? ", a restriction" : "",
		 !row->released            ? ""
		 : row->type == HOLD_LEGAL ? ", released "
					   : ", lifted ",
		 row->released ? date_format(instant_date(row->released_at), released) : "");
}

static void say_texts(struct call *call, const struct hold_row *row, const struct hold_texts *texts, int64_t kept)
{
	char count[32];

	if (*texts->custodian != '\0')
		call_say(call, "  custodian: %s\n", call_clean(call, texts->custodian));
	if (*texts->matter != '\0')
		call_say(call, "  %s: %s\n", row->type == HOLD_LEGAL ? "matter" : "ground",
			 call_clean(call, texts->matter));
	if (*texts->reason != '\0')
		call_say(call, "  because: %s\n", call_clean(call, texts->reason));
	if (kept > 0)
		call_say(call,
			 row->released ? "  kept by it alone, to go with the next run: %s\n"
				       : "  would be gone without it: %s\n",
			 call_count(kept, count));
}

static const char *or_null(const char *text)
{
	return *text != '\0' ? text : NULL;
}

static enum result show_hold(struct call *call, const struct hold_row *row, struct err *err)
{
	struct session *session = &call->vault->read;
	struct hold_texts texts;
	int64_t kept;
	enum result r = held_count(session->data, row->account, row->hold, &kept, err);

	if (r == OK)
		r = holds_open_texts(session, row, &call->pool, &texts, err);
	if (r != OK)
		return r;
	say_hold(call, row);
	r = hold_scope_say(call, row, err);
	if (r != OK)
		return r;
	say_texts(call, row, &texts, kept);
	json_begin_object(&call->w, NULL);
	print_head(call, row);
	r = hold_scope_print(call, row, err);
	json_string(&call->w, "custodian", or_null(texts.custodian));
	json_string(&call->w, row->type == HOLD_LEGAL ? "matter" : "ground", or_null(texts.matter));
	json_string(&call->w, "reason", or_null(texts.reason));
	json_int(&call->w, "kept", kept);
	json_end_object(&call->w);
	return r;
}

static enum result show_holds(struct call *call, const struct account *account, struct paging *page, struct err *err)
{
	struct hold_row rows[PAGE];
	size_t count, ask;
	enum result r;

	do {
		ask = paging_ask(page, PAGE);
		r = hold_list(call->vault->read.data, account->number, false, page->number, &call->pool, rows, ask, &count,
			      err);
		if (r == OK && count == 0 && page->number == 0)
			call_say(call, "There is no hold.\n");
		for (size_t i = 0; i < count && r == OK && paging_take(page); i++) {
			page->number = rows[i].hold;
			r = show_hold(call, &rows[i], err);
		}
	} while (r == OK && count == ask && !page->more);
	return r;
}

enum result op_hold_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct paging page = {0};
	struct account account;
	enum result r = paging_parse(call, argc, argv, PAGING_ALL, &page, &account, err);

	(void)partly;
	if (r == OK)
		r = holds_note_read(&call->vault->read, account.number, call->now, err);
	if (r != OK)
		return r;
	paging_open(call, "holds");
	r = show_holds(call, &account, &page, err);
	r = paging_close(call, &page, account.number, "", r, err);
	return r;
}

enum result op_hold_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct hold_row row;
	struct id id;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK && id_parse(HOLD_PREFIX, argv[0], &id, err) != OK)
		r = err_mend(err, "give the hold's id, hold_..: `lethe hold list` shows it");
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = hold_find(call->vault->read.data, account.number, id, &call->pool, &row, err);
	if (r == ERR_NOT_FOUND) {
		err_set(err, r, "there is no hold %.40s in this account", argv[0]);
		return err_mend(err, "`lethe hold list` shows those there are");
	}
	if (r == OK)
		r = holds_note_read(&call->vault->read, account.number, call->now, err);
	return r == OK ? show_hold(call, &row, err) : r;
}

/* ---- release ---- */

static int64_t count_end(const struct reach_end *end)
{
	int64_t all = end->contacts;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		all += end->records[kind];
	return all;
}

static void say_kinds(struct call *call, call_speak *say, const int64_t records[KIND_COUNT], const char *first)
{
	char count[32];
	bool begun = false;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (records[kind] == 0)
			continue;
		say(call, "%s%9s %s\n", begun ? "" : first, call_count(records[kind], count),
		    call_kind((enum record_kind)kind, records[kind]));
		begun = true;
	}
}

/* Beside the answer when it comes with a question: what is asked is no answer. */
static void say_end(struct call *call, call_speak *say, const struct reach_end *end)
{
	char count[32];

	say_kinds(call, say, end->records, "");
	if (end->contacts > 0)
		say(call, "%9s %s\n", call_count(end->contacts, count), end->contacts == 1 ? "contact" : "contacts");
}

static enum result confirm(struct call *call, const struct reach_end *end, struct err *err)
{
	char count[32];

	if (!call_can_ask(call)) {
		err_set(err, ERR_DENIED,
			"once it is released, the next `lethe retention run` deletes %s that it alone kept, "
			"and there is nobody to ask",
			call_count(count_end(end), count));
		return err_mend(err, "look with --dry-run what they are, and add --yes");
	}
	call_remark(call, "Once it is released, the next `lethe retention run` deletes:\n");
	say_end(call, call_remark, end);
	return call_ask(call, "Release it? ") ? OK : err_set(err, ERR_INTERRUPTED, "nothing was released");
}

static void print_end(struct call *call, const char *id, const struct reach_end *end, bool released)
{
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "id", id);
	json_bool(&call->w, "released", released);
	json_int(&call->w, "due", count_end(end));
	json_begin_object(&call->w, "records");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (end->records[kind] > 0)
			json_int(&call->w, kind_name((enum record_kind)kind), end->records[kind]);
	}
	json_end_object(&call->w);
	json_int(&call->w, "contacts", end->contacts);
	json_begin_object(&call->w, "cut");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (end->cut[kind] > 0)
			json_int(&call->w, kind_name((enum record_kind)kind), end->cut[kind]);
	}
	json_end_object(&call->w);
	json_end_object(&call->w);
}

static enum result look_ahead(struct call *call, const struct account *account, struct id id, struct reach_end *out,
			      struct err *err)
{
	struct session *session = &call->vault->read;
	struct hold_row row;
	enum result r = hold_find(session->data, account->number, id, &call->pool, &row, err);

	*out = (struct reach_end){.contacts = 0};
	/* What cannot be released is told by who would release it. */
	if (r == ERR_NOT_FOUND || (r == OK && (row.released || row.type != HOLD_LEGAL)))
		return OK;
	return r == OK ? reach_release(session, &row, call->now, stop, call, out, err) : r;
}

static enum result release(struct call *call, const struct account *account, struct id id, const struct reach_end *end,
			   bool yes, struct err *err)
{
	struct handed handed;
	enum result r = OK;

	if (count_end(end) > 0 && !yes)
		r = confirm(call, end, err);
	return r == OK ? holds_release(call->vault, account, id, call->now, &handed, err) : r;
}

enum result op_hold_release(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	bool yes = false, dry = false;
	const struct call_option options[] = {{"yes", NULL, &yes}, {"dry-run", NULL, &dry}};
	struct account account;
	struct reach_end end;
	struct id id;
	enum result r = call_parse(call, options, 2, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = id_parse(HOLD_PREFIX, argv[0], &id, err);
	if (r == OK)
		r = call_open_account(call, !dry, &account, err);
	if (r == OK)
		r = look_ahead(call, &account, id, &end, err);
	if (r == OK && !dry)
		r = release(call, &account, id, &end, yes, err);
	if (r != OK)
		return r;
	call_say(call, dry ? "Nothing is released.\n" : "Released.\n");
	if (!call->json)
		say_kinds(call, call_say, end.cut,
			  dry ? "Of what it keeps, obligations would keep on, cut down to the fields they name:\n"
			      : "Of what it kept, obligations keep on, cut down to the fields they name:\n");
	if (count_end(&end) > 0 && !call->json) {
		call_say(call, dry ? "Were it, the next `lethe retention run` would delete:\n"
				   : "It alone kept these; the next `lethe retention run` deletes them:\n");
		say_end(call, call_say, &end);
	}
	print_end(call, argv[0], &end, !dry);
	return OK;
}
