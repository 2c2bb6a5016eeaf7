/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Recordings and attachments in an export.
 */
#include "export/unzip.h"

#include <fcntl.h>
#include <ftw.h>

static struct unzipped zip;

static void sound_of_every_format_comes_out_as_wav(void **state)
{
	struct world *world = *state;
	const struct json *data, *records;
	struct export_result result;

	make_sound(world, "a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16);
	make_sound(world, "b.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
	make_sound(world, "c.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS);
	make_sound(world, "d.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III);
	make_sound(world, "e.gsm", SF_FORMAT_RAW | SF_FORMAT_GSM610);
	for (const char *const *name = (const char *const[]){"a.wav", "b.flac", "c.ogg", "d.mp3", "e.gsm", NULL};
	     *name != NULL; name++)
		take_in(world, pool_printf(&world->pool,
					   "{\"type\":\"recording\",\"id\":\"%s\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" ANN
					   "\",\"media\":\"%s\"}\n", *name, *name));
	result = export_of(world, ANN, false, &zip);
	assert_int_equal(5, result.media);
	data = tree_of(world, &zip, "data.json");
	records = json_get(data, "records");
	for (const struct json *record = records->first; record != NULL; record = record->next) {
		const struct json *medium = json_get(record, "media")->first;
		const struct entry_read *entry = entry_of(&zip, json_get_text(medium, "file"));
		bool copied = strcmp(json_get_text(record, "source_id"), "a.wav") == 0;

		assert_non_null(entry);
		assert_memory_equal("RIFF", entry->data, 4);
		assert_memory_equal("WAVEfmt ", entry->data + 8, 8);
		assert_true(entry->len > 44 + 15000 && entry->len < 44 + 20000);
		assert_string_equal(copied ? "copied" : "converted_to_wav", json_get_text(medium, "state"));
		assert_non_null(strstr(text_of(&zip, "index.html"), entry->name));
	}
	unzipped_free(&zip);
}

static void wav_is_copied_to_the_byte(void **state)
{
	struct world *world = *state;
	const struct entry_read *entry;
	struct buf original;
	struct err err;

	make_sound(world, "a.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW);
	take_in(world, "{\"type\":\"voicemail\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" ANN
		       "\",\"media\":\"a.wav\"}\n");
	(void)export_of(world, ANN, false, &zip);
	entry = entry_like(&zip, "media/vm_");
	assert_non_null(entry);
	assert_ok(file_read(path_in(world, "a.wav"), 1 << 20, &original, &err), &err);
	assert_int_equal(original.len, entry->len);
	assert_memory_equal(original.data, entry->data, entry->len);
	buf_free(&original);
	unzipped_free(&zip);
}

static void what_cannot_be_converted_goes_out_as_it_is_and_that_is_said(void **state)
{
	struct world *world = *state;
	const struct entry_read *entry;
	const struct json *medium;

	make_file(world, "broken.mp3", "ID3 this is no sound at all");
	take_in(world, "{\"type\":\"recording\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" ANN
		       "\",\"media\":[{\"path\":\"broken.mp3\",\"content_type\":\"audio/mpeg\"}]}\n");
	(void)export_of(world, ANN, false, &zip);
	entry = entry_like(&zip, "media/rec_");
	assert_non_null(entry);
	assert_string_equal("ID3 this is no sound at all", entry->data);
	assert_non_null(strstr(entry->name, ".mp3"));
	medium = json_get(tree_of(world, &zip, "manifest.json"), "media")->first;
	assert_string_equal("not_convertible", json_get_text(medium, "state"));
	unzipped_free(&zip);
}

static void files_that_a_browser_would_run_lose_their_extension(void **state)
{
	struct world *world = *state;

	make_file(world, "x.svg", "<svg onload='alert(1)'/>");
	make_file(world, "y.html", "<script>alert(1)</script>");
	take_in(world, "{\"type\":\"document\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" ANN
		       "\",\"media\":[\"x.svg\",\"y.html\"]}\n");
	(void)export_of(world, ANN, false, &zip);
	for (size_t i = 0; i < zip.count; i++) {
		if (strncmp(zip.entries[i].name, "media/", 6) == 0) {
			assert_null(strstr(zip.entries[i].name, ".svg"));
			assert_null(strstr(zip.entries[i].name, ".html"));
		}
	}
	assert_non_null(strstr(entry_like(&zip, "media/doc_")->name, "-0."));
	unzipped_free(&zip);
}

static int change_blob(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	if (flag == FTW_F && strstr(path, "/blobs/") != NULL && st->st_size > 1000) {
		int fd = open(path, O_RDWR);

		assert_true(fd >= 0);
		assert_int_equal(1, pwrite(fd, "x", 1, st->st_size - 100));
		close(fd);
	}
	return 0;
}

static int remove_blob(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)ftw;
	return flag == FTW_F && strstr(path, "/blobs/") != NULL ? unlink(path) : 0;
}

static void take_in_a_recording(struct world *world)
{
	make_sound(world, "a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16);
	take_in(world, "{\"type\":\"recording\",\"id\":\"1\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"" ANN
		       "\",\"media\":\"a.wav\"}\n");
}

static void assert_left_out(struct world *world, const char *reason)
{
	const struct json *left = json_get(tree_of(world, &zip, "manifest.json"), "left_out");

	assert_int_equal(1, left->len);
	assert_string_equal(reason, json_get_text(left->first, "reason"));
	assert_null(entry_like(&zip, "media/"));
	assert_null(strstr(text_of(&zip, "index.html"), "<audio"));
	assert_non_null(strstr(text_of(&zip, "index.html"), "left out: the"));
}

static void a_file_that_is_no_longer_there_is_said_to_be_missing(void **state)
{
	struct world *world = *state;

	take_in_a_recording(world);
	assert_int_equal(0, nftw(world->data, remove_blob, 16, FTW_PHYS));
	assert_int_equal(1, export_of(world, ANN, false, &zip).media_left_out);
	assert_left_out(world, "missing");
	unzipped_free(&zip);
}

static void nothing_of_a_damaged_file_gets_out(void **state)
{
	struct world *world = *state;

	take_in_a_recording(world);
	assert_int_equal(0, nftw(world->data, change_blob, 16, FTW_PHYS));
	assert_int_equal(1, export_of(world, ANN, false, &zip).media_left_out);
	assert_left_out(world, "damaged");
	unzipped_free(&zip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(sound_of_every_format_comes_out_as_wav),
		IN_WORLD(wav_is_copied_to_the_byte),
		IN_WORLD(what_cannot_be_converted_goes_out_as_it_is_and_that_is_said),
		IN_WORLD(files_that_a_browser_would_run_lose_their_extension),
		IN_WORLD(a_file_that_is_no_longer_there_is_said_to_be_missing),
		IN_WORLD(nothing_of_a_damaged_file_gets_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
