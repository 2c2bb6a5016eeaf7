/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names, batches and recovery, on the folder driver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "blob/store.h"

static struct blob_name name_of(unsigned number)
{
	struct blob_name name = {.account = 1 + number % 3, .kind = 2, .day = {19000 + (int)(number % 5)}};

	memset(name.id.bytes, 0xab, sizeof name.id.bytes);
	name.id.bytes[0] = (unsigned char)(number >> 8);
	name.id.bytes[15] = (unsigned char)number;
	return name;
}

static struct blob_batch *new_batch(void)
{
	struct blob_batch *batch = NULL;

	assert_int_equal(blob_batch_new(store, &batch, &err), OK);
	return batch;
}

static struct blob_put *begin(struct blob_batch *batch, unsigned number, const char *text)
{
	struct blob_name name = name_of(number);
	struct blob_put *put = NULL;

	assert_int_equal(blob_put_begin(batch, &name, &put, &err), OK);
	assert_int_equal(blob_put_write(put, text, strlen(text), &err), OK);
	return put;
}

static void put(struct blob_batch *batch, unsigned number, const char *text)
{
	assert_int_equal(blob_put_finish(begin(batch, number, text), &err), OK);
}

static bool exists(unsigned number)
{
	struct blob_name name = name_of(number);
	struct blob_file *file = NULL;
	uint64_t size;
	enum result r = blob_get(store, &name, &file, &size, &err);

	blob_file_close(file);
	assert_true(r == OK || r == ERR_NOT_FOUND);
	return r == OK;
}

static int entries_in(const char *relative)
{
	DIR *dir = opendir(path_of(relative));
	const struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* --- crashes ------------------------------------------------------------ */

/* The state of the disk at one moment, kept beside while the program goes on, and put back: a crash. */
static void copy_tree(const char *from, const char *to)
{
	char source[PATH_MAX], target[PATH_MAX];
	DIR *dir = opendir(from);
	const struct dirent *entry;
	struct stat st;

	assert_non_null(dir);
	mkdir(to, 0700);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(source, sizeof source, "%.2000s/%.200s", from, entry->d_name);
		snprintf(target, sizeof target, "%.2000s/%.200s", to, entry->d_name);
		assert_int_equal(stat(source, &st), 0);
		if (S_ISDIR(st.st_mode))
			copy_tree(source, target);
		else
			assert_int_equal(link(source, target), 0);
	}
	closedir(dir);
}

static void snapshot(char kept[PATH_MAX])
{
	snprintf(kept, PATH_MAX, "%.2000s.kept", folder);
	copy_tree(folder, kept);
}

static void crash_to(const char *kept)
{
	blob_close(store);
	assert_int_equal(folder_remove(folder), 0);
	assert_int_equal(rename(kept, folder), 0);
	assert_int_equal(blob_open_folder(folder, false, &store, &err), OK);
}

/* Rows: which numbers have one. */
struct rows { bool has[4096]; int asked; bool fail; };

static enum result known_to_rows(void *arg, const struct blob_name *name, bool *known, struct err *e)
{
	struct rows *rows = arg;

	rows->asked++;
	if (rows->fail)
		return err_set(e, ERR_IO, "the rows cannot be read");
	*known = rows->has[name->id.bytes[0] << 8 | name->id.bytes[15]];
	return OK;
}

static uint64_t recover(struct rows *rows)
{
	uint64_t removed = 99;

	if (blob_recover(store, known_to_rows, rows, &removed, &err))
		fail_msg("%s (%s)", err.what, err.where);
	return removed;
}

static void recovered_store_is_clean(struct rows *rows)
{
	assert_int_equal(entries_in("incoming"), 0);
	assert_int_equal(entries_in("journal"), 0);
	assert_int_equal(recover(rows), 0); /* again changes nothing */
}

/* --- names -------------------------------------------------------------- */

