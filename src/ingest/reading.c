/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/reading.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"

#undef reading_fault
#undef reading_wrong_type
#undef reading_unknown

enum result reading_fault(struct reading *r, struct place place)
{
	char path[200], shown[QUOTE_MAX];
	int n = snprintf(path, sizeof path, "%.80s", place.field);

	if (place.index != PLACE_NO_INDEX)
		n += snprintf(path + n, sizeof path - (size_t)n, "[%zu]", place.index);
	if (place.member)
		n += snprintf(path + n, sizeof path - (size_t)n, ".%.80s", place.member);
	return err_where(r->err, "field %s", quote(path, (size_t)n, shown));
}

enum result reading_wrong_type(struct reading *r, struct place place, const struct json *value, const char *wanted)
{
	err_set(r->err, ERR_INPUT, "%s is expected here, not %s", wanted, json_type_name(value->type));
	err_mend(r->err, "docs/import.md shows each field with an example");
	return reading_fault(r, place);
}

enum result reading_unknown(struct reading *r, struct place place, const char *what, const char *given,
			  const char *const *words, size_t count, const char *mend)
{
	const char *nearest = field_nearest(given, words, count);
	char shown[QUOTE_MAX];

	quote(given, strlen(given), shown);
	if (nearest)
		err_set(r->err, ERR_INPUT, "unknown %s %s; did you mean '%s'?", what, shown, nearest);
	else
		err_set(r->err, ERR_INPUT, "unknown %s %s", what, shown);
	err_mend(r->err, "%s", mend);
	return reading_fault(r, place);
}

bool reading_given(const struct json *value)
{
	return value && value->type != JSON_NULL;
}

enum result reading_word(struct reading *r, struct place place, const struct json *value, size_t max, const char **out)
{
	if (value->type != JSON_STRING) {
		reading_wrong_type(r, place, value, "a string");
		if (value->type == JSON_INT)
			err_mend(r->err, "put it in quotes: \"%lld\"", (long long)value->integer);
		return r->err->code;
	}
	if (field_word(value->text, value->len, max, r->err) != OK)
		return reading_fault(r, place);
	*out = value->text;
	return OK;
}

enum result reading_seconds(struct reading *r, struct place place, const struct json *value, int64_t *out_ms)
{
	if (value->type != JSON_INT && value->type != JSON_DOUBLE)
		return reading_wrong_type(r, place, value, "a number of seconds");
	if (field_seconds(value->real, out_ms, r->err) != OK)
		return reading_fault(r, place);
	return OK;
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

enum result reading_members(struct reading *r, struct place place, const struct json *object, const char *const *names,
			  size_t count)
{
	for (const struct json *m = object->first; m; m = m->next) {
		if (!is_among(m->name, names, count))
			return reading_unknown(r, place_member(place, m->name), "field", m->name, names, count,
					     "put what has no field of its own into 'custom'");
	}
	return OK;
}
