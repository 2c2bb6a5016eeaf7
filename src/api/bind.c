/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/bind.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "ingest/field.h"
#include "shim/json_parse.h"

#define OPERANDS_MAX 8
#define NAMES_MAX 64

struct binding {
	const struct resource *resource;
	const struct request *request;
	const struct json *body; /* an object, or NULL */
	struct bound *out;
	const char *operands[OPERANDS_MAX];
	const char *field;
};

/* ---- what is not known ---- */

static const struct word *find_word(const struct resource *resource, enum word_place place, const char *name)
{
	for (size_t i = 0; i < resource->word_count; i++) {
		const struct word *word = &resource->words[i];

		if (word->place == place && strcmp(word->name, name) == 0)
			return word;
	}
	return NULL;
}

static enum result refuse_unknown(struct binding *binding, enum word_place place, const char *name, struct err *err)
{
	const struct resource *resource = binding->resource;
	const char *names[NAMES_MAX], *nearest;
	char shown[QUOTE_MAX];
	size_t count = 0;

	for (size_t i = 0; i < resource->word_count && count < NAMES_MAX; i++) {
		if (resource->words[i].place == place)
			names[count++] = resource->words[i].name;
	}
	binding->field = name;
	nearest = field_nearest(name, names, count);
	err_set(err, ERR_INPUT, "there is no %s %s here", place == IN_BODY ? "member" : "query parameter",
		quote(name, strlen(name), shown));
	if (nearest != NULL)
		return err_mend(err, "did you mean %s?", nearest);
	return err_mend(err, "leave it out; /v1/openapi.json lists those there are");
}

static enum result refuse_unknown_ones(struct binding *binding, struct err *err)
{
	const struct target *target = &binding->request->target;

	for (size_t i = 0; i < target->param_count; i++) {
		if (find_word(binding->resource, IN_QUERY, target->params[i].name) == NULL)
			return refuse_unknown(binding, IN_QUERY, target->params[i].name, err);
	}
	for (const struct json *at = binding->body != NULL ? binding->body->first : NULL; at != NULL; at = at->next) {
		if (find_word(binding->resource, IN_BODY, at->name) == NULL)
			return refuse_unknown(binding, IN_BODY, at->name, err);
	}
	return OK;
}

/* ---- the body ---- */

static bool takes_body(const struct resource *resource)
{
	for (size_t i = 0; i < resource->word_count; i++) {
		if (resource->words[i].place == IN_BODY)
			return true;
	}
	return false;
}

static enum result read_body(struct binding *binding, struct err *err)
{
	const struct request *request = binding->request;
	enum result r;

	if (request->body_len == 0)
		return OK;
	if (!takes_body(binding->resource) && strcmp(request->body, "{}") != 0) {
		err_set(err, ERR_INPUT, "nothing is expected in the body");
		return err_mend(err, "send none, or {}");
	}
	r = json_parse_once(request->body, request->body_len, request->pool, &binding->body, err);
	if (r == OK && binding->body->type != JSON_OBJECT) {
		err_set(err, ERR_INPUT, "the body is %s", json_type_name(binding->body->type));
		r = err_mend(err, "send an object: {..}");
	}
	return r;
}

/* ---- values ---- */

static enum result wrong_type(const struct word *word, const char *wanted, const struct json *value, struct err *err)
{
	err_set(err, ERR_INPUT, "%s is %s, not %s", word->name, json_type_name(value->type), wanted);
	return err_mend(err, "%s: %s", word->name, word->about);
}

static bool is_choice(const char *choices, const char *text)
{
	size_t len = strlen(text);

	for (const char *at = choices; *at != '\0'; at += *at == '|') {
		size_t word = strcspn(at, "|");

		if (word == len && memcmp(at, text, len) == 0)
			return true;
		at += word;
	}
	return false;
}

static enum result check_choice(const struct word *word, const char *text, struct err *err)
{
	char shown[QUOTE_MAX];

	if (word->choices == NULL || is_choice(word->choices, text))
		return OK;
	err_set(err, ERR_INPUT, "%s cannot be %s", word->name, quote(text, strlen(text), shown));
	return err_mend(err, "one of %s", word->choices);
}

static bool is_integer(const char *text)
{
	size_t digits = strspn(text + (*text == '-'), "0123456789");

	return digits > 0 && digits < 20 && text[digits + (*text == '-')] == '\0';
}

static enum result check_time(const struct word *word, const char *text, struct err *err)
{
	struct instant at;
	struct date day;
	size_t len = strlen(text);

