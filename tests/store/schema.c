/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/tables.h"

#include <sqlite3.h>

#include "store/statements.h"

/* ---- migrations ---- */

static void migrating_again_changes_nothing(void **state)
{
	(void)state;
	assert_ok(schema_migrate_vault(vault, &err));
	assert_ok(schema_migrate_keys(keys, &err));
	assert_int_equal(count_of(vault, "PRAGMA user_version"), 1);
	assert_int_equal(count_of(keys, "PRAGMA user_version"), 1);
}

static void a_database_of_a_later_program_is_refused(void **state)
{
	(void)state;
	raw(vault, "PRAGMA user_version = 2");
	raw(keys, "PRAGMA user_version = 99");
	assert_fails(schema_migrate_vault(vault, &err), ERR_UNSUPPORTED,
		     "the database has version 2; this program knows versions up to 1");
	assert_fails(schema_migrate_keys(keys, &err), ERR_UNSUPPORTED,
		     "the database has version 99; this program knows versions up to 1");
}

static void a_migration_that_fails_leaves_nothing_behind(void **state)
{
	struct db_options options = {.mode = DB_CREATE};
	char path[320];
	struct db *other;

	(void)state;
	snprintf(path, sizeof path, "%s/other.db", folder);
	assert_ok(db_open_sqlite(path, &options, &other, &err));
	raw(other, "CREATE TABLE policy(a)"); /* in the way, half-way through */
	assert_int_not_equal(schema_migrate_vault(other, &err), OK);
	assert_int_equal(count_of(other, "SELECT COUNT(*) FROM sqlite_schema"), 1);
	assert_int_equal(count_of(other, "PRAGMA user_version"), 0);
	raw(other, "DROP TABLE policy");
	assert_ok(schema_migrate_vault(other, &err));
	db_close(other);
	unlink(path);
}

static void fresh_databases_are_sound(void **state)
{
	char problem[200];

	(void)state;
	assert_ok(db_integrity(vault, problem, &err));
	assert_ok(db_integrity(keys, problem, &err));
}

/* Law 9; the rest is the vault's own, or hashes. */
static void every_key_begins_with_the_account(void **state)
{
	(void)state;
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM sqlite_schema m, pragma_table_info(m.name) c"
					 " WHERE m.type = 'table' AND c.pk = 1 AND c.name <> 'account_id'"
					 " AND m.name NOT IN ('meta', 'audit_leaf', 'audit_hash')"),
			 0);
	assert_int_equal(count_of(keys, "SELECT COUNT(*) FROM sqlite_schema m, pragma_table_info(m.name) c"
					" WHERE m.type = 'table' AND c.pk = 1 AND c.name <> 'account_id'"
					" AND m.name NOT IN ('epoch', 'key_slot')"),
			 0);
}

static void no_column_but_the_optional_ones_may_be_null(void **state)
{
	(void)state;
	assert_int_equal(count_of(vault, "SELECT COUNT(*) FROM sqlite_schema m, pragma_table_info(m.name) c"
					 " WHERE m.type = 'table' AND c.\"notnull\" = 0 AND c.pk = 0"
					 " AND m.name || '.' || c.name NOT IN ('hold.person_id', 'hold.identity_id',"
					 " 'hold.from_at', 'hold.until_at', 'hold.released_at', 'job.ended_at', 'obligation.ended_at', 'account_user.last_sign_in',"
					 " 'token.expires_at', 'token.used_at', 'token.revoked_at')"),
			 0);
}

/* ---- statements ---- */

static struct statements statements;

static bool mentions(const char *sql, const char *word)
{
	for (const char *at = sql; (at = strstr(at, word)) != NULL; at++)
		if ((at == sql || !statements_word(at - 1)) && statements_word(at) == strlen(word))
			return true;
	return false;
}

