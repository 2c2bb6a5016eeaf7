/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/session.h"

#include <string.h>

#include "access/coding.h"
#include "access/secret.h"

#define HOUR_MS INT64_C(3600000)

_Static_assert(CSRF_LEN == BASE64URL_LEN(HASH_LEN), "a whole key");

const struct session_rule session_rule_default = {.idle = {HOUR_MS}, .absolute = {24 * HOUR_MS}};

const char *session_how_name(enum session_how how)
{
	static const char *const names[] = {
	    [SESSION_PASSWORD] = "password", [SESSION_CODE] = "code", [SESSION_RECOVERY] = "recovery_code",
	    [SESSION_INVITE] = "link", [SESSION_OPENID] = "openid"};

	INVARIANT(how >= SESSION_PASSWORD && how <= SESSION_OPENID);
	return names[how];
}

/* ---- beginning ---- */

void session_csrf(const char *text, size_t len, char out[CSRF_LEN + 1])
{
	static const char info[] = "lethe/csrf/1";
	const struct span_in in = {text, len};
	unsigned char derived[HASH_LEN];

	hkdf_sha256(&in, 1, NULL, 0, info, sizeof info - 1, derived, sizeof derived);
	base64url_write(derived, sizeof derived, out);
	explicit_bzero(derived, sizeof derived);
}

bool session_csrf_fits(const char *text, size_t len, const char *given)
{
	char wanted[CSRF_LEN + 1];
	bool fits;

	session_csrf(text, len, wanted);
	fits = strlen(given) == CSRF_LEN && secret_equal(given, wanted, CSRF_LEN);
	explicit_bzero(wanted, sizeof wanted);
	return fits;
}

void session_new_wipe(struct session_new *session)
{
	explicit_bzero(session, sizeof *session);
}

/* Ids carry their time: the first is the oldest. */
static enum result make_room(struct session *session, const struct user_row *user, struct err *err)
{
	struct user_session_row rows[SESSIONS_A_USER];
	size_t count, own = 0;
	enum result r = user_session_list(session->data, user->account, user->user, (struct id){{0}}, rows, SESSIONS_A_USER,
					  &count, err);

	while (r == OK && own < count && rows[own].user == user->user)
		own++;
	if (r != OK || own < SESSIONS_A_USER)
		return r;
	return user_session_delete(session->data, user->account, user->user, rows[0].id, err);
}

enum result sessions_begin(struct session *session, const struct user_row *user, struct session_by by,
			   const struct session_rule *rule, struct instant now, struct session_new *out, struct err *err)
{
	struct user_session_row row = {.account = user->account, .user = user->user, .id = id_new(now), .how = by.how,
				       .browser = browser_number(by.browser),
				       .created = now, .seen = now, .ends = instant_add(now, rule->absolute)};
	enum result r = make_room(session, user, err);

	if (r != OK)
		return r;
	opaque_make(OPAQUE_SESSION, &out->opaque, &row.hash);
	session_csrf(out->opaque.text, OPAQUE_LEN, out->csrf);
	out->id = row.id;
	out->ends = row.ends;
	return user_session_insert(session->data, &row, err);
}

static enum result note_sign_in(struct session *session, struct user_row *user, enum session_how how, struct id id,
				struct instant now, struct err *err)
{
	struct act act;
	enum result r;

	if (!user->signed_in || user->last_sign_in.ms < now.ms) {
		user->signed_in = true;
		user->last_sign_in = now;
	}
	r = user_put(session->data, user, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.sign_in", user->account, now);
	act_id(&act, "id", USER_PREFIX, user->id);
	act_id(&act, "session", SESSION_PREFIX, id);
	act_int(&act, "how", how);
	return act_append(&act, session->data, NULL, err);
}

enum result sessions_enter(struct session *session, struct user_row *user, struct session_by by,
			   const struct session_rule *rule, struct instant now, struct session_new *out, struct err *err)
{
	enum result r = sessions_begin(session, user, by, rule, now, out, err);

	return r == OK ? note_sign_in(session, user, by.how, out->id, now, err) : r;
}

/* ---- finding ---- */

/* One that was seen long after now was so under a clock that has been set back: how long it was idle nobody knows. */
static bool has_ended(const struct user_session_row *row, const struct session_rule *rule, struct instant now)
{
	int64_t idle = now.ms - row->seen.ms;

	return now.ms >= row->ends.ms || idle >= rule->idle.ms || -idle >= rule->idle.ms;
}

static enum result no_session(struct err *err)
{
	err_set(err, ERR_DENIED, "there is no such session, or it has ended");
	return err_mend(err, "sign in again");
}

/* Where sessions are short, a minute would be all of one. */
static int64_t noted_after(const struct session_rule *rule)
{
	int64_t part = rule->idle.ms / 4;

	return part < SESSION_NOTED_MS ? part : SESSION_NOTED_MS;
}

struct seeing { const struct user_session_row *row; struct instant now; };

static enum result see_op(struct session *session, void *arg, struct err *err)
{
	const struct seeing *seeing = arg;
	const struct user_session_row *row = seeing->row;

