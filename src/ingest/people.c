/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/people.h"

#include <string.h>

#include "base/quote.h"

/* The ways to name a person in an object; exactly one is given. */
static const struct {
	const char *name;
	enum identity_kind kind;
} handles[] = {{"phone", IDENTITY_PHONE}, {"email", IDENTITY_EMAIL}, {"id", IDENTITY_EXTERNAL}};
#define HANDLE_COUNT (sizeof handles / sizeof *handles)

/* Without the blanks around it; NULL: no memory. */
static const char *trimmed(struct pool *pool, const char *text)
{
	size_t len;

	text += strspn(text, " ");
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return text[len] ? pool_strndup(pool, text, len) : text;
}

static enum result refuse_email(struct reading *r, struct place place, const char *text)
{
	char shown[QUOTE_MAX];

	err_set(r->err, ERR_INPUT, "%s is not an e-mail address", quote(text, strlen(text), shown));
	err_mend(r->err, "write it as name@example.com, or give it as an id when it is something else");
	return reading_fault(r, place);
}

/* `text` is trimmed. */
static enum result add(struct reading *r, struct place place, struct intake_party party)
{
	if (party.kind == IDENTITY_PHONE)
		party.text = field_without_scheme(party.text);
	if (party.kind == IDENTITY_EMAIL && field_party_kind(party.text) != IDENTITY_EMAIL)
		return refuse_email(r, place, party.text);
	if (field_word(party.text, strlen(party.text), FIELD_WORD_MAX, r->err) != OK)
		return reading_fault(r, place);
	if (field_add_party(r->out, party, r->err) != OK)
		return reading_fault(r, place_field(place.field));
	return OK;
}

/* The one member of `object` that says who it is. */
static enum result find_handle(struct reading *r, struct place place, const struct json *object,
			       const struct json **out, enum identity_kind *kind)
{
	*out = NULL;
	for (size_t i = 0; i < HANDLE_COUNT; i++) {
		const struct json *member = json_get(object, handles[i].name);

		if (!reading_given(member))
			continue;
		if (*out) {
			err_set(r->err, ERR_INPUT, "both '%s' and '%s' are given", (*out)->name, member->name);
			err_mend(r->err, "give one; the person's other numbers and addresses belong in a 'contact' line");
			return reading_fault(r, place);
		}
		*out = member;
		*kind = handles[i].kind;
	}
	if (*out)
		return OK;
	err_set(r->err, ERR_INPUT, "it does not say who: no 'phone', 'email' or 'id'");
	err_mend(r->err, "give one of the three; a name alone identifies nobody");
	return reading_fault(r, place);
}

static enum result read_object(struct reading *r, struct place place, enum party_role role, const struct json *value)
{
	static const char *const names[] = {"phone", "email", "id", "name"};
	const struct json *name = json_get(value, "name"), *handle;
	struct intake_party party = {.role = role};
	enum result result = reading_members(r, place, value, names, sizeof names / sizeof *names);

	if (result == OK)
		result = find_handle(r, place, value, &handle, &party.kind);
	if (result == OK)
		result = reading_word(r, place_member(place, handle->name), handle, FIELD_WORD_MAX, &party.text);
	if (result == OK && reading_given(name))
		result = reading_word(r, place_member(place, "name"), name, FIELD_WORD_MAX, &party.name);
	if (result != OK)
		return result;
	party.text = trimmed(r->pool, party.text);
	if (!party.text)
		return err_no_memory(r->err);
	return add(r, place_member(place, handle->name), party);
}

enum result people_read(struct reading *r, struct place place, enum party_role role, const struct json *value)
{
	struct intake_party party = {.role = role};

	if (value->type == JSON_OBJECT)
		return read_object(r, place, role, value);
	if (reading_word(r, place, value, FIELD_WORD_MAX, &party.text) != OK)
		return r->err->code;
	party.text = trimmed(r->pool, party.text);
	if (!party.text)
		return err_no_memory(r->err);
	party.kind = field_party_kind(party.text);
	return add(r, place, party);
}

enum result people_read_array(struct reading *r, const char *field, enum party_role role, const struct json *value)
{
	size_t index = 0;

	if (value->type != JSON_ARRAY)
		return reading_wrong_type(r, place_field(field), value, "an array of people");
	for (const struct json *item = value->first; item; item = item->next) {
		if (people_read(r, place_item(field, index++), role, item) != OK)
			return r->err->code;
	}
	return OK;
}

static enum result read_handle(struct reading *r, struct place place, enum identity_kind kind,
			       const struct json *value)
{
	struct intake_party party = {.role = ROLE_PARTICIPANT, .kind = kind};

	if (reading_word(r, place, value, FIELD_WORD_MAX, &party.text) != OK)
		return r->err->code;
	party.text = trimmed(r->pool, party.text);
	if (!party.text)
		return err_no_memory(r->err);
	return add(r, place, party);
}

enum result people_read_handles(struct reading *r, const char *field, enum identity_kind kind,
			       const struct json *value)
{
	size_t index = 0;

	if (value->type != JSON_ARRAY) {
		reading_wrong_type(r, place_field(field), value, "an array of strings");
		return err_mend(r->err, "put square brackets around it: \"%s\": [..]", field);
	}
	for (const struct json *item = value->first; item; item = item->next) {
		if (read_handle(r, place_item(field, index++), kind, item) != OK)
			return r->err->code;
	}
	return OK;
}

enum result people_read_agent(struct reading *r, const char *field, const struct json *value)
{
	static const char *const names[] = {"id", "name"};
	const struct json *id = json_get(value, "id"), *name = json_get(value, "name");
	struct place place = place_field(field);

	if (value->type != JSON_OBJECT)
		return reading_word(r, place, value, FIELD_WORD_MAX, &r->out->agent_id);
	if (reading_members(r, place, value, names, sizeof names / sizeof *names) != OK)
		return r->err->code;
	if (!reading_given(id)) {
		err_set(r->err, ERR_INPUT, "an agent needs an 'id'");
		err_mend(r->err, "repeat the name as the id when the source has no ids");
		return reading_fault(r, place);
	}
	if (reading_word(r, place_member(place, "id"), id, FIELD_WORD_MAX, &r->out->agent_id) != OK)
		return r->err->code;
	if (!reading_given(name))
		return OK;
	return reading_word(r, place_member(place, "name"), name, FIELD_WORD_MAX, &r->out->agent_name);
}
