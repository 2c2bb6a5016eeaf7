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

/* ---- webhooks ---- */

CALL(webhook_put)
{
	struct webhook_row row = webhook_of(account, 8);

	return one(webhook_put(vault, &row, &err), seen);
}

CALL(webhook_get)
{
	struct webhook_row row;

	return one(webhook_get(vault, account, (struct id){{7}}, &pool, &row, &err), seen);
}

CALL(webhook_list)
{
	struct webhook_row rows[4];
	size_t count = 0;
	enum result r = webhook_list(vault, account, (struct id){{0}}, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

SYSTEM_CALL(webhook_next)
{
	uint32_t next;
	struct id id;
	bool found;

	return webhook_next(vault, 0, (struct id){{0}}, &found, &next, &id, &err);
}

CALL(webhook_delete)
{
	return one(webhook_delete(vault, account, (struct id){{7}}, &err), seen);
}

CALL(webhook_clear)
{
	return one(webhook_clear(vault, account, &err), seen);
}

CALL(delivery_put)
{
	struct delivery_row row = delivery_of(account, 8);

	return one(delivery_put(vault, &row, &err), seen);
}

CALL(delivery_get)
{
	struct delivery_row row;

	return one(delivery_get(vault, account, (struct id){{7}}, (struct id){{7}}, &row, &err), seen);
}

CALL(delivery_back)
{
	struct delivery_row rows[4];
	size_t count = 0;
	enum result r = delivery_back(vault, account, (struct id){{7}}, (struct id){{9}}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(delivery_list)
{
	struct delivery_row rows[4];
	size_t count = 0;
	enum result r = delivery_list(vault, account, (struct id){{0}}, (struct id){{0}}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(delivery_due)
{
	struct delivery_row rows[4];
	size_t count = 0;
	enum result r = delivery_due(vault, account, (struct id){{7}}, (struct instant){0}, (struct instant){9}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(delivery_delete_webhook)
{
	return one(delivery_delete_webhook(vault, account, (struct id){{7}}, &err), seen);
}

CALL(delivery_delete_before)
{
	return delivery_delete_before(vault, account, (struct instant){INT64_C(0x800000000000)}, 5, seen, &err);
}

CALL(delivery_clear)
{
	return one(delivery_clear(vault, account, &err), seen);
}

/* ---- mails ---- */

CALL(mail_put)
{
	struct mail_row row = mail_of(account, 8);

	return one(mail_put(vault, &row, &err), seen);
}

CALL(mail_get)
{
	struct mail_row row;

	return one(mail_get(vault, account, (struct id){{7}}, &row, &err), seen);
}

CALL(mail_list)
{
	struct mail_row rows[4];
	size_t count = 0;
	enum result r = mail_list(vault, account, (struct id){{0}}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(mail_due)
{
	struct mail_row rows[4];
	size_t count = 0;
	enum result r = mail_due(vault, account, (struct instant){0}, (struct instant){9}, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(mail_delete_before)
{
	return mail_delete_before(vault, account, (struct instant){INT64_C(0x800000000000)}, 5, seen, &err);
}

CALL(mail_clear)
{
	return one(mail_clear(vault, account, &err), seen);
}

#endif