	return user_session_touch(session->data, row->account, row->user, row->id, seeing->now, err);
}

static enum result find_by_hash(struct session *session, const char *text, size_t len, struct user_session_row *out,
				bool *found, struct err *err)
{
	enum opaque_kind kind;
	struct hash hash;

	*found = false;
	if (!opaque_read(text, len, &kind, &hash) || kind != OPAQUE_SESSION)
		return OK;
	return user_session_find(session->data, &hash, found, out, err);
}

enum result sessions_find(struct vault *vault, const char *text, size_t len, const struct session_rule *rule,
			  struct instant now, struct pool *pool, struct signed_in *out, struct err *err)
{
	struct seeing seeing = {&out->session, now};
	bool found;
	enum result r = find_by_hash(&vault->read, text, len, &out->session, &found, err);

	if (r != OK)
		return r;
	if (!found || has_ended(&out->session, rule, now))
		return no_session(err);
	r = secret_user(&vault->read, out->session.account, out->session.user, pool, &out->user, err);
	if (r == ERR_NOT_FOUND || r == ERR_WRONG_STATE)
		return no_session(err);
	if (r == OK && now.ms - out->session.seen.ms >= noted_after(rule))
		r = vault_write(vault, see_op, &seeing, err);
	out->actor = actor_user(&out->user);
	out->actor.region = vault->id;
	return r;
}

/* ---- listing and ending ---- */

enum result sessions_list(struct session *session, uint32_t account, int64_t user, const struct session_rule *rule,
			  struct instant now, struct user_session_row *out, size_t max, size_t *count, struct err *err)
{
	struct user_session_row row = {.id = {{0}}};
	size_t got = 1;
	enum result r = OK;

	*count = 0;
	while (*count < max) {
		r = user_session_list(session->data, account, user, row.id, &row, 1, &got, err);
		if (r != OK || got == 0 || row.user != user)
			break;
		if (!has_ended(&row, rule, now))
			out[(*count)++] = row;
	}
	return r;
}

struct ending { uint32_t account; int64_t user; struct id id, user_id; struct instant now; int64_t ended; };

static enum result end_op(struct session *session, void *arg, struct err *err)
{
	const struct ending *e = arg;
	struct act act;
	enum result r = user_session_delete(session->data, e->account, e->user, e->id, err);

	if (r == OK && db_changes(session->data) == 0) {
		err_set(err, ERR_NOT_FOUND, "the user has no such session");
		return err_mend(err, "`lethe user sessions` lists those they have");
	}
	if (r != OK)
		return r;
	act_begin(&act, "user.session.end", e->account, e->now);
	act_id(&act, "session", SESSION_PREFIX, e->id);
	return act_append(&act, session->data, NULL, err);
}

enum result sessions_end(struct vault *vault, uint32_t account, int64_t user, struct id id, struct instant now,
			 struct err *err)
{
	struct ending e = {.account = account, .user = user, .id = id, .now = now};

	return vault_write(vault, end_op, &e, err);
}

enum result sessions_end_begun(struct session *session, uint32_t account, int64_t user, int64_t except,
			       enum session_how how, int64_t *ended, struct err *err)
{
	struct user_session_row row = {.user = user, .id = {{0}}};
	size_t got;
	enum result r;

	*ended = 0;
	for (;;) {
		r = user_session_list(session->data, account, row.user, row.id, &row, 1, &got, err);
		if (r != OK || got == 0 || (user != 0 && row.user != user))
			return r;
		if (row.how != how || (except != 0 && row.user == except))
			continue;
		r = user_session_delete(session->data, account, row.user, row.id, err);
		if (r != OK)
			return r;
		(*ended)++;
	}
}

static enum result end_all_op(struct session *session, void *arg, struct err *err)
{
	struct ending *e = arg;
	struct act act;
	enum result r = user_session_delete_user(session->data, e->account, e->user, err);

	if (r != OK)
		return r;
	e->ended = db_changes(session->data);
	act_begin(&act, "user.session.end_all", e->account, e->now);
	act_id(&act, "id", USER_PREFIX, e->user_id);
	act_int(&act, "sessions", e->ended);
	return act_append(&act, session->data, NULL, err);
}

enum result sessions_end_all(struct vault *vault, const struct user_row *user, struct instant now, int64_t *ended,
			     struct err *err)
{
	struct ending e = {.account = user->account, .user = user->user, .user_id = user->id, .now = now};
	enum result r = vault_write(vault, end_all_op, &e, err);

	*ended = e.ended;
	return r;
}
