/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/receipt.h"
#include "base/file.h"
#include "api/operations.h"

#define RECEIPT_MAX ((size_t)16 * 1024 * 1024)

static enum result read_input(struct buf *out, struct err *err)
{
	char part[16384];

	buf_init(out, RECEIPT_MAX);
	for (;;) {
		ssize_t n = read(STDIN_FILENO, part, sizeof part);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "cannot read standard input");
		if (n == 0)
			return buf_ok(out, "the receipt", err);
		buf_add(out, part, (size_t)n);
	}
}

static enum result read_key(const char *path, struct note_key *out, struct err *err)
{
	struct buf text = {0};
	enum result r;

	if (path == NULL) {
		err_set(err, ERR_INPUT, "the public key is missing");
		return err_mend(err, "add --key FILE; it is lethe.pub in the region's folder");
	}
	r = file_read(path, NOTE_KEY_TEXT_MAX, &text, err);
	if (r == OK) {
		r = note_key_parse(text.len > 0 ? text.data : "", out, err);
		if (r != OK)
			err_where(err, "%s", path);
	}
	buf_free(&text);
	return r;
}

static void print_verified(struct call *call, const struct json *statement, const struct checkpoint *at)
{
	struct json_writer *w = &call->w;

	json_begin_object(w, NULL);
	json_bool(w, "verified", true);
	json_string(w, "log", at->origin);
	json_int(w, "log_size", (int64_t)at->size);
	json_node(w, "statement", statement);
	json_end_object(w);
}

/* The statement for people: its members, one a line. */
static enum result say_statement(struct call *call, const struct json *statement, struct err *err)
{
	for (const struct json *member = statement->first; member != NULL; member = member->next) {
		struct buf text;
		enum result r;

		buf_init(&text, RECEIPT_MAX);
		if (member->type == JSON_STRING)
			buf_add(&text, member->text, member->len);
		else
			json_add_tree(&text, member);
		r = buf_ok(&text, "the statement", err);
		if (r == OK)
			call_say(call, "  %-14s %s\n", call_clean(call, member->name), call_clean(call, text.data));
		buf_free(&text);
		if (r != OK)
			return r;
	}
	return OK;
}

enum result op_verify(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *key_path = NULL;
	const struct call_option options[] = {{"key", &key_path, NULL}};
	const struct json *statement;
	struct buf receipt = {0};
	struct checkpoint at;
	struct note_key key;
	char count[32];
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = read_key(key_path, &key, err);
	if (r == OK)
		r = strcmp(argv[0], "-") == 0 ? read_input(&receipt, err)
					      : file_read(argv[0], RECEIPT_MAX, &receipt, err);
	if (r == OK)
		r = receipt_verify(receipt.data != NULL ? receipt.data : "", receipt.len, &key, &call->pool, &statement,
				   &at, err);
	buf_free(&receipt);
	if (r != OK)
		return r;
	call_say(call, "The receipt holds: signed by %s, in its log of %s acts.\n", at.origin,
		 call_count((int64_t)at.size, count));
	print_verified(call, statement, &at);
	return say_statement(call, statement, err);
}
