/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/second.h"

#include <string.h>

#include "access/secret.h"

#define ISSUER "Lethe"
#define POOL_MAX ((size_t)256 * 1024)

struct change {
	const struct user_row *user;
	struct instant now;
	const char *code;
	unsigned char key[TOTP_KEY_LEN];
	struct recovery *recovery;
	struct pool pool;
};

typedef enum result change_op(struct session *session, struct change *change, const struct user_row *user,
			      struct err *err);

struct running { struct change *change; change_op *op; };

static enum result run_op(struct session *session, void *arg, struct err *err)
{
	struct running *running = arg;
	struct change *change = running->change;
	struct user_row user;
	enum result r = secret_user(session, change->user->account, change->user->user, &change->pool, &user, err);

	return r == OK ? running->op(session, change, &user, err) : r;
}

static enum result run(struct vault *vault, struct change *change, change_op *op, struct err *err)
{
	struct running running = {change, op};
	enum result r;

	pool_init(&change->pool, POOL_MAX);
	r = vault_write(vault, run_op, &running, err);
	pool_free(&change->pool);
	explicit_bzero(change->key, sizeof change->key);
	return r;
}

#define LEAF(session, change, user, name, err) leaf((session), (change), (user), LOG_LITERAL(name), (err))
static enum result leaf(struct session *session, const struct change *change, const struct user_row *user,
			const char *name, struct err *err)
{
	struct act act;

	act_begin_(&act, name, user->account, change->now);
	act_id(&act, "id", USER_PREFIX, user->id);
	return act_append(&act, session->data, NULL, err);
}

static enum result need(struct session *session, struct change *change, const struct user_row *user, bool wanted,
			struct err *err)
{
	bool has;
	enum result r = secret_has(session, user, SECRET_TOTP, &change->pool, &has, err);

	if (r != OK || has == wanted)
		return r;
	if (wanted) {
		err_set(err, ERR_NOT_FOUND, "the user has no second factor");
		return err_mend(err, "`lethe user totp` begins one");
	}
	err_set(err, ERR_EXISTS, "the user has a second factor already");
	return err_mend(err, "turn it off first, if it is to be another one");
}

/* ---- beginning ---- */

static enum result begin_op(struct session *session, struct change *change, const struct user_row *user, struct err *err)
{
	enum result r = need(session, change, user, false, err);

	if (r == OK)
		r = secret_set(session, user, SECRET_TOTP_COMING, change->key, sizeof change->key, 0, change->now,
			       &change->pool, err);
	return r == OK ? LEAF(session, change, user, "user.totp.begin", err) : r;
}

static enum result write_uri(struct vault *vault, const struct user_row *user, const unsigned char key[TOTP_KEY_LEN],
			     struct buf *uri, struct err *err)
{
	struct pool pool;
	const char *name;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = open_user(vault->read.ring, user, &pool, &name, err);
	if (r == OK) {
		totp_uri(uri, key, ISSUER, name);
		r = buf_ok(uri, "the URI of a second factor", err);
	}
	pool_free(&pool);
	return r;
}

enum result second_begin(struct vault *vault, const struct user_row *user, struct instant now, struct buf *uri,
			 struct err *err)
{
	struct change change = {.user = user, .now = now};
	enum result r;

	totp_key(change.key);
	r = write_uri(vault, user, change.key, uri, err);
	return r == OK ? run(vault, &change, begin_op, err) : r;
}

/* ---- confirming ---- */

static enum result put_recovery(struct session *session, struct change *change, const struct user_row *user,
				struct err *err)
{
	unsigned char digests[RECOVERY_DIGESTS];

	recovery_make(change->recovery, digests);
	return secret_set(session, user, SECRET_RECOVERY, digests, sizeof digests, 0, change->now, &change->pool, err);
}

static enum result get_key(struct session *session, const struct user_row *user, enum user_secret_kind kind,
			   struct pool *pool, struct user_secret_row *row, const unsigned char **key, struct err *err)
{
	const char *plain;
	size_t len;
	enum result r = secret_get(session, user, kind, pool, row, &plain, &len, err);

	*key = (const unsigned char *)plain;
	if (r == OK && plain != NULL && len != TOTP_KEY_LEN)
		return err_set(err, ERR_CORRUPT, "the key of a second factor has %zu bytes, not %d", len, TOTP_KEY_LEN);
	return r;
}

static enum result wrong_code(struct err *err)
{
	err_set(err, ERR_DENIED, "the code does not fit");
	return err_mend(err, "wait for the next one; if none fits, set the clock of what makes them");
}

static enum result confirm_op(struct session *session, struct change *change, const struct user_row *user,
			      struct err *err)
{
	struct user_secret_row row;
	const unsigned char *key;
	int64_t step;
	enum result r = get_key(session, user, SECRET_TOTP_COMING, &change->pool, &row, &key, err);

	if (r != OK)
		return r;
	if (key == NULL) {
		err_set(err, ERR_NOT_FOUND, "no second factor was begun");
		return err_mend(err, "`lethe user totp` begins one");
	}
	if (!totp_fits(key, change->now, 0, change->code, &step))
		return wrong_code(err);
	r = secret_set(session, user, SECRET_TOTP, key, TOTP_KEY_LEN, step, change->now, &change->pool, err);
	if (r == OK)
		r = secret_drop(session, user, SECRET_TOTP_COMING, change->now, err);
	if (r == OK)
		r = put_recovery(session, change, user, err);
	return r == OK ? LEAF(session, change, user, "user.totp.on", err) : r;
}

