/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/outdated.h"

#include <string.h>

#include "store/invite.h"
#include "store/token.h"
#include "store/user_session.h"
#include "store/user_subject.h"

#define POOL_MAX ((size_t)16 * 1024 * 1024)

/* ---- tombstones ---- */

static struct blind blind_of(const char *what, const void *data, size_t len)
{
	unsigned char text[64];
	size_t word = strlen(what);
	struct blind out;
	struct hash hash;

	INVARIANT(word + len <= sizeof text);
	memcpy(text, what, word);
	memcpy(text + word, data, len);
	hash = sha256(text, word + len);
	memcpy(out.bytes, hash.bytes, BLIND_LEN);
	return out;
}

static struct blind secret_blind(int64_t user, enum user_secret_kind kind)
{
	unsigned char text[9];

	for (int i = 0; i < 8; i++)
		text[i] = (unsigned char)((uint64_t)user >> (56 - 8 * i));
	text[8] = (unsigned char)kind;
	return blind_of("lethe/outdated/secret", text, sizeof text);
}

static struct blind token_blind(struct id token)
{
	return blind_of("lethe/outdated/token", token.bytes, sizeof token.bytes);
}

enum result outdate_secret(struct session *session, uint32_t account, int64_t user, enum user_secret_kind kind,
			   struct instant now, struct instant *changed, struct err *err)
{
	struct blind blind = secret_blind(user, kind);
	struct instant before;
	bool any;
	enum result r = tombstone_get(session->keys, account, &blind, &any, &before, err);

	if (r != OK)
		return r;
	*changed = now;
	if (any && before.ms >= now.ms)
		changed->ms = before.ms + 1;
	return tombstone_put(session->keys, account, &blind, *changed, err);
}

enum result outdate_token(struct session *session, uint32_t account, struct id token, struct instant now, struct err *err)
{
	struct blind blind = token_blind(token);

	return tombstone_put(session->keys, account, &blind, now, err);
}

/* ---- restored data ---- */

struct work { struct session *session; uint32_t account; struct pool pool; };

static enum result drop_secret_if_outdated(void *arg, const struct user_secret_row *row, struct err *err)
{
	struct work *w = arg;
	struct blind blind = secret_blind(row->user, row->kind);
	struct instant at;
	bool outdated;
	enum result r = tombstone_get(w->session->keys, w->account, &blind, &outdated, &at, err);

	if (r != OK || !outdated || row->changed.ms >= at.ms)
		return r;
	r = user_secret_delete(w->session->data, w->account, row->user, row->kind, err);
	if (r == OK && row->kind == SECRET_SUBJECT)
		r = user_subject_delete(w->session->data, w->account, row->user, err);
	return r;
}

static enum result drop_user(struct work *w, int64_t user, struct err *err)
{
	struct db *data = w->session->data;
	enum result r = user_secret_delete_user(data, w->account, user, err);

	if (r == OK)
		r = user_subject_delete(data, w->account, user, err);
	if (r == OK)
		r = user_session_delete_user(data, w->account, user, err);
	if (r == OK)
		r = invite_delete(data, w->account, user, err);
	return r == OK ? user_delete(data, w->account, user, err) : r;
}

static enum result drop_if_without_key(void *arg, const struct user_row *user, struct err *err)
{
	struct work *w = arg;
	struct wrapped_key key;
	enum result r = key_get(w->session->keys, w->account, KEY_USER, user->user, &key, err);

	return r == ERR_NOT_FOUND ? drop_user(w, user->user, err) : r;
}

static enum result revoke_if_outdated(void *arg, const struct token_row *row, struct err *err)
{
	struct work *w = arg;
	struct blind blind = token_blind(row->id);
	struct instant at;
	bool outdated;
	enum result r = tombstone_get(w->session->keys, w->account, &blind, &outdated, &at, err);

	if (r != OK || !outdated)
		return r;
	return token_revoke(w->session->data, w->account, row->id, at, err);
}

static enum result drop_all(struct work *w, bool live_lost, struct err *err)
{
	struct db *data = w->session->data;
	enum result r = user_each(data, w->account, &w->pool, drop_if_without_key, w, err);

	if (r == OK)
		r = user_secret_each(data, w->account, &w->pool, drop_secret_if_outdated, w, err);
	if (r == OK)
		r = token_each(data, w->account, &w->pool, revoke_if_outdated, w, err);
	if (r != OK || !live_lost)
		return r;
	r = user_session_clear(w->session->data, w->account, err);
	return r == OK ? invite_clear(w->session->data, w->account, err) : r;
}

enum result outdated_drop(struct session *session, uint32_t account, bool live_lost, struct err *err)
{
	struct work w = {.session = session, .account = account};
	enum result r = db_begin(session->data, err);

	if (r != OK)
		return r;
	pool_init(&w.pool, POOL_MAX);
	r = drop_all(&w, live_lost, err);
	pool_free(&w.pool);
	if (r == OK)
		return db_commit(session->data, err);
	db_rollback(session->data);
	return r;
}
