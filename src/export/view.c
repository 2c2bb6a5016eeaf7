/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/view.h"

#include <string.h>
#include <strings.h>

/* What is being read: a view, and the texts of others in it. */
struct reader {
	struct mask *mask;
	struct pool *pool;
	struct scrub scrub;
	const char *number;
	struct err *err;
};

/* ---- parties ---- */

/* As ingest reads a bare text. */
static enum identity_kind bare_kind(const char *text)
{
	if (strncasecmp(text, "sip:", 4) == 0 || strncasecmp(text, "sips:", 5) == 0)
		return IDENTITY_EXTERNAL;
	return strchr(text, '@') != NULL ? IDENTITY_EMAIL : IDENTITY_PHONE;
}

static const char *handle_of(const struct json *value, enum identity_kind *kind, const char **name)
{
	static const struct { const char *member; enum identity_kind kind; } handles[] = {
	    {"phone", IDENTITY_PHONE}, {"email", IDENTITY_EMAIL}, {"id", IDENTITY_EXTERNAL}};

	*name = json_get_text(value, "name");
	if (value->type == JSON_STRING) {
		*kind = bare_kind(value->text);
		return value->text;
	}
	for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
		const char *text = json_get_text(value, handles[i].member);

		*kind = handles[i].kind;
		if (text != NULL)
			return text;
	}
	return NULL;
}

static const char *without_scheme(const char *text)
{
	if (strncasecmp(text, "tel:", 4) == 0)
		text += 4;
	return text + strspn(text, " ");
}

static enum result read_party(struct reader *reader, enum party_role role, const struct json *value, struct view *out)
{
	enum identity_kind kind;
	const char *name, *text = handle_of(value, &kind, &name);
	struct shown *shown;
	enum result r;

	if (text == NULL || *text == '\0')
		return OK;
	if (out->party_count == VIEW_PARTIES_MAX)
		return err_set(reader->err, ERR_CORRUPT, "a record has more than %d parties", VIEW_PARTIES_MAX);
	shown = &out->parties[out->party_count].shown;
	if (kind == IDENTITY_PHONE)
		text = without_scheme(text);
	r = mask_party(reader->mask, kind, text, name, reader->number, reader->pool, shown, reader->err);
	if (r != OK)
		return r;
	scrub_add(&reader->scrub, shown, text, name);
	out->parties[out->party_count++].role = role;
	return OK;
}

static enum result read_parties(struct reader *reader, enum party_role role, const struct json *value,
				struct view *out)
{
	enum result r = OK;

	if (value == NULL)
		return OK;
	if (value->type != JSON_ARRAY)
		return read_party(reader, role, value, out);
	for (const struct json *item = value->first; item != NULL && r == OK; item = item->next)
		r = read_party(reader, role, item, out);
	return r;
}

static enum result read_agent(struct reader *reader, const struct json *value, struct view *out)
{
	const char *name = json_get_text(value, "name"), *id = json_get_text(value, "id");
	enum result r;

	if (value != NULL && value->type == JSON_STRING)
		id = value->text;
	if (id == NULL)
		id = name;
	if (id == NULL || *id == '\0')
		return OK;
	r = mask_agent(reader->mask, id, name, reader->pool, &out->agent, reader->err);
	out->has_agent = r == OK;
	if (r == OK)
		scrub_add(&reader->scrub, &out->agent, id, name);
	return r;
}

/* ---- turns ---- */

/* "Agent (Ben)" is nobody's name but an agent's. */
static void mask_speaker(struct json *speaker, const struct view *view)
{
	if (strncasecmp(speaker->text, "agent", 5) != 0)
		return;
	speaker->text = view->has_agent && view->agent.masked ? view->agent.value : "agent";
	speaker->len = strlen(speaker->text);
}

/* A NUL inside a text would end it for whoever writes it out: a space stands for it. */
static const char *whole_text(const struct json *member, struct pool *pool)
{
	char *copy;

	if (strlen(member->text) == member->len)
		return member->text;
	copy = pool_strndup(pool, member->text, member->len);
	for (size_t i = 0; copy != NULL && i < member->len; i++) {
		if (copy[i] == '\0')
			copy[i] = ' ';
	}
	return copy;
}

static enum result read_turn(struct reader *reader, const struct json *turn, const struct view *view,
			     struct json **out)
{
	const struct json *member = turn->first, **link;
	struct json *copy = pool_alloc(reader->pool, sizeof *copy);
	enum result r = OK;

