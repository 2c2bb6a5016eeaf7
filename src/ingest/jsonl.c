/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/jsonl.h"

#include <string.h>

#include "ingest/attachment.h"
#include "ingest/people.h"
#include "ingest/reading.h"

typedef enum result (*field_reader)(struct reading *r, const char *name, const struct json *value);

static enum result read_from(struct reading *r, const char *name, const struct json *value)
{
	return people_read(r, place_field(name), ROLE_FROM, value);
}

static enum result read_to(struct reading *r, const char *name, const struct json *value)
{
	if (value->type == JSON_ARRAY)
		return people_read_array(r, name, ROLE_TO, value);
	return people_read(r, place_field(name), ROLE_TO, value);
}

static enum result read_participants(struct reading *r, const char *name, const struct json *value)
{
	return people_read_array(r, name, ROLE_PARTICIPANT, value);
}

static enum result read_mentioned(struct reading *r, const char *name, const struct json *value)
{
	return people_read_array(r, name, ROLE_MENTIONED, value);
}

static enum result read_phones(struct reading *r, const char *name, const struct json *value)
{
	return people_read_handles(r, name, IDENTITY_PHONE, value);
}

static enum result read_emails(struct reading *r, const char *name, const struct json *value)
{
	return people_read_handles(r, name, IDENTITY_EMAIL, value);
}

static enum result read_ids(struct reading *r, const char *name, const struct json *value)
{
	return people_read_handles(r, name, IDENTITY_EXTERNAL, value);
}

/* The type decides what all else means, so it has been read before. */
static enum result read_nothing(struct reading *r, const char *name, const struct json *value)
{
	(void)r, (void)name, (void)value;
	return OK;
}

static enum result read_id(struct reading *r, const char *name, const struct json *value)
{
	return reading_word(r, place_field(name), value, FIELD_WORD_MAX, &r->out->source_id);
}

static enum result read_source(struct reading *r, const char *name, const struct json *value)
{
	return reading_word(r, place_field(name), value, FIELD_SOURCE_MAX, &r->out->source);
}

static enum result read_number(struct reading *r, const char *name, const struct json *value)
{
	return reading_word(r, place_field(name), value, FIELD_WORD_MAX, &r->out->number);
}

static enum result read_contact_name(struct reading *r, const char *name, const struct json *value)
{
	return reading_word(r, place_field(name), value, FIELD_WORD_MAX, &r->out->contact_name);
}

/* What stays in the payload is checked all the same: nobody finds a slip there for years otherwise. */
static enum result read_short(struct reading *r, const char *name, const struct json *value)
{
	const char *text;

	return reading_word(r, place_field(name), value, FIELD_WORD_MAX, &text);
}

static enum result read_url(struct reading *r, const char *name, const struct json *value)
{
	const char *text;

	return reading_word(r, place_field(name), value, FIELD_PATH_MAX, &text);
}

static enum result read_text(struct reading *r, const char *name, const struct json *value)
{
	if (value->type != JSON_STRING)
		return reading_wrong_type(r, place_field(name), value, "a string");
	return OK;
}

static enum result read_object(struct reading *r, const char *name, const struct json *value)
{
	if (value->type != JSON_OBJECT)
		return reading_wrong_type(r, place_field(name), value, "an object");
	return OK;
}

static enum result read_texts(struct reading *r, const char *name, const struct json *value)
{
	const char *text;
	size_t index = 0;

	if (value->type != JSON_ARRAY)
		return reading_wrong_type(r, place_field(name), value, "an array of strings");
	for (const struct json *item = value->first; item; item = item->next) {
		if (reading_word(r, place_item(name, index++), item, FIELD_WORD_MAX, &text) != OK)
			return r->err->code;
	}
	return OK;
}

/* Records can be found by these again, for policies and holds. */
static enum result read_label(struct reading *r, struct place place, enum label_kind kind, const struct json *value)
{
	const char *text;

	if (reading_word(r, place, value, FIELD_WORD_MAX, &text) != OK)
		return r->err->code;
	return field_add_label(r->out, kind, text, r->err) == OK ? OK : reading_fault(r, place);
}

static enum result read_queue(struct reading *r, const char *name, const struct json *value)
{
	return read_label(r, place_field(name), LABEL_QUEUE, value);
}

