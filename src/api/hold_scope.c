/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/hold_scope.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/quote.h"
#include "privacy/person.h"
#include "vault/labels.h"
#include "vault/normal.h"

#define REASON_FILE_MAX 4096

/* ---- words ---- */

/* The texts "call,message" and "call" both name kinds. */
static enum result read_kinds(const char *text, uint32_t *out, struct err *err)
{
	char name[32], shown[QUOTE_MAX];
	enum record_kind kind;

	for (const char *at = text; at != NULL;) {
		size_t len = strcspn(at, ",");

		snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), at);
		if (!kind_parse(name, &kind)) {
			err_set(err, ERR_INPUT, "%s is no kind of record", quote(at, len, shown));
			err_where(err, "--kind");
			return err_mend(err, "write them as in --kind call,message");
		}
		*out |= 1u << kind;
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	return OK;
}

/* A day is its beginning, in UTC; or a whole date and time. */
static enum result read_time(const char *text, const char *option, bool *has, struct instant *out, struct err *err)
{
	struct date date;

	*has = text != NULL;
	if (text == NULL)
		return OK;
	if (strlen(text) == 10 && date_parse(text, 10, &date, err) == OK) {
		*out = date_start(date);
		return OK;
	}
	if (instant_parse(text, strlen(text), out, err) == OK)
		return OK;
	err_where(err, "%s", option);
	return err_mend(err, "write a day, as 2024-02-29, or a time with its offset, as 2024-02-29T12:00:00Z");
}

static enum result read_reason(struct call *call, const struct hold_words *words, const char **out, struct err *err)
{
	struct buf text;
	enum result r;

	*out = words->reason;
	if (words->reason_file == NULL)
		return OK;
	if (words->reason != NULL)
		return err_set(err, ERR_INPUT, "--reason and --reason-file both give the reason: give one");
	r = file_read(words->reason_file, REASON_FILE_MAX, &text, err);
	if (r != OK)
		return r;
	while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL)
		text.len--;
	*out = pool_strndup(&call->pool, text.data != NULL ? text.data : "", text.len);
	buf_free(&text);
	return *out != NULL ? OK : err_no_memory(err);
}

enum result hold_scope_words(struct call *call, const struct hold_words *words, struct hold_request *out,
			     struct err *err)
{
	enum result r = read_kinds(words->kinds, &out->kinds, err);

	if (r == OK)
		r = read_time(words->from, "--from", &out->has_from, &out->from, err);
	if (r == OK)
		r = read_time(words->until, "--until", &out->has_until, &out->until, err);
	if (r == OK)
		r = read_reason(call, words, &out->reason, err);
	out->custodian = words->custodian;
	out->matter = words->matter;
	return r;
}

/* ---- looked up ---- */

static enum result find_identity(struct call *call, const struct account *account, enum identity_kind kind,
				 const char *text, int64_t *out, struct err *err)
{
	struct session *session = &call->vault->read;
	struct identity_row row = {.identity = 0};
	struct normal normal;
	struct blind blind;
	bool found = false;
	enum result r = normal_make(NULL, account->country, kind, text, &call->pool, &normal, err);

	if (r == OK)
		r = keyring_blind(session->ring, account->number, normal.kind, normal.text, strlen(normal.text), &blind,
				  err);
	if (r == OK)
		r = identity_find(session->data, account->number, &blind, &found, &row, err);
	*out = r == OK && found ? row.identity : 0;
	return r;
}

static enum result none_such(const char *option, const char *what, const char *text, const char *mend, struct err *err)
{
	char shown[QUOTE_MAX];

	err_set(err, ERR_NOT_FOUND, "no record here has the %s %s", what, quote(text, strlen(text), shown));
	err_where(err, "%s", option);
	return err_mend(err, "%s", mend);
}

static const char spell_out[] = "check its spelling: with its country code it reads the same everywhere";

/* The account's own number first; else a number of somebody's. */
static enum result find_number(struct call *call, const struct account *account, const char *text, int64_t *out,
			       struct err *err)
{
	enum result r = OK;

	if (text == NULL)
		return OK;
	r = find_identity(call, account, IDENTITY_NUMBER, text, out, err);
	if (r == OK && *out == 0)
		r = find_identity(call, account, IDENTITY_PHONE, text, out, err);
	return r == OK && *out == 0 ? none_such("--number", "number", text, spell_out, err) : r;
}

static enum result find_own(struct call *call, const struct account *account, const char *text, int64_t *out,
			    struct err *err)
{
	enum result r = OK;

	if (text == NULL)
		return OK;
	r = find_identity(call, account, IDENTITY_NUMBER, text, out, err);
	return r == OK && *out == 0 ? none_such("--business-number", "business number", text, spell_out, err) : r;
}

static enum result find_user(struct call *call, const struct account *account, const char *text, int64_t *out,
			     struct err *err)
{
	enum result r = OK;

	if (text == NULL)
		return OK;
	r = find_identity(call, account, IDENTITY_AGENT, text, out, err);
	return r == OK && *out == 0
		   ? none_such("--user", "user", text, "write the id that their system gives them, as imported", err)
		   : r;
}

static enum result find_label(struct call *call, const struct account *account, enum label_kind kind,
			      const char *option, const char *text, int64_t *out, struct err *err)
{
	enum result r = OK;

	if (text == NULL)
		return OK;
	r = labels_find(&call->vault->read, account->number, kind, text, &call->pool, out, err);
	if (r == ERR_INPUT)
		return err_where(err, "%s", option);
	return r == OK && *out == 0
		   ? none_such(option, label_kind_name(kind), text, "`lethe label list` shows those there are", err)
		   : r;
}

