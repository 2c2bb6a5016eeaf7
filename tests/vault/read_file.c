/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P57: what a write of reads left undone is written over by the next.
 */
#include "vault/reading.h"

#include <errno.h>
#include <sys/syscall.h>

#include "folder.h"
#include "vault/read_file.h"

/* ---- a system that does as it is told ---- */

static struct {
	size_t most;     /* bytes that a write takes; 0: all */
	int interrupted; /* so many come back at once */
	int taken;       /* so many write something, then */
	int refuse;      /* this errno; 0: never */
	int refuse_sync;
	int writes;      /* so many wrote something */
} plan;

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (plan.interrupted > 0) {
		plan.interrupted--;
		errno = EINTR;
		return -1;
	}
	if (plan.refuse != 0 && plan.taken-- <= 0) {
		errno = plan.refuse;
		return -1;
	}
	plan.writes++;
	return syscall(SYS_pwrite64, fd, data, plan.most != 0 && len > plan.most ? plan.most : len, at);
}

static int sync_by(long call, int fd)
{
	if (plan.refuse_sync == 0)
		return (int)syscall(call, fd);
	errno = plan.refuse_sync;
	return -1;
}

int fsync(int fd)
{
	return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return sync_by(SYS_fdatasync, fd);
}

/* ---- a file in a folder of its own ---- */

static const struct id vault_id = {{7, 7, 7}};
static char dir[PATH_MAX], path[PATH_MAX + 16];

static int make_folder(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof plan);
	if (folder_make(dir, sizeof dir, "reads") != 0)
		return -1;
	snprintf(path, sizeof path, "%s/reads", dir);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof plan);
	return folder_remove(dir);
}

static struct read_file opened(void)
{
	struct read_file file;
	struct err err;

	assert_ok(read_file_open(&file, dir, path, &err), &err);
	return file;
}

/* One frame, `len` bytes with its head. */
static struct buf frame_of(uint64_t number, size_t len)
{
	static char body[ACT_LEAF_MAX];
	const struct read_frame frame = {.number = number, .leaf = {.account = 3, .term = LEAF_ACCESS, .body = body,
								    .body_len = len - READ_FRAME_HEAD}};
	struct buf out;

	memset(body, 'a' + (int)(number % 26), sizeof body);
	buf_init(&out, len);
	read_frame_add(&out, vault_id, &frame);
	assert_int_equal(out.len, len);
	return out;
}

static bool write_frame(struct read_file *file, uint64_t number, size_t len)
{
	struct buf frame = frame_of(number, len);
	bool written = read_file_write(file, frame.data, frame.len);
	int why = errno;

	buf_free(&frame);
	errno = why;
	return written;
}

/* A run of `len` bytes, at most a half: frames that nobody looks at, for each is its number alone. */
static void write_run(struct read_file *file, uint64_t number, size_t len)
{
	unsigned char *run = calloc(1, len);
	struct buf frame = frame_of(number, 100);

	assert_non_null(run);
	memcpy(run, frame.data, frame.len);
	assert_true(read_file_write(file, run, len));
	buf_free(&frame);
	free(run);
}

static struct seen numbers_in(const struct read_file *file)
{
	struct seen seen = {.count = 0};
	struct err err;

	assert_ok(read_frames(file->fd, vault_id, 1, see, &seen, &err), &err);
	return seen;
}

static void assert_numbers(const struct read_file *file, const uint64_t *want, size_t count)
{
	struct seen seen = numbers_in(file);

	assert_int_equal(seen.count, count);
	for (size_t i = 0; i < count; i++)
		assert_true(seen.numbers[i] == want[i]);
}

