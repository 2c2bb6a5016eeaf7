/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/idle_keys.h"

#include "store/contact.h"
#include "store/duty.h"
#include "store/hold.h"
#include "store/identity.h"
#include "store/key.h"
#include "store/record.h"
#include "store/work.h"

#define BATCH 128

static enum result identity_needs(struct session *session, const struct wrapped_key *key, struct pool *pool,
				  bool *needed, struct err *err)
{
	struct identity_row row;
	enum result r = identity_get(session->data, key->account, key->number, pool, &row, err);

	*needed = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result period_needs(struct session *session, const struct wrapped_key *key, bool *needed, struct err *err)
{
	return record_has_part(session->data, key->account, (enum record_kind)key_period_kind(key->number),
			       key_period_day(key->number), key_period_part(key->number), needed, err);
}

enum result idle_keys_keeper(struct session *session, uint32_t account, int64_t number, struct pool *pool,
			     bool *needed, struct err *err)
{
	struct hold_row hold;
	struct duty_row duty;
	enum result r = duty_get(session->data, account, number, pool, &duty, err);

	if (r == ERR_NOT_FOUND)
		r = hold_get(session->data, account, number, pool, &hold, err);
	*needed = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result is_needed(struct session *session, const struct wrapped_key *key, struct pool *pool, bool *needed,
			     struct err *err)
{
	*needed = true;
	if (key->class == KEY_IDENTITY)
		return identity_needs(session, key, pool, needed, err);
	if (key->class == KEY_CONTACT)
		return contact_has_key(session->data, key->account, key->number, needed, err);
	if (key->class == KEY_FILE)
		return work_has_key(session->data, key->account, key->number, needed, err);
	if (key->class == KEY_HOLD)
		return idle_keys_keeper(session, key->account, key->number, pool, needed, err);
	return key->class == KEY_PERIOD ? period_needs(session, key, needed, err) : OK;
}

enum result idle_keys_count(struct session *session, struct pool *pool, int64_t *sum, struct err *err)
{
	struct wrapped_key keys[BATCH];
	int64_t after = 0;
	size_t count;
	bool needed;
	enum result r;

	*sum = 0;
	do {
		pool_reset(pool);
		r = key_list_older(session->keys, EPOCH_ANY, &after, BATCH, keys, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = is_needed(session, &keys[i], pool, &needed, err);
			*sum += r == OK && !needed;
		}
	} while (r == OK && count > 0);
	return r;
}