static enum result read_campaign(struct reading *r, const char *name, const struct json *value)
{
	return read_label(r, place_field(name), LABEL_CAMPAIGN, value);
}

/* Those of a contact stay in its payload. */
static enum result read_tags(struct reading *r, const char *name, const struct json *value)
{
	size_t index = 0;

	if (value->type != JSON_ARRAY || r->out->type == INTAKE_CONTACT)
		return read_texts(r, name, value);
	for (const struct json *item = value->first; item; item = item->next) {
		if (read_label(r, place_item(name, index++), LABEL_TAG, item) != OK)
			return r->err->code;
	}
	return OK;
}

static enum result read_time(struct reading *r, const char *name, const struct json *value)
{
	if (value->type != JSON_STRING) {
		reading_wrong_type(r, place_field(name), value, "a string");
		return err_mend(r->err, "write times as \"2024-05-17T14:03:00Z\"");
	}
	if (field_time(r->context, value->text, value->len, r->out, r->err) != OK)
		return reading_fault(r, place_field(name));
	return OK;
}

static enum result read_duration(struct reading *r, const char *name, const struct json *value)
{
	return reading_seconds(r, place_field(name), value, &r->out->duration_ms);
}

static enum result read_direction(struct reading *r, const char *name, const struct json *value)
{
	static const char *const words[] = {"inbound", "outbound", "internal"};
	const char *text;

	if (reading_word(r, place_field(name), value, FIELD_WORD_MAX, &text) != OK)
		return r->err->code;
	if (direction_parse(text, &r->out->direction))
		return OK;
	return reading_unknown(r, place_field(name), "direction", text, words, 3,
			     "give inbound, outbound or internal, or leave it out when it is not known");
}

static enum result read_status(struct reading *r, const char *name, const struct json *value)
{
	const char *words[STATUS_CONGESTION], *text;

	if (reading_word(r, place_field(name), value, FIELD_WORD_MAX, &text) != OK)
		return r->err->code;
	if (status_parse(text, &r->out->status))
		return OK;
	for (int i = 0; i < STATUS_CONGESTION; i++)
		words[i] = status_name((enum record_status)(i + 1));
	return reading_unknown(r, place_field(name), "status", text, words, STATUS_CONGESTION,
			     "give answered, missed, busy, failed, cancelled, voicemail, congestion, queued, sent, "
			     "delivered, undelivered, received, read or completed, and keep the source's word in 'custom'");
}

/* {speaker, at, text} */
static enum result read_turn(struct reading *r, struct place place, const struct json *turn)
{
	static const char *const names[] = {"speaker", "at", "text"};
	const struct json *speaker = json_get(turn, "speaker"), *when = json_get(turn, "at");
	const struct json *said = json_get(turn, "text");
	const char *text;
	int64_t ms;

	if (turn->type != JSON_OBJECT)
		return reading_wrong_type(r, place, turn, "an object with 'speaker', 'at' and 'text'");
	if (reading_members(r, place, turn, names, sizeof names / sizeof *names) != OK)
		return r->err->code;
	if (!said) {
		err_set(r->err, ERR_INPUT, "a turn needs a 'text'");
		err_mend(r->err, "give what was said, or drop the turn");
		return reading_fault(r, place);
	}
	if (said->type != JSON_STRING)
		return reading_wrong_type(r, place_member(place, "text"), said, "a string");
	if (reading_given(speaker) &&
	    reading_word(r, place_member(place, "speaker"), speaker, FIELD_WORD_MAX, &text) != OK)
		return r->err->code;
	return reading_given(when) ? reading_seconds(r, place_member(place, "at"), when, &ms) : OK;
}

static enum result read_turns(struct reading *r, const char *name, const struct json *value)
{
	size_t index = 0;

	if (value->type != JSON_ARRAY)
		return reading_wrong_type(r, place_field(name), value, "an array of turns");
	for (const struct json *turn = value->first; turn; turn = turn->next) {
		if (read_turn(r, place_item(name, index++), turn) != OK)
			return r->err->code;
	}
	return OK;
}

#define CONTACT 1u /* bit 0; the others are numbered by record kind */
#define KIND(kind) (1u << (kind))
#define RECORDS (((1u << KIND_COUNT) - 1) & ~CONTACT)