	if (word->type != WORD_INSTANT && date_parse(text, len, &day, err) == OK)
		return OK;
	if (word->type != WORD_DAY && instant_parse(text, len, &at, err) == OK)
		return OK;
	err_set(err, ERR_INPUT, "%s is no %s", word->name, word->type == WORD_DAY ? "day" : "time");
	return err_mend(err, word->type == WORD_DAY ? "write it as 2026-02-28"
						    : "write it as RFC 3339 has it: 2026-02-28T09:30:00Z");
}

static enum result check_text(const struct word *word, const char *text, struct err *err)
{
	int most = word->place == IN_BODY ? BIND_TEXT_MAX : BIND_WORD_MAX;

	if (strlen(text) > (size_t)most)
		return err_set(err, ERR_INPUT, "%s is longer than %d bytes", word->name, most);
	switch (word->type) {
	case WORD_INT:
		if (is_integer(text))
			return OK;
		err_set(err, ERR_INPUT, "%s is no whole number", word->name);
		return err_mend(err, "%s: %s", word->name, word->about);
	case WORD_FLAG:
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return OK;
		return err_set(err, ERR_INPUT, "%s is true or false", word->name);
	case WORD_DAY:
	case WORD_TIME:
	case WORD_INSTANT:
		return check_time(word, text, err);
	case WORD_CHOICE:
		return check_choice(word, text, err);
	case WORD_TEXT:
	case WORD_SECRET:
	case WORD_LIST:
		break;
	}
	if (word->required && *text == '\0')
		return err_set(err, ERR_INPUT, "%s is empty", word->name);
	return OK;
}

/* What it says is of the member's JSON type. */
static enum result text_of_string(const struct word *word, const struct json *value, const char **out, struct err *err)
{
	if (value->type != JSON_STRING)
		return wrong_type(word, "a string", value, err);
	if (strlen(value->text) != value->len)
		return err_set(err, ERR_INPUT, "%s has a character U+0000 in it", word->name);
	*out = value->text;
	return OK;
}

/* One member of a list, which will stand between commas. */
static enum result check_member(const struct word *word, const struct json *member, struct err *err)
{
	const char *text;
	enum result r = text_of_string(word, member, &text, err);

	if (r == OK)
		r = check_choice(word, text, err);
	if (r == OK && strchr(text, ',') != NULL)
		r = err_set(err, ERR_INPUT, "a member of %s has a comma in it", word->name);
	return r;
}

/* The room that it needs is known before it is taken: a list may have thousands of members. */
static enum result text_of_list(struct pool *pool, const struct word *word, const struct json *value, const char **out,
				struct err *err)
{
	size_t room = 0; /* each and its comma, or the end */
	char *all, *end;

	if (value->type != JSON_ARRAY)
		return wrong_type(word, "an array", value, err);
	for (const struct json *at = value->first; at != NULL; at = at->next) {
		enum result r = check_member(word, at, err);

		room += at->len + 1;
		if (r == OK && room > BIND_TEXT_MAX + 1)
			r = err_set(err, ERR_INPUT, "%s is longer than %d bytes", word->name, BIND_TEXT_MAX);
		if (r != OK)
			return r;
	}
	end = all = pool_alloc(pool, room + 1);
	if (all == NULL)
		return err_no_memory(err);
	for (const struct json *at = value->first; at != NULL; at = at->next) {
		if (end != all)
			*end++ = ',';
		end = mempcpy(end, at->text, at->len);
	}
	*out = *all != '\0' ? all : NULL;
	return OK;
}

/* JSON has one kind of number: 24.0 is the integer 24 (JSON Schema 2020-12 too), as far as a double tells integers apart. */
static bool is_whole(const struct json *value)
{
	const double most = 9007199254740992;

	return value->type == JSON_DOUBLE && value->real >= -most && value->real <= most &&
	       (double)(int64_t)value->real == value->real;
}

static enum result text_of_json(struct pool *pool, const struct word *word, const struct json *value, const char **out,
				struct err *err)
{
	if (word->type == WORD_LIST)
		return text_of_list(pool, word, value, out, err);
	if (word->type == WORD_INT) {
		if (value->type != JSON_INT && !is_whole(value))
			return wrong_type(word, "a whole number", value, err);
		*out = pool_printf(pool, "%" PRId64, value->type == JSON_INT ? value->integer : (int64_t)value->real);
		return *out != NULL ? OK : err_no_memory(err);
	}
	if (word->type == WORD_FLAG) {
		if (value->type != JSON_BOOL)
			return wrong_type(word, "true or false", value, err);
		*out = value->boolean ? "true" : "false";
		return OK;
	}
	return text_of_string(word, value, out, err);
}