static void every_statement_is_found(void **state)
{
	static const char *const tables[] = {"account", "identity", "contact", "contact_identity", "contact_name", "record",
					     "party", "party_month", "media", "blob_trash", "period", "label", "account_user", "setting", "holiday", "policy",
					     "obligation", "duty", "hold", "hold_identity", "aggregate", "aggregate_waiting",
					     "user_secret", "user_subject", "user_session", "token", "invite", "request_key", "work", "event", "webhook", "delivery", "mail",
					     "held", "job", "audit_leaf", "audit_hash", "meta", "epoch", "account_key",
					     "wrapped_key", "key_slot", "key_free", "counter", "tombstone"};

	(void)state;
	assert_true(statements_collect(&statements));
	assert_true(statements.count > 90);
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
		size_t found = 0;

		for (size_t i = 0; i < statements.count; i++)
			found += mentions(statements.all[i].sql, tables[t]);
		if (found == 0)
			fail_msg("no statement on %s was found", tables[t]);
	}
}

/* A list is law 8's: these tables grow with the vault, and no statement may look at a whole one of them. */
static bool may_be_scanned(const char *name, const char *sql)
{
	static const char *const grown[] = {"record", "party", "media", "identity", "contact", "contact_identity",
					    "contact_name", "account_user", "user_secret", "user_subject", "user_session", "token", "invite", "request_key", "work", "event", "webhook", "delivery", "mail", "period", "policy", "hold", "hold_identity", "held", "job", "audit_leaf",
					    "wrapped_key", "tombstone", "k", "s", "key_slot"};
	static const char *const whole[] = {
	    /* `keys status` counts all keys of a class. */
	    "SELECT COUNT(*) FROM wrapped_key WHERE class = $1", "SELECT COUNT(*) FROM key_slot WHERE identity = 1",
	    /* The end of an account. */
	    "UPDATE key_slot SET wrapped = $2 WHERE account_id = $1 AND wrapped <> $2",
	    "SELECT COUNT(*) FROM key_slot WHERE account_id = $1 AND wrapped <> $2",
	    /* What is running is an index of its own, with nothing else in it. */
	    "SELECT COUNT(*) FROM job WHERE state = 1", "UPDATE request_key SET state = 3 WHERE state = 1",
	    /* The newest comes first, or from a number on. */
	    "SELECT MAX(seq) FROM audit_leaf", "SELECT MAX(slot) FROM key_slot",
	};

	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
		if (strncmp(sql, whole[i], strlen(whole[i])) == 0)
			return true;
	for (size_t i = 0; i < sizeof grown / sizeof grown[0]; i++)
		if (statements_word(name) == strlen(grown[i]) && strncmp(name, grown[i], strlen(grown[i])) == 0)
			return false;
	return true;
}

/* A whole account is walked only where that is what is asked for. SQLite takes an account for a few rows, and prefers
 * walking it to an index that would have to look each row up. */
static bool may_walk_account(const char *sql)
{
	static const char *const wanted[] = {
	    "SELECT labels FROM record WHERE account_id = $1 AND LENGTH(labels) > 0", /* `check`, a restore, */
	    "UPDATE label SET records = 0 WHERE account_id = $1", /* and that alone */
	    "SELECT COUNT(*) FROM", "SELECT CAST(SUM(parties) AS BIGINT) FROM party_month", /* `check` */
	    "DELETE FROM key_free WHERE account_id = $1", "DELETE FROM wrapped_key WHERE account_id = $1",
	    "DELETE FROM counter WHERE account_id = $1", "DELETE FROM account WHERE account_id = $1",
	    "DELETE FROM account_key WHERE account_id = $1", "DELETE FROM tombstone WHERE account_id = $1", /* its end */
	    "DELETE FROM user_secret WHERE account_id = $1", "DELETE FROM user_subject WHERE account_id = $1",
	    "DELETE FROM user_session WHERE account_id = $1", "DELETE FROM token WHERE account_id = $1",
	    "DELETE FROM invite WHERE account_id = $1", "DELETE FROM event WHERE account_id = $1", "DELETE FROM webhook WHERE account_id = $1", "DELETE FROM mail WHERE account_id = $1", "DELETE FROM delivery WHERE account_id = $1", "DELETE FROM request_key WHERE account_id = $1", /* a restore */
	    "SELECT slot FROM key_free WHERE account_id = $1 ORDER BY slot LIMIT 1", /* any one */
	};

	if (strstr(sql, " FROM hold ") != NULL || strncmp(sql, "UPDATE hold ", 12) == 0)
		return true; /* an account has a few */
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (strncmp(sql, wanted[i], strlen(wanted[i])) == 0)
			return true;
	return false;
}