static const struct field {
	const char *name;
	field_reader read;
	unsigned allowed; /* in which types of line */
} fields[] = {
    {"type", read_nothing, RECORDS | CONTACT},
    {"id", read_id, RECORDS | CONTACT},
    {"source", read_source, RECORDS | CONTACT},
    {"time", read_time, RECORDS},
    {"from", read_from, RECORDS},
    {"to", read_to, RECORDS},
    {"participants", read_participants, RECORDS},
    {"mentioned", read_mentioned, RECORDS},
    {"direction", read_direction, RECORDS},
    {"status", read_status, RECORDS},
    {"duration", read_duration, RECORDS},
    {"number", read_number, RECORDS},
    {"agent", people_read_agent, RECORDS},
    {"call", read_short, RECORDS},
    {"subject", read_text, RECORDS},
    {"text", read_text, RECORDS},
    {"language", read_short, RECORDS},
    {"turns", read_turns, KIND(KIND_TRANSCRIPT) | KIND(KIND_CHAT)},
    {"fields", read_object, KIND(KIND_FORM)},
    {"url", read_url, RECORDS},
    {"referrer", read_url, RECORDS},
    {"media", attachment_read, RECORDS},
    {"tags", read_tags, RECORDS | CONTACT},
    {"queue", read_queue, RECORDS},
    {"campaign", read_campaign, RECORDS},
    {"custom", read_object, RECORDS | CONTACT},
    {"name", read_contact_name, CONTACT},
    {"phones", read_phones, CONTACT},
    {"emails", read_emails, CONTACT},
    {"ids", read_ids, CONTACT},
    {"company", read_short, CONTACT},
    {"lists", read_texts, CONTACT},
};
#define FIELD_COUNT (sizeof fields / sizeof *fields)

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].name[0] == name[0] && strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static enum result refuse_field(struct reading *r, const char *name, unsigned type, const char *type_name)
{
	const char *names[FIELD_COUNT];
	size_t count = 0;

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].allowed & type)
			names[count++] = fields[i].name;
	}
	if (!find_field(name))
		return reading_unknown(r, place_field(name), "field", name, names, count,
				     "put what has no field of its own into 'custom'");
	err_set(r->err, ERR_INPUT, "a %s has no field '%s'", type_name, name);
	if (find_field(name)->allowed & CONTACT)
		err_mend(r->err, "it belongs in a line of type 'contact'");
	else if (type & CONTACT)
		err_mend(r->err, "it belongs in a record; a contact takes 'custom' for what it has no field for");
	else
		err_mend(r->err, strcmp(name, "turns") == 0
				     ? "give the words as a line of type 'transcript' that names this one as its 'call'"
				     : "only a 'form' has it; use 'custom'");
	return reading_fault(r, place_field(name));
}

static enum result read_fields(struct reading *r, const struct json *root, unsigned type, const char *type_name)
{
	for (const struct json *member = root->first; member; member = member->next) {
		const struct field *field = find_field(member->name);

		if (!field || !(field->allowed & type))
			return refuse_field(r, member->name, type, type_name);
		if (member->type != JSON_NULL && field->read(r, member->name, member) != OK)
			return r->err->code;
	}
	return OK;
}

static enum result unknown_type(struct reading *r, const char *given)
{
	const char *words[KIND_COUNT];

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		words[kind - KIND_FIRST] = kind_name((enum record_kind)kind);
	words[KIND_COUNT - 1] = "contact";
	return reading_unknown(r, place_field("type"), "type", given, words, KIND_COUNT,
			     "give call, recording, voicemail, transcript, message, chat, form, session, note, document, "
			     "delivery, campaign_result or contact");
}

/* `*type` is the bit of the type in `allowed`. */
static enum result read_type(struct reading *r, const struct json *root, unsigned *type, const char **name)
{
	const struct json *value = json_get(root, "type");
	enum result result;

