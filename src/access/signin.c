/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/signin.h"

#include <string.h>

#include "access/second.h"
#include "access/secret.h"
#include "base/text.h"
#include "privacy/user.h"

#define POOL_MAX ((size_t)1024 * 1024)
#define KEYS 3

const struct doors_options doors_default = {
    .hashes = 2, .waiting = 64, .lockouts = 65536,
    .sessions = {.idle = {INT64_C(3600000)}, .absolute = {INT64_C(24) * 3600000}},
};

enum result doors_new(const struct doors_options *options, struct doors *out, struct err *err)
{
	enum result r;

	*out = (struct doors){.sessions = options->sessions};
	r = password_gate_new(options->hashes, options->waiting, &out->gate, err);
	if (r == OK)
		r = lockout_new(options->lockouts, &out->lockout, err);
	if (r != OK)
		doors_free(out);
	return r;
}

void doors_free(struct doors *doors)
{
	password_gate_free(doors->gate);
	lockout_free(doors->lockout);
	*doors = (struct doors){0};
}

void signin_wipe(struct signin *signin)
{
	explicit_bzero(signin, sizeof *signin);
}

/* One attempt. */
struct attempt {
	const struct doors *doors;
	struct vault *vault;
	const struct signing *in;
	struct signin *out;
	struct pool pool;
	struct user_row user;           /* user.user 0: there is none */
	struct user_secret_row stored;
	const char *hash;               /* NULL: none */
	const char *composed;           /* NULL: it cannot be a password */
	struct lockout_key keys[KEYS];
	size_t key_count;
	bool known_device, right, weak, second, wanted;
	enum session_how how;
};

/* ---- who ---- */

static enum result find_user(struct attempt *a, struct err *err)
{
	struct err ignored;
	enum result r;

	if (a->in->account == NULL)
		return OK;
	r = user_lookup(&a->vault->read, a->in->account, a->in->name, &a->pool, &a->user, &ignored);
	if (r == ERR_NOT_FOUND || r == ERR_INPUT || (r == OK && a->user.state != USER_ACTIVE)) {
		a->user.user = 0;
		return OK;
	}
	if (r != OK)
		*err = ignored;
	return r;
}

static enum result find_hash(struct attempt *a, struct err *err)
{
	size_t len;

	if (a->user.user == 0)
		return OK;
	return secret_get(&a->vault->read, &a->user, SECRET_PASSWORD, &a->pool, &a->stored, &a->hash, &len, err);
}

/* What cannot be a password is hashed all the same, as another that cannot be one. */
static void compose(struct attempt *a)
{
	struct err ignored;

	if (password_compose(a->in->password, a->in->password_len, &a->pool, &a->composed, &ignored) != OK) {
		a->composed = "";
		a->hash = NULL;
	}
}

/* ---- how often ---- */

static struct lockout_key name_key(struct attempt *a, enum lockout_what what, const unsigned char *from, size_t from_len)
{
	const char *folded = text_fold(&a->pool, a->in->name, strlen(a->in->name));
	uint32_t account = a->in->account != NULL ? a->in->account->number : 0;
	const struct lockout_part parts[] = {
	    {&account, sizeof account}, {folded != NULL ? folded : "", folded != NULL ? strlen(folded) : 0}, {from, from_len}};
	const struct lockout_part known[] = {{&account, sizeof account}, {&a->user.user, sizeof a->user.user}, {from, from_len}};

	/* By number, so that a name and an id are one. */
	return lockout_key(a->doors->lockout, what, a->user.user != 0 ? known : parts, 3);
}

/* From where they come: of an address, and of its network. */
static void make_place_keys(struct attempt *a)
{
	unsigned char from[LOCKOUT_ADDRESS_MAX];
	struct lockout_part address = {from, lockout_address(a->in->address, from)};
	size_t network;

	a->keys[a->key_count++] = lockout_key(a->doors->lockout, LOCKOUT_ADDRESS, &address, 1);
	a->keys[a->key_count++] = name_key(a, LOCKOUT_NAME, from, address.len);
	network = lockout_network(a->in->address, from);
	if (network > 0)
		a->keys[a->key_count++] = name_key(a, LOCKOUT_NETWORK, from, network);
}

static enum result make_keys(struct attempt *a, struct err *err)
{
	unsigned char nonce[DEVICE_NONCE];
	const struct lockout_part device = {nonce, sizeof nonce};
	enum result r = OK;

	if (a->hash != NULL && a->in->device != NULL)
		r = device_known(a->vault->read.ring, &a->user, a->stored.changed, a->in->device, a->in->now,
				 &a->known_device, nonce, err);
	if (r != OK)
		return r;
	if (a->known_device)
		a->keys[a->key_count++] = lockout_key(a->doors->lockout, LOCKOUT_DEVICE, &device, 1);
	else
		make_place_keys(a);
	return OK;
}

