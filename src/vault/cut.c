/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/cut.h"

#include <stdio.h>
#include <string.h>

#include "shim/json_parse.h"

#define PAYLOAD_MAX ((size_t)16 * 1024 * 1024)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Members of the payload by the field that they are; each is called as its field is. */
static const enum obligation_field members[] = {
    OBLIGATION_FROM,	  OBLIGATION_TO,     OBLIGATION_TIME,	OBLIGATION_DURATION,
    OBLIGATION_DIRECTION, OBLIGATION_STATUS, OBLIGATION_NUMBER, OBLIGATION_AGENT,
};
#define PEOPLE (OBLIGATION_FROM | OBLIGATION_TO | OBLIGATION_AGENT)

static bool given(const struct json *payload, enum obligation_field field)
{
	const struct json *value = json_get(payload, obligation_field_name(field));

	return value != NULL && value->type != JSON_NULL;
}

/* With the own number, where it is the end that from or to would name. */
static uint32_t fields_of(const struct json *payload, uint32_t fields)
{
	bool from = (fields & OBLIGATION_FROM) != 0 && !given(payload, OBLIGATION_FROM);
	bool to = (fields & OBLIGATION_TO) != 0 && !given(payload, OBLIGATION_TO);

	return from || to ? fields | OBLIGATION_NUMBER : fields;
}

/* ---- people ---- */

/* The member that says who it is; NULL: none does. */
static const struct json *handle_of(const struct json *person)
{
	static const char *const handles[] = {"phone", "email", "id"};
	const struct json *found = NULL;

	for (size_t i = 0; i < COUNT(handles) && found == NULL; i++)
		found = json_get(person, handles[i]);
	return found;
}

static void write_person(struct json_writer *w, const char *name, const struct json *person)
{
	const struct json *handle = handle_of(person);

	if (person->type == JSON_STRING) {
		json_node(w, name, person);
	} else if (handle != NULL) {
		json_begin_object(w, name);
		json_node(w, handle->name, handle);
		json_end_object(w);
	}
}

static void write_people(struct json_writer *w, const char *name, const struct json *people)
{
	if (people->type != JSON_ARRAY) {
		write_person(w, name, people);
		return;
	}
	json_begin_array(w, name);
	for (const struct json *person = people->first; person != NULL; person = person->next)
		write_person(w, NULL, person);
	json_end_array(w);
}

/* Nothing but who it is. */
static bool is_bare(const struct json *person)
{
	return person->type == JSON_STRING || (person->type == JSON_OBJECT && person->len == 1 && handle_of(person) != NULL);
}

static bool are_bare(const struct json *people)
{
	if (people->type != JSON_ARRAY)
		return is_bare(people);
	for (const struct json *person = people->first; person != NULL; person = person->next) {
		if (!is_bare(person))
			return false;
	}
	return true;
}

/* ---- cutting ---- */

static enum result parse(const char *payload, size_t len, struct pool *pool, const struct json **out, struct err *err)
{
	enum result r = json_parse_once(payload, len, pool, out, err);

	if (r == ERR_NO_MEMORY)
		return r;
	if (r != OK || (*out)->type != JSON_OBJECT)
		return err_set(err, ERR_CORRUPT, "the payload of a record is no JSON object");
	return OK;
}

static void write_mark(struct json_writer *w, const char *codes)
{
	json_begin_array(w, CUT_MARK);
	while (*codes != '\0') {
		size_t len = strcspn(codes, " ");

		json_string_n(w, NULL, codes, len);
		codes += len + (codes[len] == ' ');
	}
	json_end_array(w);
}

static enum result write_cut(const struct json *tree, uint32_t fields, const char *codes, const char **payload,
			     size_t *len, struct pool *pool, struct err *err)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, PAYLOAD_MAX);
	json_writer_init(&w, &out, 0);
	json_begin_object(&w, NULL);
	write_mark(&w, codes);
	for (size_t i = 0; i < COUNT(members); i++) {
		const char *name = obligation_field_name(members[i]);

		if ((fields & members[i]) == 0 || !given(tree, members[i]))
			continue;
		if (members[i] & PEOPLE)
			write_people(&w, name, json_get(tree, name));
		else
			json_node(&w, name, json_get(tree, name));
	}
	json_end_object(&w);
	*len = out.len;
	*payload = buf_to_pool(&out, "a payload", pool, err);
	return *payload != NULL ? OK : err->code;
}

static unsigned roles_of(uint32_t fields)
{
	return ((fields & OBLIGATION_FROM) != 0 ? ROLE_FROM : 0u) | ((fields & OBLIGATION_TO) != 0 ? ROLE_TO : 0u) |
	       ((fields & OBLIGATION_AGENT) != 0 ? ROLE_AGENT : 0u);
}

