/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "law/read.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "law/where.h"
#include "shim/json_parse.h"
#include "shim/json_where.h"
#include "store/kind.h"

#undef law_fault

#define DEPTH_MAX 8 /* of a path; no file of ours nests deeper */
#define JSON_DEPTH_MAX 64

struct law_at law_member(const struct law_at *object, const char *name)
{
	return (struct law_at){.above = object, .member = name, .value = json_get(object->value, name)};
}

struct law_at law_element(const struct law_at *array, size_t index, const struct json *value)
{
	return (struct law_at){.above = array, .element = index, .value = value};
}

/* The steps from the top, at most DEPTH_MAX of them. */
static size_t steps_to(const struct law_at *at, struct where_step steps[DEPTH_MAX])
{
	size_t depth = 0;

	for (const struct law_at *a = at; a->above; a = a->above)
		depth++;
	INVARIANT(depth <= DEPTH_MAX);
	for (size_t i = depth; i > 0; i--, at = at->above)
		steps[i - 1] = (struct where_step){at->member, at->element};
	return depth;
}

enum result law_fault(struct law_reader *r, const struct law_at *at)
{
	struct where_step steps[DEPTH_MAX];
	size_t depth = steps_to(at, steps), used = 0;
	char path[160] = "", shown[QUOTE_MAX];

	for (size_t i = 0; i < depth && used < sizeof path; i++) {
		if (steps[i].member)
			used += (size_t)snprintf(path + used, sizeof path - used, "%s%.60s", i > 0 ? "." : "",
						 steps[i].member);
		else
			used += (size_t)snprintf(path + used, sizeof path - used, "[%zu]", steps[i].element);
	}
	return err_where(r->err, "%.100s, line %zu%s%s", r->file, where_line(r->text, r->len, steps, depth),
			 depth > 0 ? ", " : "", depth > 0 ? quote(path, strlen(path), shown) : "");
}

/* Of a text that is no JSON, or has a member twice. */
static enum result parse_fault(struct law_reader *r)
{
	size_t at = 0;

	if (json_fault(r->text, r->len, JSON_DEPTH_MAX, &at))
		return err_where(r->err, "%.100s, line %zu", r->file, where_line_of_byte(r->text, r->len, at));
	return err_where(r->err, "%.100s", r->file);
}

enum result law_read(struct law_reader *r, struct law_at *top)
{
	*top = (struct law_at){0};
	if (r->len > LAW_FILE_MAX) {
		err_set(r->err, ERR_LIMIT, "the file is longer than %zu bytes", LAW_FILE_MAX);
		return err_where(r->err, "%.100s", r->file);
	}
	if (json_parse_once(r->text, r->len, r->pool, &top->value, r->err) != OK)
		return parse_fault(r);
	return law_want(r, top, JSON_OBJECT);
}

enum result law_want(struct law_reader *r, const struct law_at *at, enum json_type type)
{
	if (!at->value) {
		err_set(r->err, ERR_INPUT, "the member '%s' is missing", at->member);
		return law_fault(r, at->above);
	}
	if (at->value->type == type)
		return OK;
	err_set(r->err, ERR_INPUT, "%s is expected here, not %s", json_type_name(type),
		json_type_name(at->value->type));
	return law_fault(r, at);
}

/* "these are known: a, b, c" */
static void mend_with(struct law_reader *r, const char *const *words, size_t count)
{
	char list[240] = "";
	size_t used = 0;

	for (size_t i = 0; i < count && used < sizeof list; i++) {
		if (words[i] && words[i][0])
			used +=
			    (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "", words[i]);
	}
	err_mend(r->err, "these are known here: %s", list);
}

static enum result unknown(struct law_reader *r, const struct law_at *at, const char *what, const char *given,
			   size_t len, const char *const *words, size_t count)
{
	char shown[QUOTE_MAX];

	err_set(r->err, ERR_INPUT, "unknown %s %s", what, quote(given, len, shown));
	mend_with(r, words, count);
	return law_fault(r, at);
}

/* Its place among the words; `count` when it is none of them. */
static size_t find(const char *const *words, size_t count, const char *text, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (words[i] && words[i][0] && strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
			return i;
	}
	return count;
}