	if (!reading_given(value)) {
		err_set(r->err, ERR_INPUT, "'type' is missing");
		err_mend(r->err, "say what the line is: \"type\": \"call\", \"message\", \"contact\" ..");
		return reading_fault(r, place_field("type"));
	}
	result = reading_word(r, place_field("type"), value, FIELD_WORD_MAX, name);
	if (result != OK)
		return result;
	if (kind_parse(*name, &r->out->kind)) {
		r->out->type = INTAKE_RECORD;
		*type = KIND(r->out->kind);
		return OK;
	}
	if (strcmp(*name, "contact") != 0)
		return unknown_type(r, *name);
	r->out->type = INTAKE_CONTACT;
	*type = CONTACT;
	return OK;
}

static enum result check_record(struct reading *r, const struct json *root)
{
	if (!reading_given(json_get(root, "time"))) {
		err_set(r->err, ERR_INPUT, "'time' is missing");
		err_mend(r->err, "say when it happened: \"time\": \"2024-05-17T14:03:00Z\"; its retention counts from there");
		return reading_fault(r, place_field("time"));
	}
	return field_check_parties(r->out, r->err);
}

static enum result check_contact(struct reading *r)
{
	if (r->out->party_count > 0)
		return OK;
	err_set(r->err, ERR_INPUT, "a contact needs a phone, an e-mail address or an id");
	err_mend(r->err, "add \"phones\": [..], \"emails\": [..] or \"ids\": [..]; by a name alone nobody can be found");
	return reading_fault(r, place_field("phones"));
}

/* The line as it is, unless it names files: those paths mean nothing once the files are in the vault. */
static enum result keep_payload(struct reading *r, const struct json *root, const char *line, size_t len)
{
	if (r->out->media_count > 0)
		return attachment_payload(r, root);
	r->out->payload = pool_strndup(r->pool, line, len);
	r->out->payload_len = len;
	return r->out->payload ? OK : err_no_memory(r->err);
}

static enum result finish(struct reading *r, const struct json *root, const char *line, size_t len)
{
	enum result result = r->out->type == INTAKE_RECORD ? check_record(r, root) : check_contact(r);

	if (result != OK)
		return result;
	if (!r->out->source)
		r->out->source = r->context->default_source;
	if (!r->out->source_id)
		r->out->source_id = field_digest(r->pool, line, len);
	if (!r->out->source_id)
		return err_no_memory(r->err);
	return keep_payload(r, root, line, len);
}

/* Without a byte order mark and blanks at its ends: neither is what the source said. */
static const char *trim(const char *line, size_t *len)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (*len >= 3 && memcmp(line, bom, 3) == 0) {
		line += 3;
		*len -= 3;
	}
	while (*len > 0 && strchr(" \t\r\n", line[*len - 1]) && line[*len - 1])
		--*len;
	while (*len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		--*len;
	}
	return line;
}

static enum result check_line(size_t len, struct err *err)
{
	if (len == 0) {
		err_set(err, ERR_INPUT, "the line is empty");
		return err_mend(err, "each line holds one JSON object");
	}
	if (len <= INTAKE_LINE_MAX)
		return OK;
	err_set(err, ERR_LIMIT, "the line is %zu bytes long; at most %zu are read", len, INTAKE_LINE_MAX);
	return err_mend(err, "put long content into a file and name it in 'media'");
}

static enum result parse(struct json_parser *parser, const char *line, size_t len, struct pool *pool,
			 const struct json **out, struct err *err)
{
	enum result result = check_line(len, err);

	if (result == OK)
		result = json_parse(parser, line, len, pool, out, err);
	if (result != OK || (*out)->type == JSON_OBJECT)
		return result;
	err_set(err, ERR_INPUT, "a JSON object is expected, not %s", json_type_name((*out)->type));
	return err_mend(err, "each line holds one object: {\"type\": \"call\", ..}");
}

enum result jsonl_read(struct json_parser *parser, const struct intake_context *context, const char *line, size_t len,
		       struct pool *pool, struct intake *out, struct err *err)
{
	struct reading r = {context, pool, out, err};
	const struct json *root;
	const char *type_name;
	unsigned type = 0;
	enum result result;

	*out = (struct intake){.duration_ms = -1};
	line = trim(line, &len);
	result = parse(parser, line, len, pool, &root, err);
	if (result == OK)
		result = read_type(&r, root, &type, &type_name);
	if (result == OK)
		result = read_fields(&r, root, type, type_name);
	return result == OK ? finish(&r, root, line, len) : result;
}
