/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
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

static enum result show_label(struct call *call, const struct label_row *row, struct err *err)
{
	enum label_kind kind;
	const char *name;
	enum result r = labels_name(&call->vault->read, row->account, row->label, &call->pool, &kind, &name, err);

	if (r != OK)
		return r;
	call_say(call, "%-8s  %s\n", label_kind_name(kind), call_clean(call, name));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "kind", label_kind_name(kind));
	json_string(&call->w, "name", name);
	json_end_object(&call->w);
	return OK;
}

/* `wanted` 0: of every kind. */
static enum result show_labels(struct call *call, uint32_t account, int wanted, size_t *shown, struct err *err)
{
	struct label_row rows[PAGE];
	int64_t after = 0;
	size_t count;
	enum result r;

	do {
		r = label_list(call->vault->read.data, account, after, &call->pool, rows, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			if (wanted != 0 && (int)rows[i].kind != wanted)
				continue;
			r = show_label(call, &rows[i], err);
			++*shown;
		}
		after = r == OK && count > 0 ? rows[count - 1].label : after;
	} while (r == OK && count == PAGE);
	return r;
}

enum result op_label_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *kind_text = NULL;
	const struct call_option options[] = {{"kind", &kind_text, NULL}};
	enum label_kind kind = (enum label_kind)0;
	struct account account;
	size_t shown = 0;
	enum result r = call_parse(call, options, 1, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = read_kind(kind_text, &kind, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = labels_note_read(&call->vault->read, account.number, call->now, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "labels");
	r = show_labels(call, account.number, kind_text != NULL ? (int)kind : 0, &shown, err);
	json_end_array(&call->w);
	json_end_object(&call->w);
	if (r == OK && shown == 0)
		call_say(
		    call,
		    "No record was labelled so yet: `queue`, `campaign` and `tags` of what is imported are labels.\n");
	return r;
}