enum result law_object(struct law_reader *r, const struct law_at *at, const char *const *names, size_t count)
{
	if (law_want(r, at, JSON_OBJECT) != OK)
		return r->err->code;
	for (const struct json *m = at->value->first; m; m = m->next) {
		struct law_at member = {.above = at, .member = m->name, .value = m};

		if (find(names, count, m->name, strlen(m->name)) == count)
			return unknown(r, &member, "member", m->name, strlen(m->name), names, count);
	}
	return OK;
}

enum result law_array(struct law_reader *r, const struct law_at *at)
{
	if (law_want(r, at, JSON_ARRAY) != OK)
		return r->err->code;
	if (at->value->first)
		return OK;
	err_set(r->err, ERR_INPUT, "the list is empty");
	err_mend(r->err, "name at least one, or leave the member out where it may be");
	return law_fault(r, at);
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	}
	return false;
}

enum result law_text(struct law_reader *r, const struct law_at *at, const char **out)
{
	enum result result = law_want(r, at, JSON_STRING);

	if (result != OK)
		return result;
	*out = at->value->text;
	if (at->value->len == 0)
		err_set(r->err, ERR_INPUT, "the text is empty");
	else if (has_control(*out, at->value->len))
		err_set(r->err, ERR_INPUT, "the text holds a line end, a tab or another control character");
	else
		return OK;
	return law_fault(r, at);
}

enum result law_text_if(struct law_reader *r, const struct law_at *at, const char **out)
{
	*out = NULL;
	return at->value ? law_text(r, at, out) : OK;
}

enum result law_flag(struct law_reader *r, const struct law_at *at, bool *out)
{
	if (law_want(r, at, JSON_BOOL) != OK)
		return r->err->code;
	*out = at->value->boolean;
	return OK;
}

enum result law_span(struct law_reader *r, const struct law_at *at, struct span *out)
{
	const char *text;
	enum result result = law_text(r, at, &text);

	if (result != OK)
		return result;
	return span_parse(text, out, r->err) == OK ? OK : law_fault(r, at);
}

enum result law_date(struct law_reader *r, const struct law_at *at, struct date *out)
{
	const char *text;
	enum result result = law_text(r, at, &text);

	if (result != OK)
		return result;
	return date_parse(text, at->value->len, out, r->err) == OK ? OK : law_fault(r, at);
}

enum result law_word(struct law_reader *r, const struct law_at *at, const char *what, const char *const *words,
		     size_t count, size_t *out)
{
	if (law_want(r, at, JSON_STRING) != OK)
		return r->err->code;
	*out = find(words, count, at->value->text, at->value->len);
	return *out < count ? OK : unknown(r, at, what, at->value->text, at->value->len, words, count);
}

enum result law_words(struct law_reader *r, const struct law_at *at, const char *what, const char *const *words,
		      size_t count, uint32_t *out)
{
	size_t i = 0, word = 0;

	INVARIANT(count <= 32);
	*out = 0;
	if (law_array(r, at) != OK)
		return r->err->code;
	for (const struct json *value = at->value->first; value; value = value->next) {
		struct law_at element = law_element(at, i++, value);

		if (law_word(r, &element, what, words, count, &word) != OK)
			return r->err->code;
		if (*out & UINT32_C(1) << word) {
			err_set(r->err, ERR_INPUT, "the %s '%s' is named twice", what, words[word]);
			return law_fault(r, &element);
		}
		*out |= UINT32_C(1) << word;
	}
	return OK;
}

enum result law_texts(struct law_reader *r, const struct law_at *at, const char *const **out, size_t *count)
{
	const char **texts;

	if (law_array(r, at) != OK)
		return r->err->code;
	*count = 0;
	texts = pool_alloc(r->pool, at->value->len * sizeof *texts);
	if (!texts)
		return err_no_memory(r->err);
	for (const struct json *value = at->value->first; value; value = value->next) {
		struct law_at element = law_element(at, *count, value);

		if (law_text(r, &element, &texts[*count]) != OK)
			return r->err->code;
		++*count;
	}
	*out = texts;
	return OK;
}

enum result law_kinds(struct law_reader *r, const struct law_at *at, uint32_t *out)
{
	const char *names[KIND_COUNT] = {0};

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		names[kind] = kind_name((enum record_kind)kind);
	return law_words(r, at, "kind", names, KIND_COUNT, out);
}
