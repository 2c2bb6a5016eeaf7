/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Empty tables in $TMPDIR for the tests of the store, and rows to fill them with. Include first.
 */
#ifndef LETHE_TESTS_STORE_TABLES_H
#define LETHE_TESTS_STORE_TABLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/primitives.h"
#include "folder.h"
#include "store/key.h"
#include "store/record.h"
#include "store/schema.h"

#define MAYBE_UNUSED __attribute__((unused))

MAYBE_UNUSED static char folder[256], vault_path[300], keys_path[300];
MAYBE_UNUSED static struct db *vault, *keys;
MAYBE_UNUSED static struct pool pool;
MAYBE_UNUSED static struct err err;

/* Fails the test with the whole error text. */
#define assert_ok(call) \
	do { \
		if ((call) != OK) \
			fail_msg("%s: %s (%s)", #call, err.what, err.where); \
	} while (0)
/* `text` is the whole of what it says; NULL: any. */
#define assert_fails(call, wanted, text) \
	do { \
		enum result got_ = (call); \
		const char *text_ = (text); \
		assert_string_equal(result_name(got_), result_name(wanted)); \
		assert_int_equal(err.code, (wanted)); \
		if (text_ != NULL) \
			assert_string_equal(err.what, text_); \
	} while (0)

MAYBE_UNUSED static int open_tables(void **state)
{
	struct db_options options = {.mode = DB_CREATE};

	(void)state;
	assert_ok(crypto_init(&err));
	assert_int_equal(folder_make(folder, sizeof folder, "store"), 0);
	snprintf(vault_path, sizeof vault_path, "%s/vault.db", folder);
	snprintf(keys_path, sizeof keys_path, "%s/keys.db", folder);
	pool_init(&pool, (size_t)64 * 1024 * 1024);
	assert_ok(db_open_sqlite(vault_path, &options, &vault, &err));
	assert_ok(db_open_sqlite(keys_path, &options, &keys, &err));
	assert_ok(schema_migrate_vault(vault, &err));
	assert_ok(schema_migrate_keys(keys, &err));
	return 0;
}

MAYBE_UNUSED static int close_tables(void **state)
{
	(void)state;
	db_close(vault);
	db_close(keys);
	pool_free(&pool);
	unlink(vault_path);
	unlink(keys_path);
	return rmdir(folder);
}

#define table_test(name) cmocka_unit_test_setup_teardown(name, open_tables, close_tables)

/* ---- values ---- */

MAYBE_UNUSED static struct instant time_of(const char *text)
{
	struct instant at;

	assert_ok(instant_parse(text, strlen(text), &at, &err));
	return at;
}

MAYBE_UNUSED static struct date day_of(const char *text)
{
	struct date day;

	assert_ok(date_parse(text, strlen(text), &day, &err));
	return day;
}

/* Of one time, ordered by n; 0 is the smallest there is, UINT64_MAX the largest. */
MAYBE_UNUSED static struct id id_at(struct instant at, uint64_t n)
{
	unsigned char entropy[16];

	for (int i = 0; i < 8; i++)
		entropy[i] = (unsigned char)(n >> (56 - 8 * i));
	memset(entropy + 8, n == UINT64_MAX ? 0xff : 0, 8);
	return id_derived(at, entropy);
}

MAYBE_UNUSED static struct id id_of(const char *time, uint64_t n)
{
	return id_at(time_of(time), n);
}

MAYBE_UNUSED static struct blind blind_of(unsigned char n)
{
	struct blind blind;

	memset(blind.bytes, n, sizeof blind.bytes);
	return blind;
}

MAYBE_UNUSED static struct record_row record_of(uint32_t account, enum record_kind kind, struct id id)
{
	return (struct record_row){.account = account,
				   .kind = kind,
				   .id = id,
				   .direction = DIRECTION_INBOUND,
				   .status = STATUS_ANSWERED,
				   .duration_ms = 61000,
				   .parties = {{1, ROLE_FROM}, {300, ROLE_TO | ROLE_AGENT}},
				   .party_count = 2,
				   .payload = (const unsigned char *)"sealed",
				   .payload_len = 6};
}

MAYBE_UNUSED static void put_record(const struct record_row *row)
{
	bool inserted;

	assert_ok(record_insert(vault, row, &inserted, &err));
	assert_true(inserted);
}

/* ---- the databases, behind the store's back ---- */

MAYBE_UNUSED static void raw(struct db *db, const char *sql)
{
	assert_ok(db_script(db, sql, &err));
}

/* The text must be a literal. */
MAYBE_UNUSED static int64_t count_of(struct db *db, const char *sql)
{
	int64_t out;

	assert_ok(db_query_int_n(db, sql, -1, &out, NULL, 0, &err));
	return out;
}

/* Small and repeatable: SplitMix64. */
MAYBE_UNUSED static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

#endif
