/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file an export becomes: X.zip.part until it is whole, nobody else's, and not there when it fails.
 */
#include "export/unzip.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct unzipped zip;

static void a_file_that_is_there_is_not_written_over(void **state)
{
	struct world *world = *state;
	const char *path = path_in(world, "out.zip");
	struct export_result result;
	struct buf kept;
	struct err err;

	put_many(world, 3);
	make_file(world, "out.zip", "mine");
	assert_int_equal(ERR_EXISTS, try_export(world, ANN, false, path, &result, &err));
	assert_non_null(strstr(err.where, "out.zip"));
	assert_ok(file_read(path, 100, &kept, &err), &err);
	assert_string_equal("mine", kept.data);
	assert_false(file_exists(path_in(world, "out.zip.part")));
	buf_free(&kept);
}

static void another_export_under_way_is_left_alone(void **state)
{
	struct world *world = *state;
	struct export_result result;
	struct err err;

	put_many(world, 3);
	make_file(world, "out.zip.part", "theirs");
	assert_int_equal(ERR_EXISTS, try_export(world, ANN, false, path_in(world, "out.zip"), &result, &err));
	assert_non_null(strstr(err.mend, "remove"));
	assert_true(file_exists(path_in(world, "out.zip.part")));
}

static void only_the_owner_may_read_the_zip(void **state)
{
	struct world *world = *state;
	struct stat st;

	put_many(world, 3);
	(void)export_of(world, ANN, false, &zip);
	assert_int_equal(0, stat(path_in(world, "out.zip"), &st));
	assert_int_equal(0600, st.st_mode & 0777);
	unzipped_free(&zip);
}

static void no_part_is_left_when_the_disk_is_full(void **state)
{
	const struct rlimit small = {60000, RLIM_INFINITY};
	struct world *world = *state;
	struct export_result result;
	struct rlimit old;
	struct err err;
	enum result r;

	put_many(world, 3000);
	world_reopen(world); /* so that the vault itself has nothing large left to write */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &old));
	assert_int_equal(0, chdir(world->base));
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &(struct rlimit){small.rlim_cur, old.rlim_max}));
	r = try_export(world, ANN, false, "full.zip", &result, &err);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &old));
	assert_int_not_equal(OK, r);
	if (strstr(err.where, "full.zip.part") == NULL)
		fail_msg("it failed elsewhere: %s (%s)", err.what, err.where);
	assert_false(file_exists("full.zip"));
	assert_false(file_exists("full.zip.part"));
}

static int asked;
static bool stop_after_some(void *arg, int64_t done, int64_t total)
{
	(void)arg, (void)done, (void)total;
	return ++asked > 5;
}

static void nothing_is_left_when_it_is_interrupted(void **state)
{
	struct world *world = *state;
	struct export_request request = {.path = path_in(world, "out.zip"), .now = world->now, .progress = stop_after_some};
	struct export_result result;
	struct err err;

	put_many(world, 50);
	assert_ok(person_find_one(&world->vault->read, &world->account, ANN, &world->pool, &request.person, &err), &err);
	asked = 0;
	assert_int_equal(ERR_INTERRUPTED, export_person(world->vault, &world->account, &request, &result, &err));
	assert_false(file_exists(request.path));
	assert_false(file_exists(path_in(world, "out.zip.part")));
}

static struct world *exporting;

/* After five records' worth of work somebody else makes the file. */
static bool make_it_meanwhile(void *arg, int64_t done, int64_t total)
{
	(void)arg, (void)total;
	if (done == 5)
		make_file(exporting, "out.zip", "theirs");
	return false;
}

static void a_file_that_appears_meanwhile_is_not_written_over(void **state)
{
	struct world *world = *state;
	struct export_request request = {.path = path_in(world, "out.zip"), .now = world->now,
					 .progress = make_it_meanwhile};
	struct export_result result;
	struct buf kept;
	struct err err;

	put_many(world, 10);
	exporting = world;
	assert_ok(person_find_one(&world->vault->read, &world->account, ANN, &world->pool, &request.person, &err), &err);
	assert_int_equal(ERR_EXISTS, export_person(world->vault, &world->account, &request, &result, &err));
	assert_ok(file_read(path_in(world, "out.zip"), 100, &kept, &err), &err);
	assert_string_equal("theirs", kept.data);
	assert_false(file_exists(path_in(world, "out.zip.part")));
	buf_free(&kept);
}

/* What is handed on as it is made. */
struct heard {
	struct buf bytes;
	size_t until; /* then it fails; 0: never */
};

static enum result hear(void *arg, const void *data, size_t len, struct err *err)
{
	struct heard *heard = arg;

	if (heard->until > 0 && heard->bytes.len + len > heard->until)
		return err_set(err, ERR_FULL, "no more fits");
	buf_add(&heard->bytes, data, len);
	return OK;
}

static void handed_on_it_is_what_the_file_would_be(void **state)
{
	struct world *world = *state;
	struct export_request request = {.now = world->now, .write = hear};
	struct heard heard = {.until = 0};
	struct export_result result;
	struct buf file;
	struct err err;

	put_many(world, 10);
	buf_init(&heard.bytes, 1 << 24);
	request.write_arg = &heard;
	assert_ok(person_find_one(&world->vault->read, &world->account, ANN, &world->pool, &request.person, &err), &err);
	assert_ok(export_person(world->vault, &world->account, &request, &result, &err), &err);
	assert_int_equal(heard.bytes.len, result.bytes);
	(void)export_of(world, ANN, false, &zip);
	assert_ok(file_read(path_in(world, "out.zip"), 1 << 24, &file, &err), &err);
	assert_in_range(file.len, heard.bytes.len - 64, heard.bytes.len + 64); /* only the number of the leaf is another */
	assert_memory_equal(file.data, heard.bytes.data, 1000);
	heard.until = heard.bytes.len / 2;
	buf_reset(&heard.bytes);
	assert_int_equal(export_person(world->vault, &world->account, &request, &result, &err), ERR_FULL);
	assert_string_equal(err.what, "no more fits");
	buf_free(&file);
	buf_free(&heard.bytes);
	unzipped_free(&zip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_file_that_is_there_is_not_written_over),
		IN_WORLD(another_export_under_way_is_left_alone),
		IN_WORLD(only_the_owner_may_read_the_zip),
		IN_WORLD(no_part_is_left_when_the_disk_is_full),
		IN_WORLD(nothing_is_left_when_it_is_interrupted),
		IN_WORLD(a_file_that_appears_meanwhile_is_not_written_over),
		IN_WORLD(handed_on_it_is_what_the_file_would_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
