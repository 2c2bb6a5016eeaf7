/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P64, P66: files that jobs keep for a while.
 */
#include "checking.h"
#include "world.h"

#include <dirent.h>
#include <sys/stat.h>

#include "vault/idle_keys.h"
#include "vault/kept.h"

#define SIZE ((size_t)700 * 1000) /* three segments */
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static const struct id job = {{1, 2, 3}};

static char *content(void)
{
	static char bytes[SIZE];

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 31 + i / 256);
	return bytes;
}

static struct work_row work_of(struct world *world)
{
	return (struct work_row){.account = world->account.number, .id = job, .operation = "person export", .made_by = "os:0",
				 .state = WORK_DONE, .created = world->now, .ended = world->now};
}

static enum result file_op(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct work_row row = work_of(world);
	enum result r = seal_data(session->ring, row.account, "work", row.id, "{}", &world->pool, &row.asked, &row.asked_len, err);

	return r == OK ? work_put(session->data, &row, err) : r;
}

static void file_job(struct world *world)
{
	struct err err;

	assert_ok(vault_write(world->vault, file_op, world, &err), &err);
}

static struct kept_put *begin(struct world *world, bool tells)
{
	const struct kept_what what = {world->account.number, job, tells, world->now};
	struct kept_put *put;
	struct err err;

	assert_ok(kept_begin(world->vault, &what, &put, &err), &err);
	assert_ok(kept_write(put, content(), SIZE / 2, &err), &err);
	assert_ok(kept_write(put, content() + SIZE / 2, SIZE - SIZE / 2, &err), &err);
	return put;
}

static void keep(struct world *world, bool tells)
{
	struct kept_put *put = begin(world, tells);
	struct err err;

	assert_ok(kept_finish(put, "per_1.zip", (struct instant){world->now.ms + DAY_MS}, &err), &err);
	kept_free(put);
}

static struct work_row row_of(struct world *world)
{
	struct work_row row;
	struct err err;

	assert_ok(work_get(world->vault->read.data, world->account.number, job, &world->pool, &row, &err), &err);
	return row;
}

struct reading { size_t at; };

static enum result compare(void *arg, const void *data, size_t len, struct err *err)
{
	struct reading *reading = arg;

	(void)err;
	assert_memory_equal(data, content() + reading->at, len);
	reading->at += len;
	return OK;
}

static enum result open_it(struct world *world, struct kept_file *file)
{
	struct work_row row = row_of(world);
	struct err err;

	return kept_open(&world->vault->read, world->vault->dir, &row, world->now, file, &err);
}

static void can_be_read(struct world *world)
{
	struct reading reading = {0};
	struct kept_file file;
	struct err err;

	assert_int_equal(open_it(world, &file), OK);
	assert_string_equal(file.name, "per_1.zip");
	assert_ok(stream_read(file.reader, 0, SIZE, compare, &reading, &err), &err);
	assert_int_equal(reading.at, SIZE);
	kept_close(&file);
}

