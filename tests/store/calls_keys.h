/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function on keys, the log, jobs and the vault itself, as a call.
 */
#ifndef LETHE_TESTS_STORE_CALLS_KEYS_H
#define LETHE_TESTS_STORE_CALLS_KEYS_H

#include "store/call.h"

CALL(job_insert)
{
	struct job job = job_of(account, new_id);

	return one(job_insert(vault, &job, &err), seen);
}

CALL(job_get)
{
	struct job job;

	return one(job_get(vault, account, job_id, &pool, &job, &err), seen);
}

CALL(job_update)
{
	struct job job = job_of(account, job_id);

	job.state = JOB_DONE;
	return one(job_update(vault, &job, &err), seen);
}

CALL(job_list)
{
	struct job jobs[4];
	size_t count = 0;
	enum result r = job_list(vault, account, (struct id){{0}}, &pool, jobs, 4, &count, &err);

	return several(r, count, seen);
}

CALL(job_list_running)
{
	struct job jobs[4];
	size_t count = 0;
	enum result r = job_list_running(vault, account, JOB_ERASE, (struct instant){INT64_MIN}, (struct id){{0}}, &pool,
					 jobs, 4, &count, &err);

	return several(r, count, seen);
}

CALL(job_back_of_type)
{
	struct id ids[4], last;
	size_t count = 0;
	enum result r;

	memset(&last, 0xff, sizeof last);
	r = job_back_of_type(vault, account, JOB_ERASE, last, ids, 4, &count, &err);
	return several(r, count, seen);
}

CALL(job_list_of_type)
{
	struct id ids[4];
	size_t count = 0;
	enum result r = job_list_of_type(vault, account, JOB_ERASE, (struct id){{0}}, ids, 4, &count, &err);

	return several(r, count, seen);
}

CALL(job_count_running_of)
{
	return job_count_running_of(vault, account, seen, &err);
}

CALL(key_get)
{
	struct wrapped_key key;

	return one(key_get(keys, account, KEY_IDENTITY, 7, &key, &err), seen);
}

SYSTEM_CALL(key_next_identity)
{
	return key_next_identity(keys, seen, &err);
}

CALL(key_insert)
{
	struct wrapped_key key = key_of(account, 8 + 10 * (int64_t)account);

	return one(key_insert(keys, &key, &err), seen);
}

CALL(key_delete)
{
	bool existed = false;
	enum result r = key_delete(keys, account, KEY_IDENTITY, 7, &existed, &err);

	return several(r, existed, seen);
}

CALL(key_delete_account)
{
	return key_delete_account(keys, account, seen, &err);
}

CALL(key_rewrap)
{
	struct wrapped_key key = key_of(account, 7);

	key.epoch = 2;
	return one(key_rewrap(keys, &key, &err), seen);
}

CALL(account_key_get)
{
	const unsigned char *wrapped;
	size_t len;

	return one(account_key_get(keys, account, 1, &pool, &wrapped, &len, &err), seen);
}

CALL(account_key_insert)
{
	return one(account_key_insert(keys, account, 2, "w", 1, &err), seen);
}

CALL(counter_next)
{
	return one(counter_next(keys, account, "number", seen, &err), seen);
}

CALL(tombstone_put)
{
	struct blind blind = blind_of(7);

	return one(tombstone_put(keys, account, &blind, (struct instant){2000}, &err), seen);
}

CALL(tombstone_get)
{
	struct blind blind = blind_of(7);
	struct instant at;
	bool erased = false;
	enum result r = tombstone_get(keys, account, &blind, &erased, &at, &err);

	return several(r, erased, seen);
}

CALL(tombstone_delete)
{
	struct blind blind = blind_of(7);
	bool existed = false;
	enum result r = tombstone_delete(keys, account, &blind, &existed, &err);

	return several(r, existed, seen);
}

CALL(tombstone_delete_account)
{
	return one(tombstone_delete_account(keys, account, &err), seen);
}

CALL(key_count_account)
{
	return key_count_account(keys, account, seen, &err);
}

CALL(counter_delete_account)
{
	enum result r = counter_delete_account(keys, account, &err);

	return several(r, r == OK ? db_changes(keys) : 0, seen);
}

CALL(ending_account)
{
	enum result r = ending_account(vault, account, &err);

	return several(r, r == OK ? db_changes(vault) : 0, seen);
}

CALL(ending_delete)
{
	return ending_delete(vault, account, ENDING_MEDIA, 9, seen, &err);
}

CALL(ending_count)
{
	return ending_count(vault, account, ENDING_MEDIA, seen, &err);
}

CALL(ending_count_trash)
{
	return ending_count_trash(vault, account, seen, &err);
}

CALL(leaf_append)
{
	uint64_t seq;

	return one(leaf_append(vault, account, (struct instant){0}, LEAF_ACCESS, "x", 1, &seq, &err), seen);
}

CALL(leaf_run_append)
{
	const struct leaf leaf = {.account = account, .term = LEAF_ACCESS, .body = "x", .body_len = 1};
	struct leaf_run run;
	enum result r = leaf_run_begin(vault, &run, &err);

	for (int i = 0; r == OK && i < LEAF_ROWS; i++)
		r = leaf_run_append(&run, &leaf, &err);
	return one(r == OK ? leaf_run_end(&run, &err) : r, seen);
}