/* NULL: it is not there. */
static enum result value_of(struct binding *binding, const struct word *word, const char **out, struct err *err)
{
	const struct json *member = word->place == IN_BODY ? json_get(binding->body, word->name) : NULL;

	*out = NULL;
	if (word->place == IN_PATH)
		*out = request_parameter(binding->request, word->name);
	else if (word->place == IN_QUERY)
		return target_param(&binding->request->target, word->name, out, err);
	else if (member != NULL && member->type != JSON_NULL)
		return text_of_json(binding->request->pool, word, member, out, err);
	return OK;
}

/* ---- words ---- */

static enum result add_option(struct binding *binding, const struct word *word, const char *text, struct err *err)
{
	struct bound *out = binding->out;
	char *name;

	if (word->type == WORD_FLAG && strcmp(text, "true") != 0)
		return OK;
	name = pool_printf(binding->request->pool, "--%s", word->name);
	if (name == NULL)
		return err_no_memory(err);
	for (char *at = name; *at != '\0'; at++)
		*at = *at == '_' ? '-' : *at;
	out->argv[out->argc++] = name;
	if (word->type != WORD_FLAG)
		out->argv[out->argc++] = pool_strdup(binding->request->pool, text);
	return out->argv[out->argc - 1] != NULL ? OK : err_no_memory(err);
}

static enum result take_value(struct binding *binding, const struct word *word, const char **out, struct err *err)
{
	enum result r = value_of(binding, word, out, err);

	binding->field = word->name;
	if (r == OK && *out == NULL && word->required) {
		err_set(err, ERR_INPUT, "%s is missing", word->name);
		return err_mend(err, "%s: %s", word->name, word->about);
	}
	return r == OK && *out != NULL ? check_text(word, *out, err) : r;
}

static enum result bind_word(struct binding *binding, const struct word *word, struct err *err)
{
	const char *text;
	enum result r = take_value(binding, word, &text, err);

	if (r != OK || text == NULL)
		return r;
	if (word->operand == 0)
		return add_option(binding, word, text, err);
	INVARIANT(word->operand < OPERANDS_MAX);
	binding->operands[word->operand] = text;
	return OK;
}

static enum result add_operands(struct binding *binding, struct err *err)
{
	struct bound *out = binding->out;
	static char end[] = "--";

	out->argv[out->argc++] = end;
	for (int i = 1; i < OPERANDS_MAX && binding->operands[i] != NULL; i++) {
		char *copy = pool_strdup(binding->request->pool, binding->operands[i]);

		if (copy == NULL)
			return err_no_memory(err);
		out->argv[out->argc++] = copy;
	}
	return OK;
}

static enum result bind_all(struct binding *binding, struct err *err)
{
	const struct resource *resource = binding->resource;
	struct pool *pool = binding->request->pool;
	enum result r = OK;

	/* Each word is at most a name and a value; then what is fixed, "--" and the end. */
	binding->out->argv = pool_alloc(pool, (2 * resource->word_count + 3) * sizeof *binding->out->argv);
	if (binding->out->argv == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < resource->word_count && r == OK; i++)
		r = bind_word(binding, &resource->words[i], err);
	if (r != OK)
		return r;
	binding->field = NULL;
	if (resource->fixed != NULL) {
		binding->out->argv[binding->out->argc] = pool_strdup(pool, resource->fixed);
		if (binding->out->argv[binding->out->argc++] == NULL)
			return err_no_memory(err);
	}
	return add_operands(binding, err);
}

/* What is sent, and nothing in it that is not known. */
static enum result look_at(struct binding *binding, struct err *err)
{
	enum result r = read_body(binding, err);

	return r == OK ? refuse_unknown_ones(binding, err) : r;
}

enum result bind_request(const struct resource *resource, const struct request *request, struct bound *out,
			 const char **field, struct err *err)
{
	struct binding binding = {.resource = resource, .request = request, .out = out};
	enum result r;

	*out = (struct bound){.argc = 0};
	r = look_at(&binding, err);
	if (r == OK)
		r = bind_all(&binding, err);
	*field = binding.field;
	return r;
}

enum result bind_values(const struct resource *resource, const struct request *request, const char **values,
			const char **field, struct err *err)
{
	struct binding binding = {.resource = resource, .request = request};
	enum result r = look_at(&binding, err);

	for (size_t i = 0; i < resource->word_count && r == OK; i++)
		r = take_value(&binding, &resource->words[i], &values[i], err);
	*field = r == OK ? NULL : binding.field;
	return r;
}