	if (copy == NULL)
		return err_no_memory(reader->err);
	*copy = *turn;
	*out = copy;
	link = &copy->first;
	for (; member != NULL && r == OK; member = member->next) {
		struct json *mine = pool_alloc(reader->pool, sizeof *mine);
		const struct json *scrubbed = member;
		bool speaker = member->type == JSON_STRING && strcmp(member->name, "speaker") == 0;

		if (mine == NULL)
			return err_no_memory(reader->err);
		if (speaker)
			r = scrub_tree(&reader->scrub, member, true, reader->pool, &scrubbed, reader->err);
		*mine = *scrubbed;
		if (mine->type == JSON_STRING)
			mine->text = whole_text(mine, reader->pool);
		if (mine->type == JSON_STRING && mine->text == NULL)
			return err_no_memory(reader->err);
		if (speaker && !mask_shows(reader->mask))
			mask_speaker(mine, view);
		*link = mine;
		link = &mine->next;
	}
	return r;
}

/* What was said is not rewritten; who said it is. */
static enum result read_turns(struct reader *reader, const struct json *turns, struct view *out)
{
	struct json *copy;
	const struct json **link;
	enum result r = OK;

	if (turns == NULL || turns->type != JSON_ARRAY)
		return OK;
	copy = pool_alloc(reader->pool, sizeof *copy);
	if (copy == NULL)
		return err_no_memory(reader->err);
	*copy = *turns;
	link = &copy->first;
	for (const struct json *turn = turns->first; turn != NULL && r == OK; turn = turn->next) {
		struct json *shown = NULL;

		r = read_turn(reader, turn, out, &shown);
		if (r != OK)
			return r;
		*link = shown;
		link = &shown->next;
	}
	*link = NULL;
	out->turns = copy;
	return r;
}

/* ---- the rest ---- */

static const struct { const char *name; size_t offset; } texts[] = {
    {"number", offsetof(struct view, number)},	   {"source", offsetof(struct view, source)},
    {"id", offsetof(struct view, source_id)},	   {"call", offsetof(struct view, call)},
    {"subject", offsetof(struct view, subject)},   {"text", offsetof(struct view, text)},
    {"language", offsetof(struct view, language)}, {"queue", offsetof(struct view, queue)},
    {"campaign", offsetof(struct view, campaign)}, {"url", offsetof(struct view, url)},
    {"referrer", offsetof(struct view, referrer)},
};

static enum result take_text(struct reader *reader, const struct json *member, struct view *out, bool *taken)
{
	*taken = false;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char **field = (const char **)((char *)out + texts[i].offset);

		if (strcmp(member->name, texts[i].name) != 0 || member->type != JSON_STRING)
			continue;
		*taken = true;
		*field = whole_text(member, reader->pool);
		return *field != NULL ? OK : err_no_memory(reader->err);
	}
	return OK;
}

