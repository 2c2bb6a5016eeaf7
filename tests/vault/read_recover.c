/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P57: what a crash leaves in the file of reads is in the log, once.  P69: what a
 * machine that went down took with it is said.
 */
#include "vault/reading.h"
#include "vault/restoring.h"

#include <inttypes.h>

/* ---- what is left in the file ---- */

static void what_a_crash_left_is_in_the_log_before_anybody_looks_and_once(void **state)
{
	struct world *world = *state;
	uint64_t before = tree_size(world);
	struct vault *view;

	leave_reads(world, 1, 5);
	world_reopen(world);
	assert_reads(world, before, 5);
	world_reopen(world);
	assert_reads(world, before, 5);
	view = keeping(world); /* goes on behind them */
	note(view, world, 5);
	fold(world);
	vault_close(view);
	assert_reads(world, before, 6);
}

static void who_only_reads_puts_them_into_the_log_too(void **state)
{
	struct world *world = *state;
	struct vault_options options = {.data_dir = world->data, .command = "test"};
	uint64_t before = tree_size(world);
	struct vault *reader;
	struct err err;

	leave_reads(world, 1, 2);
	assert_ok(vault_open(&options, world->now, &reader, &err), &err);
	vault_close(reader);
	assert_reads(world, before, 2);
}

static void another_process_beside_the_daemon_brings_nothing_twice(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);
	char path[VAULT_PATH_MAX];
	struct err err;

	reads_path(world, path);
	for (int i = 0; i < 60; i++) {
		note(view, world, i);
		if (i % 7 == 0)
			assert_ok(read_recover(path, view->read.data, world->vault->id, &err), &err);
		if (i % 11 == 0)
			fold(world);
	}
	fold(world);
	vault_close(view);
	assert_reads(world, before, 60);
	world_reopen(world);
	assert_reads(world, before, 60);
}

static void move_position(const struct world *world, const char *sign, uint64_t by)
{
	char text[128];

	snprintf(text, sizeof text, "UPDATE meta SET value = value %s %" PRIu64 " WHERE name = '" READ_LOG_META "'", sign, by);
	sql(world, text);
}

/* As a power cut leaves it: of five reads that were no leaves yet the first is torn. */
static void tear_the_first_of_five(struct world *world)
{
	struct vault *view = keeping(world);
	char path[VAULT_PATH_MAX], page[4096];
	int fd = open(reads_path(world, path), O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 5; i++)
		note(view, world, i);
	assert_int_equal(pread(fd, page, sizeof page, 0), sizeof page);
	vault_close(view);
	vault_close(world->vault);
	memset(page, 0, READ_FRAME_HEAD);
	assert_int_equal(pwrite(fd, page, sizeof page, 0), sizeof page);
	close(fd);
	move_position(world, "-", 5);
	world->vault = NULL;
	world_open_vault(world);
}

static void what_is_whole_behind_what_was_torn_never_follows_on_new_reads(void **state)
{
	struct world *world = *state;
	char path[VAULT_PATH_MAX];
	struct vault *view;
	uint64_t before;
	struct err err;

	tear_the_first_of_five(world);
	before = tree_size(world);
	view = keeping(world);
	for (int i = 0; i < 3; i++) {
		note(view, world, i);
		assert_ok(read_recover(reads_path(world, path), view->read.data, world->vault->id, &err), &err);
	}
	fold(world);
	assert_reads(world, before, 3);
	vault_close(view);
	world_reopen(world);
	assert_reads(world, before, 3);
}

static void reads_that_nobody_noted_are_not_taken_for_leaves(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);
	struct err err;

	move_position(world, "+", 100);
	note(view, world, 0);
	assert_int_equal(vault_fold_reads(world->vault, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.what, "nobody has noted"));
	move_position(world, "-", 100);
	fold(world);
	assert_reads(world, before, 1);
	vault_close(view);
}

/* ---- what the machine took with it ---- */

static const char *loose(struct world *world)
{
	const char *said = "";
	struct err err;
	enum result r = meta_get(world->vault->read.data, READ_LOOSE_META, &world->pool, &said, &err);

	assert_true(r == OK || r == ERR_NOT_FOUND);
	return said;
}

static void set_boot(const struct world *world, const char *boot)
{
	char text[128];

	snprintf(text, sizeof text, "INSERT OR REPLACE INTO meta(name, value) VALUES('" READ_LOOSE_META "', '%s')", boot);
	sql(world, text);
}

static void assert_gap(struct world *world, uint64_t seq, uint32_t account, struct instant newest, struct instant last)
{
	char at[TIME_TEXT_MAX], from[TIME_TEXT_MAX], until[TIME_TEXT_MAX], want[256];
	struct leaf leaf;
	struct err err;

	assert_ok(leaf_get(world->vault->read.data, seq, &world->pool, &leaf, &err), &err);
	assert_int_equal(leaf.account, account);
	assert_int_equal(leaf.term, LEAF_PROOF);
	instant_format(world->now, at);
	instant_format((struct instant){newest.ms - 60000}, from);
	instant_format(last, until);
	snprintf(want, sizeof want, "{\"account\":%u,\"act\":\"audit.gap\",\"at\":\"%s\",\"from\":\"%s\",\"uid\":%d,\"until\":\"%s\"}",
		 account, at, from, (int)getuid(), until);
	assert_int_equal(leaf.body_len, strlen(want));
	assert_memory_equal(leaf.body, want, leaf.body_len);
}

