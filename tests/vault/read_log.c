/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P57: what was read is in the log, once, whatever was killed when.  P69: what a
 * machine that went down took with it is said.
 */
#include "vault/recording.h"
#include "vault/restoring.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "vault/read_frame.h"
#include "vault/read_log.h"
#include "vault/read_recover.h"

/* ---- frames ---- */

static const struct id vault_id = {{7, 7, 7}}, other_id = {{8}};

static void add(struct buf *out, struct id vault, uint64_t number, const char *body)
{
	const struct read_frame frame = {.number = number,
					 .leaf = {.account = 3, .at = {-5}, .term = LEAF_ACCESS, .body = body,
						  .body_len = strlen(body)}};

	read_frame_add(out, vault, &frame);
	assert_false(out->failed);
}

struct seen { uint64_t numbers[64]; size_t count; };

static enum result see(void *arg, const struct read_frame *frame, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	seen->numbers[seen->count++] = frame->number;
	return OK;
}

static int file_of(const char *first, size_t first_len, const char *second, size_t second_len)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	fd = dup(fileno(file));
	fclose(file);
	assert_int_equal(pwrite(fd, first, first_len, 0), (ssize_t)first_len);
	assert_int_equal(pwrite(fd, second, second_len, (off_t)READ_HALF), (ssize_t)second_len);
	return fd;
}

static struct seen frames_from(const struct buf *first, const struct buf *second, uint64_t from)
{
	struct seen seen = {.count = 0};
	int fd = file_of(first->data, first->len, second->data, second->len);
	struct err err;

	assert_ok(read_frames(fd, vault_id, from, see, &seen, &err), &err);
	close(fd);
	return seen;
}

static void begin(struct buf *first, struct buf *second)
{
	buf_init(first, 65536);
	buf_init(second, 65536);
	add(first, vault_id, 5, "{\"n\":5}");
	add(first, vault_id, 6, "{}");
	add(first, vault_id, 9, "{\"n\":9}"); /* what was between could not be written */
	add(second, vault_id, 2, "{}");
	add(second, vault_id, 3, "{}");
}

static void a_frame_is_read_as_it_was_written(void **state)
{
	struct read_frame frame;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	add(&out, vault_id, UINT64_MAX, "{\"n\":1}");
	assert_int_equal(out.len, READ_FRAME_HEAD + 7);
	assert_true(read_frame_whole((unsigned char *)out.data, vault_id, &frame));
	assert_true(frame.number == UINT64_MAX);
	assert_int_equal(frame.leaf.account, 3);
	assert_int_equal(frame.leaf.at.ms, -5);
	assert_int_equal(frame.leaf.term, LEAF_ACCESS);
	assert_memory_equal(frame.leaf.body, "{\"n\":1}", 7);
	buf_free(&out);
}

static void a_frame_with_a_bit_changed_or_of_another_vault_is_none(void **state)
{
	struct read_frame frame;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	add(&out, vault_id, 1, "{\"n\":1}");
	assert_false(read_frame_whole((unsigned char *)out.data, other_id, &frame));
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		if (bit / 8 >= 16 && bit / 8 < 20)
			continue; /* the length: no test reads beyond the buffer */
		out.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(read_frame_whole((unsigned char *)out.data, vault_id, &frame));
		out.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_true(read_frame_whole((unsigned char *)out.data, vault_id, &frame));
	buf_free(&out);
}

static void frames_of_both_halves_come_in_order_from_where_one_wants(void **state)
{
	struct buf first, second;
	struct seen seen;

	(void)state;
	begin(&first, &second);
	seen = frames_from(&first, &second, 1);
	assert_int_equal(seen.count, 5);
	for (size_t i = 1; i < seen.count; i++)
		assert_true(seen.numbers[i] > seen.numbers[i - 1]);
	seen = frames_from(&first, &second, 6);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.numbers[0], 6);
	assert_int_equal(seen.numbers[1], 9);
	assert_int_equal(frames_from(&first, &second, 10).count, 0);
	buf_free(&first);
	buf_free(&second);
}

static void what_an_older_round_left_behind_the_newest_is_passed_over(void **state)
{
	struct buf first, second;
	struct seen seen;

	(void)state;
	begin(&first, &second);
	buf_reset(&second);
	add(&second, vault_id, 10, "{}");
	add(&second, vault_id, 3, "{}"); /* of the round before */
	add(&second, vault_id, 11, "{}");
	seen = frames_from(&first, &second, 9);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.numbers[0], 9);
	assert_int_equal(seen.numbers[1], 10);
	buf_free(&first);
	buf_free(&second);
}