static bool is_handled(const char *name)
{
	static const char *const names[] = {"type", "time", "from", "to", "participants", "cc", "mentioned", "agent",
					    "direction", "status", "duration", "media", "turns", "fields", "tags",
					    "custom"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static enum result read_people(struct reader *reader, const struct json *payload, struct view *out)
{
	static const struct { const char *name; enum party_role role; } fields[] = {
	    {"from", ROLE_FROM}, {"to", ROLE_TO}, {"participants", ROLE_PARTICIPANT}, {"cc", ROLE_PARTICIPANT},
	    {"mentioned", ROLE_MENTIONED}};
	enum result r = OK;

	for (size_t i = 0; i < sizeof fields / sizeof fields[0] && r == OK; i++)
		r = read_parties(reader, fields[i].role, json_get(payload, fields[i].name), out);
	return r == OK ? read_agent(reader, json_get(payload, "agent"), out) : r;
}

static enum result read_rest(struct reader *reader, const struct json *payload, struct view *out)
{
	bool taken;
	enum result r = OK;

	for (const struct json *member = payload->first; member != NULL && r == OK; member = member->next) {
		r = take_text(reader, member, out, &taken);
		if (r == OK && !taken && !is_handled(member->name) && out->rest_count < VIEW_REST_MAX)
			r = scrub_tree(&reader->scrub, member, true, reader->pool, &out->rest[out->rest_count++],
				       reader->err);
	}
	return r;
}

enum result view_read(struct mask *mask, const struct record_row *row, const struct json *payload, struct pool *pool,
		      struct view *out, struct err *err)
{
	struct reader reader = {.mask = mask, .pool = pool, .number = json_get_text(payload, "number"), .err = err};
	enum result r;

	*out = (struct view){.row = row, .at = id_time(row->id), .media = json_get(payload, "media"),
			     .tags = json_get(payload, "tags")};
	if (payload->type != JSON_OBJECT)
		return err_set(err, ERR_CORRUPT, "the content of a record is not a JSON object");
	scrub_begin(&reader.scrub, mask);
	r = read_people(&reader, payload, out);
	if (r == OK)
		r = read_rest(&reader, payload, out);
	if (r == OK)
		r = read_turns(&reader, json_get(payload, "turns"), out);
	if (r == OK)
		r = scrub_tree(&reader.scrub, json_get(payload, "fields"), false, pool, &out->fields, err);
	if (r == OK)
		r = scrub_tree(&reader.scrub, json_get(payload, "custom"), true, pool, &out->custom, err);
	return r;
}

/* ---- reading a view ---- */

static const struct json *medium_of(const struct view *view, int n)
{
	const struct json *at = view->media;

	if (at != NULL && at->type == JSON_ARRAY) {
		for (at = at->first; at != NULL && n > 0; n--)
			at = at->next;
	}
	return at;
}

const char *view_media_name(const struct view *view, int n)
{
	const char *name = json_get_text(medium_of(view, n), "name");

	return name != NULL ? name : "";
}

const char *view_media_type(const struct view *view, int n)
{
	const char *type = json_get_text(medium_of(view, n), "content_type");

	return type != NULL ? type : "";
}

const char *shown_text(const struct shown *shown, struct pool *pool)
{
	if (shown->name == NULL || *shown->name == '\0' || strcmp(shown->name, shown->value) == 0)
		return shown->value;
	return pool_printf(pool, "%s, %s", shown->name, shown->value);
}

bool view_from_self(const struct view *view)
{
	for (size_t i = 0; i < view->party_count; i++) {
		if (view->parties[i].role == ROLE_FROM)
			return view->parties[i].shown.self;
	}
	return view->row->direction == DIRECTION_INBOUND;
}

/* ---- contacts ---- */

static enum result read_handles(struct reader *reader, const struct json *list, enum identity_kind kind,
				struct contact_view *out)
{
	enum result r = OK;

	for (const struct json *item = list != NULL ? list->first : NULL; item != NULL && r == OK; item = item->next) {
		struct shown *shown;

		if (item->type != JSON_STRING || *item->text == '\0' || out->handle_count == VIEW_PARTIES_MAX)
			continue;
		shown = &out->handles[out->handle_count];
		r = mask_party(reader->mask, kind, kind == IDENTITY_PHONE ? without_scheme(item->text) : item->text,
			       NULL, NULL, reader->pool, shown, reader->err);
		if (r == OK)
			scrub_add(&reader->scrub, shown, item->text, NULL);
		out->handle_count += r == OK;
	}
	return r;
}

enum result contact_view_read(struct mask *mask, struct id id, struct instant updated, const struct json *payload,
			      struct pool *pool, struct contact_view *out, struct err *err)
{
	struct reader reader = {.mask = mask, .pool = pool, .err = err};
	enum result r;

	*out = (struct contact_view){.id = id, .updated = updated, .name = json_get_text(payload, "name"),
				     .company = json_get_text(payload, "company"),
				     .source = json_get_text(payload, "source"),
				     .source_id = json_get_text(payload, "id"), .tags = json_get(payload, "tags"),
				     .lists = json_get(payload, "lists")};
	if (payload->type != JSON_OBJECT)
		return err_set(err, ERR_CORRUPT, "the content of a contact is not a JSON object");
	scrub_begin(&reader.scrub, mask);
	r = read_handles(&reader, json_get(payload, "phones"), IDENTITY_PHONE, out);
	if (r == OK)
		r = read_handles(&reader, json_get(payload, "emails"), IDENTITY_EMAIL, out);
	if (r == OK)
		r = read_handles(&reader, json_get(payload, "ids"), IDENTITY_EXTERNAL, out);
	if (r == OK)
		r = scrub_tree(&reader.scrub, json_get(payload, "custom"), true, pool, &out->custom, err);
	return r;
}
