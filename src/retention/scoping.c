/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/scoping.h"

#include <string.h>
#include <strings.h>

#include "base/quote.h"
#include "retention/scope.h"
#include "vault/labels.h"
#include "vault/normal.h"

#define DURATION_MAX_MS ((int64_t)366 * 24 * 60 * 60 * 1000)
#define LABELS 3

/* ---- labels ---- */

/* The three kinds of labels, as the words and the scope have them. */
static const char *word_of(const struct scope_given *words, enum label_kind kind)
{
	if (words == NULL)
		return NULL;
	return kind == LABEL_QUEUE ? words->queue : kind == LABEL_CAMPAIGN ? words->campaign : words->tag;
}

static int64_t *label_of(struct policy_scope *scope, enum label_kind kind)
{
	return kind == LABEL_QUEUE ? &scope->queue : kind == LABEL_CAMPAIGN ? &scope->campaign : &scope->tag;
}

static enum result read_label(struct session *session, uint32_t account, enum label_kind kind, const char *word,
			      struct pool *pool, int64_t *out, struct err *err)
{
	enum result r = labels_find(session, account, kind, word, pool, out, err);

	if (r == OK && *out == 0)
		*out = SCOPE_UNKNOWN;
	return r;
}

enum result scope_make_labels(struct session *session, uint32_t account, const struct scope_given *words,
			      struct pool *pool, struct policy_scope *scope, struct err *err)
{
	enum result r = OK;

	for (int kind = LABEL_QUEUE; kind <= LABEL_TAG && r == OK; kind++) {
		int64_t *label = label_of(scope, (enum label_kind)kind);

		if (*label == SCOPE_UNKNOWN)
			r = labels_make(session, account, (enum label_kind)kind, word_of(words, (enum label_kind)kind),
				       pool, label, err);
	}
	return r;
}

static enum result label_text(struct session *session, uint32_t account, enum label_kind kind, int64_t label,
			      const struct scope_given *words, struct pool *pool, const char **out, struct err *err)
{
	enum label_kind found;

	*out = word_of(words, kind);
	if (label != SCOPE_UNKNOWN)
		return labels_name(session, account, label, pool, &found, out, err);
	INVARIANT(*out != NULL);
	return OK;
}

/* ---- reading ---- */

static enum result read_number(struct session *session, const struct account *account, const char *text,
			       struct pool *pool, int64_t *out, struct err *err)
{
	struct identity_row row;
	char shown[QUOTE_MAX];
	struct normal normal;
	struct blind blind;
	bool found = false;
	enum result r = normal_make(NULL, account->country, IDENTITY_NUMBER, text, pool, &normal, err);

	if (r == OK)
		r = keyring_blind(session->ring, account->number, normal.kind, normal.text, strlen(normal.text), &blind,
				  err);
	if (r == OK)
		r = identity_find(session->data, account->number, &blind, &found, &row, err);
	if (r == OK && !found) {
		err_set(err, ERR_NOT_FOUND, "%s is no number of the account's own: no record was on it",
			quote(text, strlen(text), shown));
		r = err_mend(err, "check its spelling: with its country code it reads the same everywhere; or import "
				  "a record of it first");
	}
	if (r == OK)
		*out = row.identity;
	return r;
}

static enum result read_direction(const char *text, enum direction *out, struct err *err)
{
	char shown[QUOTE_MAX];

	if (*text != '\0' && direction_parse(text, out))
		return OK;
	err_set(err, ERR_INPUT, "%s is no direction", quote(text, strlen(text), shown));
	return err_mend(err, "one of: inbound, outbound, internal");
}

static bool read_unit(const char *unit, int64_t *ms)
{
	static const struct { const char *name; int64_t ms; } units[] = {
	    {"s", 1000},	  {"sec", 1000},      {"second", 1000}, {"seconds", 1000},  {"min", 60000},
	    {"minute", 60000}, {"minutes", 60000}, {"h", 3600000},   {"hour", 3600000}, {"hours", 3600000},
	};

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcasecmp(unit, units[i].name) == 0) {
			*ms = units[i].ms;
			return true;
		}
	}
	return false;
}

static enum result read_duration(const char *text, int64_t *out, struct err *err)
{
	size_t digits = strspn(text, "0123456789");
	char shown[QUOTE_MAX];
	int64_t number = 0, unit = 0;

