/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who looked, noted in a world: by a process that keeps reads, or left by one that
 * was killed.
 */
#ifndef LETHE_TESTS_VAULT_READING_H
#define LETHE_TESTS_VAULT_READING_H

#include "vault/recording.h"

#include "vault/read_frame.h"
#include "vault/read_log.h"
#include "vault/read_recover.h"

struct seen { uint64_t numbers[64]; size_t count; };

WORLD_UNUSED static enum result see(void *arg, const struct read_frame *frame, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	seen->numbers[seen->count++] = frame->number;
	return OK;
}

/* Both are tried with all that notes. */
static enum reads_sync sync_when = READS_SYNC_ANSWER;

WORLD_UNUSED static int prepare(void **state)
{
	struct err err;

	(void)state;
	return crypto_init(&err) == OK ? 0 : -1;
}

WORLD_UNUSED static int synced_within_a_second(void **state)
{
	sync_when = READS_SYNC_SECOND;
	return prepare(state);
}

WORLD_UNUSED static uint64_t tree_size(struct world *world)
{
	uint64_t size;
	struct err err;

	assert_ok(leaf_tree_size(world->vault->read.data, &size, &err), &err);
	return size;
}

WORLD_UNUSED static struct vault *keeping(struct world *world)
{
	struct vault *view;
	struct err err;

	assert_ok(vault_keep_reads(world->vault, sync_when, &err), &err);
	assert_ok(vault_view(world->vault, &view, &err), &err);
	return view;
}

WORLD_UNUSED static enum result try_note(struct vault *view, const struct world *world, int64_t n, struct err *err)
{
	struct act act;

	act_begin(&act, "contact.show", world->account.number, world->now);
	act_int(&act, "n", n);
	return vault_note(&view->read, &act, err);
}

WORLD_UNUSED static void note(struct vault *view, const struct world *world, int64_t n)
{
	struct err err;

	assert_ok(try_note(view, world, n, &err), &err);
}

WORLD_UNUSED static void fold(struct world *world)
{
	struct err err;

	assert_ok(vault_fold_reads(world->vault, &err), &err);
}

/* The leaves from `from` on are reads 0, 1, 2 .. up to count. */
WORLD_UNUSED static void assert_reads(struct world *world, uint64_t from, size_t count)
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

WORLD_UNUSED static char *reads_path(const struct world *world, char out[VAULT_PATH_MAX])
{
	snprintf(out, VAULT_PATH_MAX, "%s/regions/default/" READ_LOG_FILE, world->data);
	return out;
}

/* As a crash leaves it: kept, and no leaf yet. */
WORLD_UNUSED static void leave_reads(struct world *world, uint64_t first, int count)
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

WORLD_UNUSED static void sql(const struct world *world, const char *text)
{
	char path[VAULT_PATH_MAX];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/regions/default/vault.db", world->data);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

#endif