CALL(leaf_run_end)
{
	const struct leaf leaf = {.account = account, .term = LEAF_ACCESS, .body = "x", .body_len = 1};
	struct leaf_run run;
	enum result r = leaf_run_begin(vault, &run, &err);

	if (r == OK)
		r = leaf_run_append(&run, &leaf, &err);
	return one(r == OK ? leaf_run_end(&run, &err) : r, seen);
}

CALL(leaf_append_pruned)
{
	struct leaf leaf = {.account = account, .term = LEAF_ACCESS};
	struct hash hash = {{1}};
	uint64_t seq;

	return one(leaf_append_pruned(vault, &leaf, &hash, &seq, &err), seen);
}

CALL(leaf_prune)
{
	struct leaf leaf = {.account = account, .body = "{}", .body_len = 2};
	bool pruned = false;
	enum result r = leaf_prune(vault, &leaf, &pruned, &err);

	return several(r, pruned, seen);
}

CALL(leaf_list_due)
{
	struct leaf leaves[4];
	size_t count;
	enum result r = leaf_list_due(vault, account, LEAF_ACTIVITY, (struct instant){1}, NULL, &pool, leaves, 4, &count,
				      &err);

	return several(r, (int64_t)count, seen);
}

CALL(leaf_count_due)
{
	return leaf_count_due(vault, account, LEAF_ACTIVITY, (struct instant){1}, seen, &err);
}

CALL(leaf_has_deed)
{
	bool found = false;
	enum result r = leaf_has_deed(vault, account, 0, &found, &err);

	*seen = found;
	return r;
}

CALL(leaf_list)
{
	struct leaf leaves[4];
	size_t count = 0;
	enum result r = leaf_list(vault, account, 0, &pool, leaves, 4, &count, &err);

	return several(r, count, seen);
}

CALL(leaf_back)
{
	uint64_t seq;

	return one(leaf_back(vault, account, 1, 1, &seq, &err), seen);
}

SYSTEM_CALL(meta_get)
{
	const char *value;

	return meta_get(vault, "vault", &pool, &value, &err);
}

SYSTEM_CALL(meta_set)
{
	return meta_set(vault, "vault", "y", &err);
}

SYSTEM_CALL(job_next_running)
{
	struct job job;

	return job_next_running(vault, JOB_ERASE, &pool, &job, &err);
}

SYSTEM_CALL(job_count_running)
{
	return job_count_running(vault, seen, &err);
}

SYSTEM_CALL(key_list_older)
{
	struct wrapped_key rows[4];
	int64_t after = 0;
	size_t count;

	return key_list_older(keys, 9, &after, 4, rows, &count, &err);
}

CALL(key_list_numbers)
{
	int64_t numbers[4];
	size_t count = 0;
	enum result r = key_list_numbers(keys, account, KEY_HOLD, 0, numbers, 4, &count, &err);

	return several(r, count, seen);
}

SYSTEM_CALL(key_count)
{
	return key_count(keys, KEY_IDENTITY, seen, &err);
}

SYSTEM_CALL(account_key_delete_epoch)
{
	return account_key_delete_epoch(keys, 1, &err);
}

SYSTEM_CALL(account_key_list)
{
	uint32_t numbers[4];
	size_t count;

	return account_key_list(keys, 1, numbers, 4, &count, &err);
}

SYSTEM_CALL(epoch_insert)
{
	return epoch_insert(keys, 2, EPOCH_COMING, (struct instant){0}, &err);
}

SYSTEM_CALL(epoch_set_state)
{
	enum result r = epoch_set_state(keys, 1, EPOCH_LEAVING, (struct instant){0}, &err);

	return r == OK ? epoch_set_state(keys, 1, EPOCH_ENDED, (struct instant){0}, &err) : r;
}

SYSTEM_CALL(epoch_find)
{
	struct epoch epoch;

	return epoch_find(keys, EPOCH_CURRENT, &epoch, &err);
}

SYSTEM_CALL(epoch_list)
{
	struct epoch rows[4];
	size_t count;

	return epoch_list(keys, rows, 4, &count, &err);
}

SYSTEM_CALL(leaf_run_begin)
{
	struct leaf_run run;

	(void)account;
	(void)seen;
	return leaf_run_begin(vault, &run, &err);
}

SYSTEM_CALL(leaf_tree_size)
{
	uint64_t size;

	return leaf_tree_size(vault, &size, &err);
}

SYSTEM_CALL(leaf_list_pruned)
{
	struct leaf leaves[4];
	size_t count;

	return leaf_list_pruned(vault, 0, leaves, 4, &count, &err);
}

SYSTEM_CALL(leaf_hash)
{
	struct leaf leaf = {.seq = 0};
	struct hash hash;

	return leaf_hash(vault, &leaf, &hash, &err);
}

SYSTEM_CALL(leaf_newest)
{
	struct instant at = {0};
	enum result r = leaf_newest(vault, &at, &err);

	*seen = r == OK;
	return r;
}

SYSTEM_CALL(leaf_get)
{
	struct leaf leaf;

	return leaf_get(vault, 0, &pool, &leaf, &err);
}

SYSTEM_CALL(leaf_count_hashes)
{
	return leaf_count_hashes(vault, seen, &err);
}

#endif