static void a_torn_end_costs_what_is_torn_and_nothing_before_it(void **state)
{
	struct buf first, second;

	(void)state;
	begin(&first, &second);
	for (size_t whole = first.len; first.len > whole - READ_FRAME_HEAD - 7; first.len--) {
		if (first.len < whole)
			assert_int_equal(frames_from(&first, &second, 5).count, 2);
	}
	second.len = 0;
	assert_int_equal(frames_from(&first, &second, 1).count, 2);
	first.len = 0;
	assert_int_equal(frames_from(&first, &second, 1).count, 0);
	buf_free(&first);
	buf_free(&second);
}

/* ---- the log ---- */

static uint64_t tree_size(struct world *world)
{
	uint64_t size;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	return size;
}

/* Both are tried with all that follows. */
static enum reads_sync sync_when = READS_SYNC_ANSWER;

static struct vault *keeping(struct world *world)
{
	struct vault *view;
	struct err err;

	assert_ok(vault_keep_reads(world->vault, sync_when, &err), &err);
	assert_ok(vault_view(world->vault, &view, &err), &err);
	return view;
}

static enum result try_note(struct vault *view, const struct world *world, int64_t n, struct err *err)
{
	struct act act;

	act_begin(&act, "contact.show", world->account.number, world->now);
	act_int(&act, "n", n);
	return vault_note(&view->read, &act, err);
}

static void note(struct vault *view, const struct world *world, int64_t n)
{
	struct err err;

	assert_ok(try_note(view, world, n, &err), &err);
}

static void fold(struct world *world)
{
	struct err err;

	assert_ok(vault_fold_reads(world->vault, &err), &err);
}

/* The leaves from `from` on are reads 0, 1, 2 .. up to count. */
static void assert_reads(struct world *world, uint64_t from, size_t count)
{
	struct leaf leaf;
	char want[32];
	struct err err;

	assert_int_equal(tree_size(world), from + count);
	for (size_t i = 0; i < count; i++) {
		pool_reset(&world->pool);
		assert_ok(leaf_get(world->vault->read.data, from + i, &world->pool, &leaf, &err), &err);
		snprintf(want, sizeof want, "\"n\":%zu,", i);
		assert_int_equal(leaf.term, LEAF_ACCESS);
		assert_int_equal(leaf.account, world->account.number);
		assert_non_null(memmem(leaf.body, leaf.body_len, want, strlen(want)));
	}
}

static char *reads_path(const struct world *world, char out[VAULT_PATH_MAX])
{
	snprintf(out, VAULT_PATH_MAX, "%s/regions/default/" READ_LOG_FILE, world->data);
	return out;
}

static void reads_become_leaves_in_order_and_once(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);

	for (int i = 0; i < 20; i++)
		note(i % 2 == 0 ? view : world->vault, world, i);
	fold(world);
	assert_reads(world, before, 20);
	fold(world);
	vault_close(view);
	assert_reads(world, before, 20);
	world_reopen(world);
	assert_reads(world, before, 20);
}

static void what_is_noted_is_in_the_log_when_the_vault_was_closed(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);

	for (int i = 0; i < 3; i++)
		note(view, world, i);
	vault_close(view);
	world_reopen(world);
	assert_reads(world, before, 3);
}

/* As a crash leaves it: kept, and no leaf yet. */
static void leave_reads(struct world *world, uint64_t first, int count)
{
	char path[VAULT_PATH_MAX], body[128];
	struct buf out;
	struct err err;

	buf_init(&out, READ_HALF);
	for (int i = 0; i < count; i++) {
		struct read_frame frame = {.number = first + (uint64_t)i,
					   .leaf = {.account = world->account.number, .at = world->now, .term = LEAF_ACCESS,
						    .body = body}};

		frame.leaf.body_len = (size_t)snprintf(body, sizeof body, "{\"account\":1,\"n\":%d,\"uid\":0}", i);
		read_frame_add(&out, world->vault->id, &frame);
	}
	assert_ok(file_write_atomic(reads_path(world, path), out.data, out.len, 0600, &err), &err);
	buf_free(&out);
}

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

static void more_than_the_file_holds_go_through_it_round_and_round(void **state)
{
	enum { MANY = 50000 };
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);
	char path[VAULT_PATH_MAX];
	struct stat st;
	struct err err;

	vault_defer_notes(view);
	for (int i = 0; i < MANY; i++)
		note(view, world, i);
	if (vault_noted(view) != 0)
		assert_ok(read_log_wait(view->reads, vault_noted(view), &err), &err);
	vault_defer_end(view);
	assert_int_equal(vault_noted(view), 0);
	fold(world);
	assert_int_equal(stat(reads_path(world, path), &st), 0);
	assert_int_equal(st.st_size, (off_t)(2 * READ_HALF));
	assert_int_equal(st.st_mode & 0777, 0600);
	vault_close(view);
	assert_reads(world, before, MANY);
	world_reopen(world);
	assert_int_equal(tree_size(world), before + MANY);
}

