/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every function on accounts, contacts, identities and holds, as a call.
 */
#ifndef LETHE_TESTS_STORE_CALLS_PEOPLE_H
#define LETHE_TESTS_STORE_CALLS_PEOPLE_H

#include "store/call.h"

CALL(account_get)
{
	struct account_row row;

	return one(account_get(vault, account, &pool, &row, &err), seen);
}

CALL(contact_get)
{
	struct contact_row row;

	return one(contact_get(vault, account, con, &pool, &row, &err), seen);
}

CALL(contact_of_identity)
{
	struct id out[4];
	size_t count = 0;
	enum result r = contact_of_identity(vault, account, 7, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_find_name)
{
	struct blind words[] = {blind_of(1), blind_of(2)};
	struct id out[4];
	size_t count = 0;
	enum result r = contact_find_name(vault, account, words, 2, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_list_identity)
{
	struct id out[4];
	size_t count = 0;
	enum result r = contact_list_identity(vault, account, 7, (struct id){{0}}, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_has_identity)
{
	bool has = false;
	enum result r = contact_has_identity(vault, account, 7, con, &has, &err);

	return several(r, has, seen);
}

CALL(contact_has_name)
{
	struct blind word = blind_of(1);
	bool has = false;
	enum result r = contact_has_name(vault, account, &word, con, &has, &err);

	return several(r, has, seen);
}

CALL(contact_key_of)
{
	return contact_key_of(vault, account, con, seen, &err);
}

CALL(contact_has_key)
{
	bool has = false;
	enum result r = contact_has_key(vault, account, 4, &has, &err);

	return several(r, has, seen);
}

CALL(contact_list_there)
{
	struct id out[4];
	size_t count = 0;
	enum result r = contact_list_there(vault, account, (struct id){{0}}, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_list_deleted)
{
	struct id out[4];
	size_t count = 0;
	enum result r = contact_list_deleted(vault, account, (struct id){{0}}, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_in_deleted)
{
	bool deleted = false;
	enum result r = contact_in_deleted(vault, account, gone_con, &deleted, &err);

	return several(r, deleted, seen);
}

CALL(contact_list_gone)
{
	struct contact_gone out[4], after = {.bytes = 0};
	size_t count = 0;
	enum result r = contact_list_gone(vault, account, day, &after, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_list)
{
	struct id out[4];
	size_t count = 0;
	enum result r = contact_list(vault, account, (struct id){{0}}, out, 4, &count, &err);

	return several(r, count, seen);
}

CALL(contact_count)
{
	return contact_count(vault, account, seen, &err);
}

CALL(contact_put)
{
	struct contact_row row = contact_of(account, "other");

	return one(contact_put(vault, &row, &err), seen);
}

CALL(contact_delete)
{
	struct contact_row row = contact_of(account, "p");

	return one(contact_delete(vault, &row, &err), seen);
}

CALL(hold_find)
{
	struct hold_row row;

	return one(hold_find(vault, account, hold_id, &pool, &row, &err), seen);
}

CALL(hold_get)
{
	struct hold_row row;

	return one(hold_get(vault, account, 5, &pool, &row, &err), seen);
}

CALL(hold_list)
{
	struct hold_row rows[4];
	size_t count = 0;
	enum result r = hold_list(vault, account, false, 0, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(hold_insert)
{
	struct hold_row row = hold_of(account, 6);

	return one(hold_insert(vault, &row, &err), seen);
}

CALL(hold_names_person)
{
	bool names = false;
	enum result r = hold_names_person(vault, account, (struct id){{9}}, &names, &err);

	return several(r, names, seen);
}

CALL(hold_follow)
{
	return one(hold_follow(vault, account, (struct id){{9}}, person, &err), seen);
}

CALL(hold_set_person)
{
	return one(hold_set_person(vault, account, 5, person, &err), seen);
}

CALL(hold_set_released)
{
	return one(hold_set_released(vault, account, 5, (struct instant){1}, &err), seen);
}

CALL(hold_keep_identity)
{
	return one(hold_keep_identity(vault, account, (struct id){{9}}, 8, &err), seen);
}

CALL(hold_identity_insert)
{
	return one(hold_identity_insert(vault, account, 5, 9, &err), seen);
}

CALL(hold_identity_list)
{
	int64_t identities[4];
	size_t count = 0;
	enum result r = hold_identity_list(vault, account, 5, 0, identities, 4, &count, &err);

	return several(r, count, seen);
}

CALL(held_set_erased)
{
	return one(held_set_erased(vault, account, 5, KIND_CALL, record_id, (struct instant){9}, &err), seen);
}

CALL(held_insert)
{
	struct held_row row = {account, 5, KIND_CALL, new_id, HELD_EXPIRED, {0}};

	return one(held_insert(vault, &row, &err), seen);
}

CALL(held_get)
{
	struct held_row row;

	return one(held_get(vault, account, 5, KIND_CALL, record_id, &row, &err), seen);
}

CALL(held_list)
{
	struct held_row rows[4];
	size_t count = 0;
	enum result r = held_list(vault, account, 5, 0, (struct id){{0}}, rows, 4, &count, &err);

	return several(r, count, seen);
}

static enum result count_held(void *arg, const struct held_row *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(int64_t *)arg;
	return OK;
}

CALL(held_walk)
{
	return held_walk(vault, account, 5, count_held, seen, &err);
}

CALL(held_delete)
{
	return one(held_delete(vault, account, 5, KIND_CALL, record_id, &err), seen);
}

CALL(held_count)
{
	return held_count(vault, account, 5, seen, &err);
}

CALL(identity_insert)
{
	struct identity_row row = identity_of(account, 8);

	return one(identity_insert(vault, &row, &err), seen);
}

CALL(identity_get)
{
	struct identity_row row;

	return one(identity_get(vault, account, 7, &pool, &row, &err), seen);
}

CALL(identity_find)
{
	struct blind blind = blind_of(7);
	struct identity_row row;
	bool found = false;
	enum result r = identity_find(vault, account, &blind, &found, &row, &err);

	return several(r, found, seen);
}

CALL(identity_find_number)
{
	struct blind blind = blind_of(7);

	return identity_find_number(vault, account, &blind, seen, &err);
}

CALL(identity_of_person)
{
	struct identity_row rows[4];
	size_t count = 0;
	enum result r = identity_of_person(vault, account, person, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(identity_list)
{
	struct identity_row rows[4];
	size_t count = 0;
	enum result r = identity_list(vault, account, 0, &pool, rows, 4, &count, &err);

	return several(r, count, seen);
}

CALL(identity_move)
{
	return one(identity_move(vault, account, 7, con, &err), seen);
}

CALL(identity_unname)
{
	return one(identity_unname(vault, account, 7, &err), seen);
}

CALL(identity_delete)
{
	return one(identity_delete(vault, account, 7, &err), seen);
}

CALL(identity_count)
{
	return identity_count(vault, account, seen, &err);
}

static enum result count_identity(void *arg, const struct identity_row *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(int64_t *)arg;
	return OK;
}

CALL(identity_walk)
{
	return identity_walk(vault, account, count_identity, seen, &err);
}

SYSTEM_CALL(account_insert)
{
	struct account_row row = {.account = 9, .id = {{9}}, .name_blind = blind_of(9), .country = "DK"};

	return account_insert(vault, &row, &err);
}

SYSTEM_CALL(account_find_by_id)
{
	uint32_t number;

	return account_find_by_id(vault, (struct id){{1}}, &number, &err);
}

SYSTEM_CALL(account_find_by_name)
{
	struct blind blind = blind_of(1);
	uint32_t number;

	return account_find_by_name(vault, &blind, &number, &err);
}

SYSTEM_CALL(account_list)
{
	uint32_t numbers[4];
	size_t count;

	return account_list(vault, 0, numbers, 4, &count, &err);
}

#endif
