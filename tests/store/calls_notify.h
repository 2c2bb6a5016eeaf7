/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function on what others are told, as a call.
 */
#ifndef LETHE_TESTS_STORE_CALLS_NOTIFY_H
#define LETHE_TESTS_STORE_CALLS_NOTIFY_H

#include "store/call.h"

CALL(event_insert)
{
	struct event_row row = event_of(account, 8);

	return one(event_insert(vault, &row, &err), seen);
}

CALL(event_get)
{
	struct event_row row;

	return one(event_get(vault, account, (struct id){{7}}, &pool, &row, &err), seen);
}

CALL(event_at)
{
	struct event_row row;

	return one(event_at(vault, account, 7, 0, &pool, &row, &err), seen);
}

CALL(event_list)
{
	struct event_row rows[4];
	size_t count = 0;
	enum result r = event_list(vault, account, 0, -1, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(event_any_before)
{
	bool any = false;
	enum result r = event_any_before(vault, account, (struct instant){INT64_C(0x800000000000)}, &any, &err);

	*seen = any;
	return r;
}

CALL(event_delete_before)
{
	return event_delete_before(vault, account, (struct instant){INT64_C(0x800000000000)}, 5, seen, &err);
}

CALL(event_clear)
{
	return one(event_clear(vault, account, &err), seen);
}

#endif