#define NUMBERS(file, ...)                                                                                              \
	assert_numbers(file, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* ---- making it ---- */

static void it_is_made_whole_of_zeros_that_only_its_owner_reads(void **state)
{
	struct read_file file = opened();
	unsigned char *all = malloc(2 * READ_HALF);
	struct stat st;

	(void)state;
	assert_non_null(all);
	assert_int_equal(fstat(file.fd, &st), 0);
	assert_int_equal(st.st_size, (off_t)(2 * READ_HALF));
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_blocks * 512 >= st.st_size); /* written, not a hole */
	assert_int_equal(pread(file.fd, all, 2 * READ_HALF, 0), (ssize_t)(2 * READ_HALF));
	for (size_t i = 0; i < 2 * READ_HALF; i++)
		assert_int_equal(all[i], 0);
	free(all);
	read_file_close(&file);
	read_file_close(&file);
	assert_int_equal(file.fd, -1);
}

static void one_that_is_whole_is_left_as_it_is_and_written_from_its_beginning(void **state)
{
	struct read_file file = opened();
	int writes;

	(void)state;
	assert_true(write_frame(&file, 5, 100));
	read_file_close(&file);
	writes = plan.writes;
	file = opened();
	assert_int_equal(plan.writes, writes);
	NUMBERS(&file, 5);
	assert_true(write_frame(&file, 9, 100));
	NUMBERS(&file, 9);
	read_file_close(&file);
}

static void one_that_was_cut_short_is_made_anew(void **state)
{
	struct read_file file = opened();

	(void)state;
	assert_true(write_frame(&file, 5, 100));
	assert_int_equal(ftruncate(file.fd, 1000), 0);
	read_file_close(&file);
	file = opened();
	assert_int_equal(lseek(file.fd, 0, SEEK_END), (off_t)(2 * READ_HALF));
	assert_int_equal(numbers_in(&file).count, 0);
	read_file_close(&file);
}

static void assert_not_made(enum result wanted, const char *text)
{
	struct read_file file;
	struct err err;

	assert_int_equal(read_file_open(&file, dir, path, &err), wanted);
	assert_int_equal(file.fd, -1);
	assert_non_null(strstr(err.what, text));
	assert_string_equal(err.where, path);
	assert_int_equal(access(path, F_OK), -1);
}

static void one_that_cannot_be_made_whole_is_none(void **state)
{
	(void)state;
	plan.refuse = ENOSPC;
	assert_not_made(ERR_FULL, "cannot write the file of reads");
	plan.taken = 31; /* all but the last piece */
	assert_not_made(ERR_FULL, "cannot write the file of reads");
	plan.refuse = 0;
	plan.refuse_sync = EIO;
	assert_not_made(ERR_IO, "cannot sync the file of reads");
}

static void what_stands_in_its_place_is_said_by_its_path(void **state)
{
	struct read_file file;
	struct err err;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(read_file_open(&file, dir, path, &err), ERR_IO);
	assert_non_null(strstr(err.what, path));
	assert_int_equal(file.fd, -1);
	assert_int_equal(rmdir(path), 0);
}

/* ---- writing it ---- */

static void what_the_system_takes_in_pieces_or_is_interrupted_at_is_written_whole(void **state)
{
	struct read_file file = opened();

	(void)state;
	plan.writes = 0;
	plan.most = 7;
	plan.interrupted = 3;
	assert_true(write_frame(&file, 1, 100));
	assert_int_equal(plan.writes, 15);
	assert_true(write_frame(&file, 2, 200));
	NUMBERS(&file, 1, 2);
	read_file_close(&file);
}

static void what_a_full_disk_left_of_a_run_is_no_frame_and_the_next_is_written_over_it(void **state)
{
	struct read_file file = opened();
	off_t at;

	(void)state;
	assert_true(write_frame(&file, 1, 100));
	at = file.at;
	plan.most = 50;
	plan.taken = 1;
	plan.refuse = ENOSPC;
	assert_false(write_frame(&file, 2, 120));
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(file.at, at);
	NUMBERS(&file, 1);

	plan.refuse = 0;
	assert_true(write_frame(&file, 4, 90));
	NUMBERS(&file, 1, 4);
	read_file_close(&file);
}