static void a_path_is_account_kind_day_and_id(void **state)
{
	struct blob_name name = {.account = 4294967295u, .kind = 0, .day = date_from_civil(2024, 2, 29)}, back;
	char path[BLOB_PATH_MAX];

	(void)state;
	memset(name.id.bytes, 0x0f, 16);
	assert_string_equal(blob_path(&name, path), "4294967295/0/2024-02-29/0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f");
	assert_int_equal(blob_path_parse(path, &back, &err), OK);
	assert_true(back.account == name.account && back.kind == 0 && back.day.days == name.day.days);
	assert_int_equal(id_compare(back.id, name.id), 0);
}

static void any_other_path_is_refused(void **state)
{
	static const char *const wrong[] = {
	    "", "/", "1", "1/2", "1/2/2024-01-01", "1/2/2024-01-01/", "../2/2024-01-01/0123456789abcdef0123456789abcdef",
	    "01/2/2024-01-01/0123456789abcdef0123456789abcdef", "1/+2/2024-01-01/0123456789abcdef0123456789abcdef",
	    "4294967296/2/2024-01-01/0123456789abcdef0123456789abcdef",
	    "99999999999999999999999/2/2024-01-01/0123456789abcdef0123456789abcdef",
	    "1/2/2024-02-30/0123456789abcdef0123456789abcdef", "1/2/2024-1-01//0123456789abcdef0123456789abcdef",
	    "1/2/2024-01-01/0123456789ABCDEF0123456789abcdef", "1/2/2024-01-01/0123456789abcdef0123456789abcde",
	    "1/2/2024-01-01/0123456789abcdef0123456789abcdef0", "1/2/2024-01-01/0123456789abcdef0123456789abcdeg",
	    "1/2/2024-01-01/0123456789abcdef0123456789abcdef/", "/1/2/2024-01-01/0123456789abcdef0123456789abcdef",
	    "1//2024-01-01/0123456789abcdef0123456789abcdef", "1/2/2024-01-01 0123456789abcdef0123456789abcdef",
	};
	struct blob_name name;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (blob_path_parse(wrong[i], &name, &err) != ERR_INPUT)
			fail_msg("taken: %s", wrong[i]);
	assert_non_null(strstr(err.what, "account/kind/YYYY-MM-DD/32 hex digits"));
}

/* --- batches ------------------------------------------------------------ */

static void a_blob_is_seen_when_published_and_stays_when_settled(void **state)
{
	struct blob_batch *batch = new_batch();

	(void)state;
	put(batch, 1, "one");
	put(batch, 7, "");
	assert_false(exists(1));
	assert_int_equal(blob_publish(batch, &err), OK);
	assert_true(exists(1) && exists(7));
	assert_int_equal(entries_in("journal"), 1);
	assert_int_equal(blob_settle(batch, &err), OK);
	blob_batch_free(batch);
	assert_true(exists(1) && exists(7));
	assert_int_equal(entries_in("journal"), 0);
	assert_int_equal(entries_in("incoming"), 0);
}

static void a_batch_freed_before_settling_leaves_nothing(void **state)
{
	struct blob_batch *batch = new_batch();

	(void)state;
	blob_batch_free(NULL);
	put(batch, 1, "one");
	blob_batch_free(batch);
	assert_int_equal(entries_in("incoming"), 0);
	batch = new_batch();
	put(batch, 1, "one");
	put(batch, 2, "two");
	assert_int_equal(blob_publish(batch, &err), OK);
	blob_batch_free(batch);
	assert_false(exists(1) || exists(2));
	assert_int_equal(entries_in("journal"), 0);
}

static void an_empty_batch_writes_no_journal(void **state)
{
	struct blob_batch *batch = new_batch();

	(void)state;
	assert_int_equal(blob_publish(batch, &err), OK);
	assert_int_equal(entries_in("journal"), 0);
	assert_int_equal(blob_settle(batch, &err), OK);
	blob_batch_free(batch);
}

