/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/keepers.h"

enum result keepers_load(struct session *session, uint32_t account, struct instant now, struct pool *pool,
			 struct keepers *out, struct err *err)
{
	enum result r = duties_load(session, account, now, pool, &out->duties, err);

	return r == OK ? holds_load(session, account, pool, &out->holds, err) : r;
}

void keepers_free(struct keepers *keepers)
{
	duties_free(&keepers->duties);
}

bool keepers_touch_period(const struct keepers *keepers, enum record_kind kind, struct date day)
{
	return holds_touch_period(&keepers->holds, kind, day) || duties_touch_period(&keepers->duties, kind, day);
}

enum keeper keepers_of(const struct keepers *keepers, const struct record_row *row)
{
	struct duty_cover cover;

	if (holds_cover(&keepers->holds, row) != NULL)
		return KEEPER_HOLD;
	duties_cover(&keepers->duties, row, NULL, 0, &cover);
	return cover.count > 0 ? KEEPER_DUTY : KEEPER_NONE;
}

enum result keepers_want(struct session *session, const struct keepers *keepers, const struct record_row *row,
			 bool *wants, struct err *err)
{
	struct key key;
	enum result r;

	*wants = false;
	if (row->hold != 0 || keepers_of(keepers, row) == KEEPER_NONE)
		return OK;
	r = seal_record_key(session->ring, row, &key, err);
	key_wipe(&key);
	*wants = r == OK;
	return r == ERR_GONE ? OK : r;
}

enum result keepers_keep(struct session *session, const struct keepers *keepers, struct record_row *row,
			 enum held_cause cause, struct instant due, struct pool *pool, struct err *err)
{
	const struct hold_scope *scope = holds_cover(&keepers->holds, row);
	struct duty_cover cover;

	if (scope != NULL)
		return holds_keep(session, scope, row, cause, due, pool, err);
	duties_cover(&keepers->duties, row, NULL, 0, &cover);
	return cover.count > 0 ? duties_keep(session, &keepers->duties, &cover, row, cause, due, NULL, pool, err) : OK;
}
