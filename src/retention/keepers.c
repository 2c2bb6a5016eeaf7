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

enum result keepers_load_due(struct session *session, uint32_t account, struct instant now, struct date first,
			     struct date last, struct pool *pool, struct keepers *out, struct err *err)
{
	enum result r = keepers_load(session, account, now, pool, out, err);

	return r == OK ? holds_find_due_days(session, &out->holds, first, last, pool, err) : r;
}

void keepers_free(struct keepers *keepers)
{
	duties_free(&keepers->duties);
}

bool keepers_go_by_sort(const struct keepers *keepers, enum record_kind kind, struct date day)
{
	return holds_go_by_sort(&keepers->holds, kind, day) && !duties_touch_period(&keepers->duties, kind, day);
}

bool keepers_touch_period(const struct keepers *keepers, enum record_kind kind, struct date day)
{
	return holds_touch_period(&keepers->holds, kind, day) || duties_touch_period(&keepers->duties, kind, day);
}