static struct lockout_key code_key(const struct attempt *a)
{
	const struct lockout_part parts[] = {{&a->user.account, sizeof a->user.account}, {&a->user.user, sizeof a->user.user}};

	return lockout_key(a->doors->lockout, LOCKOUT_CODE, parts, 2);
}

/* An address is shared: what others failed there stays. */
static void forgive(struct attempt *a, bool clear)
{
	for (size_t i = 0; i < a->key_count; i++) {
		if (clear && a->keys[i].what != LOCKOUT_ADDRESS)
			lockout_clear(a->doors->lockout, &a->keys[i]);
		else
			lockout_refund(a->doors->lockout, &a->keys[i]);
	}
}

static bool must_wait(struct attempt *a, const struct lockout_key *keys, size_t count)
{
	a->out->wait = lockout_charge(a->doors->lockout, keys, count, a->in->now);
	if (a->out->wait.ms > 0)
		a->out->outcome = SIGNIN_WAIT;
	return a->out->wait.ms > 0;
}

/* ---- it failed ---- */

static enum result failed_op(struct session *session, void *arg, struct err *err)
{
	const struct attempt *a = arg;
	struct act act;

	act_begin(&act, "user.sign_in.failed", a->in->account != NULL ? a->in->account->number : VAULT_ACCOUNT, a->in->now);
	if (a->user.user != 0)
		act_id(&act, "id", USER_PREFIX, a->user.id);
	act_int(&act, "code", a->right);
	return act_append(&act, session->data, NULL, err);
}

static enum result refuse(struct attempt *a, struct err *err)
{
	a->out->outcome = SIGNIN_REFUSED;
	return vault_write(a->vault, failed_op, a, err);
}

/* ---- it went well ---- */

/* Whether the password is still the one that was compared: a change of it ends all sessions, also one that is being
 * made. */
static enum result still_stands(struct session *session, struct attempt *a, struct user_row *user, bool *stands,
				struct err *err)
{
	struct user_secret_row now;
	enum result r = secret_user(session, a->user.account, a->user.user, &a->pool, user, err);

	*stands = false;
	if (r == ERR_NOT_FOUND || r == ERR_WRONG_STATE)
		return OK;
	if (r == OK)
		r = user_secret_get(session->data, a->user.account, a->user.user, SECRET_PASSWORD, &a->pool, &now, err);
	*stands = r == OK && now.changed.ms == a->stored.changed.ms;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result take_code(struct session *session, struct attempt *a, const struct user_row *user, bool *fits,
			     struct err *err)
{
	enum result r = secret_has(session, user, SECRET_TOTP, &a->pool, &a->second, err);

	a->how = SESSION_PASSWORD;
	*fits = r == OK && !a->second;
	if (r != OK || !a->second || a->in->code == NULL)
		return r;
	return second_take(session, user, a->in->code, a->in->now, &a->pool, fits, &a->how, err);
}

static enum result enter_op(struct session *session, void *arg, struct err *err)
{
	struct attempt *a = arg;
	struct user_row user;
	bool fine;
	enum result r = still_stands(session, a, &user, &fine, err);

	if (r == OK && fine)
		r = take_code(session, a, &user, &fine, err);
	if (r != OK)
		return r;
	a->wanted = a->second && a->in->code == NULL;
	if (!fine)
		return OK;
	r = sessions_enter(session, &user, (struct session_by){a->how, a->in->browser}, &a->doors->sessions, a->in->now, &a->out->session, err);
	a->out->outcome = r == OK ? SIGNED_IN : SIGNIN_REFUSED;
	return r;
}

struct upgrade { struct attempt *a; char hash[PASSWORD_HASH_MAX]; };

/* The same password in a costlier hash: nothing ends, and when it was set stays. */
static enum result upgrade_op(struct session *session, void *arg, struct err *err)
{
	struct upgrade *u = arg;
	struct attempt *a = u->a;
	struct user_secret_row row = {.kind = SECRET_PASSWORD, .changed = a->stored.changed};
	struct user_row user;
	struct act act;
	bool stands;
	enum result r = still_stands(session, a, &user, &stands, err);

	if (r != OK || !stands)
		return r;
	r = seal_user_secret(session->ring, &user, &row, u->hash, strlen(u->hash), &a->pool, err);
	if (r == OK)
		r = user_secret_put(session->data, &row, err);
	if (r != OK)
		return r;
	act_begin(&act, "user.password.rehash", user.account, a->in->now);
	act_id(&act, "id", USER_PREFIX, user.id);
	return act_append(&act, session->data, NULL, err);
}

static enum result upgrade(struct attempt *a, struct err *err)
{
	struct upgrade u = {.a = a};
	enum result r = password_hash(a->doors->gate, a->composed, u.hash, err);

