/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/aside.h"

#include "store/account.h"
#include "store/period.h"
#include "vault/reseal.h"

static enum result is_aside(struct session *session, uint32_t account, int64_t hold, enum record_kind kind,
			    struct id id, bool *aside, struct err *err)
{
	struct held_row held;
	enum result r = ERR_NOT_FOUND;

	if (hold != 0)
		r = held_get(session->data, account, hold, kind, id, &held, err);
	*aside = r == OK && held.cause == HELD_ASIDE;
	return r == ERR_NOT_FOUND ? OK : r;
}

/* Asked before anything is made: a key of its day that nothing is sealed under would be left. */
static enum result people_live(struct session *session, uint32_t account, const struct party *parties, size_t count,
			       struct err *err)
{
	struct key key;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		if (parties[i].roles == ROLE_AGENT)
			continue;
		r = keyring_get(session->ring, account, KEY_IDENTITY, parties[i].identity, &key, err);
		key_wipe(&key);
	}
	return r;
}

enum result aside_can_go(struct session *session, const struct record_row *row, struct pool *pool, bool *can,
			 struct err *err)
{
	enum result r = people_live(session, row->account, row->parties, row->party_count, err);

	if (r == OK)
		r = reseal_check(session, row, pool, err);
	*can = r == OK;
	return r == ERR_GONE || r == ERR_CORRUPT ? OK : r;
}

static enum result open_live(struct session *session, const struct contact_row *row, struct pool *pool,
			     const char **plain, size_t *len, bool *can, struct err *err)
{
	struct key own;
	enum result r = people_live(session, row->account, row->parties, row->party_count, err);

	if (r == OK)
		r = keyring_get(session->ring, row->account, KEY_CONTACT, row->key, &own, err);
	key_wipe(&own);
	if (r == OK)
		r = open_contact(session->ring, row, pool, plain, len, err);
	*can = r == OK;
	return r == ERR_GONE || r == ERR_CORRUPT ? OK : r;
}

enum result aside_contact_can_go(struct session *session, const struct contact_row *row, struct pool *pool, bool *can,
				 struct err *err)
{
	const char *plain;
	size_t len;

	return open_live(session, row, pool, &plain, &len, can, err);
}

/* The next sweep looks at its day, whichever part it was of. */
static enum result to_its_day(struct session *session, struct record_row *row, struct pool *pool, struct err *err)
{
	const struct date day = instant_date(id_time(row->id));
	int64_t hold = row->hold;
	struct period period = {0};
	struct key from;
	enum result r = seal_record_key(session->ring, row, &from, err);

	if (r == OK)
		r = period_get(session->data, row->account, row->kind, day, &period, err);
	row->hold = 0;
	row->part = period.part;
	if (r == OK)
		r = reseal_record(session, row, &from, pool, err);
	key_wipe(&from);
	if (r == OK)
		r = held_delete(session->data, row->account, hold, row->kind, row->id, err);
	return r == OK ? period_look_again(session->data, row->account, row->kind, day, err) : r;
}

enum result aside_put_back(struct session *session, struct record_row *row, struct pool *pool, bool *back,
			   struct err *err)
{
	bool aside;
	enum result r = is_aside(session, row->account, row->hold, row->kind, row->id, &aside, err);

	*back = false;
	if (r == OK && aside)
		r = aside_can_go(session, row, pool, back, err);
	return r == OK && *back ? to_its_day(session, row, pool, err) : r;
}

enum result aside_put_contact_back(struct session *session, struct contact_row *row, struct pool *pool, bool *back,
				   struct err *err)
{
	int64_t hold = row->hold;
	const char *plain;
	size_t len;
	bool aside;
	enum result r = is_aside(session, row->account, hold, (enum record_kind)HELD_CONTACT, row->id, &aside, err);

	*back = false;
	if (r == OK && aside)
		r = open_live(session, row, pool, &plain, &len, back, err);
	if (r != OK || !*back)
		return r;
	row->hold = 0;
	r = seal_contact(session->ring, row, plain, len, pool, err);
	if (r == OK)
		r = contact_put(session->data, row, err);
	return r == OK ? held_delete(session->data, row->account, hold, (enum record_kind)HELD_CONTACT, row->id, err)
		       : r;
}

/* ---- all of a copy ---- */

#define RECORD_POOL_MAX ((size_t)64 * 1024 * 1024)

struct copy {
	struct session *session;
	uint32_t account;
	struct pool pool; /* of one record */
};

/* The day's key may have gone since; none is made for a copy. */
static enum result day_has_key(struct session *session, const struct record_row *row, bool *has, struct err *err)
{
	const struct date day = instant_date(id_time(row->id));
	struct period period = {0};
	struct wrapped_key key;
	enum result r = period_get(session->data, row->account, row->kind, day, &period, err);

	if (r == OK)
		r = key_get(session->keys, row->account, KEY_PERIOD, key_period_number(row->kind, day, period.part),
			    &key, err);
	*has = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result put_record_back(struct copy *c, const struct held_row *held, struct err *err)
{
	struct record_row row;
	bool has = false, back;
	enum result r = record_get(c->session->data, c->account, held->kind, held->id, &c->pool, &row, err);

	if (r == OK)
		r = day_has_key(c->session, &row, &has, err);
	return r == OK && has ? aside_put_back(c->session, &row, &c->pool, &back, err) : r;
}

static enum result put_contact_back(struct copy *c, const struct held_row *held, struct err *err)
{
	struct contact_row row;
	bool back;
	enum result r = contact_get(c->session->data, c->account, held->id, &c->pool, &row, err);

	return r == OK ? aside_put_contact_back(c->session, &row, &c->pool, &back, err) : r;
}

/* What cannot be read is copied as it is. */
static enum result put_held_back(void *arg, const struct held_row *held, struct err *err)
{
	struct copy *c = arg;
	enum result r;

	if (held->cause != HELD_ASIDE)
		return OK;
	pool_reset(&c->pool);
	r = held->kind == (enum record_kind)HELD_CONTACT ? put_contact_back(c, held, err)
							 : put_record_back(c, held, err);
	return r == ERR_CORRUPT || r == ERR_NOT_FOUND ? OK : r;
}

static enum result put_account_back(struct copy *c, struct err *err)
{
	struct hold_row hold = {.hold = 0};
	struct pool pool;
	size_t count;
	enum result r;

	pool_init(&pool, RECORD_POOL_MAX);
	do {
		pool_reset(&pool);
		r = hold_list(c->session->data, c->account, false, hold.hold, &pool, &hold, 1, &count, err);
		if (r == OK && count > 0)
			r = held_walk(c->session->data, c->account, hold.hold, put_held_back, c, err);
	} while (r == OK && count > 0);
	pool_free(&pool);
	return r;
}

enum result aside_put_all_back(struct session *copy, struct err *err)
{
	struct copy c = {.session = copy};
	size_t count = 1;
	enum result r = db_begin(copy->data, err);

	if (r != OK)
		return r;
	pool_init(&c.pool, RECORD_POOL_MAX);
	while (r == OK && (r = account_list(copy->data, c.account, &c.account, 1, &count, err)) == OK && count > 0)
		r = put_account_back(&c, err);
	pool_free(&c.pool);
	if (r == OK)
		return db_commit(copy->data, err);
	db_rollback(copy->data);
	return r;
}