static void check_step(const struct statement *statement, const char *detail)
{
	if (strstr(statement->file, "ending.c") != NULL)
		return; /* the end of an account: each batch begins at the table's first row of it */
	if (strstr(detail, "(account_id=?)") != NULL && !may_walk_account(statement->sql))
		fail_msg("%s: walks an account (\"%s\"): %s", statement->file, detail, statement->sql);
	if (strncmp(detail, "SCAN ", 5) == 0 && !may_be_scanned(detail + 5, statement->sql))
		fail_msg("%s: \"%s\" in: %s", statement->file, detail, statement->sql);
	if (strstr(detail, "(rowid>?)") != NULL && strstr(statement->sql, "account_id = $") != NULL)
		fail_msg("%s: walks what other accounts have (\"%s\"): %s", statement->file, detail, statement->sql);
	if (strstr(detail, "TEMP B-TREE") != NULL)
		fail_msg("%s: sorts (\"%s\"): %s", statement->file, detail, statement->sql);
}

static bool explain(sqlite3 *handle, const struct statement *statement)
{
	char sql[STATEMENT_LEN + 32];
	sqlite3_stmt *plan;

	snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", statement->sql);
	if (sqlite3_prepare_v2(handle, sql, -1, &plan, NULL) != SQLITE_OK)
		return false;
	while (sqlite3_step(plan) == SQLITE_ROW)
		check_step(statement, (const char *)sqlite3_column_text(plan, 3));
	sqlite3_finalize(plan);
	return true;
}

static void no_statement_scans_or_sorts_what_grows_with_the_vault(void **state)
{
	sqlite3 *in_vault, *in_keys;

	(void)state;
	assert_true(statements_collect(&statements));
	assert_int_equal(sqlite3_open(vault_path, &in_vault), SQLITE_OK);
	assert_int_equal(sqlite3_open(keys_path, &in_keys), SQLITE_OK);
	for (size_t i = 0; i < statements.count; i++)
		if (!explain(in_vault, &statements.all[i]) && !explain(in_keys, &statements.all[i]))
			fail_msg("%s: no statement of either database: %s", statements.all[i].file, statements.all[i].sql);
	sqlite3_close(in_vault);
	sqlite3_close(in_keys);
}

/* SQLite would rather walk the records, and take as long as there are any. */
static void what_is_held_has_an_index_of_its_own(void **state)
{
	sqlite3_stmt *plan;
	sqlite3 *handle;
	char sql[STATEMENT_LEN + 32];
	size_t found = 0;

	(void)state;
	assert_true(statements_collect(&statements));
	assert_int_equal(sqlite3_open(vault_path, &handle), SQLITE_OK);
	for (size_t i = 0; i < statements.count; i++) {
		if (strstr(statements.all[i].sql, "hold_id > 0") == NULL)
			continue;
		snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", statements.all[i].sql);
		assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &plan, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(plan), SQLITE_ROW);
		assert_non_null(strstr((const char *)sqlite3_column_text(plan, 3), "COVERING INDEX record_held"));
		sqlite3_finalize(plan);
		found++;
	}
	assert_int_equal(found, 1);
	sqlite3_close(handle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    table_test(migrating_again_changes_nothing),
	    table_test(a_database_of_a_later_program_is_refused),
	    table_test(a_migration_that_fails_leaves_nothing_behind),
	    table_test(fresh_databases_are_sound),
	    table_test(every_key_begins_with_the_account),
	    table_test(no_column_but_the_optional_ones_may_be_null),
	    cmocka_unit_test(every_statement_is_found),
	    table_test(no_statement_scans_or_sorts_what_grows_with_the_vault),
	    table_test(what_is_held_has_an_index_of_its_own),
	};

	return cmocka_run_group_tests_name("store/schema", tests, NULL, NULL);
}
