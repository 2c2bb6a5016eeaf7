/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/idle_keys.h"

#include "store/identity.h"
#include "store/key.h"
#include "store/record.h"

#define BATCH 128

typedef enum result key_needed(struct session *session, uint32_t account, int64_t number, struct pool *pool,
			       bool *needed, struct err *err);

static enum result identity_needs(struct session *session, uint32_t account, int64_t number, struct pool *pool,
				  bool *needed, struct err *err)
{
	struct identity_row row;
	enum result r = identity_get(session->data, account, number, pool, &row, err);

	*needed = r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result period_needs(struct session *session, uint32_t account, int64_t number, struct pool *pool,
				bool *needed, struct err *err)
{
	struct date day = key_period_day(number), next;
	enum result r = record_next_day(session->data, account, (enum record_kind)key_period_kind(number),
					date_add_days(day, -1), &next, err);

	(void)pool;
	*needed = r == OK && next.days == day.days;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result count_class(struct session *session, uint32_t account, enum key_class class, key_needed *needs,
			       struct pool *pool, int64_t *sum, struct err *err)
{
	int64_t numbers[BATCH], after = 0;
	size_t count;
	bool needed;
	enum result r;

	do {
		pool_reset(pool);
		r = key_list_numbers(session->keys, account, class, after, BATCH, numbers, &count, err);
		for (size_t i = 0; r == OK && i < count; i++) {
			r = needs(session, account, numbers[i], pool, &needed, err);
			*sum += r == OK && !needed;
		}
		after = r == OK && count > 0 ? numbers[count - 1] : after;
	} while (r == OK && count == BATCH);
	return r;
}

enum result idle_keys_count(struct session *session, uint32_t account, struct pool *pool, int64_t *sum,
			    struct err *err)
{
	enum result r = count_class(session, account, KEY_IDENTITY, identity_needs, pool, sum, err);

	return r == OK ? count_class(session, account, KEY_PERIOD, period_needs, pool, sum, err) : r;
}
