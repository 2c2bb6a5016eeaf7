/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/reseal.h"

#define MEDIA_MAX 64

/* What a damaged record is sealed by: what fails its tag is left. */
static enum result pass_damage(enum result r, bool damaged)
{
	return r == ERR_CORRUPT && damaged ? OK : r;
}

static enum result reseal_medium(struct session *session, struct media_row *media, const struct key *from,
				 const struct key *to, bool damaged, struct err *err)
{
	struct key key;
	enum result r = open_media_key(from, media, &key, err);
	bool opened = r == OK;

	if (opened)
		r = seal_media_key(to, &key, media, err);
	key_wipe(&key);
	if (r == OK)
		return media_reseal(session->data, media, err);
	return opened ? r : pass_damage(r, damaged);
}

static enum result reseal_media(struct session *session, const struct record_row *row, const struct key *from,
				const struct key *to, bool damaged, struct err *err)
{
	struct media_row media[MEDIA_MAX];
	size_t count = 0;
	enum result r = OK;

	if (row->media > 0)
		r = media_list(session->data, row->account, row->kind, row->id, media, MEDIA_MAX, &count, err);
	for (size_t i = 0; i < count && r == OK; i++)
		r = reseal_medium(session, &media[i], from, to, damaged, err);
	return r;
}

static enum result check_media(struct session *session, const struct record_row *row, const struct key *from,
			       struct err *err)
{
	struct media_row media[MEDIA_MAX];
	struct key key;
	size_t count = 0;
	enum result r = OK;

	if (row->media > 0)
		r = media_list(session->data, row->account, row->kind, row->id, media, MEDIA_MAX, &count, err);
	for (size_t i = 0; i < count && r == OK; i++) {
		r = open_media_key(from, &media[i], &key, err);
		key_wipe(&key);
	}
	return r;
}

enum result reseal_check(struct session *session, const struct record_row *row, struct pool *pool, struct err *err)
{
	const char *plain;
	struct key key;
	size_t len;
	enum result r = seal_record_key(session->ring, row, &key, err);

	if (r != OK)
		return r;
	r = open_payload(&key, row, pool, &plain, &len, err);
	if (r == OK)
		r = check_media(session, row, &key, err);
	key_wipe(&key);
	return r;
}

/* The record's key is made of it and others; that it is there is enough. */
static enum result need_key(struct session *session, const struct record_row *row, struct err *err)
{
	int64_t period = key_period_number(row->kind, instant_date(id_time(row->id)), row->part);
	struct key key;
	enum result r;

	if (row->hold != 0)
		r = keyring_get_or_make(session->ring, row->account, KEY_HOLD, row->hold, &key, err);
	else
		r = keyring_get_or_make(session->ring, row->account, KEY_PERIOD, period, &key, err);
	key_wipe(&key);
	return r;
}

static enum result seal_anew(struct session *session, struct record_row *row, const struct key *from, const char *plain,
			     size_t len, bool damaged, struct pool *pool, struct err *err)
{
	struct key to;
	enum result r = seal_record_key(session->ring, row, &to, err);

	if (r == OK && plain != NULL)
		r = seal_payload(&to, row, plain, len, pool, err);
	if (r == OK)
		r = record_reseal(session->data, row, err);
	if (r == OK)
		r = reseal_media(session, row, from, &to, damaged, err);
	key_wipe(&to);
	return r;
}

enum result reseal_record(struct session *session, struct record_row *row, const struct key *from, struct pool *pool,
			  struct err *err)
{
	const char *plain;
	size_t len;
	enum result r = open_payload(from, row, pool, &plain, &len, err);

	if (r == OK)
		r = need_key(session, row, err);
	return r == OK ? seal_anew(session, row, from, plain, len, false, pool, err) : r;
}

enum result reseal_what_opens(struct session *session, struct record_row *row, const struct key *from, struct pool *pool,
			      struct err *err)
{
	const char *plain = NULL;
	size_t len = 0;
	enum result r = need_key(session, row, err);

	if (r != OK || from == NULL)
		return r == OK ? record_reseal(session->data, row, err) : r;
	r = open_payload(from, row, pool, &plain, &len, err);
	if (r == ERR_CORRUPT)
		plain = NULL;
	r = pass_damage(r, true);
	return r == OK ? seal_anew(session, row, from, plain, len, true, pool, err) : r;
}
