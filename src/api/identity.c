/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * identity list, find, show, link, unlink.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "api/paging.h"
#include "privacy/identities.h"
#include "privacy/person.h"

#define COUNT 50         /* unless --limit says otherwise */
#define READ_MAX 10000   /* rows looked at for one page: of a kind there may be few */
#define BATCH 128

/* ---- words ---- */

static enum result open_one(struct call *call, const char *number, bool write, struct account *account, int64_t *out,
			    struct err *err)
{
	enum result r = call_number(number, "an identity", "write the number that `lethe identity find` shows, such as 17",
				    out, err);

	return r == OK ? call_open_account(call, write, account, err) : r;
}

/* NULL: of any kind, 0. */
static enum result read_kind(const char *text, int *out, struct err *err)
{
	char shown[QUOTE_MAX];

	*out = 0;
	if (text == NULL)
		return OK;
	for (int kind = IDENTITY_PHONE; kind <= IDENTITY_NUMBER; kind++) {
		if (strcmp(identity_kind_name((enum identity_kind)kind), text) == 0) {
			*out = kind;
			return OK;
		}
	}
	err_set(err, ERR_INPUT, "%s is no kind of identity", quote(text, strlen(text), shown));
	err_where(err, "--kind");
	return err_mend(err, "give phone, email, external, agent or number");
}

/* Whom a list names is opaque: over HTTP it stands in a query, which logs keep. */
static enum result read_person(const char *text, struct id *out, struct err *err)
{
	if (text == NULL || id_parse(PERSON_PREFIX, text, out, err) == OK)
		return OK;
	err_where(err, "--person");
	return err_mend(err, "write the id that `lethe person find` shows");
}

/* ---- one ---- */

/* NULL, and partly, when it cannot be opened. */
static const char *value_of(struct call *call, const struct identity_row *row, bool *partly)
{
	const char *value;
	struct err damage;

	if (open_identity(call->vault->read.ring, row, &call->pool, &value, &damage) == OK)
		return value;
	*partly = true;
	return NULL;
}

/* `value` NULL: its key is destroyed, or it is damaged. */
static void show(struct call *call, const struct identity_row *row, const char *value)
{
	char person[ID_TEXT_MAX];

	call_say(call, "%6" PRId64 "  %-8s  %s  %s\n", row->identity, identity_kind_name(row->kind),
		 id_format(PERSON_PREFIX, row->person, person),
		 value != NULL ? call_clean(call, value) : "(cannot be opened: `lethe check`)");
	json_begin_object(&call->w, NULL);
	json_int(&call->w, "id", row->identity);
	json_string(&call->w, "kind", identity_kind_name(row->kind));
	json_string(&call->w, "value", value);
	json_string(&call->w, "person", person);
	json_instant(&call->w, "created", row->created);
	json_end_object(&call->w);
}

static enum result show_one(struct call *call, const struct account *account, int64_t identity, struct err *err)
{
	struct identity_row row;
	const char *value;
	enum result r = identities_open(&call->vault->read, account->number, identity, &call->pool, &row, &value, err);

	if (r == OK)
		r = identities_note_read(&call->vault->read, "identity.show", account, identity, call->now, err);
	if (r == OK)
		show(call, &row, value);
	return r;
}

enum result op_identity_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	int64_t identity = 0;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = open_one(call, argv[0], false, &account, &identity, err);
	return r == OK ? show_one(call, &account, identity, err) : r;
}

/* ---- find ---- */

/* Of several that fit, one that cannot be opened keeps none of the others back; one that has just gone is left out. */
static enum result show_found(struct call *call, const struct account *account, int64_t identity, bool *partly, struct err *err)
{
	struct identity_row row;
	enum result r = identity_get(call->vault->read.data, account->number, identity, &call->pool, &row, err);

	if (r == OK)
		r = identities_note_read(&call->vault->read, "identity.find", account, identity, call->now, err);
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	show(call, &row, value_of(call, &row, partly));
	return OK;
}

enum result op_identity_find(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct identity_row found[IDENTITIES_FOUND_MAX];
	struct account account;
	size_t count = 0;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = identities_find(&call->vault->read, &account, argv[0], &call->pool, found, &count, err);
	if (r == OK && count == 0) {
		err_set(err, ERR_NOT_FOUND, "no identity here is that");
		r = err_mend(err, "try a number with its country code, an e-mail address, or `lethe person find` for names");
	}
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "identities");
	for (size_t i = 0; i < count && r == OK; i++)
		r = show_found(call, &account, found[i].identity, partly, err);
	json_end_array(&call->w);
	json_end_object(&call->w);
	return r;
}

/* ---- list ---- */

struct listing {
	struct call *call;
	const struct account *account;
	struct paging *page;
	int kind;                  /* 0: any */
	struct identity_row *rows; /* of the page: PAGING_MAX */
	size_t count;
};

