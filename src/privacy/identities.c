/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/identities.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "privacy/person.h"
#include "retention/erasing.h"
#include "store/hold.h"
#include "vault/directory.h"
#include "vault/normal.h"

#define SCRATCH_MAX ((size_t)4 * 1024 * 1024)

/* ---- finding ---- */

enum result identities_open(struct session *session, uint32_t account, int64_t identity, struct pool *pool,
			    struct identity_row *out, const char **value, struct err *err)
{
	enum result r = identity_get(session->data, account, identity, pool, out, err);

	if (r == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "there is no identity %" PRId64 " in this account", identity);
	return r == OK ? open_identity(session->ring, out, pool, value, err) : r;
}

enum result identities_read_as(struct session *session, const struct account *account, enum identity_kind kind,
			       const char *who, struct pool *pool, bool *exists, struct identity_row *out,
			       struct err *err)
{
	struct normal normal;
	struct blind blind;
	enum result r = normal_make(NULL, account->country, kind, who, pool, &normal, err);

	*exists = false;
	if (r == ERR_INPUT)
		return OK;
	if (r == OK)
		r = keyring_blind(session->ring, account->number, normal.kind, normal.text, strlen(normal.text), &blind,
				  err);
	return r == OK ? identity_find(session->data, account->number, &blind, exists, out, err) : r;
}

static bool is_among(const struct identity_row *rows, size_t count, int64_t identity)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].identity == identity)
			return true;
	}
	return false;
}

enum result identities_find(struct session *session, const struct account *account, const char *who, struct pool *pool,
			    struct identity_row out[IDENTITIES_FOUND_MAX], size_t *count, struct err *err)
{
	enum result r = OK;

	*count = 0;
	if (!text_is_utf8(who, strlen(who)))
		return err_set(err, ERR_INPUT, "what to look for is not UTF-8");
	for (int kind = IDENTITY_PHONE; r == OK && kind <= IDENTITY_NUMBER; kind++) {
		struct identity_row *row = &out[*count];
		bool exists;

		r = identities_read_as(session, account, (enum identity_kind)kind, who, pool, &exists, row, err);
		*count += r == OK && exists && !is_among(out, *count, row->identity);
	}
	return r;
}

/* ---- moving ---- */

struct moving {
	uint32_t account;
	int64_t identity;
	struct id from, to;
	struct instant now;
	bool alone;   /* to a person of its own */
	bool changed;
};

/* It is there, and its key too. */
static enum result look(struct session *session, struct moving *moving, struct pool *pool, struct err *err)
{
	struct identity_row row;
	const char *value;
	enum result r = identities_open(session, moving->account, moving->identity, pool, &row, &value, err);

	if (r == OK)
		moving->from = row.person;
	return r;
}

static enum result count_of(struct session *session, const struct moving *moving, struct id person, size_t *count,
			    struct err *err)
{
	struct identity_row rows[PERSON_IDENTITIES_MAX];
	struct pool pool;
	enum result r;

	pool_init(&pool, SCRATCH_MAX);
	r = identity_of_person(session->data, moving->account, person, &pool, rows, PERSON_IDENTITIES_MAX, count, err);
	pool_free(&pool);
	return r;
}

/* Those who stay would be under a hold, and this one free of it. A hold on somebody who has no other goes with them. */
static enum result may_leave(struct session *session, const struct moving *moving, struct err *err)
{
	size_t count;
	bool held = false;
	enum result r = count_of(session, moving, moving->from, &count, err);

	if (r == OK && count == 1 && moving->alone)
		return err_set(err, ERR_EXISTS, "it is its person's only identity: it is a person of its own");
	if (r == OK && count > 1)
		r = hold_names_person(session->data, moving->account, moving->from, &held, err);
	if (r != OK || !held)
		return r;
	err_set(err, ERR_HELD, "a legal hold or a restriction covers this person, with every identity they have");
	return err_mend(err, "hold each number by itself, release that hold or lift the restriction (`lethe hold list`), and "
			     "then part them");
}

/* With more than that nobody could show, hold or erase them. */
static enum result may_come(struct session *session, const struct moving *moving, struct err *err)
{
	size_t count;
	enum result r = moving->alone ? OK : count_of(session, moving, moving->to, &count, err);

	if (r != OK || moving->alone)
		return r;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no such person in this account");
	if (count >= PERSON_IDENTITIES_MAX)
		return err_set(err, ERR_LIMIT, "the person has %d identities, and one can have no more",
			       PERSON_IDENTITIES_MAX);
	return OK;
}

static enum result note_moved(struct session *session, const struct moving *moving, struct err *err)
{
	struct act act;

	if (moving->alone)
		act_begin(&act, "person.unlink", moving->account, moving->now);
	else
		act_begin(&act, "person.link", moving->account, moving->now);
	act_id(&act, "person", PERSON_PREFIX, moving->alone ? moving->from : moving->to);
	act_id(&act, "other", PERSON_PREFIX, moving->alone ? moving->to : moving->from);
	act_int(&act, "identity", moving->identity);
	if (!moving->alone)
		act_int(&act, "identities", 1);
	return act_append(&act, session->data, NULL, err);
}

static enum result move(struct session *session, void *arg, struct err *err)
{
	struct moving *moving = arg;
	struct pool pool;
	enum result r;

	pool_init(&pool, SCRATCH_MAX);
	r = look(session, moving, &pool, err);
	pool_free(&pool);
	moving->changed = r == OK && id_compare(moving->from, moving->to) != 0;
	if (!moving->changed)
		return r;
	r = erasing_refuse(session, moving->account, moving->from, err);
	if (r == OK && !moving->alone)
		r = erasing_refuse(session, moving->account, moving->to, err);
	if (r == OK)
		r = may_leave(session, moving, err);
	if (r == OK)
		r = may_come(session, moving, err);
	if (r == OK)
		r = identity_move(session->data, moving->account, moving->identity, moving->to, err);
	directory_clear(session->directory);
	return r == OK ? note_moved(session, moving, err) : r;
}

enum result identities_link(struct vault *vault, const struct account *account, int64_t identity, struct id person,
			    struct instant now, bool *changed, struct err *err)
{
	struct moving moving = {.account = account->number, .identity = identity, .to = person, .now = now};
	enum result r = vault_write(vault, move, &moving, err);

	*changed = moving.changed;
	return r;
}

enum result identities_unlink(struct vault *vault, const struct account *account, int64_t identity, struct instant now,
			      struct id *out, struct err *err)
{
	struct moving moving = {
	    .account = account->number, .identity = identity, .to = id_new(now), .now = now, .alone = true};

	*out = moving.to;
	return vault_write(vault, move, &moving, err);
}

/* ---- reads are acts too ---- */

enum result identities_note_read_(struct session *session, const char *what, const struct account *account,
				  int64_t identity, struct instant now, struct err *err)
{
	struct act act;

	act_begin_(&act, what, account->number, now);
	act_int(&act, "identity", identity);
	return vault_note(session, &act, err);
}

enum result identities_note_list(struct session *session, const struct account *account, const struct identity_row *rows,
				 size_t count, struct instant now, struct err *err)
{
	struct act act;

	if (count == 0)
		return OK;
	act_begin(&act, "identity.list", account->number, now);
	act_int(&act, "first", rows[0].identity);
	act_int(&act, "last", rows[count - 1].identity);
	act_int(&act, "identities", (int64_t)count);
	return vault_note(session, &act, err);
}
