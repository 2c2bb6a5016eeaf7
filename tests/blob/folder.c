/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What lies on the disk: modes, folders, reading, removing, walking, and what the system refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "blob/driver.h"
#include "blob/store.h"

static struct blob_name name_of(int day, unsigned char number)
{
	struct blob_name name = {.account = 1, .kind = 2, .day = {day}};

	memset(name.id.bytes, number, sizeof name.id.bytes);
	return name;
}

static const char *day_path(int day)
{
	static char path[BLOB_PATH_MAX];
	struct blob_name name = name_of(day, 0);

	blob_path(&name, path);
	*strrchr(path, '/') = '\0';
	return path;
}

static void put(struct blob_name name, const char *text)
{
	struct blob_batch *batch = NULL;
	struct blob_put *one = NULL;

	assert_int_equal(blob_batch_new(store, &batch, &err), OK);
	assert_int_equal(blob_put_begin(batch, &name, &one, &err), OK);
	assert_int_equal(blob_put_write(one, text, strlen(text), &err), OK);
	assert_int_equal(blob_put_finish(one, &err), OK);
	assert_int_equal(blob_publish(batch, &err), OK);
	assert_int_equal(blob_settle(batch, &err), OK);
	blob_batch_free(batch);
}

static mode_t mode_of(const char *relative)
{
	struct stat st;

	assert_int_equal(stat(path_of(relative), &st), 0);
	return st.st_mode & 0777;
}

/* --- opening ------------------------------------------------------------ */

static void a_store_that_is_not_there_is_not_found_unless_created(void **state)
{
	struct blob_store *other = NULL;
	char path[PATH_MAX];
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%.3000s/sub/store", folder);
	assert_int_equal(blob_open_folder(path, false, &other, &err), ERR_NOT_FOUND);
	assert_string_equal(err.where, path);
	assert_int_equal(blob_open_folder(path, true, &other, &err), OK);
	blob_close(other);
	blob_close(NULL);
	fd = open(path_of("file"), O_CREAT | O_WRONLY, 0600);
	close(fd);
	snprintf(path, sizeof path, "%.3000s/file", folder);
	assert_int_equal(blob_open_folder(path, false, &other, &err), ERR_NOT_FOUND);
	assert_int_not_equal(blob_open_folder(path, true, &other, &err), OK);
}

static void empty_folders_that_a_copy_left_out_are_made_again(void **state)
{
	(void)state;
	blob_close(store);
	assert_int_equal(rmdir(path_of("incoming")), 0);
	assert_int_equal(rmdir(path_of("journal")), 0);
	assert_int_equal(blob_open_folder(folder, false, &store, &err), OK);
	put(name_of(19000, 1), "one");
}

static void files_and_folders_are_the_owners_only(void **state)
{
	struct blob_name name = name_of(19000, 1);
	char path[BLOB_PATH_MAX];
	mode_t before = umask(0);

	(void)state;
	put(name, "one");
	umask(before);
	assert_int_equal(mode_of(blob_path(&name, path)), 0600);
	assert_int_equal(mode_of(day_path(19000)), 0700);
	assert_int_equal(mode_of("1"), 0700);
	assert_int_equal(mode_of("incoming"), 0700);
	assert_int_equal(mode_of("journal"), 0700);
}

/* --- reading ------------------------------------------------------------ */

static void any_range_is_read_and_past_the_end_is_corrupt(void **state)
{
	struct blob_name name = name_of(19000, 1);
	struct blob_file *file = NULL;
	char text[16] = "";
	uint64_t size = 0;

	(void)state;
	put(name, "0123456789");
	assert_int_equal(blob_get(store, &name, &file, &size, &err), OK);
	assert_int_equal(size, 10);
	assert_int_equal(blob_read(file, 3, text, 4, &err), OK);
	assert_string_equal(text, "3456");
	assert_int_equal(blob_read(file, 10, text, 0, &err), OK);
	assert_int_equal(blob_read(file, 8, text, 4, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "2 bytes"));
	assert_non_null(strstr(err.where, folder));
	blob_file_close(file);
	blob_file_close(NULL);
}