static void an_aborted_put_is_gone(void **state)
{
	struct blob_batch *batch = new_batch();

	(void)state;
	blob_put_abort(NULL);
	blob_put_abort(begin(batch, 1, "half of"));
	assert_int_equal(entries_in("incoming"), 0);
	put(batch, 2, "two");
	assert_int_equal(blob_publish(batch, &err), OK);
	assert_int_equal(blob_settle(batch, &err), OK);
	blob_batch_free(batch);
	assert_true(exists(2));
	assert_false(exists(1));
}

static void a_dropped_blob_is_not_published(void **state)
{
	struct blob_name one = name_of(1), nine = name_of(9);
	struct blob_batch *batch = new_batch();

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		put(batch, i, "some");
	assert_int_equal(blob_batch_drop(batch, &nine, &err), OK);
	assert_int_equal(blob_batch_drop(batch, &nine, &err), ERR_NOT_FOUND);
	assert_int_equal(blob_batch_drop(batch, &one, &err), OK);
	assert_int_equal(blob_publish(batch, &err), OK);
	assert_int_equal(blob_settle(batch, &err), OK);
	blob_batch_free(batch);
	for (unsigned i = 0; i < 40; i++)
		assert_int_equal(exists(i), i != 9 && i != 1);
}

static void two_batches_at_once_do_not_meet(void **state)
{
	struct blob_batch *one = new_batch(), *two = new_batch();

	(void)state;
	put(one, 1, "one");
	put(two, 2, "two");
	assert_int_equal(blob_publish(one, &err), OK);
	assert_int_equal(blob_publish(two, &err), OK);
	blob_batch_free(one);
	assert_int_equal(blob_settle(two, &err), OK);
	blob_batch_free(two);
	assert_false(exists(1));
	assert_true(exists(2));
}

static void a_name_that_is_taken_is_never_overwritten(void **state)
{
	struct blob_batch *first = new_batch(), *second = new_batch();
	struct blob_name name = name_of(1);
	struct blob_file *file;
	char text[5];
	uint64_t size;

	(void)state;
	put(first, 1, "first");
	assert_int_equal(blob_publish(first, &err), OK);
	assert_int_equal(blob_settle(first, &err), OK);
	blob_batch_free(first);
	put(second, 1, "other");
	put(second, 2, "two");
	assert_int_equal(blob_publish(second, &err), ERR_EXISTS);
	blob_batch_free(second);
	assert_false(exists(2));
	assert_int_equal(blob_get(store, &name, &file, &size, &err), OK);
	assert_int_equal(blob_read(file, 0, text, 5, &err), OK);
	assert_memory_equal(text, "first", 5);
	blob_file_close(file);
	assert_int_equal(entries_in("journal"), 0);
	assert_int_equal(entries_in("incoming"), 0);
}

static void settling_that_fails_still_keeps_the_blobs(void **state)
{
	struct blob_batch *batch = new_batch();
	struct rows rows = {.has[1] = true};

	(void)state;
	put(batch, 1, "one");
	assert_int_equal(blob_publish(batch, &err), OK);
	/* A folder in the journal's place cannot be unlinked. */
	{
		DIR *dir = opendir(path_of("journal"));
		const struct dirent *entry;
		char name[PATH_MAX] = "";

		while ((entry = readdir(dir)))
			if (entry->d_name[0] != '.')
				snprintf(name, sizeof name, "journal/%.200s", entry->d_name);
		closedir(dir);
		assert_int_equal(unlink(path_of(name)), 0);
		assert_int_equal(mkdir(path_of(name), 0700), 0);
		assert_int_not_equal(blob_settle(batch, &err), OK);
		blob_batch_free(batch);
		assert_true(exists(1));
		assert_int_equal(rmdir(path_of(name)), 0);
	}
	assert_int_equal(recover(&rows), 0);
	assert_true(exists(1));
}

/* --- crash points ------------------------------------------------------- */

/* What a batch of two looks like at each stage; rows as they would be. */
enum stage { WRITING, WRITTEN, PUBLISHED, COMMITTED, SETTLED, STAGES };