enum result second_confirm(struct vault *vault, const struct user_row *user, const char *code, struct instant now,
			   struct recovery *out, struct err *err)
{
	struct change change = {.user = user, .now = now, .code = code, .recovery = out};

	return run(vault, &change, confirm_op, err);
}

/* ---- renewing, turning off ---- */

static enum result renew_op(struct session *session, struct change *change, const struct user_row *user, struct err *err)
{
	enum result r = need(session, change, user, true, err);

	if (r == OK)
		r = put_recovery(session, change, user, err);
	return r == OK ? LEAF(session, change, user, "user.recovery.renew", err) : r;
}

enum result second_renew(struct vault *vault, const struct user_row *user, struct instant now, struct recovery *out,
			 struct err *err)
{
	struct change change = {.user = user, .now = now, .recovery = out};

	return run(vault, &change, renew_op, err);
}

static enum result off_op(struct session *session, struct change *change, const struct user_row *user, struct err *err)
{
	enum result r = need(session, change, user, true, err);

	if (r == OK)
		r = secret_drop(session, user, SECRET_TOTP, change->now, err);
	if (r == OK)
		r = secret_drop(session, user, SECRET_RECOVERY, change->now, err);
	return r == OK ? LEAF(session, change, user, "user.totp.off", err) : r;
}

enum result second_off(struct vault *vault, const struct user_row *user, struct instant now, struct err *err)
{
	struct change change = {.user = user, .now = now};

	return run(vault, &change, off_op, err);
}

/* ---- looking ---- */

struct found { struct user_secret_row row; const char *digests; int which; };

static enum result get_recovery(struct session *session, const struct user_row *user, struct pool *pool,
				struct found *out, struct err *err)
{
	size_t len;
	enum result r = secret_get(session, user, SECRET_RECOVERY, pool, &out->row, &out->digests, &len, err);

	if (r == OK && out->digests != NULL && len != RECOVERY_DIGESTS)
		return err_set(err, ERR_CORRUPT, "what is stored of recovery codes has %zu bytes, not %d", len,
			       RECOVERY_DIGESTS);
	return r;
}

enum result second_state(struct session *session, const struct user_row *user, struct pool *pool,
			 struct second_state *out, struct err *err)
{
	struct found found;
	enum result r = secret_has(session, user, SECRET_TOTP, pool, &out->on, err);

	out->recovery_left = 0;
	if (r == OK)
		r = secret_has(session, user, SECRET_TOTP_COMING, pool, &out->begun, err);
	if (r == OK)
		r = get_recovery(session, user, pool, &found, err);
	for (int i = 0; r == OK && found.digests != NULL && i < RECOVERY_CODES; i++)
		out->recovery_left += (found.row.used >> i & 1) == 0;
	return r;
}

/* ---- codes ---- */

static enum result find_totp(struct session *session, const struct user_row *user, const char *code, struct instant now,
			     struct pool *pool, int64_t *step, bool *fits, struct err *err)
{
	struct user_secret_row row;
	const unsigned char *key;
	enum result r = get_key(session, user, SECRET_TOTP, pool, &row, &key, err);

	*fits = r == OK && key != NULL && totp_fits(key, now, row.used, code, step);
	return r;
}

static enum result find_recovery(struct session *session, const struct user_row *user, const char *code,
				 struct pool *pool, struct found *out, bool *fits, struct err *err)
{
	enum result r = get_recovery(session, user, pool, out, err);

	out->which = r == OK && out->digests != NULL ? recovery_find((const unsigned char *)out->digests, code) : -1;
	*fits = out->which >= 0 && (out->row.used >> out->which & 1) == 0;
	return r;
}

enum result second_fits(struct session *session, const struct user_row *user, const char *code, struct instant now,
			struct pool *pool, bool *fits, struct err *err)
{
	struct found found;
	int64_t step;
	enum result r = find_totp(session, user, code, now, pool, &step, fits, err);

	return r == OK && !*fits ? find_recovery(session, user, code, pool, &found, fits, err) : r;
}

enum result second_take(struct session *session, const struct user_row *user, const char *code, struct instant now,
			struct pool *pool, bool *fits, enum session_how *how, struct err *err)
{
	struct found found;
	int64_t step;
	enum result r = find_totp(session, user, code, now, pool, &step, fits, err);

	*how = SESSION_CODE;
	if (r != OK)
		return r;
	if (*fits)
		return user_secret_use(session->data, user->account, user->user, SECRET_TOTP, step, err);
	r = find_recovery(session, user, code, pool, &found, fits, err);
	if (r != OK || !*fits)
		return r;
	*how = SESSION_RECOVERY;
	/* Set anew, so that no older copy of what was used takes its place. */
	return secret_set(session, user, SECRET_RECOVERY, found.digests, RECOVERY_DIGESTS,
			  found.row.used | INT64_C(1) << found.which, now, pool, err);
}