static enum result set_meta(struct session *session, void *arg, struct err *err)
{
	return meta_set(session->data, arg, "1", err);
}

static void making_leaves_of_reads_ends_nothing_that_is_remembered(void **state)
{
	static char name[] = "x";
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = vault_written(view);
	struct err err;

	note(view, world, 0);
	fold(world);
	assert_int_equal(vault_written(view), before);
	assert_ok(vault_write(view, set_meta, name, &err), &err);
	assert_int_not_equal(vault_written(view), before);
	vault_close(view);
}

static void a_restore_leaves_each_read_in_the_log_once(void **state)
{
	struct world *world = *state;
	struct vault *view;
	uint64_t before;

	back_up(world);
	before = tree_size(world);
	view = keeping(world);
	for (int i = 0; i < 5; i++)
		note(view, world, i);
	vault_close(view);
	world_reopen(world);
	assert_reads(world, before, 5);
	leave_reads(world, 1, 5); /* the file still has them */
	restore(world);
	world_reopen(world);
	assert_int_equal(tree_size(world), before + 6); /* and the restore's own leaf */
	view = keeping(world);
	note(view, world, 5);
	fold(world);
	vault_close(view);
	assert_int_equal(tree_size(world), before + 7);
}

static void a_backup_has_who_looked_before_it(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);

	note(view, world, 0);
	back_up(world);
	assert_true(tree_size(world) > before + 1); /* its own leaf, too */
	vault_close(view);
}

static void sql(const struct world *world, const char *text)
{
	char path[VAULT_PATH_MAX];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/regions/default/vault.db", world->data);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* ---- what is kept, and what a machine that goes down takes with it ---- */

static void count_frame(const struct world *world, struct seen *seen)
{
	char path[VAULT_PATH_MAX];
	struct err err;
	int fd = open(reads_path(world, path), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_ok(read_frames(fd, world->vault->id, 1, see, seen, &err), &err);
	close(fd);
}

/* Whoever is killed now leaves it there. */
static void what_is_answered_is_in_the_file(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);

	for (size_t i = 0; i < 5; i++) {
		struct seen seen = {.count = 0};

		note(view, world, (int64_t)i);
		count_frame(world, &seen);
		assert_int_equal(seen.count, i + 1);
	}
	vault_close(view);
}

static void hear(void *arg, const struct err *err)
{
	(void)err;
	atomic_store((atomic_bool *)arg, true);
}

static void readers_do_not_outrun_the_log(void **state)
{
	enum { MANY = 5000 };
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t number = 0, last = 0;
	atomic_bool heard = false;
	struct read_waiter waiter = {.kept = hear, .arg = &heard};
	struct act act;
	struct err err;

	/* Nothing becomes a leaf while somebody else writes. */
	assert_ok(db_begin(world->vault->read.data, &err), &err);
	for (int i = 0; i < MANY; i++) {
		act_begin(&act, "contact.show", world->account.number, world->now);
		assert_ok(read_log_add(view->reads, &act, false, &number, &err), &err);
		last = number != 0 ? number : last;
	}
	assert_int_not_equal(last, 0);
	waiter.number = last;
	read_log_then(view->reads, &waiter);
	db_rollback(world->vault->read.data);
	assert_ok(read_log_wait(view->reads, last, &err), &err);
	fold(world);
	assert_true(atomic_load(&heard));
	vault_close(view);
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

/* ---- when it cannot be written ---- */

/* Its descriptor, which is given, becomes another's. */
static int replace_file(const struct world *world, const char *by)
{
	char path[VAULT_PATH_MAX], link[64], target[VAULT_PATH_MAX];
	int other = open(by, O_RDWR | O_CLOEXEC), found = -1;

	reads_path(world, path);
	for (int fd = 3; fd < 256 && found < 0; fd++) {
		ssize_t len;

		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		len = readlink(link, target, sizeof target - 1);
		if (len > 0 && (size_t)len == strlen(path) && memcmp(target, path, (size_t)len) == 0)
			found = fd;
	}
	assert_int_not_equal(found, -1);
	assert_int_not_equal(dup2(other, found), -1);
	close(other);
	return found;
}

static void fill_disk(const struct world *world)
{
	replace_file(world, "/dev/full");
}

static void without_room_for_the_file_reads_go_into_the_log_at_once(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);

	note(view, world, 0);
	fill_disk(world);
	note(view, world, 1);
	note(view, world, 2);
	assert_reads(world, before, 3);
	vault_close(view);
}

static void a_read_that_can_be_kept_nowhere_is_refused(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world), failed;
	struct err err;

	fill_disk(world);
	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	assert_int_equal(try_note(view, world, 0, &err), ERR_FULL);
	assert_non_null(strstr(err.what, "cannot write"));
	assert_int_equal(tree_size(world), before);

	vault_defer_notes(view);
	note(view, world, 1);
	failed = vault_noted(view);
	assert_int_equal(read_log_wait(view->reads, failed, &err), ERR_FULL);
	assert_int_equal(read_log_wait(view->reads, failed, &err), ERR_FULL); /* nor does who asks late hear that it was */
	vault_defer_end(view);

	sql(world, "DROP TRIGGER refuse_all");
	note(view, world, 2);
	assert_reads(world, before, 3);
	assert_ok(read_log_wait(view->reads, failed, &err), &err);
	vault_close(view);
}