	if (r == OK)
		r = vault_write(a->vault, upgrade_op, &u, err);
	explicit_bzero(u.hash, sizeof u.hash);
	return r == ERR_BUSY ? OK : r; /* at the next sign-in, then */
}

static enum result count_recovery(struct attempt *a, struct err *err)
{
	struct second_state state;
	enum result r;

	if (a->how != SESSION_RECOVERY)
		return OK;
	r = second_state(&a->vault->read, &a->user, &a->pool, &state, err);
	a->out->recovery_left = r == OK ? state.recovery_left : -1;
	return r;
}

static enum result welcome(struct attempt *a, struct err *err)
{
	struct lockout_key code = code_key(a);
	enum result r;

	forgive(a, true);
	lockout_clear(a->doors->lockout, &code);
	a->out->user = a->user.id;
	r = device_make(a->vault->read.ring, &a->user, a->stored.changed, a->in->now, a->out->device, err);
	if (r == OK && a->weak)
		r = upgrade(a, err);
	return r == OK ? count_recovery(a, err) : r;
}

/* The password fits. Codes are guessed at only by who knows it, from wherever: so these are counted by the user, and a
 * device that was let in before is not kept waiting by others. */
static enum result enter(struct attempt *a, struct err *err)
{
	struct lockout_key code = code_key(a);
	bool charged = a->in->code != NULL && !a->known_device;
	enum result r;

	if (charged && must_wait(a, &code, 1)) {
		forgive(a, false);
		return OK;
	}
	r = vault_write(a->vault, enter_op, a, err);
	if (r != OK) {
		forgive(a, false);
		if (charged)
			lockout_refund(a->doors->lockout, &code);
		return r;
	}
	if (a->out->outcome == SIGNED_IN)
		return welcome(a, err);
	if (!a->wanted)
		return refuse(a, err);
	a->out->outcome = SIGNIN_CODE;
	forgive(a, false);
	return OK;
}

/* ---- from the top ---- */

static enum result try(struct attempt *a, struct err *err)
{
	enum result r = find_user(a, err);

	if (r == OK)
		r = find_hash(a, err);
	if (r == OK)
		r = make_keys(a, err);
	if (r != OK || must_wait(a, a->keys, a->key_count))
		return r;
	compose(a);
	r = password_verify(a->doors->gate, a->known_device ? PASSWORD_KNOWN : PASSWORD_STRANGERS, a->hash, a->composed,
			    &a->right, &a->weak, err);
	if (r != OK) {
		forgive(a, false);
		return r;
	}
	return a->right ? enter(a, err) : refuse(a, err);
}

enum result signin(const struct doors *doors, struct vault *vault, const struct signing *in, struct signin *out,
		   struct err *err)
{
	struct attempt a = {.doors = doors, .vault = vault, .in = in, .out = out};
	enum result r;

	*out = (struct signin){.outcome = SIGNIN_REFUSED, .recovery_left = -1};
	pool_init(&a.pool, POOL_MAX);
	r = try(&a, err);
	pool_free(&a.pool);
	if (r != OK || out->outcome != SIGNED_IN)
		session_new_wipe(&out->session);
	return r;
}

/* ---- by something else than a name and a password ---- */

struct straight {
	const struct user_row *user;
	struct session_by by;
	const struct session_rule *rule;
	struct instant now;
	struct session_new *out;
	struct pool pool;
	bool in;
};

static enum result straight_op(struct session *session, void *arg, struct err *err)
{
	struct straight *s = arg;
	struct user_row user;
	bool second = false;
	enum result r = secret_user(session, s->user->account, s->user->user, &s->pool, &user, err);

	if (r == OK && s->by.how == SESSION_INVITE)
		r = secret_has(session, &user, SECRET_TOTP, &s->pool, &second, err);
	s->in = r == OK && !second;
	return s->in ? sessions_enter(session, &user, s->by, s->rule, s->now, s->out, err) : r;
}

enum result signin_straight(const struct doors *doors, struct vault *vault, const struct user_row *user, struct session_by by,
			    struct instant now, struct session_new *out, bool *in, struct err *err)
{
	struct straight s = {.user = user, .by = by, .rule = &doors->sessions, .now = now, .out = out};
	enum result r;

	pool_init(&s.pool, POOL_MAX);
	r = vault_write(vault, straight_op, &s, err);
	pool_free(&s.pool);
	*in = r == OK && s.in;
	if (!*in)
		session_new_wipe(out);
	return r;
}
