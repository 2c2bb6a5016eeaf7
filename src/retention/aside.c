/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/aside.h"

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
