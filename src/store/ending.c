/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/ending.h"

/* Each is taken in order of its key. */
static const struct { const char *name, *remove, *count; } tables[] = {
    {"media", "DELETE FROM media WHERE account_id = $1 AND (kind, id, n) IN"
     " (SELECT kind, id, n FROM media WHERE account_id = $1 ORDER BY kind, id, n LIMIT $2)",
     "SELECT COUNT(*) FROM media WHERE account_id = $1"},
    {"party", "DELETE FROM party WHERE account_id = $1 AND (month, identity_id, kind, id) IN"
     " (SELECT month, identity_id, kind, id FROM party WHERE account_id = $1 ORDER BY month, identity_id, kind, id LIMIT $2)",
     "SELECT COUNT(*) FROM party WHERE account_id = $1"},
    {"party_month", "DELETE FROM party_month WHERE account_id = $1 AND (month) IN"
     " (SELECT month FROM party_month WHERE account_id = $1 ORDER BY month LIMIT $2)",
     "SELECT COUNT(*) FROM party_month WHERE account_id = $1"},
    {"record", "DELETE FROM record WHERE account_id = $1 AND (kind, id) IN"
     " (SELECT kind, id FROM record WHERE account_id = $1 ORDER BY kind, id LIMIT $2)",
     "SELECT COUNT(*) FROM record WHERE account_id = $1"},
    {"period", "DELETE FROM period WHERE account_id = $1 AND (kind, day) IN"
     " (SELECT kind, day FROM period WHERE account_id = $1 ORDER BY kind, day LIMIT $2)",
     "SELECT COUNT(*) FROM period WHERE account_id = $1"},
    {"contact_identity", "DELETE FROM contact_identity WHERE account_id = $1 AND (identity_id, contact_id) IN"
     " (SELECT identity_id, contact_id FROM contact_identity WHERE account_id = $1 ORDER BY identity_id, contact_id LIMIT $2)",
     "SELECT COUNT(*) FROM contact_identity WHERE account_id = $1"},
    {"contact_name", "DELETE FROM contact_name WHERE account_id = $1 AND (blind, contact_id) IN"
     " (SELECT blind, contact_id FROM contact_name WHERE account_id = $1 ORDER BY blind, contact_id LIMIT $2)",
     "SELECT COUNT(*) FROM contact_name WHERE account_id = $1"},
    {"contact", "DELETE FROM contact WHERE account_id = $1 AND (contact_id) IN"
     " (SELECT contact_id FROM contact WHERE account_id = $1 ORDER BY contact_id LIMIT $2)",
     "SELECT COUNT(*) FROM contact WHERE account_id = $1"},
    {"identity", "DELETE FROM identity WHERE account_id = $1 AND (identity_id) IN"
     " (SELECT identity_id FROM identity WHERE account_id = $1 ORDER BY identity_id LIMIT $2)",
     "SELECT COUNT(*) FROM identity WHERE account_id = $1"},
    {"held", "DELETE FROM held WHERE account_id = $1 AND (hold_id, kind, id) IN"
     " (SELECT hold_id, kind, id FROM held WHERE account_id = $1 ORDER BY hold_id, kind, id LIMIT $2)",
     "SELECT COUNT(*) FROM held WHERE account_id = $1"},
    {"hold_identity", "DELETE FROM hold_identity WHERE account_id = $1 AND (hold_id, identity_id) IN"
     " (SELECT hold_id, identity_id FROM hold_identity WHERE account_id = $1 ORDER BY hold_id, identity_id LIMIT $2)",
     "SELECT COUNT(*) FROM hold_identity WHERE account_id = $1"},
    {"hold", "DELETE FROM hold WHERE account_id = $1 AND (hold_id) IN"
     " (SELECT hold_id FROM hold WHERE account_id = $1 ORDER BY hold_id LIMIT $2)",
     "SELECT COUNT(*) FROM hold WHERE account_id = $1"},
    {"duty", "DELETE FROM duty WHERE account_id = $1 AND (duty_id) IN"
     " (SELECT duty_id FROM duty WHERE account_id = $1 ORDER BY duty_id LIMIT $2)",
     "SELECT COUNT(*) FROM duty WHERE account_id = $1"},
    {"obligation", "DELETE FROM obligation WHERE account_id = $1 AND (code) IN"
     " (SELECT code FROM obligation WHERE account_id = $1 ORDER BY code LIMIT $2)",
     "SELECT COUNT(*) FROM obligation WHERE account_id = $1"},
    {"policy", "DELETE FROM policy WHERE account_id = $1 AND (kind, version) IN"
     " (SELECT kind, version FROM policy WHERE account_id = $1 ORDER BY kind, version LIMIT $2)",
     "SELECT COUNT(*) FROM policy WHERE account_id = $1"},
    {"label", "DELETE FROM label WHERE account_id = $1 AND (label_id) IN"
     " (SELECT label_id FROM label WHERE account_id = $1 ORDER BY label_id LIMIT $2)",
     "SELECT COUNT(*) FROM label WHERE account_id = $1"},
    {"user_session", "DELETE FROM user_session WHERE account_id = $1 AND (user_id, id) IN"
     " (SELECT user_id, id FROM user_session WHERE account_id = $1 ORDER BY user_id, id LIMIT $2)",
     "SELECT COUNT(*) FROM user_session WHERE account_id = $1"},
    {"user_secret", "DELETE FROM user_secret WHERE account_id = $1 AND (user_id, kind) IN"
     " (SELECT user_id, kind FROM user_secret WHERE account_id = $1 ORDER BY user_id, kind LIMIT $2)",
     "SELECT COUNT(*) FROM user_secret WHERE account_id = $1"},
    {"user_subject", "DELETE FROM user_subject WHERE account_id = $1 AND (blind) IN"
     " (SELECT blind FROM user_subject WHERE account_id = $1 ORDER BY blind LIMIT $2)",
     "SELECT COUNT(*) FROM user_subject WHERE account_id = $1"},
    {"invite", "DELETE FROM invite WHERE account_id = $1 AND (user_id) IN"
     " (SELECT user_id FROM invite WHERE account_id = $1 ORDER BY user_id LIMIT $2)",
     "SELECT COUNT(*) FROM invite WHERE account_id = $1"},
    {"token", "DELETE FROM token WHERE account_id = $1 AND (id) IN"
     " (SELECT id FROM token WHERE account_id = $1 ORDER BY id LIMIT $2)",
     "SELECT COUNT(*) FROM token WHERE account_id = $1"},
    {"account_user", "DELETE FROM account_user WHERE account_id = $1 AND (user_id) IN"
     " (SELECT user_id FROM account_user WHERE account_id = $1 ORDER BY user_id LIMIT $2)",
     "SELECT COUNT(*) FROM account_user WHERE account_id = $1"},
    {"work", "DELETE FROM work WHERE account_id = $1 AND (job_id) IN"
     " (SELECT job_id FROM work WHERE account_id = $1 ORDER BY job_id LIMIT $2)",
     "SELECT COUNT(*) FROM work WHERE account_id = $1"},
    {"request_key", "DELETE FROM request_key WHERE account_id = $1 AND (blind) IN"
     " (SELECT blind FROM request_key WHERE account_id = $1 ORDER BY blind LIMIT $2)",
     "SELECT COUNT(*) FROM request_key WHERE account_id = $1"},
    {"setting", "DELETE FROM setting WHERE account_id = $1 AND (name) IN"
     " (SELECT name FROM setting WHERE account_id = $1 ORDER BY name LIMIT $2)",
     "SELECT COUNT(*) FROM setting WHERE account_id = $1"},
    {"holiday", "DELETE FROM holiday WHERE account_id = $1 AND (day) IN"
     " (SELECT day FROM holiday WHERE account_id = $1 ORDER BY day LIMIT $2)",
     "SELECT COUNT(*) FROM holiday WHERE account_id = $1"},
    {"aggregate", "DELETE FROM aggregate WHERE account_id = $1 AND (kind, step, day, direction, status, duration_class, queue_id) IN"
     " (SELECT kind, step, day, direction, status, duration_class, queue_id FROM aggregate WHERE account_id = $1 ORDER BY kind, step, day, direction, status, duration_class, queue_id LIMIT $2)",
     "SELECT COUNT(*) FROM aggregate WHERE account_id = $1"},
    {"aggregate_waiting", "DELETE FROM aggregate_waiting WHERE account_id = $1 AND (kind, person, day, direction, status, duration_class, queue_id) IN"
     " (SELECT kind, person, day, direction, status, duration_class, queue_id FROM aggregate_waiting WHERE account_id = $1 ORDER BY kind, person, day, direction, status, duration_class, queue_id LIMIT $2)",
     "SELECT COUNT(*) FROM aggregate_waiting WHERE account_id = $1"},
    {"webhook", "DELETE FROM webhook WHERE account_id = $1 AND (id) IN"
     " (SELECT id FROM webhook WHERE account_id = $1 ORDER BY id LIMIT $2)",
     "SELECT COUNT(*) FROM webhook WHERE account_id = $1"},
    {"delivery", "DELETE FROM delivery WHERE account_id = $1 AND (webhook_id, event_id) IN"
     " (SELECT webhook_id, event_id FROM delivery WHERE account_id = $1 ORDER BY webhook_id, event_id LIMIT $2)",
     "SELECT COUNT(*) FROM delivery WHERE account_id = $1"},
    {"mail", "DELETE FROM mail WHERE account_id = $1 AND (id) IN"
     " (SELECT id FROM mail WHERE account_id = $1 ORDER BY id LIMIT $2)",
     "SELECT COUNT(*) FROM mail WHERE account_id = $1"},
    {"event", "DELETE FROM event WHERE account_id = $1 AND (seq, n) IN"
     " (SELECT seq, n FROM event WHERE account_id = $1 ORDER BY seq, n LIMIT $2)",
     "SELECT COUNT(*) FROM event WHERE account_id = $1"},
    {"job", "DELETE FROM job WHERE account_id = $1 AND (job_id) IN"
     " (SELECT job_id FROM job WHERE account_id = $1 ORDER BY job_id LIMIT $2)",
     "SELECT COUNT(*) FROM job WHERE account_id = $1"},
};
_Static_assert(sizeof tables / sizeof tables[0] == ENDING_TABLES, "each table is counted");

const char *ending_table(int table)
{
	return tables[table].name;
}

enum result ending_account(struct db *db, uint32_t account, struct err *err)
{
	return db_run(db, "DELETE FROM account WHERE account_id = $1", err, DB_INT(account));
}

enum result ending_delete(struct db *db, uint32_t account, int table, int64_t max, int64_t *deleted, struct err *err)
{
	enum result r = db_run(db, tables[table].remove, err, DB_INT(account), DB_INT(max));

	*deleted = r == OK ? db_changes(db) : 0;
	return r;
}

enum result ending_count(struct db *db, uint32_t account, int table, int64_t *count, struct err *err)
{
	return db_query_int(db, tables[table].count, 0, count, err, DB_INT(account));
}

enum result ending_count_trash(struct db *db, uint32_t account, int64_t *count, struct err *err)
{
	return db_query_int(db, "SELECT COUNT(*) FROM blob_trash WHERE account_id = $1", 0, count, err, DB_INT(account));
}
