/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "api/paging.h"
#include "vault/labels.h"

#define PAGE 64

static enum result read_kind(const char *text, enum label_kind *out, struct err *err)
{
	char shown[QUOTE_MAX];

	if (text == NULL || label_kind_parse(text, out))
		return OK;
	err_set(err, ERR_INPUT, "%s is no kind of label", quote(text, strlen(text), shown));
	err_where(err, "--kind");
	return err_mend(err, "give queue, campaign or tag");
}

static void print_label(struct call *call, const struct label_row *row, enum label_kind kind, const char *name)
{
	json_begin_object(&call->w, NULL);
	json_int(&call->w, "id", row->label);
	json_string(&call->w, "kind", label_kind_name(kind));
	json_string(&call->w, "name", name);
	json_int(&call->w, "records", row->records);
	json_end_object(&call->w);
}

static enum result show_label(struct call *call, const struct label_row *row, struct err *err)
{
	enum label_kind kind;
	const char *name;
	enum result r = labels_name(&call->vault->read, row->account, row->label, &call->pool, &kind, &name, err);

	if (r != OK)
		return r;
	call_say(call, "%-8s  %s\n", label_kind_name(kind), call_clean(call, name));
	print_label(call, row, kind, name);
	return OK;
}

/* `wanted` 0: of every kind. */
static enum result show_labels(struct call *call, uint32_t account, int wanted, struct paging *page, size_t *shown,
			       struct err *err)
{
	struct label_row rows[PAGE];
	size_t count, ask;
	enum result r;

	do {
		ask = paging_ask(page, PAGE);
		r = label_list(call->vault->read.data, account, page->number, &call->pool, rows, ask, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			bool shows = wanted == 0 || (int)rows[i].kind == wanted;

			if (shows && !paging_take(page))
				break;
			page->number = rows[i].label;
			if (shows)
				r = show_label(call, &rows[i], err);
			*shown += shows;
		}
	} while (r == OK && count == ask && !page->more);
	return r;
}

enum result op_label_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *kind_text = NULL;
	struct paging page = {0};
	const struct call_option options[] = {{"kind", &kind_text, NULL}, PAGING_OPTIONS(page)};
	enum label_kind kind = (enum label_kind)0;
	struct account account;
	size_t shown = 0;
	enum result r = call_parse(call, options, 3, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = read_kind(kind_text, &kind, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = paging_begin(call, &page, account.number, PAGING_ALL, "", err);
	if (r == OK)
		r = labels_note_read(&call->vault->read, account.number, call->now, err);
	if (r != OK)
		return r;
	paging_open(call, "labels");
	r = show_labels(call, account.number, kind_text != NULL ? (int)kind : 0, &page, &shown, err);
	r = paging_close(call, &page, account.number, "", r, err);
	if (r == OK && shown == 0 && !page.begun)
		call_say(
		    call,
		    "No record was labelled so yet: `queue`, `campaign` and `tags` of what is imported are labels.\n");
	return r;
}

/* ---- one ---- */

static enum result show_one(struct call *call, uint32_t account, int64_t number, struct err *err)
{
	struct session *session = &call->vault->read;
	struct label_row row;
	enum label_kind kind;
	const char *name;
	char count[32];
	enum result r = label_get(session->data, account, number, &call->pool, &row, err);

	if (r == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "there is no label %" PRId64 " in this account", number);
	if (r == OK)
		r = labels_note_read(session, account, call->now, err);
	if (r == OK)
		r = labels_name(session, account, number, &call->pool, &kind, &name, err);
	if (r != OK)
		return r;
	call_say(call, "%-8s  %s\n  in %s records\n", label_kind_name(kind), call_clean(call, name),
		 call_count(row.records, count));
	print_label(call, &row, kind, name);
	return OK;
}

enum result op_label_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	int64_t number = 0;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_number(argv[0], "a label", "write the id that `lethe label list --json` shows, such as 3", &number, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	return r == OK ? show_one(call, account.number, number, err) : r;
}