static void an_open_blob_can_be_read_after_it_was_removed(void **state)
{
	struct blob_name name = name_of(19000, 1);
	struct blob_file *file = NULL;
	char text[3];
	uint64_t size;

	(void)state;
	put(name, "one");
	assert_int_equal(blob_get(store, &name, &file, &size, &err), OK);
	assert_int_equal(blob_remove(store, &name, &err), OK);
	assert_int_equal(blob_read(file, 0, text, 3, &err), OK);
	blob_file_close(file);
	assert_int_equal(blob_get(store, &name, &file, &size, &err), ERR_NOT_FOUND);
}

static void what_is_not_a_file_is_not_read(void **state)
{
	struct blob_name link_name = name_of(19000, 2), folder_name = name_of(19000, 3);
	struct blob_file *file = NULL;
	char path[BLOB_PATH_MAX];
	uint64_t size;

	(void)state;
	put(name_of(19000, 1), "one");
	assert_int_equal(symlink("/etc/passwd", path_of(blob_path(&link_name, path))), 0);
	assert_int_equal(mkdir(path_of(blob_path(&folder_name, path)), 0700), 0);
	assert_int_equal(blob_get(store, &link_name, &file, &size, &err), ERR_IO);
	assert_int_equal(blob_get(store, &folder_name, &file, &size, &err), ERR_CORRUPT);
	assert_int_not_equal(blob_remove(store, &folder_name, &err), OK);
}

/* --- removing ----------------------------------------------------------- */

static void the_last_blob_of_a_day_takes_its_folder_along(void **state)
{
	struct blob_name one = name_of(19000, 1), two = name_of(19000, 2);

	(void)state;
	put(one, "one");
	put(two, "two");
	assert_int_equal(blob_remove(store, &one, &err), OK);
	assert_int_equal(access(path_of(day_path(19000)), F_OK), 0);
	assert_int_equal(blob_remove(store, &two, &err), OK);
	assert_int_not_equal(access(path_of(day_path(19000)), F_OK), 0);
	assert_int_equal(blob_sync_removed(store, &err), OK);
	put(one, "again");
}

static void removing_what_is_not_there_is_fine(void **state)
{
	struct blob_name name = name_of(19000, 1);

	(void)state;
	assert_int_equal(blob_remove(store, &name, &err), OK);
	assert_int_equal(blob_sync_removed(store, &err), OK);
	assert_int_equal(blob_sync_removed(store, &err), OK);
}

static void removals_in_very_many_folders_are_synced_too(void **state)
{
	(void)state;
	for (int day = 0; day < 1500; day++) {
		struct blob_name name = name_of(day, 1);

		assert_int_equal(blob_remove(store, &name, &err), OK);
	}
	assert_int_equal(blob_sync_removed(store, &err), OK);
}

/* --- walking ------------------------------------------------------------ */

struct seen { int ours, strange; uint64_t bytes; int stop_after; };

static enum result visit(void *arg, const struct blob_name *name, const char *path, uint64_t size, struct err *e)
{
	struct seen *seen = arg;

	assert_null(strstr(path, "incoming"));
	name ? seen->ours++ : seen->strange++;
	seen->bytes += size;
	if (seen->stop_after && seen->ours == seen->stop_after)
		return err_set(e, ERR_INTERRUPTED, "enough");
	return OK;
}