static void what_does_not_fit_into_a_half_begins_the_other(void **state)
{
	struct read_file file = opened();

	(void)state;
	write_run(&file, 1, READ_HALF - 150);
	assert_true(write_frame(&file, 2, 150)); /* to the last byte */
	assert_int_equal(file.at, (off_t)READ_HALF);
	write_run(&file, 3, READ_HALF - 50);
	NUMBERS(&file, 1, 3);
	assert_true(write_frame(&file, 4, 51));
	assert_int_equal(file.at, 51);
	NUMBERS(&file, 3, 4);
	read_file_close(&file);
}

static void a_run_of_a_half_fills_it_and_the_next_of_a_half_the_other(void **state)
{
	struct read_file file = opened();

	(void)state;
	write_run(&file, 1, READ_HALF);
	write_run(&file, 2, READ_HALF);
	assert_int_equal(file.at, (off_t)(2 * READ_HALF));
	NUMBERS(&file, 1, 2);
	write_run(&file, 3, READ_HALF);
	assert_int_equal(file.at, (off_t)READ_HALF);
	NUMBERS(&file, 2, 3);
	read_file_close(&file);
}

/* A half is begun again before it is known whether it can be written. */
static void a_half_that_could_not_be_begun_again_is_begun_by_the_next(void **state)
{
	struct read_file file = opened();

	(void)state;
	write_run(&file, 1, READ_HALF - 50);
	plan.refuse = EIO;
	assert_false(write_frame(&file, 2, 100));
	assert_int_equal(errno, EIO);
	NUMBERS(&file, 1);
	plan.refuse = 0;
	assert_true(write_frame(&file, 3, 100));
	assert_int_equal(file.at, (off_t)READ_HALF + 100);
	NUMBERS(&file, 1, 3);

	write_run(&file, 4, READ_HALF - 150);
	plan.most = 60;
	plan.taken = 1;
	plan.refuse = ENOSPC;
	assert_false(write_frame(&file, 5, 100)); /* torn: the half that it was to begin is empty */
	plan.refuse = 0;
	NUMBERS(&file, 3, 4);
	assert_true(write_frame(&file, 6, 100));
	assert_int_equal(file.at, 100);
	NUMBERS(&file, 3, 4, 6);
	read_file_close(&file);
}

static void a_sync_says_what_the_system_said(void **state)
{
	struct read_file file = opened();

	(void)state;
	assert_true(read_file_sync(&file));
	plan.refuse_sync = EIO;
	assert_false(read_file_sync(&file));
	assert_int_equal(errno, EIO);
	plan.refuse_sync = 0;
	read_file_close(&file);
}

static void of_one_that_was_cleared_nothing_is_read_and_the_next_goes_on_where_it_was(void **state)
{
	struct read_file file = opened();

	(void)state;
	write_run(&file, 1, READ_HALF);
	assert_true(write_frame(&file, 2, 100));
	NUMBERS(&file, 1, 2);
	read_file_clear(&file);
	assert_int_equal(numbers_in(&file).count, 0);
	assert_int_equal(file.at, (off_t)READ_HALF + 100);
	plan.refuse = EIO;
	read_file_clear(&file);
	read_file_close(&file);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(it_is_made_whole_of_zeros_that_only_its_owner_reads),
		IN_FOLDER(one_that_is_whole_is_left_as_it_is_and_written_from_its_beginning),
		IN_FOLDER(one_that_was_cut_short_is_made_anew),
		IN_FOLDER(one_that_cannot_be_made_whole_is_none),
		IN_FOLDER(what_stands_in_its_place_is_said_by_its_path),
		IN_FOLDER(what_the_system_takes_in_pieces_or_is_interrupted_at_is_written_whole),
		IN_FOLDER(what_a_full_disk_left_of_a_run_is_no_frame_and_the_next_is_written_over_it),
		IN_FOLDER(what_does_not_fit_into_a_half_begins_the_other),
		IN_FOLDER(a_run_of_a_half_fills_it_and_the_next_of_a_half_the_other),
		IN_FOLDER(a_half_that_could_not_be_begun_again_is_begun_by_the_next),
		IN_FOLDER(a_sync_says_what_the_system_said),
		IN_FOLDER(of_one_that_was_cleared_nothing_is_read_and_the_next_goes_on_where_it_was),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
