/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/act.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "store/leaf.h"
#include "vault/log_term.h"
#include "vault/outbox.h"

/* Onto the end of what is there: cheaper than printing, and each read writes a leaf. */
static size_t put(char *out, size_t at, size_t size, const char *text)
{
	size_t len = strlen(text);

	INVARIANT(len < size - at);
	memcpy(out + at, text, len + 1);
	return at + len;
}

static struct act_field *add_field(struct act *act, const char *name, const char *suffix)
{
	struct act_field *field;
	size_t len;

	INVARIANT(act->count < ACT_FIELDS_MAX);
	field = &act->fields[act->count++];
	len = put(field->name, 0, sizeof field->name, name);
	len = put(field->name, len, sizeof field->name, suffix);
	INVARIANT(len > 0);
	field->is_int = false;
	return field;
}

static void add_text(struct act *act, const char *name, const char *text)
{
	struct act_field *field = add_field(act, name, "");

	put(field->text, 0, sizeof field->text, text);
}

/* ---- who ---- */

static _Thread_local struct act_by acting;

void act_by_set_(const char *prefix, struct id id)
{
	id_format(prefix, id, acting.text);
}

void act_by_nobody(void)
{
	acting = (struct act_by){.text = ""};
}

bool act_by_reason(const char *reference)
{
	size_t len = strlen(reference);

	if (len == 0 || len > ACT_REASON_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)reference[i]) && strchr("._-", reference[i]) == NULL)
			return false;
	}
	memcpy(acting.reason, reference, len + 1);
	return true;
}

struct act_by act_by_now(void)
{
	return acting;
}

void act_by_take(const struct act_by *by)
{
	acting = *by;
}

/* ---- what ---- */

void act_begin_(struct act *act, const char *name, uint32_t account, struct instant at)
{
	act->account = account;
	act->at = at;
	act->count = 0;
	add_text(act, "act", name);
	act_instant_(act, "at", at);
	act_int_(act, "account", "", account);
	/* Who, by number or opaque id. A name would be personal. */
	if (acting.text[0] != '\0')
		add_text(act, "by", acting.text);
	else
		act_int_(act, "uid", "", (int64_t)getuid());
	if (acting.reason[0] != '\0')
		add_text(act, "reason", acting.reason);
}

void act_int_(struct act *act, const char *name, const char *suffix, int64_t value)
{
	struct act_field *field = add_field(act, name, suffix);

	field->is_int = true;
	field->integer = value;
}

void act_id_(struct act *act, const char *name, const char *prefix, struct id id)
{
	char text[ID_TEXT_MAX];

	add_text(act, name, id_format(prefix, id, text));
}

void act_word_(struct act *act, const char *name, const char *word)
{
	add_text(act, name, word);
}

void act_instant_(struct act *act, const char *name, struct instant at)
{
	char text[TIME_TEXT_MAX];

	add_text(act, name, instant_format(at, text));
}

void act_digest_(struct act *act, const char *name, const char *hex)
{
	INVARIANT(strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64);
	add_text(act, name, hex);
}

static int by_name(const void *a, const void *b)
{
	const struct act_field *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

enum result act_write(const struct act *act, struct buf *out, struct err *err)
{
	const struct act_field *sorted[ACT_FIELDS_MAX];
	struct json_writer w;

	for (size_t i = 0; i < act->count; i++)
		sorted[i] = &act->fields[i];
	/* Names are ASCII, so byte order is the UTF-16 order RFC 8785 asks for. */
	qsort(sorted, act->count, sizeof sorted[0], by_name);
	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	for (size_t i = 0; i < act->count; i++) {
		if (sorted[i]->is_int)
			json_int(&w, sorted[i]->name, sorted[i]->integer);
		else
			json_string(&w, sorted[i]->name, sorted[i]->text);
	}
	json_end_object(&w);
	return buf_ok(out, "an audit leaf", err);
}

enum result act_append(const struct act *act, struct db *data, uint64_t *seq, struct err *err)
{
	struct buf body;
	uint64_t number;
	enum result r;

	buf_init(&body, ACT_LEAF_MAX);
	r = act_write(act, &body, err);
	if (r == OK)
		r = leaf_append(data, act->account, act->at, log_term_of(act->fields[0].text), body.data, body.len,
				&number, err);
	if (r == OK)
		r = outbox_act(data, act->fields[0].text, act->account, number, act->at, err);
	if (r == OK && seq != NULL)
		*seq = number;
	buf_free(&body);
	return r;
}

enum result act_append_alone(const struct act *act, struct db *data, uint64_t *seq, struct err *err)
{
	enum result r = db_begin(data, err);

	if (r != OK)
		return r;
	r = act_append(act, data, seq, err);
	if (r == OK)
		return db_commit(data, err);
	db_rollback(data);
	return r;
}
