/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "folder.h"
#include "store/key.h"
#include "store/schema.h"

#define KEYS 4000

static char folder[PATH_MAX], path[PATH_MAX + 16];
static struct db *keys;
static struct err err;
static uint64_t seed;
static int64_t identities[3][KEYS]; /* the numbers the store gave out; by account */

/* xorshift64*: the same on every run. */
static uint64_t next_random(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 2685821657736338717ull;
}

static int make_store(void **state)
{
	const struct db_options options = {.mode = DB_CREATE, .secure_delete = true};

	(void)state;
	memset(identities, 0, sizeof identities);
	seed = 277165; /* with which a plain table keyed by number leaves copies */
	if (folder_make(folder, sizeof folder, "key") != 0)
		return -1;
	snprintf(path, sizeof path, "%s/keys.db", folder);
	return db_open_sqlite(path, &options, &keys, &err) || schema_migrate_keys(keys, &err);
}

static int remove_store(void **state)
{
	(void)state;
	db_close(keys);
	unlink(path);
	return rmdir(folder);
}

/* The nth key: its bytes follow from n alone, so that they can be looked for later. */
static struct wrapped_key nth(uint32_t account, uint64_t n)
{
	bool identity = n % 3 != 0;
	struct wrapped_key key = {
	    .account = account,
	    .class = identity ? KEY_IDENTITY : KEY_PERIOD,
	    .number = identity ? identities[account][n] : (int64_t)n,
	    .epoch = 1,
	};
	uint64_t at = (n + 1) * 0x9e3779b97f4a7c15ull + account;

	for (size_t i = 0; i < sizeof key.wrapped; i++) {
		at = at * 6364136223846793005ull + 1442695040888963407ull;
		key.wrapped[i] = (unsigned char)(at >> 56);
	}
	return key;
}

static void insert(uint32_t account, uint64_t n)
{
	struct wrapped_key key;

	assert_int_equal(key_next_identity(keys, &identities[account][n], &err), OK);
	key = nth(account, n);
	assert_int_equal(key_insert(keys, &key, &err), OK);
}

static bool delete(struct wrapped_key key)
{
	bool existed;

	assert_int_equal(key_delete(keys, key.account, key.class, key.number, &existed, &err), OK);
	return existed;
}

static bool is_there(struct wrapped_key key)
{
	struct wrapped_key found;
	enum result r = key_get(keys, key.account, key.class, key.number, &found, &err);

	if (r == ERR_NOT_FOUND)
		return false;
	assert_int_equal(r, OK);
	assert_memory_equal(found.wrapped, key.wrapped, sizeof key.wrapped);
	assert_int_equal(found.epoch, key.epoch);
	return true;
}

static void a_key_is_found_until_it_is_destroyed(void **state)
{
	(void)state;
	for (uint64_t n = 6; n < 8; n++) { /* of both kinds */
		assert_false(is_there(nth(1, n)));
		assert_int_equal(db_begin(keys, &err), OK);
		insert(1, n);
		insert(2, n);
		assert_int_equal(db_commit(keys, &err), OK);
		assert_true(is_there(nth(1, n)));
		assert_true(delete(nth(1, n)));
		assert_false(delete(nth(1, n)));
		assert_false(is_there(nth(1, n)));
		assert_true(is_there(nth(2, n)));
	}
}

static int64_t count_slots(void)
{
	int64_t slots;

	assert_int_equal(db_query_int(keys, "SELECT COUNT(*) FROM key_slot WHERE account_id >= $1", 0, &slots, &err,
				      DB_INT(0)),
			 OK);
	return slots;
}

static void a_destroyed_key_makes_room_for_the_next_of_its_account_only(void **state)
{
	(void)state;
	assert_int_equal(db_begin(keys, &err), OK);
	for (uint64_t n = 0; n < 10; n++)
		insert(1, n);
	assert_true(delete(nth(1, 6)));
	insert(2, 6);
	insert(1, 12);
	assert_int_equal(db_commit(keys, &err), OK);
	assert_int_equal(count_slots(), 11);
	assert_true(is_there(nth(1, 12)));
	assert_true(is_there(nth(2, 6)));
}

