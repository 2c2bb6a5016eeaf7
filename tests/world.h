/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A real vault in $TMPDIR for tests: file root, one account, records put
 * in directly, as an import would.
 */
#ifndef LETHE_TESTS_WORLD_H
#define LETHE_TESTS_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "store/party.h"
#include "store/period.h"
#include "vault/accounts.h"
#include "vault/contact_key.h"
#include "vault/directory.h"
#include "vault/init.h"

#define WORLD_UNUSED __attribute__((unused))

struct world {
	char base[256];          /* temporary folder: data/ and root key file inside it */
	char data[300], root[300];
	struct instant now;
	struct pool pool;
	struct vault *vault;
	struct account account;
};

/* Fails the test with the whole error text. fail_msg never returns: abort() tells the static checks. */
#define assert_ok(call, err) \
	do { \
		if ((call) != OK) { \
			fail_msg("%s: %s (%s) [%s]", #call, (err)->what, (err)->where, (err)->mend); \
			abort(); \
		} \
	} while (0)

WORLD_UNUSED static struct instant world_time(const char *text)
{
	struct instant at;
	struct err err;

	assert_ok(instant_parse(text, strlen(text), &at, &err), &err);
	return at;
}

WORLD_UNUSED static void world_open_vault(struct world *world)
{
	struct vault_options options = {.data_dir = world->data, .command = "test", .write = true};
	struct err err;

	assert_ok(vault_open(&options, world->now, &world->vault, &err), &err);
}

/* Closes and opens again: what a new process would see. */
WORLD_UNUSED static void world_reopen(struct world *world)
{
	vault_close(world->vault);
	world->vault = NULL;
	world_open_vault(world);
}

WORLD_UNUSED static void world_begin(struct world *world, const char *now)
{
	struct root_options root = {.provider = "file"};
	struct vault_options options = {.data_dir = world->data, .command = "test"};
	struct err err;

	memset(world, 0, sizeof *world);
	assert_ok(crypto_init(&err), &err);
	assert_int_equal(folder_make(world->base, sizeof world->base, "world"), 0);
	snprintf(world->data, sizeof world->data, "%s/data", world->base);
	snprintf(world->root, sizeof world->root, "%s/root.keys", world->base);
	pool_init(&world->pool, (size_t)256 * 1024 * 1024);
	world->now = world_time(now);
	root.file_path = world->root;
	assert_ok(init_vault(&options, &root, world->now, &err), &err);
	world_open_vault(world);
	assert_ok(accounts_create(world->vault, "Test account", "DK", world->now, &world->pool, &world->account, &err),
		  &err);
}

WORLD_UNUSED static void world_end(struct world *world)
{
	vault_close(world->vault);
	pool_free(&world->pool);
	folder_remove(world->base);
}

/* Fixtures: a world of its own for every test, as its state. */
WORLD_UNUSED static int world_set_up_at(void **state, const char *now)
{
	struct world *world = test_calloc(1, sizeof *world);

	world_begin(world, now);
	*state = world;
	return 0;
}

WORLD_UNUSED static int world_set_up(void **state)
{
	return world_set_up_at(state, "2025-06-01T12:00:00Z");
}

WORLD_UNUSED static int world_tear_down(void **state)
{
	world_end(*state);
	test_free(*state);
	return 0;
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

/* ---- records ---- */

struct world_record {
	enum record_kind kind;
	struct instant at;
	const char *phones[8];   /* E.164; the first is from, the others to */
	const char *number;      /* the account's own, or NULL */
	const char *agent;       /* the source's id of the agent, or NULL */
	const char *text;        /* the payload, a JSON object */
	enum direction direction;
	enum record_status status;
	int64_t duration_ms;     /* 0: a second */
	int64_t label;           /* 0: none */
	struct id id;            /* out */
	struct world *world;
};

static enum result world_identity(struct session *session, uint32_t account, enum identity_kind kind, const char *value,
				  struct instant now, struct entry *out, struct err *err)
{
	struct blind blind;
	bool found;
	enum result r = keyring_blind(session->ring, account, kind, value, strlen(value), &blind, err);

	if (r == OK)
		r = directory_find(session, account, &blind, out, &found, err);
	if (r == OK && !found)
		r = directory_make(session, account, kind, &blind, value, NULL, now, out, NULL, err);
	return r;
}

static enum result world_put_op(struct session *session, void *arg, struct err *err)
{
	struct world_record *spec = arg;
	struct world *world = spec->world;
	struct record_row row = {.account = world->account.number, .kind = spec->kind, .duration_ms = 1000,
				  .direction = spec->direction, .status = spec->status};
	struct party_key keys[9];
	struct entry entry = {.identity = 0};
	struct period period;
	struct key key;
	bool inserted;
	enum result r = period_get(session->data, row.account, row.kind, instant_date(spec->at), &period, err);

	row.id = spec->id;
	if (spec->duration_ms != 0)
		row.duration_ms = spec->duration_ms;
	if (spec->label != 0)
		row.labels[row.label_count++] = spec->label;
	row.part = r == OK ? period.part : 0;
	for (int i = 0; i < 8 && spec->phones[i] != NULL && r == OK; i++) {
		r = world_identity(session, row.account, IDENTITY_PHONE, spec->phones[i], world->now, &entry, err);
		row.parties[row.party_count++] = (struct party){entry.identity, i == 0 ? ROLE_FROM : ROLE_TO};
	}
	if (r == OK && spec->agent != NULL) {
		r = world_identity(session, row.account, IDENTITY_AGENT, spec->agent, world->now, &entry, err);
		row.agent = entry.identity;
		row.parties[row.party_count++] = (struct party){entry.identity, ROLE_AGENT};
	}
	row.party_count = parties_sort(row.parties, row.party_count);
	if (r == OK && spec->number != NULL) {
		r = world_identity(session, row.account, IDENTITY_NUMBER, spec->number, world->now, &entry, err);
		row.number = entry.identity;
	}
	if (r == OK)
		r = keyring_get_or_make(session->ring, row.account, KEY_PERIOD,
					key_period_number(row.kind, instant_date(spec->at), row.part), &key, err);
	if (r == OK)
		r = seal_record_key(session->ring, &row, &key, err);
	if (r == OK)
		r = seal_payload(&key, &row, spec->text, strlen(spec->text), &world->pool, err);
	if (r == OK)
		r = record_insert(session->data, &row, &inserted, err);
	for (size_t i = 0; i < row.party_count; i++)
		keys[i] = (struct party_key){date_month_index(instant_date(spec->at)), row.parties[i].identity, row.kind,
					     row.id};
	if (r == OK)
		r = party_insert(session->data, row.account, keys, row.party_count, err);
	if (r == OK) {
		struct period delta = {.kind = row.kind, .day = instant_date(spec->at), .records = 1,
				       .bytes = (int64_t)row.payload_len};
		r = period_add(session->data, row.account, &delta, err);
	}
	return r;
}

/* Puts one record in and returns its id. `phones` as varargs in E.164, ended by NULL. */
WORLD_UNUSED static struct id world_put(struct world *world, enum record_kind kind, const char *at, const char *text, ...)
{
	struct world_record spec = {.kind = kind, .at = world_time(at), .text = text, .world = world};
	struct err err;
	va_list ap;

	va_start(ap, text);
	for (int i = 0; i < 8 && (spec.phones[i] = va_arg(ap, const char *)) != NULL; i++)
		;
	va_end(ap);
	spec.id = id_new(spec.at);
	assert_ok(vault_write(world->vault, world_put_op, &spec, &err), &err);
	return spec.id;
}

struct world_contact { struct world *world; const char *phone; int count; struct contact_row row; };

static enum result world_put_contact_op(struct session *session, void *arg, struct err *err)
{
	struct world_contact *contact = arg;
	struct contact_row *row = &contact->row;
	struct entry entry;
	enum result r = world_identity(session, row->account, IDENTITY_PHONE, contact->phone, contact->world->now,
				       &entry, err);

	if (r != OK)
		return r;
	row->parties[0] = (struct party){entry.identity, 0};
	row->party_count = 1;
	for (int i = 0; i < contact->count && r == OK; i++) {
		row->id = id_new(contact->world->now);
		r = contact_key_make(session, row->account, &row->key, err);
		if (r == OK)
			r = seal_contact(session->ring, row, "{}", 2, &contact->world->pool, err);
		if (r == OK)
			r = contact_put(session->data, row, err);
	}
	return r;
}

/* Puts `count` contacts of one number in and returns the id of the last. */
WORLD_UNUSED static struct id world_put_contacts(struct world *world, const char *phone, int count)
{
	struct world_contact contact = {.world = world, .phone = phone, .count = count};
	struct err err;

	contact.row.account = world->account.number;
	assert_ok(vault_write(world->vault, world_put_contact_op, &contact, &err), &err);
	return contact.row.id;
}

/* The same with an agent: a call from `phone`. */
WORLD_UNUSED static struct id world_put_agent(struct world *world, const char *at, const char *text, const char *phone,
					      const char *agent)
{
	struct world_record spec = {.kind = KIND_CALL, .at = world_time(at), .phones = {phone}, .agent = agent,
				    .text = text, .world = world};
	struct err err;

	spec.id = id_new(spec.at);
	assert_ok(vault_write(world->vault, world_put_op, &spec, &err), &err);
	return spec.id;
}

/* Opens a record's payload; returns the result, text in world->pool. */
WORLD_UNUSED static enum result world_open_record(struct world *world, enum record_kind kind, struct id id,
						  const char **text, struct err *err)
{
	struct record_row row;
	size_t len;
	enum result r = record_get(world->vault->read.data, world->account.number, kind, id, &world->pool, &row, err);

	return r == OK ? open_record(world->vault->read.ring, &row, &world->pool, text, &len, err) : r;
}

#endif