static void cut_columns(struct record_row *row, uint32_t fields)
{
	size_t kept = 0;

	row->label_count = 0;
	if ((fields & OBLIGATION_DURATION) == 0)
		row->duration_ms = -1;
	if ((fields & OBLIGATION_DIRECTION) == 0)
		row->direction = DIRECTION_NONE;
	if ((fields & OBLIGATION_STATUS) == 0)
		row->status = STATUS_NONE;
	if ((fields & OBLIGATION_NUMBER) == 0)
		row->number = 0;
	if ((fields & OBLIGATION_AGENT) == 0)
		row->agent = 0;
	for (size_t i = 0; i < row->party_count; i++) {
		struct party party = row->parties[i];

		party.roles &= roles_of(fields);
		if (party.roles != 0)
			row->parties[kept++] = party;
	}
	row->party_count = kept;
}

enum result cut_record(struct record_row *row, uint32_t fields, const char *codes, const char **payload, size_t *len,
		       struct pool *pool, struct err *err)
{
	const struct json *tree;
	enum result r;

	if (fields & OBLIGATION_ALL)
		return OK;
	r = parse(*payload, *len, pool, &tree, err);
	if (r != OK)
		return r;
	fields = fields_of(tree, fields);
	cut_columns(row, fields);
	return write_cut(tree, fields, codes, payload, len, pool, err);
}

/* ---- reading what was cut ---- */

enum result cut_read(const char *payload, size_t len, struct pool *pool, const char **codes, uint32_t *left,
		     struct err *err)
{
	const struct json *tree, *mark;
	enum result r = parse(payload, len, pool, &tree, err);

	*codes = NULL;
	*left = 0;
	mark = r == OK ? json_get(tree, CUT_MARK) : NULL;
	if (mark == NULL || mark->type != JSON_ARRAY)
		return r;
	for (size_t i = 0; i < COUNT(members); i++)
		*left |= given(tree, members[i]) ? members[i] : 0u;
	*codes = "";
	for (const struct json *code = mark->first; code != NULL && *codes != NULL; code = code->next) {
		if (code->type == JSON_STRING)
			*codes = pool_printf(pool, "%s%s%s", *codes, **codes != '\0' ? " " : "", code->text);
	}
	return *codes != NULL ? OK : err_no_memory(err);
}

static bool member_fits(const struct json *member, uint32_t fields)
{
	if (strcmp(member->name, CUT_MARK) == 0)
		return true;
	for (size_t i = 0; i < COUNT(members); i++) {
		if (strcmp(member->name, obligation_field_name(members[i])) == 0)
			return (fields & members[i]) != 0 && ((members[i] & PEOPLE) == 0 || are_bare(member));
	}
	return false;
}

static const char *column_too_much(const struct record_row *row, uint32_t fields)
{
	if (row->media > 0)
		return "media";
	if (row->label_count > 0)
		return "labels";
	if ((fields & OBLIGATION_DURATION) == 0 && row->duration_ms != -1)
		return "duration";
	if ((fields & OBLIGATION_DIRECTION) == 0 && row->direction != DIRECTION_NONE)
		return "direction";
	if ((fields & OBLIGATION_STATUS) == 0 && row->status != STATUS_NONE)
		return "status";
	if ((fields & OBLIGATION_NUMBER) == 0 && row->number != 0)
		return "number";
	if ((fields & OBLIGATION_AGENT) == 0 && row->agent != 0)
		return "agent";
	for (size_t i = 0; i < row->party_count; i++) {
		if ((row->parties[i].roles & ~roles_of(fields)) != 0)
			return "parties";
	}
	return NULL;
}

enum result cut_check(const struct record_row *row, uint32_t fields, const char *payload, size_t len, struct pool *pool,
		      const char **what, struct err *err)
{
	const struct json *tree;
	enum result r;

	*what = NULL;
	if (fields & OBLIGATION_ALL)
		return OK;
	r = parse(payload, len, pool, &tree, err);
	if (r != OK)
		return r;
	fields = fields_of(tree, fields);
	*what = column_too_much(row, fields);
	for (const struct json *member = tree->first; member != NULL && *what == NULL; member = member->next)
		*what = member_fits(member, fields) ? NULL : "payload";
	return OK;
}

char *cut_fields_text(uint32_t fields, char out[CUT_FIELDS_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (uint32_t bit = 1; bit <= OBLIGATION_ALL; bit <<= 1) {
		if (fields & bit)
			used += (size_t)snprintf(out + used, CUT_FIELDS_MAX - used, "%s%s", used > 0 ? ", " : "",
						 obligation_field_name((enum obligation_field)bit));
	}
	return out;
}