static void run_to(enum stage stage, char kept[PATH_MAX])
{
	struct blob_batch *batch = new_batch();
	struct blob_put *open_put;

	put(batch, 1, "one");
	open_put = begin(batch, 2, "two");
	if (stage == WRITING)
		snapshot(kept);
	assert_int_equal(blob_put_finish(open_put, &err), OK);
	if (stage == WRITTEN)
		snapshot(kept);
	assert_int_equal(blob_publish(batch, &err), OK);
	if (stage == PUBLISHED || stage == COMMITTED)
		snapshot(kept);
	assert_int_equal(blob_settle(batch, &err), OK);
	if (stage == SETTLED)
		snapshot(kept);
	blob_batch_free(batch);
}

/* P21 */
static void after_a_crash_at_any_stage_rows_and_blobs_agree(void **state)
{
	for (enum stage stage = WRITING; stage < STAGES; stage++) {
		struct rows rows = {0};
		char kept[PATH_MAX];
		bool committed = stage >= COMMITTED;

		run_to(stage, kept);
		crash_to(kept);
		rows.has[1] = rows.has[2] = committed;
		assert_int_equal(recover(&rows), stage == PUBLISHED ? 2 : 0);
		assert_int_equal(exists(1), committed);
		assert_int_equal(exists(2), committed);
		recovered_store_is_clean(&rows);
		remove_store(state);
		make_store(state);
	}
}