	for (size_t i = 0; i < digits && number <= DURATION_MAX_MS; i++)
		number = number * 10 + (text[i] - '0');
	if (digits > 0 && read_unit(text + digits + strspn(text + digits, " "), &unit) && number > 0 &&
	    number <= DURATION_MAX_MS / unit) {
		*out = number * unit;
		return OK;
	}
	err_set(err, ERR_INPUT, "%s is no duration", quote(text, strlen(text), shown));
	return err_mend(err, "write it as in \"30 seconds\", \"90s\", \"2 minutes\" or \"1 hour\"; at least a second, at most "
			     "366 days");
}

enum result scope_read(struct session *session, const struct account *account, const struct scope_given *words,
		       struct pool *pool, struct policy_scope *out, struct err *err)
{
	enum result r = OK;

	*out = (struct policy_scope){.number = 0};
	for (int kind = LABEL_QUEUE; kind <= LABEL_TAG && r == OK; kind++) {
		const char *word = word_of(words, (enum label_kind)kind);

		if (word != NULL)
			r = read_label(session, account->number, (enum label_kind)kind, word, pool,
				       label_of(out, (enum label_kind)kind), err);
	}
	if (r == OK && words->direction != NULL)
		r = read_direction(words->direction, &out->direction, err);
	if (r == OK && words->min_duration != NULL)
		r = read_duration(words->min_duration, &out->min_duration_ms, err);
	if (r == OK && words->number != NULL)
		r = read_number(session, account, words->number, pool, &out->number, err);
	return r;
}

/* ---- writing ---- */

static enum result number_text(struct session *session, uint32_t account, int64_t number, struct pool *pool,
			       const char **out, struct err *err)
{
	struct identity_row row;
	enum result r = identity_get(session->data, account, number, pool, &row, err);

	return r == OK ? open_identity(session->ring, &row, pool, out, err) : r;
}

/* What no record has yet has no number to be named by. */
static enum result add_unknown(const struct policy_scope *scope, const struct scope_given *words, struct pool *pool,
			       const char **text, struct err *err)
{
	struct policy_scope copy = *scope;

	for (int kind = LABEL_QUEUE; kind <= LABEL_TAG; kind++) {
		if (*label_of(&copy, (enum label_kind)kind) != SCOPE_UNKNOWN)
			continue;
		*text = pool_printf(pool, "%s%sthe %s %s", *text, **text != '\0' ? ", " : "of ",
				    label_kind_name((enum label_kind)kind), word_of(words, (enum label_kind)kind));
		if (*text == NULL)
			return err_no_memory(err);
	}
	return OK;
}

enum result scope_text(struct session *session, uint32_t account, const struct policy_scope *scope,
		       const struct scope_given *words, struct pool *pool, const char **out, struct err *err)
{
	struct policy_scope known = *scope;
	enum result r;

	for (int kind = LABEL_QUEUE; kind <= LABEL_TAG; kind++) {
		int64_t *label = label_of(&known, (enum label_kind)kind);

		*label = *label == SCOPE_UNKNOWN ? 0 : *label;
	}
	r = scope_words(session, account, &known, pool, out, err);
	if (r != OK)
		return r;
	*out = *out != NULL ? *out : "";
	return add_unknown(scope, words, pool, out, err);
}

enum result scope_write(struct json_writer *w, struct session *session, uint32_t account,
			const struct policy_scope *scope, const struct scope_given *words, struct pool *pool,
			struct err *err)
{
	struct policy_scope copy = *scope;
	const char *number = NULL, *names[LABELS + 1] = {NULL};
	enum result r = OK;

	for (int kind = LABEL_QUEUE; kind <= LABEL_TAG && r == OK; kind++) {
		int64_t label = *label_of(&copy, (enum label_kind)kind);

		if (label != 0)
			r = label_text(session, account, (enum label_kind)kind, label, words, pool, &names[kind], err);
	}
	if (r == OK && scope->number != 0)
		r = number_text(session, account, scope->number, pool, &number, err);
	if (r != OK)
		return r;
	json_begin_object(w, "scope");
	if (number != NULL)
		json_string(w, "number", number);
	for (int kind = LABEL_QUEUE; kind <= LABEL_TAG; kind++) {
		if (names[kind] != NULL)
			json_string(w, label_kind_name((enum label_kind)kind), names[kind]);
	}
	if (scope->direction != DIRECTION_NONE)
		json_string(w, "direction", direction_name(scope->direction));
	if (scope->min_duration_ms != 0)
		json_int(w, "min_duration_ms", scope->min_duration_ms);
	json_end_object(w);
	return OK;
}