static void after_the_machine_went_down_the_log_says_what_may_be_missing_and_once(void **state)
{
	struct world *world = *state;
	uint64_t before = tree_size(world);

	leave_reads(world, 1, 3); /* and what came after them is lost */
	set_boot(world, "another boot");
	world_reopen(world);
	assert_int_equal(tree_size(world), before + 5);
	assert_gap(world, before + 3, VAULT_ACCOUNT, world->now, world->now);
	assert_gap(world, before + 4, world->account.number, world->now, world->now);
	assert_string_equal(loose(world), "");
	world_reopen(world);
	assert_int_equal(tree_size(world), before + 5);
}

static void the_time_of_a_gap_is_that_of_the_newest_leaf_though_the_clock_is_behind_it_or_far_ahead(void **state)
{
	static const int64_t off_ms[] = {-3600000, 3600000};
	struct world *world = *state;
	uint64_t size = tree_size(world);
	struct instant newest = world->now;

	for (size_t i = 0; i < 2; i++) {
		set_boot(world, "another boot");
		world->now.ms = newest.ms + off_ms[i];
		world_reopen(world);
		assert_gap(world, size, VAULT_ACCOUNT, newest, off_ms[i] < 0 ? newest : world->now);
		size = tree_size(world);
		newest = world->now; /* those of the gap */
	}
}

static void read_beside(const struct world *world)
{
	struct vault_options options = {.data_dir = world->data, .command = "test"};
	struct vault *reader;
	struct err err;

	assert_ok(vault_open(&options, world->now, &reader, &err), &err);
	vault_close(reader);
}

static void who_only_reads_says_it_too(void **state)
{
	struct world *world = *state;
	uint64_t before = tree_size(world);

	vault_close(world->vault);
	set_boot(world, "another boot");
	read_beside(world);
	read_beside(world);
	world->vault = NULL;
	world_open_vault(world);
	assert_int_equal(tree_size(world), before + 2);
	assert_string_equal(loose(world), "");
}

/* It has settled it, or is about to; or is where another boot is read. */
static void nobody_settles_it_beside_who_writes(void **state)
{
	struct world *world = *state;
	uint64_t before = tree_size(world);

	set_boot(world, "another boot");
	read_beside(world);
	assert_string_equal(loose(world), "another boot");
	assert_int_equal(tree_size(world), before);
	world_reopen(world);
	assert_int_equal(tree_size(world), before + 2);
}

/* Of a process that was killed everything is there. */
static void in_the_same_boot_nothing_is_missing(void **state)
{
	struct world *world = *state;
	struct vault_options options = {.data_dir = world->data, .command = "test"};
	uint64_t before = tree_size(world);
	char boot[128] = "";
	struct vault *reader;
	struct err err;
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	assert_non_null(file);
	assert_non_null(fgets(boot, sizeof boot, file));
	fclose(file);
	boot[strcspn(boot, "\n")] = '\0';
	set_boot(world, boot);
	assert_ok(vault_open(&options, world->now, &reader, &err), &err); /* a daemon may be at work */
	vault_close(reader);
	assert_string_equal(loose(world), boot);
	world_reopen(world); /* it is not */
	assert_string_equal(loose(world), "");
	assert_int_equal(tree_size(world), before);
}

static void only_reads_that_are_synced_later_can_be_missing(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);

	note(view, world, 0);
	assert_int_equal(loose(world)[0] != '\0', sync_when == READS_SYNC_SECOND);
	vault_close(view);
	world_reopen(world);
	assert_string_equal(loose(world), "");
}

static void a_restored_vault_misses_nothing_of_the_time_of_its_backup(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);

	note(view, world, 0);
	back_up(world);
	vault_close(view);
	world_reopen(world);
	restore(world);
	assert_string_equal(loose(world), "");
}

int main(void)
{
	const struct CMUnitTest left[] = {
		IN_WORLD(what_a_crash_left_is_in_the_log_before_anybody_looks_and_once),
		IN_WORLD(who_only_reads_puts_them_into_the_log_too),
		IN_WORLD(another_process_beside_the_daemon_brings_nothing_twice),
		IN_WORLD(what_is_whole_behind_what_was_torn_never_follows_on_new_reads),
		IN_WORLD(reads_that_nobody_noted_are_not_taken_for_leaves),
		IN_WORLD(only_reads_that_are_synced_later_can_be_missing),
	};
	const struct CMUnitTest missing[] = {
		IN_WORLD(after_the_machine_went_down_the_log_says_what_may_be_missing_and_once),
		IN_WORLD(the_time_of_a_gap_is_that_of_the_newest_leaf_though_the_clock_is_behind_it_or_far_ahead),
		IN_WORLD(who_only_reads_says_it_too),
		IN_WORLD(nobody_settles_it_beside_who_writes),
		IN_WORLD(in_the_same_boot_nothing_is_missing),
		IN_WORLD(a_restored_vault_misses_nothing_of_the_time_of_its_backup),
	};

	return cmocka_run_group_tests(left, prepare, NULL) + cmocka_run_group_tests(left, synced_within_a_second, NULL) +
	       cmocka_run_group_tests(missing, NULL, NULL);
}
