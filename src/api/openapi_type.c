/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/openapi_run.h"

#include <string.h>

#include "api/bind.h"
#include "api/paging.h"
#include "retention/ahead.h"
#include "vault/rotate.h"

/* A member of a body that need not be there may be null: then it is not. */
static bool may_be_null(const struct word *word)
{
	return word->place == IN_BODY && !word->required;
}

static void write_type(struct json_writer *w, const struct word *word, const char *type)
{
	if (!may_be_null(word)) {
		json_string(w, "type", type);
		return;
	}
	json_begin_array(w, "type");
	json_string(w, NULL, type);
	json_string(w, NULL, "null");
	json_end_array(w);
}

static void write_choices(struct json_writer *w, const char *choices, bool null)
{
	json_begin_array(w, "enum");
	for (const char *at = choices; *at != '\0'; at += *at == '|') {
		size_t len = strcspn(at, "|");

		json_string_n(w, NULL, at, len);
		at += len;
	}
	if (null)
		json_null(w, NULL);
	json_end_array(w);
}

/* Ids that stand in a path, where nothing else leads to the thing. */
static void write_id(struct json_writer *w, const struct word *word)
{
	static const struct { const char *word, *pattern; } ids[] = {
#define ID(prefix) "^" prefix "_[0-7][0-9a-hjkmnp-tv-z]{25}$"
	    {"end", ID("ses")},	  {"ended", ID("acc")}, {"event", ID("evt")},	{"hold", ID("hold")},
	    {"job", ID("job")}, {"session", ID("ses")}, {"token", ID("tok")}, {"webhook", ID("whk")},
	};

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		if (word->place == IN_PATH && strcmp(ids[i].word, word->name) == 0)
			json_string(w, "pattern", ids[i].pattern);
	}
}

static void write_string(struct json_writer *w, const struct word *word)
{
	write_type(w, word, "string");
	if (word->type == WORD_DAY)
		json_string(w, "format", "date");
	if (word->type == WORD_INSTANT)
		json_string(w, "format", "date-time");
	if (word->type == WORD_CHOICE)
		write_choices(w, word->choices, may_be_null(word));
	if (word->type == WORD_SECRET) {
		json_string(w, "format", "password");
		json_bool(w, "writeOnly", true);
	}
	if (word->type == WORD_TEXT || word->type == WORD_SECRET)
		json_int(w, "maxLength", word->place == IN_BODY ? BIND_TEXT_MAX : BIND_WORD_MAX);
	if (word->type == WORD_TEXT && word->required)
		json_int(w, "minLength", 1);
	if (word->type == WORD_TEXT)
		write_id(w, word);
}

static void write_integer(struct json_writer *w, const struct word *word)
{
	/* Of queries and bodies; `lethe help` of each operation says the same. */
	static const struct { const char *word; int64_t least, most; } bounds[] = {
	    {"limit", 1, PAGING_MAX}, {"days", 1, AHEAD_DAYS_MAX}, {"grace", 0, 8760},
	    {"every", 1, EPOCH_DAYS_MAX}, {"max_records", 1, 999999999999}, {"max_seconds", 1, 999999999999},
	};

	write_type(w, word, "integer");
	if (word->place == IN_PATH)
		json_int(w, "minimum", 0);
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		if (word->place == IN_PATH || strcmp(bounds[i].word, word->name) != 0)
			continue;
		json_int(w, "minimum", bounds[i].least);
		json_int(w, "maximum", bounds[i].most);
	}
}

/* A day or an instant. */
static void write_time(struct json_writer *w, const struct word *word)
{
	static const char *const formats[] = {"date-time", "date"};

	write_type(w, word, "string");
	json_begin_array(w, "anyOf");
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		json_begin_object(w, NULL);
		json_string(w, "format", formats[i]);
		json_end_object(w);
	}
	json_end_array(w);
}

static void write_list(struct json_writer *w, const struct word *word)
{
	write_type(w, word, "array");
	json_begin_object(w, "items");
	json_string(w, "type", "string");
	if (word->choices != NULL)
		write_choices(w, word->choices, false);
	json_end_object(w);
}

void openapi_word(struct json_writer *w, const char *name, const struct word *word)
{
	json_begin_object(w, name);
	switch (word->type) {
	case WORD_INT:
		write_integer(w, word);
		break;
	case WORD_FLAG:
		write_type(w, word, "boolean");
		break;
	case WORD_TIME:
		write_time(w, word);
		break;
	case WORD_LIST:
		write_list(w, word);
		break;
	case WORD_TEXT:
	case WORD_SECRET:
	case WORD_DAY:
	case WORD_INSTANT:
	case WORD_CHOICE:
		write_string(w, word);
		break;
	}
	if (word->place == IN_BODY)
		json_string(w, "description", word->about);
	json_end_object(w);
}