static void write_file(const char *relative, const char *text)
{
	int fd = open(path_of(relative), O_CREAT | O_WRONLY | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Between the first rename and the last: one name is in place, the other still incoming. */
static void a_crash_between_two_renames_removes_the_one_in_place(void **state)
{
	struct rows rows = {0};
	char kept[PATH_MAX], path[BLOB_PATH_MAX];
	struct blob_name two = name_of(2);

	(void)state;
	run_to(PUBLISHED, kept);
	crash_to(kept);
	assert_int_equal(unlink(path_of(blob_path(&two, path))), 0);
	write_file("incoming/0123456789abcdef-1", "two");
	assert_int_equal(recover(&rows), 1);
	assert_false(exists(1));
	recovered_store_is_clean(&rows);
}

static void a_torn_journal_means_nothing_was_renamed(void **state)
{
	static const char *const torn[] = {"", "e", "en", "end", "1/2/2022-01-0", "nonsense\n", "1/2\nend",
					   "1/2/2022-01-08/0100abababababababababababababab\n", "xend\n"};
	struct rows rows = {0};

	(void)state;
	for (size_t i = 0; i < sizeof torn / sizeof torn[0]; i++) {
		write_file("journal/0123456789abcdef", torn[i]);
		assert_int_equal(recover(&rows), 0);
		assert_int_equal(rows.asked, 0);
		assert_int_equal(entries_in("journal"), 0);
	}
}

static void a_whole_journal_that_is_damaged_is_kept_and_told(void **state)
{
	struct rows rows = {0};
	uint64_t removed;

	(void)state;
	write_file("journal/0123456789abcdef", "../../etc/passwd\nend\n");
	assert_int_equal(blob_recover(store, known_to_rows, &rows, &removed, &err), ERR_CORRUPT);
	assert_true(err.where[0] && err.mend[0]);
	assert_int_equal(entries_in("journal"), 1);
}

static void recovery_that_is_interrupted_goes_on_next_time(void **state)
{
	struct rows rows = {0};
	char kept[PATH_MAX];
	uint64_t removed;

	(void)state;
	run_to(PUBLISHED, kept);
	crash_to(kept);
	rows.fail = true;
	assert_int_equal(blob_recover(store, known_to_rows, &rows, &removed, &err), ERR_IO);
	assert_int_equal(removed, 0);
	assert_true(exists(1));
	rows.fail = false;
	rows.has[2] = true;
	assert_int_equal(recover(&rows), 1);
	assert_false(exists(1));
	assert_true(exists(2));
	recovered_store_is_clean(&rows);
}

/* --- property ----------------------------------------------------------- */

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

struct tally { const struct rows *rows; int seen, wrong; };

static enum result check_blob(void *arg, const struct blob_name *name, const char *path, uint64_t size, struct err *e)
{
	struct tally *tally = arg;

	(void)path, (void)size, (void)e;
	tally->seen++;
	tally->wrong += !name || !tally->rows->has[name->id.bytes[0] << 8 | name->id.bytes[15]];
	return OK;
}

static void rows_are_blobs(const struct rows *rows)
{
	struct tally tally = {.rows = rows};
	int count = 0;

	for (size_t i = 0; i < sizeof rows->has; i++)
		count += rows->has[i];
	assert_int_equal(blob_walk(store, check_blob, &tally, &err), OK);
	assert_int_equal(tally.wrong, 0);
	assert_int_equal(tally.seen, count);
}

/* One batch of a few blobs, left at a random point: settled, given up, or crashed before or after the commit. */
static void one_random_batch(struct rows *rows, unsigned first, uint64_t *seed)
{
	struct blob_batch *batch = new_batch();
	unsigned count = next_random(seed) % 6, crash = next_random(seed) % 8;
	bool commit = next_random(seed) % 4 != 0;
	struct blob_put *half = NULL;
	char kept[PATH_MAX];

	for (unsigned i = 0; i < count; i++)
		put(batch, first + i, "text");
	if (crash == 0) {
		half = begin(batch, first + count, "half");
		snapshot(kept);
		blob_put_abort(half);
	} else
		assert_int_equal(blob_publish(batch, &err), OK);
	for (unsigned i = 0; i < count && crash && commit; i++)
		rows->has[first + i] = true;
	if (crash == 1)
		snapshot(kept);
	if (crash && commit)
		assert_int_equal(blob_settle(batch, &err), OK);
	if (crash == 2)
		snapshot(kept);
	blob_batch_free(batch);
	if (crash <= 2) {
		crash_to(kept);
		recover(rows);
	}
}

static void remove_some(struct rows *rows, unsigned below, uint64_t *seed)
{
	for (int i = 0; i < 2 && below; i++) {
		unsigned number = next_random(seed) % below;
		struct blob_name name = name_of(number);

		rows->has[number] = false;
		assert_int_equal(blob_remove(store, &name, &err), OK);
	}
	assert_int_equal(blob_sync_removed(store, &err), OK);
}

/* P21 */
static void rows_and_blobs_agree_after_any_sequence(void **state)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		uint64_t random = seed;
		struct rows rows = {0};

		for (unsigned turn = 0; turn < 40; turn++) {
			one_random_batch(&rows, turn * 8, &random);
			if (next_random(&random) % 3 == 0)
				remove_some(&rows, turn * 8, &random);
			rows_are_blobs(&rows);
		}
		recovered_store_is_clean(&rows);
		remove_store(state);
		make_store(state);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    CASE(a_path_is_account_kind_day_and_id),
	    CASE(any_other_path_is_refused),
	    CASE(a_blob_is_seen_when_published_and_stays_when_settled),
	    CASE(a_batch_freed_before_settling_leaves_nothing),
	    CASE(an_empty_batch_writes_no_journal),
	    CASE(an_aborted_put_is_gone),
	    CASE(a_dropped_blob_is_not_published),
	    CASE(two_batches_at_once_do_not_meet),
	    CASE(a_name_that_is_taken_is_never_overwritten),
	    CASE(settling_that_fails_still_keeps_the_blobs),
	    CASE(after_a_crash_at_any_stage_rows_and_blobs_agree),
	    CASE(a_crash_between_two_renames_removes_the_one_in_place),
	    CASE(a_torn_journal_means_nothing_was_renamed),
	    CASE(a_whole_journal_that_is_damaged_is_kept_and_told),
	    CASE(recovery_that_is_interrupted_goes_on_next_time),
	    CASE(rows_and_blobs_agree_after_any_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
