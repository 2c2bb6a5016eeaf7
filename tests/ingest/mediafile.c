/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/taking.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "crypto/stream.h"

/* ---- media ---- */

#define RECORDING(id, media) \
	"{\"type\":\"recording\",\"id\":\"" id "\",\"time\":\"2024-05-17T14:03:00Z\",\"from\":\"+4520000578\",\"media\":" media "}\n"

static enum result read_blob(void *arg, uint64_t offset, void *out, size_t len, struct err *e)
{
	return blob_read(arg, offset, out, len, e);
}

static enum result into_buf(void *arg, const void *data, size_t len, struct err *e)
{
	(void)e;
	buf_add(arg, data, len);
	return OK;
}

static void open_medium(const struct record_row *record, const struct media_row *media, struct buf *out)
{
	struct blob_name name = {media->account, (uint32_t)media->kind, instant_date(id_time(media->id)), media->blob};
	unsigned char aad[MEDIA_AAD_LEN];
	size_t aad_len = media_aad(media, aad);
	struct stream_reader *reader;
	struct blob_file *file;
	struct key key, media_key;
	uint64_t size;

	buf_init(out, 1 << 24);
	assert_ok(seal_record_key(world.vault->read.ring, record, &key, &err), &err);
	assert_ok(open_media_key(&key, media, &media_key, &err), &err);
	assert_ok(blob_get(world.vault->blobs, &name, &file, &size, &err), &err);
	assert_ok(stream_reader_new(&media_key, aad, aad_len, media->segment, size, read_blob, file, &reader, &err), &err);
	assert_ok(stream_read(reader, 0, stream_reader_size(reader), into_buf, out, &err), &err);
	stream_reader_free(reader);
	blob_file_close(file);
}

static enum result count_blob(void *arg, const struct blob_name *name, const char *path, uint64_t size, struct err *e)
{
	(void)name, (void)path, (void)size, (void)e;
	(*(int *)arg)++;
	return OK;
}

static int count_blobs(void)
{
	int count = 0;

	assert_ok(blob_walk(world.vault->blobs, count_blob, &count, &err), &err);
	return count;
}

static void media_are_sealed_beside_their_record(void **state)
{
	static char large[3 * 1024 * 1024 + 17];
	struct record_row rows[2];
	struct media_row media[4];
	struct buf out;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (char)(i * 31 + i / 977);
	memcpy(large, "RIFF....WAVE", 12);
	assert_int_equal(mkdir("audio", 0700), 0);
	put_bytes("audio/a.bin", large, sizeof large);
	put_file("audio/b.txt", "hello");
	take_in(RECORDING("1", "[\"audio/a.bin\",\"audio/b.txt\"]"));
	assert_int_equal(result.media, 2);
	assert_int_equal(result.media_bytes, sizeof large + 5);
	assert_int_equal(list_day(KIND_RECORDING, "2024-05-17T00:00:00Z", rows, 2), 1);
	assert_int_equal(rows[0].media, 2);
	assert_ok(media_list(world.vault->read.data, world.account.number, KIND_RECORDING, rows[0].id, media, 4, &count,
			     &err),
		  &err);
	assert_int_equal(count, 2);
	assert_int_equal(media[0].format, MEDIA_WAV);
	assert_int_equal(media[0].segment, STREAM_SEGMENT_MAX);
	assert_int_equal(media[1].format, MEDIA_TEXT);
	assert_int_equal(media[1].segment, STREAM_SEGMENT_MIN);
	open_medium(&rows[0], &media[0], &out);
	assert_int_equal(out.len, sizeof large);
	assert_memory_equal(out.data, large, sizeof large);
	buf_free(&out);
	open_medium(&rows[0], &media[1], &out);
	assert_string_equal(out.data, "hello");
	buf_free(&out);
	assert_int_equal(period_of(KIND_RECORDING, "2024-05-17T00:00:00Z").media_bytes, sizeof large + 5);
}

static void media_of_duplicates_and_refused_records_are_dropped_again(void **state)
{
	(void)state;
	put_file("a.txt", "one");
	put_file("b.txt", "two");
	take_in(RECORDING("1", "\"a.txt\"") RECORDING("1", "\"b.txt\""));
	assert_int_equal(result.differs, 1);
	assert_int_equal(result.media, 1);
	assert_int_equal(count_blobs(), 1);
	assert_int_equal(unlink("a.txt"), 0);
	take_in(RECORDING("1", "\"a.txt\"")); /* known: its file is not looked for */
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(count_blobs(), 1);
	erase("+4520000578", "2024-05-20T00:00:00Z");
	take_in(RECORDING("2", "\"b.txt\""));
	assert_int_equal(result.refused_erased, 1);
	assert_int_equal(count_blobs(), 0);
	world_reopen(&world);
	assert_int_equal(count_blobs(), 0);
}

static void a_missing_file_rejects_its_line_alone(void **state)
{
	(void)state;
	put_file("a.txt", "one");
	take_in(RECORDING("1", "[\"a.txt\",\"gone.wav\"]") RECORDING("2", "\"a.txt\""));
	assert_int_equal(result.rejected, 1);
	assert_int_equal(result.records[KIND_RECORDING], 1);
	assert_int_equal(result.media, 1);
	assert_int_equal(count_blobs(), 1);
	assert_non_null(strstr(told, "in.jsonl:1: field 'media': 'gone.wav' cannot be found: No such file"));
}

static void expect_refused(const char *line, const char *why)
{
	told[0] = '\0';
	take_in(line);
	assert_int_equal(result.rejected, 1);
	if (strstr(told, why) == NULL)
		fail_msg("'%s' is not in '%s'", why, told);
}

static void files_outside_the_folder_are_refused(void **state)
{
	char line[1024];

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	put_file("secret.txt", "secret");
	put_file("sub/ok.txt", "fine");
	assert_int_equal(symlink("../secret.txt", "sub/link.txt"), 0);
	put_file("sub/in.jsonl", RECORDING("1", "\"../secret.txt\"") RECORDING("2", "\"link.txt\"") RECORDING("3", "\"ok.txt\""));
	assert_ok(import("sub/in.jsonl"), &err);
	assert_int_equal(result.rejected, 2);
	assert_non_null(strstr(told, "lies outside the folder"));
	assert_int_equal(result.records[KIND_RECORDING], 1);
	snprintf(line, sizeof line, RECORDING("4", "\"%s/secret.txt\""), world.base);
	expect_refused(line, "is an absolute path");
	expect_refused(RECORDING("5", "\"sub\""), "is no file");
	options.media_root = world.base;
	take_in(line);
	assert_int_equal(result.records[KIND_RECORDING], 1);
	options.media_root = "sub";
	expect_refused(RECORDING("6", "\"secret.txt\""), "cannot be found");
	options.media_root = "nowhere";
	assert_int_equal(import("in.jsonl"), ERR_IO);
}

static void a_socket_is_no_medium(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "a.wav"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	expect_refused(RECORDING("1", "\"a.wav\""), "is no file (name the file itself)");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(media_are_sealed_beside_their_record),
	    TEST(media_of_duplicates_and_refused_records_are_dropped_again),
	    TEST(a_missing_file_rejects_its_line_alone),
	    TEST(a_socket_is_no_medium),
	    TEST(files_outside_the_folder_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
