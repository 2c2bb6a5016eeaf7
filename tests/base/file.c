/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <signal.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "folder.h"

static struct err err;
static char folder[200];

static int make_folder(void **state)
{
	(void)state;
	return folder_make(folder, sizeof folder, "file");
}

static int remove_folder(void **state)
{
	char path[500];
	DIR *dir = opendir(folder);
	struct dirent *entry;

	(void)state;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (unlink(path) != 0)
			rmdir(path);
	}
	if (dir != NULL)
		closedir(dir);
	return rmdir(folder);
}

static const char *in_folder(const char *name)
{
	static char path[300];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static size_t files_in_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void what_is_written_is_read_back(void **state)
{
	static char data[100000];
	struct stat st;
	struct buf buf;

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 31);
	assert_int_equal(file_write_atomic(in_folder("a"), data, sizeof data, 0640, &err), OK);
	assert_int_equal(file_read(in_folder("a"), sizeof data, &buf, &err), OK);
	assert_int_equal(buf.len, sizeof data);
	assert_memory_equal(buf.data, data, sizeof data);
	buf_free(&buf);
	assert_int_equal(stat(in_folder("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void writing_replaces_the_whole_file_and_leaves_no_other(void **state)
{
	struct buf buf;

	(void)state;
	assert_int_equal(file_write_atomic(in_folder("a"), "a longer text", 13, 0600, &err), OK);
	assert_int_equal(file_write_atomic(in_folder("a"), "short", 5, 0600, &err), OK);
	assert_int_equal(file_read(in_folder("a"), 100, &buf, &err), OK);
	assert_string_equal(buf.data, "short");
	buf_free(&buf);
	assert_int_equal(files_in_folder(), 1);
}

static void an_empty_file_reads_as_an_empty_text(void **state)
{
	struct buf buf;

	(void)state;
	assert_int_equal(file_write_atomic(in_folder("e"), NULL, 0, 0600, &err), OK);
	assert_int_equal(file_read(in_folder("e"), 100, &buf, &err), OK);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
	buf_free(&buf);
	assert_int_equal(file_read(in_folder("e"), 0, &buf, &err), OK);
	buf_free(&buf);
}

static void a_file_that_is_not_there_is_not_found(void **state)
{
	struct buf buf;

	(void)state;
	assert_int_equal(file_read(in_folder("none"), 100, &buf, &err), ERR_NOT_FOUND);
	assert_string_equal(err.where, in_folder("none"));
	assert_int_equal(file_read(in_folder("none/below"), 100, &buf, &err), ERR_NOT_FOUND);
	assert_null(buf.data);
	assert_false(file_exists(in_folder("none")));
	assert_true(file_exists(folder));
}

static void a_file_over_the_maximum_is_refused(void **state)
{
	struct buf buf;

	(void)state;
	assert_int_equal(file_write_atomic(in_folder("a"), "12345", 5, 0600, &err), OK);
	assert_int_equal(file_read(in_folder("a"), 5, &buf, &err), OK);
	buf_free(&buf);
	assert_int_equal(file_read(in_folder("a"), 4, &buf, &err), ERR_LIMIT);
	assert_non_null(strstr(err.what, "larger than 4 bytes"));
	assert_string_equal(err.where, in_folder("a"));
	assert_null(buf.data);
}

static void a_folder_is_no_file(void **state)
{
	struct buf buf;

	(void)state;
	assert_int_equal(file_read(folder, 100, &buf, &err), ERR_IO);
	assert_non_null(strstr(err.what, "Is a directory"));
	assert_int_equal(file_write_atomic(folder, "x", 1, 0600, &err), ERR_IO);
	assert_int_equal(files_in_folder(), 0);
}

static void writing_where_there_is_no_folder_fails_and_says_where(void **state)
{
	char far[5000];

	(void)state;
	assert_int_equal(file_write_atomic(in_folder("none/a"), "x", 1, 0600, &err), ERR_IO);
	assert_string_equal(err.where, in_folder("none/a"));
	memset(far, 'a', sizeof far);
	far[sizeof far - 1] = '\0';
	assert_int_equal(file_write_atomic(far, "x", 1, 0600, &err), ERR_IO);
	assert_non_null(strstr(err.what, "File name too long"));
}

static void when_writing_fails_the_old_file_stays(void **state)
{
	const struct rlimit small = {4, RLIM_INFINITY};
	struct rlimit before;
	struct buf buf;

	(void)state;
	assert_int_equal(file_write_atomic(in_folder("a"), "old", 3, 0600, &err), OK);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(file_write_atomic(in_folder("a"), "too much", 8, 0600, &err), ERR_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(err.what, "cannot write"));
	assert_string_equal(err.where, in_folder("a"));
	assert_int_equal(file_read(in_folder("a"), 100, &buf, &err), OK);
	assert_string_equal(buf.data, "old");
	buf_free(&buf);
	assert_int_equal(files_in_folder(), 1);
}

static void a_full_disk_says_so(void **state)
{
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, "x", 1, &err), ERR_FULL);
	assert_int_equal(file_write_all(fd, NULL, 0, &err), OK);
	close(fd);
	assert_int_equal(file_write_all(-1, "x", 1, &err), ERR_IO);
}

static void folders_are_made_with_their_parents(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(file_make_dirs(in_folder("x/y//z/"), 0750, &err), OK);
	assert_int_equal(stat(in_folder("x/y/z"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07, 0);
	assert_int_equal(file_make_dirs(in_folder("x/y/z"), 0750, &err), OK);
	assert_int_equal(file_make_dirs("/", 0750, &err), OK);
	assert_int_equal(file_make_dirs(".", 0750, &err), OK);
	rmdir(in_folder("x/y/z"));
	rmdir(in_folder("x/y"));
}

static void a_file_in_the_way_of_a_folder_is_told(void **state)
{
	(void)state;
	assert_int_equal(file_write_atomic(in_folder("f"), "x", 1, 0600, &err), OK);
	assert_int_equal(file_make_dirs(in_folder("f"), 0700, &err), ERR_IO);
	assert_non_null(strstr(err.what, "Not a directory"));
	assert_string_equal(err.where, in_folder("f"));
	assert_int_equal(file_make_dirs(in_folder("f/g"), 0700, &err), ERR_IO);
}

static void only_a_folder_can_be_synced_as_one(void **state)
{
	(void)state;
	assert_int_equal(file_sync_dir(folder, &err), OK);
	assert_int_equal(file_sync_dir(in_folder("none"), &err), ERR_IO);
	assert_int_equal(file_write_atomic(in_folder("f"), "x", 1, 0600, &err), OK);
	assert_int_equal(file_sync_dir(in_folder("f"), &err), ERR_IO);
}

static void a_name_without_a_folder_is_beside_us(void **state)
{
	char before[1000];

	(void)state;
	assert_non_null(getcwd(before, sizeof before));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(file_write_atomic("here", "x", 1, 0600, &err), OK);
	assert_true(file_exists("here"));
	assert_int_equal(chdir(before), 0);
}

#define WITH_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_FOLDER(what_is_written_is_read_back),
	    WITH_FOLDER(writing_replaces_the_whole_file_and_leaves_no_other),
	    WITH_FOLDER(an_empty_file_reads_as_an_empty_text),
	    WITH_FOLDER(a_file_that_is_not_there_is_not_found),
	    WITH_FOLDER(a_file_over_the_maximum_is_refused),
	    WITH_FOLDER(a_folder_is_no_file),
	    WITH_FOLDER(writing_where_there_is_no_folder_fails_and_says_where),
	    WITH_FOLDER(when_writing_fails_the_old_file_stays),
	    WITH_FOLDER(a_full_disk_says_so),
	    WITH_FOLDER(folders_are_made_with_their_parents),
	    WITH_FOLDER(a_file_in_the_way_of_a_folder_is_told),
	    WITH_FOLDER(only_a_folder_can_be_synced_as_one),
	    WITH_FOLDER(a_name_without_a_folder_is_beside_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
