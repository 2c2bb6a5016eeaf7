/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/normal.h"

#include <string.h>

#include "base/text.h"

#define IDENTIFIER_MAX 512

static const char *trimmed(struct pool *pool, const char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	for (len = strlen(text); len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL; len--)
		;
	return pool_strndup(pool, text, len);
}

static enum result as_phone(struct phone_cache *cache, const char *country, struct pool *pool, const char *text,
			    const char **out, struct err *err)
{
	char e164[PHONE_E164_MAX];
	enum result r = phone_to_e164(cache, text, strlen(text), country, e164, err);

	if (r != OK)
		return r;
	*out = pool_strdup(pool, e164);
	return *out != NULL ? OK : err_no_memory(err);
}

static enum result check(const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len == 0 || text[strspn(text, " \t\r\n")] == '\0')
		return err_set(err, ERR_INPUT, "an identifier is empty");
	if (len > IDENTIFIER_MAX)
		return err_set(err, ERR_INPUT, "an identifier is %zu bytes long; the maximum is %d", len,
			       IDENTIFIER_MAX);
	if (!text_is_utf8(text, len))
		return err_set(err, ERR_INPUT, "an identifier is not UTF-8");
	return OK;
}

enum result normal_make(struct phone_cache *cache, const char *country, enum identity_kind kind, const char *text,
			struct pool *pool, struct normal *out, struct err *err)
{
	enum result r = check(text, err);

	if (r != OK)
		return r;
	*out = (struct normal){.kind = kind};
	if (kind == IDENTITY_PHONE || kind == IDENTITY_NUMBER) {
		r = as_phone(cache, country, pool, text, &out->text, err);
		if (r != ERR_INPUT)
			return r;
	} else if (kind == IDENTITY_EMAIL && text_is_email(text, strlen(text))) {
		out->text = text_fold_email(pool, text, strlen(text));
	}
	if (out->text == NULL && (kind == IDENTITY_PHONE || kind == IDENTITY_EMAIL)) {
		out->kind = IDENTITY_EXTERNAL;
		out->fell_back = true;
	}
	if (out->text == NULL)
		out->text = trimmed(pool, text);
	return out->text != NULL ? OK : err_no_memory(err);
}

static bool seen(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0)
			return true;
	}
	return false;
}

size_t normal_name_words(struct pool *pool, const char *name, const char **out, size_t max)
{
	static const char between[] = " ,.;()\"";
	char *folded = text_fold(pool, name, strlen(name)), *at, *end;
	size_t count = 0;

	if (folded == NULL)
		return 0;
	for (at = folded + strspn(folded, between); *at != '\0' && count < max; at = end) {
		end = at + strcspn(at, between);
		if (*end != '\0')
			*end++ = '\0';
		if (!seen(out, count, at))
			out[count++] = at;
		end += strspn(end, between);
	}
	return count;
}