enum result hold_scope_find(struct call *call, const struct account *account, const struct hold_words *words,
			    struct hold_request *out, struct err *err)
{
	enum result r = OK;

	if (words->person != NULL) {
		out->has_person = true;
		r = person_find_one(&call->vault->read, account, words->person, &call->pool, &out->person, err);
	}
	if (r == OK)
		r = find_number(call, account, words->number, &out->identity, err);
	if (r == OK)
		r = find_own(call, account, words->business_number, &out->number, err);
	if (r == OK)
		r = find_user(call, account, words->user, &out->agent, err);
	if (r == OK)
		r = find_label(call, account, LABEL_QUEUE, "--queue", words->queue, &out->queue, err);
	if (r == OK)
		r = find_label(call, account, LABEL_CAMPAIGN, "--campaign", words->campaign, &out->campaign, err);
	return r == OK ? find_label(call, account, LABEL_TAG, "--tag", words->tag, &out->tag, err) : r;
}

/* ---- shown ---- */

/* NULL when it is erased, or none was given. */
static enum result open_value(struct call *call, const struct hold_row *row, int64_t identity, const char **out,
			      struct err *err)
{
	struct session *session = &call->vault->read;
	struct identity_row found;
	enum result r;

	*out = NULL;
	if (identity == 0)
		return OK;
	r = identity_get(session->data, row->account, identity, &call->pool, &found, err);
	if (r == OK)
		r = open_identity(session->ring, &found, &call->pool, out, err);
	return r == ERR_NOT_FOUND || r == ERR_GONE ? OK : r;
}

static enum result open_label(struct call *call, const struct hold_row *row, int64_t label, const char **out,
			      struct err *err)
{
	enum label_kind kind;

	*out = NULL;
	return label == 0 ? OK : labels_name(&call->vault->read, row->account, label, &call->pool, &kind, out, err);
}

/* What the scope names, opened. */
struct names {
	const char *identity, *number, *user, *queue, *campaign, *tag;
};

static enum result open_names(struct call *call, const struct hold_row *row, struct names *out, struct err *err)
{
	enum result r = open_value(call, row, row->identity, &out->identity, err);

	if (r == OK)
		r = open_value(call, row, row->number, &out->number, err);
	if (r == OK)
		r = open_value(call, row, row->agent, &out->user, err);
	if (r == OK)
		r = open_label(call, row, row->queue, &out->queue, err);
	if (r == OK)
		r = open_label(call, row, row->campaign, &out->campaign, err);
	return r == OK ? open_label(call, row, row->tag, &out->tag, err) : r;
}

static void say_name(struct call *call, bool given, const char *what, const char *name)
{
	if (given)
		call_say(call, "  %s %s\n", what, name != NULL ? call_clean(call, name) : "(erased)");
}

static bool is_everything(const struct hold_row *row)
{
	return !row->has_person && row->identity == 0 && row->number == 0 && row->agent == 0 && row->queue == 0 &&
	       row->campaign == 0 && row->tag == 0 && row->kinds == 0 && !row->has_from && !row->has_until;
}

enum result hold_scope_say(struct call *call, const struct hold_row *row, struct err *err)
{
	char text[ID_TEXT_MAX], at[TIME_TEXT_MAX];
	struct names names;
	enum result r = open_names(call, row, &names, err);

	if (r != OK)
		return r;
	if (row->has_person)
		call_say(call, "  of person %s\n", id_format(PERSON_PREFIX, row->person, text));
	say_name(call, row->identity != 0, "of number", names.identity);
	say_name(call, row->number != 0, "by way of business number", names.number);
	say_name(call, row->agent != 0, "of user", names.user);
	say_name(call, row->queue != 0, "of queue", names.queue);
	say_name(call, row->campaign != 0, "of campaign", names.campaign);
	say_name(call, row->tag != 0, "tagged", names.tag);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (row->kinds & (1u << kind))
			call_say(call, "  %s\n", kind_plural((enum record_kind)kind));
	}
	if (row->has_from)
		call_say(call, "  from %s\n", instant_format(row->from, at));
	if (row->has_until)
		call_say(call, "  before %s\n", instant_format(row->until, at));
	if (is_everything(row))
		call_say(call, "  every record of the account\n");
	return OK;
}

enum result hold_scope_print(struct call *call, const struct hold_row *row, struct err *err)
{
	struct json_writer *w = &call->w;
	char text[ID_TEXT_MAX], at[TIME_TEXT_MAX];
	struct names names;
	enum result r = open_names(call, row, &names, err);

	if (r != OK)
		return r;
	json_string(w, "person", row->has_person ? id_format(PERSON_PREFIX, row->person, text) : NULL);
	json_bool(w, "of_number", row->identity != 0);
	json_string(w, "number", names.identity);
	json_string(w, "business_number", names.number);
	json_string(w, "user", names.user);
	json_string(w, "queue", names.queue);
	json_string(w, "campaign", names.campaign);
	json_string(w, "tag", names.tag);
	json_begin_array(w, "kinds");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (row->kinds & (1u << kind))
			json_string(w, NULL, kind_name((enum record_kind)kind));
	}
	json_end_array(w);
	json_string(w, "from", row->has_from ? instant_format(row->from, at) : NULL);
	json_string(w, "until", row->has_until ? instant_format(row->until, at) : NULL);
	return OK;
}