/* Its number is that of its slot. */
static void a_destroyed_identity_makes_room_for_nobody(void **state)
{
	(void)state;
	assert_int_equal(db_begin(keys, &err), OK);
	insert(1, 4);
	assert_true(delete(nth(1, 4)));
	insert(1, 5);
	insert(1, 6);
	assert_int_equal(db_commit(keys, &err), OK);
	assert_int_equal(count_slots(), 3);
	assert_false(is_there(nth(1, 4)));
}

static void wrapping_anew_changes_a_key_that_lives_and_makes_none(void **state)
{
	(void)state;
	for (uint64_t n = 6; n < 8; n++) {
		struct wrapped_key key, gone;

		insert(1, n);
		insert(1, n + 3);
		key = nth(1, n);
		gone = nth(1, n + 3);
		assert_true(delete(gone));
		memset(key.wrapped, 0x5a, sizeof key.wrapped);
		key.epoch = 300;
		assert_int_equal(key_rewrap(keys, &key, &err), OK);
		assert_true(is_there(key));
		assert_int_equal(key_rewrap(keys, &gone, &err), OK);
		assert_false(is_there(gone));
	}
}

static void deleting_an_account_leaves_the_keys_of_others(void **state)
{
	int64_t count;

	(void)state;
	assert_int_equal(db_begin(keys, &err), OK);
	for (uint64_t n = 0; n < 100; n++) {
		insert(1, n);
		insert(2, n);
	}
	delete(nth(1, 50));
	assert_int_equal(key_delete_account(keys, 1, &count, &err), OK);
	assert_int_equal(db_commit(keys, &err), OK);
	assert_int_equal(count, 99);
	for (uint64_t n = 0; n < 100; n++) {
		assert_false(is_there(nth(1, n)));
		assert_true(is_there(nth(2, n)));
	}
}

/* How many destroyed keys have a copy, whole or 16 bytes of it, anywhere in the file. */
static size_t count_copies(const bool *lives)
{
	struct buf file = {0};
	size_t found = 0;

	assert_int_equal(db_checkpoint(keys, &err), OK);
	assert_int_equal(file_read(path, (size_t)64 << 20, &file, &err), OK);
	for (uint64_t n = 0; n < KEYS; n++) {
		struct wrapped_key key = nth(1, n);

		for (size_t at = 0; !lives[n] && at + 16 <= sizeof key.wrapped; at += 11)
			found += memmem(file.data, file.len, key.wrapped + at, 16) != NULL;
	}
	buf_free(&file);
	return found;
}

/* P6. Rows come and go in random order, so that pages of the store split and join. */
static void nothing_of_a_destroyed_key_is_left_anywhere_in_the_file(void **state)
{
	static bool lives[KEYS];

	(void)state;
	for (int round = 0; round < 40; round++) {
		assert_int_equal(db_begin(keys, &err), OK);
		for (int i = 0; i < KEYS / 10; i++) {
			uint64_t n = next_random() % KEYS;

			if (lives[n])
				assert_true(delete(nth(1, n)));
			else
				insert(1, n);
			lives[n] = !lives[n];
		}
		assert_int_equal(db_commit(keys, &err), OK);
	}
	assert_int_equal(count_copies(lives), 0);
	for (uint64_t n = 0; n < KEYS; n++)
		assert_int_equal(is_there(nth(1, n)), lives[n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_key_is_found_until_it_is_destroyed, make_store, remove_store),
	    cmocka_unit_test_setup_teardown(a_destroyed_key_makes_room_for_the_next_of_its_account_only, make_store,
					    remove_store),
	    cmocka_unit_test_setup_teardown(a_destroyed_identity_makes_room_for_nobody, make_store, remove_store),
	    cmocka_unit_test_setup_teardown(wrapping_anew_changes_a_key_that_lives_and_makes_none, make_store,
					    remove_store),
	    cmocka_unit_test_setup_teardown(deleting_an_account_leaves_the_keys_of_others, make_store, remove_store),
	    cmocka_unit_test_setup_teardown(nothing_of_a_destroyed_key_is_left_anywhere_in_the_file, make_store,
					    remove_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
