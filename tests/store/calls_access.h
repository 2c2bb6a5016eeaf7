/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function on secrets, sessions, tokens and one-time links, as a call.
 */
#ifndef LETHE_TESTS_STORE_CALLS_ACCESS_H
#define LETHE_TESTS_STORE_CALLS_ACCESS_H

#include "store/call.h"

CALL(user_secret_put)
{
	struct user_secret_row row = secret_of(account, 8);

	return one(user_secret_put(vault, &row, &err), seen);
}

CALL(user_secret_get)
{
	struct user_secret_row row;

	return one(user_secret_get(vault, account, 7, SECRET_TOTP, &pool, &row, &err), seen);
}

CALL(user_secret_list)
{
	struct user_secret_row rows[4];
	size_t count = 0;
	enum result r = user_secret_list(vault, account, 0, 0, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

static enum result see_user_secret(void *arg, const struct user_secret_row *row, struct err *unused)
{
	size_t *count = arg;

	(void)row, (void)unused;
	++*count;
	return OK;
}

CALL(user_secret_each)
{
	size_t count = 0;
	enum result r = user_secret_each(vault, account, &pool, see_user_secret, &count, &err);

	return several(r, count, seen);
}

CALL(user_secret_use)
{
	return one(user_secret_use(vault, account, 7, SECRET_TOTP, 99, &err), seen);
}

CALL(user_secret_delete)
{
	return one(user_secret_delete(vault, account, 7, SECRET_TOTP, &err), seen);
}

CALL(user_secret_delete_user)
{
	return one(user_secret_delete_user(vault, account, 7, &err), seen);
}

CALL(user_secret_clear)
{
	return one(user_secret_clear(vault, account, &err), seen);
}

CALL(user_subject_insert)
{
	struct user_subject_row row = {blind_of(9), 9};

	return one(user_subject_insert(vault, account, &row, &err), seen);
}

CALL(user_subject_find)
{
	struct blind blind = blind_of(7);

	return user_subject_find(vault, account, &blind, seen, &err);
}

CALL(user_subject_list)
{
	struct user_subject_row rows[4];
	size_t count = 0;
	enum result r = user_subject_list(vault, account, NULL, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(user_subject_delete)
{
	return one(user_subject_delete(vault, account, 7, &err), seen);
}

CALL(user_subject_clear)
{
	return one(user_subject_clear(vault, account, &err), seen);
}

CALL(user_session_insert)
{
	struct user_session_row row = session_of(account, 8, (unsigned char)(10 + account));

	return one(user_session_insert(vault, &row, &err), seen);
}

SYSTEM_CALL(user_session_find)
{
	struct user_session_row row;
	struct hash hash = {{7}};
	bool found;

	return user_session_find(vault, &hash, &found, &row, &err);
}

CALL(user_session_list)
{
	struct user_session_row rows[4];
	size_t count = 0;
	enum result r = user_session_list(vault, account, 7, (struct id){{0}}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(user_session_touch)
{
	return one(user_session_touch(vault, account, 7, (struct id){{7}}, (struct instant){99}, &err), seen);
}

CALL(user_session_delete)
{
	return one(user_session_delete(vault, account, 7, (struct id){{7}}, &err), seen);
}

CALL(user_session_delete_user)
{
	return one(user_session_delete_user(vault, account, 7, &err), seen);
}

CALL(user_session_clear)
{
	return one(user_session_clear(vault, account, &err), seen);
}

CALL(token_insert)
{
	struct token_row row = token_of(account, (unsigned char)(10 + account));

	return one(token_insert(vault, &row, &err), seen);
}

SYSTEM_CALL(token_find)
{
	struct token_row row;
	struct hash hash = {{7}};
	bool found;

	return token_find(vault, &hash, &pool, &found, &row, &err);
}

CALL(token_get)
{
	struct token_row row;

	return one(token_get(vault, account, (struct id){{7}}, &pool, &row, &err), seen);
}

CALL(token_list)
{
	struct token_row rows[4];
	size_t count = 0;
	enum result r = token_list(vault, account, (struct id){{0}}, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

static enum result see_token(void *arg, const struct token_row *row, struct err *unused)
{
	size_t *count = arg;

	(void)row, (void)unused;
	++*count;
	return OK;
}

CALL(token_each)
{
	size_t count = 0;
	enum result r = token_each(vault, account, &pool, see_token, &count, &err);

	return several(r, count, seen);
}

CALL(token_use)
{
	return one(token_use(vault, account, (struct id){{7}}, (struct instant){99}, &err), seen);
}

CALL(token_revoke)
{
	return one(token_revoke(vault, account, (struct id){{7}}, (struct instant){99}, &err), seen);
}

CALL(token_delete)
{
	return one(token_delete(vault, account, (struct id){{7}}, &err), seen);
}

CALL(token_clear)
{
	return one(token_clear(vault, account, &err), seen);
}

CALL(invite_put)
{
	struct invite_row row = invite_of(account, 8, (unsigned char)(10 + account));

	return one(invite_put(vault, &row, &err), seen);
}

SYSTEM_CALL(invite_find)
{
	struct invite_row row;
	struct hash hash = {{7}};
	bool found;

	return invite_find(vault, &hash, &pool, &found, &row, &err);
}

CALL(invite_list)
{
	struct invite_row rows[4];
	size_t count = 0;
	enum result r = invite_list(vault, account, -1, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(invite_delete)
{
	return one(invite_delete(vault, account, 7, &err), seen);
}

CALL(invite_clear)
{
	return one(invite_clear(vault, account, &err), seen);
}

CALL(request_key_put)
{
	struct request_key_row row = request_of(account, 8);

	return one(request_key_put(vault, &row, &err), seen);
}

CALL(request_key_get)
{
	struct request_key_row row;
	struct blind key = blind_of(7);
	bool found = false;
	enum result r = request_key_get(vault, account, &key, &pool, &found, &row, &err);

	*seen = found;
	return r;
}

CALL(request_key_list)
{
	struct request_key_row rows[4];
	size_t count = 0;
	enum result r = request_key_list(vault, account, NULL, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(request_key_delete_due)
{
	return request_key_delete_due(vault, account, (struct instant){NOON}, 10, seen, &err);
}

CALL(request_key_clear)
{
	return one(request_key_clear(vault, account, &err), seen);
}

SYSTEM_CALL(request_key_break)
{
	return request_key_break(vault, &err);
}

CALL(work_put)
{
	struct work_row row = work_of(account, 8);

	return one(work_put(vault, &row, &err), seen);
}

CALL(work_get)
{
	struct work_row row;

	return one(work_get(vault, account, (struct id){{7}}, &pool, &row, &err), seen);
}

CALL(work_list)
{
	struct work_row rows[4];
	size_t count = 0;
	enum result r = work_list(vault, account, (struct id){{255}}, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

static enum result see_work(void *arg, const struct work_row *row, struct err *unused)
{
	size_t *count = arg;

	(void)row, (void)unused;
	++*count;
	return OK;
}

CALL(work_each)
{
	size_t count = 0;
	enum result r = work_each(vault, account, &pool, see_work, &count, &err);

	return several(r, count, seen);
}

SYSTEM_CALL(work_next_account)
{
	uint32_t next;
	bool found;

	return work_next_account(vault, -1, &found, &next, &err);
}

CALL(work_list_open)
{
	struct work_row rows[4];
	size_t count = 0;
	enum result r = work_list_open(vault, account, &pool, rows, 4, &count, &err);

	*seen = (int64_t)count;
	return r;
}

CALL(work_set_running)
{
	bool open;

	return one(work_set_running(vault, account, (struct id){{6}}, (struct instant){NOON}, &open, &err), seen);
}

CALL(work_set_begun)
{
	return one(work_set_begun(vault, account, (struct id){{7}}, &err), seen);
}

CALL(work_set_progress)
{
	return one(work_set_progress(vault, account, (struct id){{7}}, 1, 2, &err), seen);
}

CALL(work_set_cancel)
{
	return one(work_set_cancel(vault, account, (struct id){{7}}, &err), seen);
}

CALL(work_end)
{
	struct work_row row = work_of(account, 7);

	row.state = WORK_FAILED;
	return one(work_end(vault, &row, &err), seen);
}

CALL(work_set_file)
{
	struct work_row row = work_of(account, 7);

	row.file_bytes = 2;
	return one(work_set_file(vault, &row, &err), seen);
}

SYSTEM_CALL(work_list_files)
{
	struct work_row rows[4];
	size_t count;

	return work_list_files(vault, 0, 0, &pool, rows, 4, &count, &err);
}

CALL(work_file_bytes)
{
	return work_file_bytes(vault, account, seen, &err);
}

CALL(work_count)
{
	int64_t open, files;
	enum result r = work_count(vault, account, 10, &open, &files, &err);

	*seen = r == OK ? open + files : 0;
	return r;
}

CALL(work_has_key)
{
	bool has = false;
	enum result r = work_has_key(vault, account, 7, &has, &err);

	*seen = r == OK && has;
	return r;
}

CALL(work_delete_ended)
{
	return work_delete_ended(vault, account, (struct instant){NOON + 1}, 10, seen, &err);
}

#endif
