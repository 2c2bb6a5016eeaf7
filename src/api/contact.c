/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * contact list, show, delete, undelete, readmit.
 */
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "api/paging.h"
#include "privacy/contacts.h"
#include "retention/holds.h"
#include "shim/json_parse.h"

#define COUNT 50 /* unless --limit says otherwise */
#define SCRATCH_MAX ((size_t)512 * 1024 * 1024) /* one contact, parsed */

/* ---- what becomes of it ---- */

static void say_state(struct call *call, const struct contact_row *row)
{
	char at[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

	if (!contact_is_deleted(row))
		return;
	date_format(instant_date(row->deleted), at);
	date_format(row->gone_on, until);
	if (contacts_in_grace(row, call->now))
		call_say(call, "  deleted on %s; until %s `lethe contact undelete` brings it back\n", at, until);
	else if (row->hold != 0)
		call_say(call,
			 "  deleted on %s; its grace is over since %s, and only a hold or a restriction keeps it\n", at,
			 until);
	else
		call_say(call,
			 "  deleted on %s; its grace is over since %s, and the next `lethe retention run` takes it\n",
			 at, until);
}

static void print_state(struct call *call, const struct contact_row *row)
{
	char text[TIME_TEXT_MAX];
	bool deleted = contact_is_deleted(row);

	json_string(&call->w, "deleted", deleted ? instant_format(row->deleted, text) : NULL);
	json_string(&call->w, "until", deleted ? date_format(row->gone_on, text) : NULL);
	json_bool(&call->w, "can_be_undeleted", contacts_in_grace(row, call->now));
}

/* ---- one contact ---- */

static enum result open_tree(struct call *call, const struct contact_row *row, struct pool *pool,
			     const struct json **out, struct err *err)
{
	const char *text;
	size_t len;
	enum result r = open_contact(call->vault->read.ring, row, pool, &text, &len, err);

	return r == OK ? json_parse_once(text, len, pool, out, err) : r;
}

static void say_handles(struct call *call, const struct json *tree)
{
	static const struct {
		const char *member, *name;
	} lists[] = {{"phones", "phone"}, {"emails", "email"}, {"ids", "external"}};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const struct json *list = json_get(tree, lists[i].member);

		for (const struct json *item = list != NULL ? list->first : NULL; item != NULL; item = item->next) {
			if (item->type == JSON_STRING)
				call_say(call, "  %-9s %s\n", lists[i].name, call_clean(call, item->text));
		}
	}
}

static void print_handles(struct call *call, const struct json *tree)
{
	static const char *const lists[] = {"phones", "emails", "ids"};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const struct json *list = json_get(tree, lists[i]);

		if (list != NULL)
			json_node(&call->w, lists[i], list);
	}
}

/* ---- list ---- */

static enum result list_page(struct call *call, const struct account *account, const struct paging *page, bool deleted,
			     struct id *ids, size_t *count, struct err *err)
{
	struct db *data = call->vault->read.data;
	size_t ask = paging_ask(page, PAGING_MAX + 1);

	if (deleted)
		return contact_list_deleted(data, account->number, page->id, ids, ask, count, err);
	return contact_list_there(data, account->number, page->id, ids, ask, count, err);
}

/* One that cannot be opened does not keep the others from being seen. */
static enum result show_line(struct call *call, const struct account *account, struct id id, struct pool *scratch,
			     bool *partly, struct err *err)
{
	struct contact_row row;
	const struct json *tree = NULL;
	char text[ID_TEXT_MAX];
	enum result r = contact_get(call->vault->read.data, account->number, id, scratch, &row, err);

	if (r == ERR_NOT_FOUND) /* meanwhile */
		return OK;
	if (r == OK)
		r = open_tree(call, &row, scratch, &tree, err);
	if (r != OK && r != ERR_CORRUPT && r != ERR_GONE)
		return r;
	*partly = *partly || r != OK;
	call_say(call, "%s  %s\n", id_format(CONTACT_PREFIX, id, text),
		 r == OK ? call_clean(call, json_get_text(tree, "name")) : "(cannot be opened: `lethe check`)");
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "id", text);
	json_string(&call->w, "name", r == OK ? json_get_text(tree, "name") : NULL);
	json_bool(&call->w, "readable", r == OK);
	if (r == OK) {
		say_handles(call, tree);
		print_handles(call, tree);
		say_state(call, &row);
		print_state(call, &row);
	}
	json_end_object(&call->w);
	return OK;
}

static enum result show_lines(struct call *call, const struct account *account, const struct id *ids, size_t count,
			      bool *partly, struct err *err)
{
	struct pool scratch;
	enum result r = OK;

	pool_init(&scratch, SCRATCH_MAX);
	for (size_t i = 0; i < count && r == OK; i++) {
		pool_reset(&scratch);
		r = show_line(call, account, ids[i], &scratch, partly, err);
	}
	pool_free(&scratch);
	return r;
}

static enum result show_page(struct call *call, const struct account *account, struct paging *page, bool deleted,
			     bool *partly, struct err *err)
{
	struct id ids[PAGING_MAX + 1];
	const char *which = deleted ? "deleted" : "";
	size_t found, count = 0;
	enum result r = list_page(call, account, page, deleted, ids, &found, err);

	while (r == OK && count < found && paging_take(page))
		page->id = ids[count++];
	if (r == OK)
		r = contacts_note_list(&call->vault->read, account->number, ids, count, call->now, err);
	if (r != OK)
		return r;
	paging_open(call, "contacts");
	r = show_lines(call, account, ids, count, partly, err);
	r = paging_close(call, page, account->number, which, r, err);
	if (r == OK && found == 0 && !page->begun)
		call_say(call, "%s\n", deleted ? "No contact is deleted." : "There is no contact.");
	return r;
}

