/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/attachment.h"

#include <string.h>
#include <strings.h>

#include "base/quote.h"

static enum result refuse_address(struct reading *r, struct place place, const char *path)
{
	char shown[QUOTE_MAX];

	err_set(r->err, ERR_INPUT, "%s is a web address, not a file", quote(path, strlen(path), shown));
	err_mend(r->err, "download it beside the import file and give its path; an import fetches nothing");
	return reading_fault(r, place);
}

static enum result refuse_folder(struct reading *r, struct place place, const char *path)
{
	char shown[QUOTE_MAX];

	err_set(r->err, ERR_INPUT, "%s is a folder, not a file", quote(path, strlen(path), shown));
	err_mend(r->err, "name each of its files");
	return reading_fault(r, place);
}

static bool is_web_address(const char *path)
{
	return strncasecmp(path, "http://", 7) == 0 || strncasecmp(path, "https://", 8) == 0;
}

/* {path, content_type, name} */
static enum result read_media_object(struct reading *r, struct place place, const struct json *value,
				     struct intake_media *out)
{
	static const char *const names[] = {"path", "content_type", "name"};
	const struct json *path = json_get(value, "path"), *type = json_get(value, "content_type");
	const struct json *name = json_get(value, "name");
	enum result result = reading_members(r, place, value, names, sizeof names / sizeof *names);

	if (result == OK && !reading_given(path)) {
		err_set(r->err, ERR_INPUT, "media need a 'path'");
		err_mend(r->err, "give the file's path, relative to the folder of the import file");
		return reading_fault(r, place);
	}
	if (result == OK)
		result = reading_word(r, place_member(place, "path"), path, FIELD_PATH_MAX, &out->path);
	if (result == OK && reading_given(type))
		result = reading_word(r, place_member(place, "content_type"), type, FIELD_WORD_MAX, &out->content_type);
	if (result == OK && reading_given(name))
		result = reading_word(r, place_member(place, "name"), name, FIELD_WORD_MAX, &out->name);
	return result;
}

static enum result read_medium(struct reading *r, struct place place, const struct json *value)
{
	struct intake_media media = {0};

	if (r->out->media_count == INTAKE_MEDIA_MAX) {
		err_set(r->err, ERR_INPUT, "more than %d files in one record", INTAKE_MEDIA_MAX);
		err_mend(r->err, "split it into several records that name the same 'call'");
		return reading_fault(r, place_field(place.field));
	}
	if (value->type == JSON_OBJECT) {
		if (read_media_object(r, place, value, &media) != OK)
			return r->err->code;
	} else if (reading_word(r, place, value, FIELD_PATH_MAX, &media.path) != OK) {
		return r->err->code;
	}
	if (is_web_address(media.path))
		return refuse_address(r, place, media.path);
	if (media.path[strlen(media.path) - 1] == '/')
		return refuse_folder(r, place, media.path);
	r->out->media[r->out->media_count++] = media;
	return OK;
}

enum result attachment_read(struct reading *r, const char *name, const struct json *value)
{
	size_t index = 0;

	if (value->type != JSON_ARRAY)
		return read_medium(r, place_field(name), value);
	for (const struct json *item = value->first; item; item = item->next) {
		if (read_medium(r, place_item(name, index++), item) != OK)
			return r->err->code;
	}
	return OK;
}

static const char *file_name(const struct intake_media *media)
{
	const char *slash = strrchr(media->path, '/');

	if (media->name)
		return media->name;
	return slash ? slash + 1 : media->path;
}

static void write_media(struct json_writer *w, const char *name, const struct intake *in)
{
	json_begin_array(w, name);
	for (size_t i = 0; i < in->media_count; i++) {
		json_begin_object(w, NULL);
		json_string(w, "name", file_name(&in->media[i]));
		if (in->media[i].content_type)
			json_string(w, "content_type", in->media[i].content_type);
		json_end_object(w);
	}
	json_end_array(w);
}

enum result attachment_payload(struct reading *r, const struct json *root)
{
	struct json_writer w;
	struct buf buf;

	buf_init(&buf, INTAKE_LINE_MAX * 2);
	json_writer_init(&w, &buf, 0);
	json_begin_object(&w, NULL);
	for (const struct json *member = root->first; member; member = member->next) {
		if (strcmp(member->name, "media") == 0)
			write_media(&w, member->name, r->out);
		else
			json_node(&w, member->name, member);
	}
	json_end_object(&w);
	r->out->payload_len = buf.len;
	r->out->payload = buf_to_pool(&buf, "the payload", r->pool, r->err);
	return r->out->payload ? OK : r->err->code;
}
