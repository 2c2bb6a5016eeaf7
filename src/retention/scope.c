/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/scope.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vault/labels.h"
#include "vault/seal.h"

#define WORDS_MAX 900 /* three labels, a number and a few words */

struct words {
	struct session *session;
	uint32_t account;
	struct pool *pool;
	char text[WORDS_MAX];
	size_t used;
};

PRINTF_LIKE(2, 3) static void say(struct words *words, const char *format, ...)
{
	va_list ap;

	words->used += (size_t)snprintf(words->text + words->used, sizeof words->text - words->used, "%s",
					words->used > 0 ? ", " : "");
	va_start(ap, format);
	words->used += (size_t)vsnprintf(words->text + words->used, sizeof words->text - words->used, format, ap);
	va_end(ap);
	INVARIANT(words->used < sizeof words->text);
}

static enum result say_label(struct words *words, const char *what, int64_t label, struct err *err)
{
	enum label_kind kind;
	const char *name;
	enum result r;

	if (label == 0)
		return OK;
	r = labels_name(words->session, words->account, label, words->pool, &kind, &name, err);
	if (r == OK)
		say(words, "%s %.*s", what, LABEL_NAME_MAX, name);
	else if (r == ERR_NOT_FOUND)
		say(words, "%s number %" PRId64, what, label);
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result say_number(struct words *words, int64_t identity, struct err *err)
{
	struct identity_row row;
	const char *value;
	enum result r;

	if (identity == 0)
		return OK;
	r = identity_get(words->session->data, words->account, identity, words->pool, &row, err);
	if (r == OK)
		r = open_identity(words->session->ring, &row, words->pool, &value, err);
	if (r == OK)
		say(words, "the number %.60s", value);
	else if (r == ERR_NOT_FOUND || r == ERR_GONE)
		say(words, "the number of identity %" PRId64, identity);
	return r == ERR_NOT_FOUND || r == ERR_GONE ? OK : r;
}

static void say_plain(struct words *words, const struct policy_scope *scope)
{
	int64_t ms = scope->min_duration_ms;

	if (scope->direction != DIRECTION_NONE)
		say(words, "%s", direction_name(scope->direction));
	if (ms != 0 && ms % 1000 == 0)
		say(words, "of at least %" PRId64 " s", ms / 1000);
	else if (ms != 0)
		say(words, "of at least %" PRId64 " ms", ms);
}

enum result scope_words(struct session *session, uint32_t account, const struct policy_scope *scope, struct pool *pool,
			const char **out, struct err *err)
{
	struct words words = {.session = session, .account = account, .pool = pool};
	bool named = (scope->queue | scope->campaign | scope->tag | scope->number) != 0;
	enum result r = say_label(&words, "the queue", scope->queue, err);

	if (r == OK)
		r = say_label(&words, "the campaign", scope->campaign, err);
	if (r == OK)
		r = say_label(&words, "the tag", scope->tag, err);
	if (r == OK)
		r = say_number(&words, scope->number, err);
	if (r != OK)
		return r;
	say_plain(&words, scope);
	*out = NULL;
	if (words.used == 0)
		return OK;
	*out = pool_printf(pool, "%s%s", named ? "of " : "", words.text);
	return *out == NULL ? err_no_memory(err) : OK;
}