/* Its bytes are taken, and then it is said that they are not on disk. */
static void what_cannot_be_synced_is_waited_for_from_then_on(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world);
	int64_t noted = 0;
	struct err err;
	enum result r = OK;

	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	replace_file(world, "/dev/null");
	for (; r == OK; noted += r == OK) {
		assert_true(vault_fold_reads(view, &err) != OK || noted == 0); /* takes its time */
		r = try_note(view, world, noted, &err);
		assert_true(noted < 1000000);
	}
	sql(world, "DROP TRIGGER refuse_all");
	note(view, world, 0); /* the log itself can be written */
	fold(world);
	assert_true(tree_size(world) >= before + (uint64_t)noted + 1);
	vault_close(view);
}

/* The system tells of it once: what was not written then is not tried again. */
static void a_sync_that_succeeds_after_one_that_failed_is_not_believed(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	char path[VAULT_PATH_MAX];
	int fd, file = open(reads_path(world, path), O_RDWR | O_CLOEXEC);
	struct err err;
	enum result r = OK;

	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	fd = replace_file(world, "/dev/null");
	for (int64_t noted = 0; r == OK; noted++) {
		assert_true(vault_fold_reads(view, &err) != OK || noted == 0); /* takes its time */
		r = try_note(view, world, noted, &err);
	}
	assert_int_not_equal(dup2(file, fd), -1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(try_note(view, world, i, &err), ERR_IO);
	sql(world, "DROP TRIGGER refuse_all");
	note(view, world, 0); /* by the log itself */
	fold(world);
	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	note(view, world, 1); /* all are leaves: the file is as good as new */
	sql(world, "DROP TRIGGER refuse_all");
	close(file);
	vault_close(view);
}

/* On a full disk the file, which is there already, can still be written. */
static void who_notes_waits_for_no_room_where_nothing_becomes_leaves(void **state)
{
	struct world *world = *state;
	struct vault *view = keeping(world);
	uint64_t before = tree_size(world), number = 0, noted = 0;
	enum result r = OK;
	struct act act;
	struct err err;

	sql(world, "CREATE TRIGGER refuse_all BEFORE INSERT ON audit_leaf BEGIN SELECT RAISE(ABORT, 'full'); END");
	while (r == OK) {
		act_begin(&act, "person.show", world->account.number, world->now);
		act_int(&act, "number", (int64_t)noted);
		r = read_log_add(view->reads, &act, true, &number, &err);
		noted += r == OK;
		assert_true(noted < 1000000);
	}
	assert_int_not_equal(r, ERR_BUSY);
	assert_non_null(strstr(err.what, "full"));
	assert_int_equal(tree_size(world), before);

	sql(world, "DROP TRIGGER refuse_all");
	if (number != 0)
		assert_ok(read_log_wait(view->reads, number, &err), &err);
	assert_ok(vault_fold_reads(view, &err), &err);
	assert_int_equal(tree_size(world), before + noted);
	vault_close(view);
}

static void a_file_that_cannot_be_made_is_said(void **state)
{
	struct world *world = *state;
	char path[VAULT_PATH_MAX];
	struct err err;

	assert_int_equal(mkdir(reads_path(world, path), 0700), 0);
	assert_int_equal(vault_keep_reads(world->vault, sync_when, &err), ERR_IO);
	assert_non_null(strstr(err.what, path));
	assert_int_equal(rmdir(path), 0);
	note(world->vault, world, 0); /* as before */
}

/* ---- many at once ---- */

enum { THREADS = 4, ROUNDS = 100 };

struct thread { pthread_t id; struct world *world; struct vault *view; };

static void *note_many(void *arg)
{
	struct thread *thread = arg;
	struct err err;

	for (int i = 0; i < ROUNDS; i++) {
		note(thread->view, thread->world, i);
		if (i % 10 == 0)
			assert_ok(vault_fold_reads(thread->view, &err), &err);
	}
	return NULL;
}

static void many_threads_note_and_fold_at_once(void **state)
{
	struct world *world = *state;
	struct thread threads[THREADS];
	uint64_t before = tree_size(world);
	struct err err;

	assert_ok(vault_keep_reads(world->vault, sync_when, &err), &err);
	for (int i = 0; i < THREADS; i++) {
		threads[i].world = world;
		assert_ok(vault_view(world->vault, &threads[i].view, &err), &err);
		assert_int_equal(pthread_create(&threads[i].id, NULL, note_many, &threads[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i].id, NULL), 0);
	fold(world);
	assert_int_equal(tree_size(world), before + THREADS * ROUNDS);
	for (int i = 0; i < THREADS; i++)
		vault_close(threads[i].view);
}

static int prepare(void **state)
{
	struct err err;

	(void)state;
	return crypto_init(&err) == OK ? 0 : -1;
}

static int synced_within_a_second(void **state)
{
	sync_when = READS_SYNC_SECOND;
	return prepare(state);
}

int main(void)
{
	const struct CMUnitTest frames[] = {
		cmocka_unit_test(a_frame_is_read_as_it_was_written),
		cmocka_unit_test(a_frame_with_a_bit_changed_or_of_another_vault_is_none),
		cmocka_unit_test(frames_of_both_halves_come_in_order_from_where_one_wants),
		cmocka_unit_test(what_an_older_round_left_behind_the_newest_is_passed_over),
		cmocka_unit_test(a_torn_end_costs_what_is_torn_and_nothing_before_it),
	};
	const struct CMUnitTest kept[] = {
		IN_WORLD(reads_become_leaves_in_order_and_once),
		IN_WORLD(what_is_noted_is_in_the_log_when_the_vault_was_closed),
		IN_WORLD(what_a_crash_left_is_in_the_log_before_anybody_looks_and_once),
		IN_WORLD(who_only_reads_puts_them_into_the_log_too),
		IN_WORLD(another_process_beside_the_daemon_brings_nothing_twice),
		IN_WORLD(more_than_the_file_holds_go_through_it_round_and_round),
		IN_WORLD(making_leaves_of_reads_ends_nothing_that_is_remembered),
		IN_WORLD(a_restore_leaves_each_read_in_the_log_once),
		IN_WORLD(a_backup_has_who_looked_before_it),
		IN_WORLD(what_is_answered_is_in_the_file),
		IN_WORLD(readers_do_not_outrun_the_log),
		IN_WORLD(what_is_whole_behind_what_was_torn_never_follows_on_new_reads),
		IN_WORLD(reads_that_nobody_noted_are_not_taken_for_leaves),
		IN_WORLD(only_reads_that_are_synced_later_can_be_missing),
		IN_WORLD(without_room_for_the_file_reads_go_into_the_log_at_once),
		IN_WORLD(a_read_that_can_be_kept_nowhere_is_refused),
		IN_WORLD(who_notes_waits_for_no_room_where_nothing_becomes_leaves),
		IN_WORLD(what_cannot_be_synced_is_waited_for_from_then_on),
		IN_WORLD(a_sync_that_succeeds_after_one_that_failed_is_not_believed),
		IN_WORLD(a_file_that_cannot_be_made_is_said),
		IN_WORLD(many_threads_note_and_fold_at_once),
	};
	const struct CMUnitTest missing[] = {
		IN_WORLD(after_the_machine_went_down_the_log_says_what_may_be_missing_and_once),
		IN_WORLD(the_time_of_a_gap_is_that_of_the_newest_leaf_though_the_clock_is_behind_it_or_far_ahead),
		IN_WORLD(who_only_reads_says_it_too),
		IN_WORLD(nobody_settles_it_beside_who_writes),
		IN_WORLD(in_the_same_boot_nothing_is_missing),
		IN_WORLD(a_restored_vault_misses_nothing_of_the_time_of_its_backup),
	};

	return cmocka_run_group_tests(frames, prepare, NULL) + cmocka_run_group_tests(kept, prepare, NULL) +
	       cmocka_run_group_tests(kept, synced_within_a_second, NULL) + cmocka_run_group_tests(missing, NULL, NULL);
}