static void touch(const char *relative)
{
	int fd = open(path_of(relative), O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void a_walk_sees_every_blob_and_what_is_none_of_ours(void **state)
{
	struct seen seen = {0};
	char path[PATH_MAX];

	(void)state;
	for (int day = 0; day < 20; day++)
		put(name_of(day, (unsigned char)day), "four");
	touch("stray");
	touch("incoming/something");
	snprintf(path, sizeof path, "%s/short", day_path(3));
	touch(path);
	snprintf(path, sizeof path, "%s/link", day_path(3));
	assert_int_equal(symlink("/etc", path_of(path)), 0);
	assert_int_equal(blob_walk(store, visit, &seen, &err), OK);
	assert_int_equal(seen.ours, 20);
	assert_int_equal(seen.bytes, 80);
	assert_int_equal(seen.strange, 3);
}

static void a_walk_stops_when_the_visitor_says_so(void **state)
{
	struct seen seen = {.stop_after = 3};

	(void)state;
	for (int day = 0; day < 9; day++)
		put(name_of(day, 1), "x");
	assert_int_equal(blob_walk(store, visit, &seen, &err), ERR_INTERRUPTED);
	assert_int_equal(seen.ours, 3);
}

static void a_walk_does_not_descend_for_ever(void **state)
{
	struct seen seen = {0};
	char path[PATH_MAX] = "d";

	(void)state;
	for (int depth = 0; depth < 20; depth++) {
		assert_int_equal(mkdir(path_of(path), 0700), 0);
		strncat(path, "/d", sizeof path - strlen(path) - 1);
	}
	assert_int_equal(blob_walk(store, visit, &seen, &err), ERR_LIMIT);
	assert_true(err.mend[0]);
}

/* --- refusals ----------------------------------------------------------- */

static void a_write_the_system_refuses_names_the_file(void **state)
{
	struct rlimit before, small = {4096, 0};
	struct blob_name name = name_of(19000, 1);
	struct blob_batch *batch = NULL;
	struct blob_put *one = NULL;
	static char big[16384];
	enum result r;

	(void)state;
	assert_int_equal(blob_batch_new(store, &batch, &err), OK);
	assert_int_equal(blob_put_begin(batch, &name, &one, &err), OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = blob_put_write(one, big, sizeof big, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, ERR_IO);
	assert_non_null(strstr(err.where, "incoming/"));
	blob_put_abort(one);
	blob_batch_free(batch);
}

static void a_file_in_the_place_of_a_folder_is_an_error_of_its_own(void **state)
{
	struct blob_name name = name_of(19000, 1);
	struct blob_batch *batch = NULL;
	struct blob_put *one = NULL;

	(void)state;
	touch("1");
	assert_int_equal(blob_batch_new(store, &batch, &err), OK);
	assert_int_equal(blob_put_begin(batch, &name, &one, &err), OK);
	assert_int_equal(blob_put_finish(one, &err), OK);
	assert_int_equal(blob_publish(batch, &err), ERR_IO);
	assert_non_null(strstr(err.where, "/1/2/"));
	blob_batch_free(batch);
	assert_int_equal(rmdir(path_of("incoming")), 0); /* empty */
}

static void a_store_that_vanished_says_what_it_could_not_do(void **state)
{
	struct blob_name name = name_of(19000, 1);
	struct blob_batch *batch = NULL;
	struct blob_put *one = NULL;

	(void)state;
	assert_int_equal(rmdir(path_of("incoming")), 0);
	assert_int_equal(blob_batch_new(store, &batch, &err), OK);
	assert_int_equal(blob_put_begin(batch, &name, &one, &err), ERR_IO);
	assert_non_null(strstr(err.what, "create a blob"));
	blob_batch_free(batch);
}

/* --- threads ------------------------------------------------------------ */

/* One thread empties a day while another fills it: the folder comes and goes, no blob does. */
static void *remove_and_wait(void *arg)
{
	struct blob_name name = name_of(19000, 200);
	struct err e;

	for (int i = 0; i < 2000; i++)
		if (blob_remove(store, &name, &e))
			*(bool *)arg = true;
	return NULL;
}

static void publishing_into_a_day_that_is_being_emptied_works(void **state)
{
	bool failed = false;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, remove_and_wait, &failed), 0);
	for (unsigned char i = 0; i < 100; i++) {
		struct blob_name name = name_of(19000, i);

		put(name, "text");
		assert_int_equal(blob_remove(store, &name, &err), OK);
	}
	pthread_join(thread, NULL);
	assert_false(failed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(a_store_that_is_not_there_is_not_found_unless_created),
	    CASE(empty_folders_that_a_copy_left_out_are_made_again),
	    CASE(files_and_folders_are_the_owners_only),
	    CASE(any_range_is_read_and_past_the_end_is_corrupt),
	    CASE(an_open_blob_can_be_read_after_it_was_removed),
	    CASE(what_is_not_a_file_is_not_read),
	    CASE(the_last_blob_of_a_day_takes_its_folder_along),
	    CASE(removing_what_is_not_there_is_fine),
	    CASE(removals_in_very_many_folders_are_synced_too),
	    CASE(a_walk_sees_every_blob_and_what_is_none_of_ours),
	    CASE(a_walk_stops_when_the_visitor_says_so),
	    CASE(a_walk_does_not_descend_for_ever),
	    CASE(a_write_the_system_refuses_names_the_file),
	    CASE(a_file_in_the_place_of_a_folder_is_an_error_of_its_own),
	    CASE(a_store_that_vanished_says_what_it_could_not_do),
	    CASE(publishing_into_a_day_that_is_being_emptied_works),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