/* Those that belong on the page; false when it is full. */
static bool take(struct listing *listing, const struct identity_row *rows, size_t count)
{
	struct paging *page = listing->page;

	for (size_t i = 0; i < count; i++) {
		bool wanted = listing->kind == 0 || (int)rows[i].kind == listing->kind;

		if (rows[i].identity <= page->number)
			continue;
		if (wanted && !paging_take(page))
			return false;
		page->number = rows[i].identity;
		if (wanted)
			listing->rows[listing->count++] = rows[i];
	}
	return true;
}

/* Where a page is not full after many rows it ends there: the next goes on. */
static enum result take_all(struct listing *listing, struct err *err)
{
	struct identity_row rows[BATCH];
	struct db *data = listing->call->vault->read.data;
	size_t count = BATCH, looked = 0;
	enum result r = OK;

	while (r == OK && count == BATCH && looked < READ_MAX) {
		r = identity_list(data, listing->account->number, listing->page->number, &listing->call->pool, rows, BATCH,
				  &count, err);
		looked += count;
		if (r == OK && !take(listing, rows, count))
			return OK;
	}
	listing->page->more = r == OK && count == BATCH;
	return r;
}

static enum result take_of_person(struct listing *listing, struct id person, struct err *err)
{
	struct identity_row rows[PERSON_IDENTITIES_MAX];
	struct call *call = listing->call;
	size_t count;
	enum result r = identity_of_person(call->vault->read.data, listing->account->number, person, &call->pool, rows,
					   PERSON_IDENTITIES_MAX, &count, err);

	if (r == OK && count == 0)
		return err_set(err, ERR_NOT_FOUND, "no such person in this account");
	if (r == OK)
		(void)take(listing, rows, count);
	return r;
}

static enum result show_page(struct listing *listing, bool *partly, struct err *err)
{
	struct call *call = listing->call;
	enum result r = identities_note_list(&call->vault->read, listing->account, listing->rows, listing->count, call->now,
					     err);

	if (r != OK)
		return r;
	paging_open(call, "identities");
	for (size_t i = 0; i < listing->count; i++) {
		const struct identity_row *row = &listing->rows[i];

		show(call, row, value_of(call, row, partly));
	}
	r = paging_close(call, listing->page, listing->account->number, "", r, err);
	if (r == OK && listing->count == 0 && !listing->page->begun && !listing->page->more)
		call_say(call, "There is none: identities come with what is imported.\n");
	return r;
}

enum result op_identity_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *person_text = NULL, *kind_text = NULL;
	struct paging page = {0};
	const struct call_option options[] = {
	    {"person", &person_text, NULL}, {"kind", &kind_text, NULL}, PAGING_OPTIONS(page)};
	struct listing listing = {.call = call, .page = &page};
	struct account account;
	struct id person = {{0}};
	enum result r = call_parse(call, options, 4, &argc, argv, 0, 0, err);

	if (r == OK)
		r = read_kind(kind_text, &listing.kind, err);
	if (r == OK)
		r = read_person(person_text, &person, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = paging_begin(call, &page, account.number, COUNT, "", err);
	if (r != OK)
		return r;
	listing.account = &account;
	listing.rows = pool_alloc(&call->pool, PAGING_MAX * sizeof *listing.rows);
	if (listing.rows == NULL)
		return err_no_memory(err);
	r = person_text != NULL ? take_of_person(&listing, person, err) : take_all(&listing, err);
	return r == OK ? show_page(&listing, partly, err) : r;
}

/* ---- link, unlink ---- */

static void show_moved(struct call *call, int64_t identity, struct id person, bool changed)
{
	json_begin_object(&call->w, NULL);
	json_int(&call->w, "identity", identity);
	json_id(&call->w, "person", PERSON_PREFIX, person);
	json_bool(&call->w, "changed", changed);
	json_end_object(&call->w);
}

enum result op_identity_link(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id person;
	char text[ID_TEXT_MAX];
	int64_t identity = 0;
	bool changed = false;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 2, 2, err);

	(void)partly;
	if (r == OK)
		r = open_one(call, argv[0], true, &account, &identity, err);
	if (r == OK)
		r = person_find_one(&call->vault->read, &account, argv[1], &call->pool, &person, err);
	if (r == OK)
		r = identities_link(call->vault, &account, identity, person, call->now, &changed, err);
	if (r != OK)
		return r;
	call_say(call, changed ? "It is this person's now: %s\n" : "It is this person's already: %s\n",
		 id_format(PERSON_PREFIX, person, text));
	show_moved(call, identity, person, changed);
	return OK;
}

enum result op_identity_unlink(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id person;
	char text[ID_TEXT_MAX];
	int64_t identity = 0;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = open_one(call, argv[0], true, &account, &identity, err);
	if (r == OK)
		r = identities_unlink(call->vault, &account, identity, call->now, &person, err);
	if (r != OK)
		return r;
	call_say(call, "It is a person of its own now: %s\n", id_format(PERSON_PREFIX, person, text));
	show_moved(call, identity, person, true);
	return OK;
}