enum result op_contact_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct paging page = {0};
	bool deleted = false;
	const struct call_option options[] = {{"deleted", NULL, &deleted}, PAGING_OPTIONS(page)};
	struct account account;
	enum result r = call_parse(call, options, 3, &argc, argv, 0, 0, err);

	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = paging_begin(call, &page, account.number, COUNT, deleted ? "deleted" : "", err);
	return r == OK ? show_page(call, &account, &page, deleted, partly, err) : r;
}

/* ---- show ---- */

/* Whoever reads it is to know that it may not be used as before, or changed. */
static enum result show_holds(struct call *call, const struct contact_row *row, struct err *err)
{
	bool held = false, restricted = false;
	struct hold_set set;
	enum result r = holds_load(&call->vault->read, row->account, &call->pool, &set, err);

	for (size_t i = 0; r == OK && i < set.count; i++) {
		const struct hold_set one = {.account = set.account, .count = 1, .legal = 1, .scopes = &set.scopes[i]};
		char id[ID_TEXT_MAX];

		if (holds_cover_contact(&one, row) == NULL)
			continue;
		held = held || set.scopes[i].row.type == HOLD_LEGAL;
		restricted = restricted || set.scopes[i].row.type == HOLD_RESTRICTION;
		call_say(call,
			 set.scopes[i].row.type == HOLD_LEGAL
			     ? "  under legal hold %s: it is deleted by nothing\n"
			     : "  restricted by %s: to be stored, and not otherwise used (GDPR, art. 18)\n",
			 id_format(HOLD_PREFIX, set.scopes[i].row.id, id));
	}
	json_bool(&call->w, "held", held);
	json_bool(&call->w, "restricted", restricted);
	return r;
}

static enum result show_content(struct call *call, const struct contact_row *row, struct err *err)
{
	const struct json *tree;
	enum result r = open_tree(call, row, &call->pool, &tree, err);

	if (r != OK)
		return r;
	if (!call->json) {
		call_say(call, "  %s\n", call_clean(call, json_get_text(tree, "name")));
		say_handles(call, tree);
	}
	json_node(&call->w, "content", tree);
	return OK;
}

/* What is deleted is not read by the way: --deleted asks for it. */
static enum result show(struct call *call, const struct contact_row *row, bool deleted, struct err *err)
{
	char text[ID_TEXT_MAX], at[TIME_TEXT_MAX];
	bool open = deleted || !contact_is_deleted(row);
	enum result r = OK;

	if (open)
		r = contacts_note_show(&call->vault->read, row->account, row->id, call->now, err);
	if (r != OK)
		return r;
	call_say(call, "%s, changed last on %s\n", id_format(CONTACT_PREFIX, row->id, text),
		 instant_format(row->updated, at));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "id", text);
	json_string(&call->w, "updated", at);
	print_state(call, row);
	if (open)
		r = show_content(call, row, err);
	else
		json_null(&call->w, "content");
	if (r == OK)
		r = show_holds(call, row, err);
	json_end_object(&call->w);
	say_state(call, row);
	if (r == OK && !open)
		call_say(call, "What is in it is shown with --deleted.\n");
	return r;
}

enum result op_contact_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	bool deleted = false;
	const struct call_option options[] = {{"deleted", NULL, &deleted}};
	struct account account;
	struct contact_row row;
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = contacts_find(&call->vault->read, &account, argv[0], deleted, &call->pool, &row, err);
	return r == OK ? show(call, &row, deleted, err) : r;
}

/* ---- delete, undelete, readmit ---- */

static void print_changed(struct call *call, const struct contact_row *row)
{
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", CONTACT_PREFIX, row->id);
	print_state(call, row);
	json_end_object(&call->w);
}

enum result op_contact_delete(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct contact_row row;
	char text[ID_TEXT_MAX], until[TIME_TEXT_MAX];
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = contacts_find(&call->vault->read, &account, argv[0], false, &call->pool, &row, err);
	if (r == OK)
		r = contacts_delete(call->vault, &account, row.id, call->now, &call->pool, &row, err);
	if (r != OK)
		return r;
	id_format(CONTACT_PREFIX, row.id, text);
	date_format(row.gone_on, until);
	if (contacts_in_grace(&row, call->now))
		call_say(call,
			 "Deleted. Until %s `lethe contact undelete %s` brings it back; then `lethe retention run` "
			 "takes it.\n",
			 until, text);
	else
		call_say(call, "Deleted %s, without a grace: the next `lethe retention run` takes it.\n", text);
	call_say(call, "The person, and what else there is of them, stay: `lethe person erase` forgets somebody.\n");
	print_changed(call, &row);
	return OK;
}

enum result op_contact_undelete(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct contact_row row;
	char text[ID_TEXT_MAX];
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = contacts_find(&call->vault->read, &account, argv[0], true, &call->pool, &row, err);
	if (r == OK)
		r = contacts_undelete(call->vault, &account, row.id, call->now, &call->pool, &row, err);
	if (r != OK)
		return r;
	call_say(call, "%s is back as it was.\n", id_format(CONTACT_PREFIX, row.id, text));
	print_changed(call, &row);
	return OK;
}

enum result op_contact_readmit(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id id;
	char text[ID_TEXT_MAX];
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = id_parse(CONTACT_PREFIX, argv[0], &id, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = contacts_readmit(call->vault, &account, id, call->now, err);
	if (r != OK)
		return r;
	call_say(call, "From now on an import may bring %s again.\n", id_format(CONTACT_PREFIX, id, text));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "id", text);
	json_end_object(&call->w);
	return OK;
}