static char *path(struct world *world, char out[600])
{
	char hex[2 * sizeof job.bytes + 1];

	for (size_t i = 0; i < sizeof job.bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", job.bytes[i]);
	snprintf(out, 600, "%s/regions/default/kept/%u-%s", world->data, world->account.number, hex);
	return out;
}

static bool is_there(struct world *world)
{
	char name[600];

	return access(path(world, name), F_OK) == 0;
}

static int64_t expire(struct world *world)
{
	int64_t ended;
	struct err err;

	assert_ok(kept_expire(world->vault, world->now, &ended, &err), &err);
	return ended;
}

static int64_t problems(struct world *world)
{
	const struct check_report report = checked(world, false);

	assert_int_equal(report.keys_without_data, 0);
	return report.problems;
}

static enum result destroy_op(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	bool existed;

	return keyring_destroy(session->ring, world->account.number, KEY_USER, 99, &existed, err);
}

/* Anybody's key goes: nobody has that number, which is enough. */
static void destroy_somebody(struct world *world)
{
	struct err err;

	assert_ok(vault_write(world->vault, destroy_op, world, &err), &err);
}

static void set_state(struct world *world, const char *what)
{
	char sql[100];
	struct err err;

	snprintf(sql, sizeof sql, "UPDATE work SET %s", what);
	assert_ok(db_script(world->vault->read.data, sql, &err), &err);
}

/* ---- */

static void what_is_kept_is_sealed_and_can_be_read_in_parts(void **state)
{
	struct world *world = *state;
	struct reading reading = {.at = 300000};
	struct kept_file file;
	struct stat st;
	char name[600];
	struct err err;

	file_job(world);
	keep(world, true);
	can_be_read(world);
	assert_int_equal(open_it(world, &file), OK);
	assert_ok(stream_read(file.reader, 300000, 100000, compare, &reading, &err), &err);
	kept_close(&file);
	assert_int_equal(stat(path(world, name), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true((size_t)st.st_size > SIZE);
	assert_int_equal(problems(world), 0);
}

static void when_its_time_is_over_its_key_and_it_are_gone(void **state)
{
	struct world *world = *state;
	struct kept_file file;
	int64_t keys;
	struct err err;

	file_job(world);
	keep(world, true);
	world->now.ms += DAY_MS - 1;
	assert_int_equal(expire(world), 0);
	can_be_read(world);
	world->now.ms += 1;
	assert_int_equal(open_it(world, &file), ERR_GONE);
	assert_int_equal(expire(world), 1);
	assert_false(is_there(world));
	assert_int_equal(open_it(world, &file), ERR_NOT_FOUND);
	assert_ok(key_count(world->vault->read.keys, KEY_FILE, &keys, &err), &err);
	assert_int_equal(keys, 0);
	assert_int_equal(problems(world), 0);
}

static void when_somebody_is_erased_nobody_can_open_it(void **state)
{
	struct world *world = *state;
	struct kept_file file;

	file_job(world);
	keep(world, true);
	destroy_somebody(world);
	assert_int_equal(open_it(world, &file), ERR_GONE);
	assert_int_equal(problems(world), 0);
	assert_int_equal(expire(world), 1);
	assert_false(is_there(world));
	keep(world, false); /* which tells of nobody that is here */
	destroy_somebody(world);
	can_be_read(world);
	set_state(world, "state = 2, ended_at = 0");
	assert_int_equal(expire(world), 0);
}

static void what_a_job_needs_no_more_goes(void **state)
{
	struct world *world = *state;

	file_job(world);
	keep(world, false); /* lines that were sent */
	set_state(world, "state = 1, ended_at = 0");
	assert_int_equal(expire(world), 0);
	set_state(world, "state = 3, ended_at = 1");
	assert_int_equal(expire(world), 1);
	keep(world, true);
	assert_int_equal(expire(world), 0);
	set_state(world, "state = 5");
	assert_int_equal(expire(world), 1);
	assert_false(is_there(world));
}

static void who_is_erased_while_it_is_made_is_not_in_it(void **state)
{
	struct world *world = *state;
	struct kept_put *put;
	struct err err;

	file_job(world);
	put = begin(world, true);
	destroy_somebody(world);
	assert_int_equal(kept_finish(put, "per_1.zip", (struct instant){world->now.ms + DAY_MS}, &err), ERR_BUSY);
	kept_free(put);
	assert_false(is_there(world));
	assert_int_equal(row_of(world).file_key, 0);
	assert_int_equal(problems(world), 0);
}

static void what_is_broken_off_leaves_nothing(void **state)
{
	struct world *world = *state;
	struct kept_put *put;

	file_job(world);
	put = begin(world, true);
	assert_true(is_there(world));
	kept_free(put);
	assert_false(is_there(world));
}

static void made_again_it_takes_the_place_of_the_first(void **state)
{
	struct world *world = *state;
	int64_t first;

	file_job(world);
	keep(world, true);
	first = row_of(world).file_key;
	keep(world, true);
	assert_true(row_of(world).file_key > first);
	can_be_read(world);
	assert_int_equal(problems(world), 0);
}

static void what_a_crash_left_goes_when_the_vault_is_opened(void **state)
{
	struct world *world = *state;
	char name[600];

	file_job(world);
	kept_free(begin(world, true));
	fclose(fopen(path(world, name), "w")); /* a file without its row */
	world_reopen(world);
	assert_false(is_there(world));
	keep(world, true);
	world_reopen(world);
	can_be_read(world);
	unlink(path(world, name)); /* a row without its file, as in a backup */
	assert_int_equal(problems(world), 1);
	world_reopen(world);
	assert_int_equal(row_of(world).file_key, 0);
	assert_int_equal(problems(world), 0);
}

static void what_is_none_of_ours_stays(void **state)
{
	struct world *world = *state;
	char name[600];

	file_job(world);
	keep(world, true);
	snprintf(name, sizeof name, "%s/regions/default/kept/notes.txt", world->data);
	fclose(fopen(name, "w"));
	world_reopen(world);
	assert_int_equal(access(name, F_OK), 0);
	unlink(name);
}

static void damage_is_found(void **state)
{
	struct world *world = *state;
	char name[600], byte;
	FILE *file;

	file_job(world);
	keep(world, true);
	file = fopen(path(world, name), "r+");
	assert_int_equal(fseek(file, 400000, SEEK_SET), 0);
	assert_int_equal(fread(&byte, 1, 1, file), 1);
	byte ^= 1;
	assert_int_equal(fseek(file, 400000, SEEK_SET), 0);
	assert_int_equal(fwrite(&byte, 1, 1, file), 1);
	fclose(file);
	assert_int_equal(problems(world), 1);
	assert_int_equal(truncate(name, 1000), 0);
	assert_int_equal(problems(world), 1);
}

static void an_account_takes_its_files_with_it(void **state)
{
	struct world *world = *state;
	struct err err;

	file_job(world);
	keep(world, true);
	assert_ok(kept_remove_account(world->vault, world->account.number + 1, &err), &err);
	assert_true(is_there(world));
	assert_ok(kept_remove_account(world->vault, world->account.number, &err), &err);
	assert_false(is_there(world));
}

static void by_hand_it_goes_at_once(void **state)
{
	struct world *world = *state;
	struct err err;

	file_job(world);
	keep(world, true);
	assert_ok(kept_end(world->vault, world->account.number, job, world->now, &err), &err);
	assert_false(is_there(world));
	assert_ok(kept_end(world->vault, world->account.number, job, world->now, &err), &err);
	assert_ok(kept_end(world->vault, world->account.number, (struct id){{9}}, world->now, &err), &err);
}

static void what_is_being_made_is_taken_by_nobody_who_ends_files(void **state)
{
	struct world *world = *state;
	struct kept_put *put;
	struct err err;

	file_job(world);
	put = begin(world, true);
	assert_ok(kept_end(world->vault, world->account.number, job, world->now, &err), &err);
	assert_ok(kept_finish(put, "per_1.zip", (struct instant){world->now.ms + DAY_MS}, &err), &err);
	kept_free(put);
	can_be_read(world);
}

/* Else its path could be that of the next, which the job makes at that moment. */
static void what_a_job_that_runs_had_before_stays_until_it_has_ended(void **state)
{
	struct world *world = *state;

	file_job(world);
	keep(world, true);
	set_state(world, "state = 2, ended_at = 0");
	world->now.ms += DAY_MS;
	assert_int_equal(expire(world), 0);
	assert_true(is_there(world));
	set_state(world, "state = 4, ended_at = 1");
	assert_int_equal(expire(world), 1);
	assert_false(is_there(world));
}

static enum result file_another_op(struct session *session, void *arg, struct err *err)
{
	struct world *world = arg;
	struct work_row row = work_of(world);

	row.id = (struct id){{9}};
	row.asked = (const unsigned char *)"";
	row.file_key = 999; /* whose key is not there */
	row.file = (const unsigned char *)"";
	return work_put(session->data, &row, err);
}

static void one_that_cannot_be_removed_keeps_no_other(void **state)
{
	struct world *world = *state;
	char name[600];
	int64_t ended;
	struct err err;

	file_job(world);
	keep(world, true);
	assert_ok(vault_write(world->vault, file_another_op, world, &err), &err);
	unlink(path(world, name));
	assert_int_equal(mkdir(name, 0700), 0);
	world->now.ms += DAY_MS;
	assert_int_equal(kept_expire(world->vault, world->now, &ended, &err), ERR_IO);
	assert_string_equal(err.where, name);
	assert_int_equal(ended, 1);
	assert_int_equal(rmdir(name), 0);
}

/* The key is gone; the log that has an old page of it is emptied when nobody reads it any more. */
static void beside_who_reads_for_long_it_goes_all_the_same(void **state)
{
	struct world *world = *state;
	struct vault *view;
	int64_t ended;
	struct err err;

	file_job(world);
	keep(world, true);
	assert_ok(vault_view(world->vault, &view, &err), &err);
	assert_ok(db_begin_read(view->read.keys, &err), &err);
	assert_ok(kept_end(world->vault, world->account.number, job, world->now, &err), &err);
	assert_false(is_there(world));
	assert_true(world->vault->shared->scrub_owed);
	assert_int_equal(kept_expire(world->vault, world->now, &ended, &err), ERR_BUSY);
	db_rollback(view->read.keys);
	assert_int_equal(expire(world), 0);
	assert_false(world->vault->shared->scrub_owed);
	vault_close(view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(what_is_kept_is_sealed_and_can_be_read_in_parts),
	    IN_WORLD(when_its_time_is_over_its_key_and_it_are_gone),
	    IN_WORLD(when_somebody_is_erased_nobody_can_open_it),
	    IN_WORLD(what_a_job_needs_no_more_goes),
	    IN_WORLD(who_is_erased_while_it_is_made_is_not_in_it),
	    IN_WORLD(what_is_broken_off_leaves_nothing),
	    IN_WORLD(made_again_it_takes_the_place_of_the_first),
	    IN_WORLD(what_a_crash_left_goes_when_the_vault_is_opened),
	    IN_WORLD(what_is_none_of_ours_stays),
	    IN_WORLD(damage_is_found),
	    IN_WORLD(an_account_takes_its_files_with_it),
	    IN_WORLD(by_hand_it_goes_at_once),
	    IN_WORLD(what_is_being_made_is_taken_by_nobody_who_ends_files),
	    IN_WORLD(what_a_job_that_runs_had_before_stays_until_it_has_ended),
	    IN_WORLD(one_that_cannot_be_removed_keeps_no_other),
	    IN_WORLD(beside_who_reads_for_long_it_goes_all_the_same),
	};

	return cmocka_run_group_tests_name("vault/kept", tests, NULL, NULL);
}
