/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What tests of exports share: importing lines, making sounds, exporting, and
 * reading the ZIP back.
 */
#ifndef LETHE_TESTS_EXPORT_UNZIP_H
#define LETHE_TESTS_EXPORT_UNZIP_H

#include "world.h"

#include <archive.h>
#include <archive_entry.h>
#include <math.h>
#include <sndfile.h>
#include <sys/stat.h>

#include "base/file.h"
#include "export/export.h"
#include "ingest/import.h"
#include "privacy/person.h"
#include "privacy/user.h"
#include "shim/json_parse.h"

#define ANN "+4520000289"
#define BO "+4530999912"
#define ENTRIES_MAX 256

struct entry_read { char name[128]; char *data; size_t len; };
struct unzipped { struct entry_read entries[ENTRIES_MAX]; size_t count; };

WORLD_UNUSED static char *path_in(struct world *world, const char *name)
{
	char *path = pool_printf(&world->pool, "%s/%s", world->base, name);

	assert_non_null(path);
	return path;
}

/* Imports Lethe JSON Lines; every line must be taken. */
WORLD_UNUSED static void take_in(struct world *world, const char *lines)
{
	const char *path = path_in(world, "in.jsonl");
	const struct import_options options = {.account = &world->account, .now = world->now};
	struct import_result result;
	struct err err;

	assert_ok(file_write_atomic(path, lines, strlen(lines), 0600, &err), &err);
	assert_ok(import_files(world->vault, &options, &path, 1, &result, &err), &err);
	assert_int_equal(0, result.rejected);
}

WORLD_UNUSED static enum result try_export(struct world *world, const char *who, bool show, const char *path,
					   struct export_result *out, struct err *err)
{
	struct export_request request = {.path = path, .show_others = show, .now = world->now};

	assert_ok(person_find_one(&world->vault->read, &world->account, who, &world->pool, &request.person, err), err);
	return export_person(world->vault, &world->account, &request, out, err);
}

WORLD_UNUSED static char *read_entry(struct archive *archive, size_t *len)
{
	size_t cap = 1 << 16;
	char *data = malloc(cap + 1);
	la_ssize_t got;

	assert_non_null(data);
	*len = 0;
	while ((got = archive_read_data(archive, data + *len, cap - *len)) > 0) {
		*len += (size_t)got;
		if (*len == cap) {
			char *grown = realloc(data, 2 * cap + 1);

			assert_non_null(grown);
			data = grown;
			cap *= 2;
		}
	}
	assert_int_equal(0, got);
	data[*len] = '\0';
	return data;
}

WORLD_UNUSED static void unzip(const char *path, struct unzipped *out)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *header;

	out->count = 0;
	assert_int_equal(ARCHIVE_OK, archive_read_support_format_zip_seekable(archive));
	assert_int_equal(ARCHIVE_OK, archive_read_open_filename(archive, path, 65536));
	while (archive_read_next_header(archive, &header) == ARCHIVE_OK) {
		struct entry_read *entry = &out->entries[out->count++];

		assert_true(out->count <= ENTRIES_MAX);
		snprintf(entry->name, sizeof entry->name, "%s", archive_entry_pathname(header));
		entry->data = read_entry(archive, &entry->len);
	}
	archive_read_free(archive);
}

WORLD_UNUSED static void unzipped_free(struct unzipped *zip)
{
	for (size_t i = 0; i < zip->count; i++)
		free(zip->entries[i].data);
	zip->count = 0;
}

WORLD_UNUSED static const struct entry_read *entry_of(const struct unzipped *zip, const char *name)
{
	for (size_t i = 0; i < zip->count; i++) {
		if (strcmp(zip->entries[i].name, name) == 0)
			return &zip->entries[i];
	}
	return NULL;
}

/* The first whose name begins so. */
WORLD_UNUSED static const struct entry_read *entry_like(const struct unzipped *zip, const char *start)
{
	for (size_t i = 0; i < zip->count; i++) {
		if (strncmp(zip->entries[i].name, start, strlen(start)) == 0)
			return &zip->entries[i];
	}
	return NULL;
}

WORLD_UNUSED static const char *text_of(const struct unzipped *zip, const char *name)
{
	const struct entry_read *entry = entry_of(zip, name);

	if (entry == NULL)
		fail_msg("there is no %s", name);
	return entry != NULL ? entry->data : "";
}

WORLD_UNUSED static const struct json *tree_of(struct world *world, const struct unzipped *zip, const char *name)
{
	const struct entry_read *entry = entry_of(zip, name);
	const struct json *tree;
	struct err err;

	assert_non_null(entry);
	assert_ok(json_parse_once(entry->data, entry->len, &world->pool, &tree, &err), &err);
	return tree;
}

/* Is `text` anywhere in the ZIP, in any file? */
WORLD_UNUSED static bool anywhere(const struct unzipped *zip, const char *text)
{
	for (size_t i = 0; i < zip->count; i++) {
		if (memmem(zip->entries[i].data, zip->entries[i].len, text, strlen(text)) != NULL)
			return true;
	}
	return false;
}

/* Exports and reads back. */
WORLD_UNUSED static struct export_result export_of(struct world *world, const char *who, bool show,
						   struct unzipped *out)
{
	const char *path = path_in(world, "out.zip");
	struct export_result result;
	struct err err;

	unlink(path);
	assert_ok(try_export(world, who, show, path, &result, &err), &err);
	unzip(path, out);
	return result;
}

/* A second of a tone at 8 kHz. `format` is libsndfile's. */
WORLD_UNUSED static void make_sound(struct world *world, const char *name, int format)
{
	SF_INFO info = {.samplerate = 8000, .channels = 1, .format = format};
	SNDFILE *sound = sf_open(path_in(world, name), SFM_WRITE, &info);
	float samples[8000];

	assert_non_null(sound);
	for (int i = 0; i < 8000; i++)
		samples[i] = 0.5f * sinf((float)i * 0.345f);
	assert_int_equal(8000, sf_writef_float(sound, samples, 8000));
	assert_int_equal(0, sf_close(sound));
}

WORLD_UNUSED static void make_file(struct world *world, const char *name, const char *data)
{
	struct err err;

	assert_ok(file_write_atomic(path_in(world, name), data, strlen(data), 0600, &err), &err);
}

/* So many calls of ANN. */
WORLD_UNUSED static void put_many(struct world *world, int count)
{
	struct buf lines;

	buf_init(&lines, (size_t)64 * 1024 * 1024);
	for (int i = 0; i < count; i++)
		buf_printf(&lines, "{\"type\":\"call\",\"id\":\"c%d\",\"time\":\"20%02d-%02d-%02dT%02d:%02d:00Z\",\"from\":\"" ANN
				   "\",\"to\":\"+45301%05d\",\"status\":\"answered\",\"duration\":%d}\n",
			   i, 23 + i % 2, 1 + i % 12, 1 + i % 28, i % 24, i % 60, i % 500, i % 300);
	take_in(world, lines.data);
	buf_free(&lines);
}

#endif
