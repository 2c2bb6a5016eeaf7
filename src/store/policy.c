/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/policy.h"

#include <string.h>

#include "store/column.h"

#define COLUMNS "kind, version, number_id, queue_id, campaign_id, tag_id, direction, min_duration, months, days," \
		" unlimited, removed, set_at, begins_at, set_by"

static enum result read_policy(struct db_rows *rows, struct pool *pool, struct policy *out, struct err *err)
{
	const char *by = db_text(rows, 14);
	int kind = 0, direction = 0;
	enum result r = column_word(rows, 0, KIND_FIRST, KIND_LAST, &kind, err);

	if (r == OK)
		r = column_word(rows, 6, DIRECTION_NONE, DIRECTION_INTERNAL, &direction, err);
	if (r != OK)
		return r;
	*out = (struct policy){
	    .kind = (enum record_kind)kind,
	    .version = (int)db_int(rows, 1),
	    .scope = {.number = db_int(rows, 2), .queue = db_int(rows, 3), .campaign = db_int(rows, 4),
		      .tag = db_int(rows, 5), .direction = (enum direction)direction, .min_duration_ms = db_int(rows, 7)},
	    .keep = {.months = (int32_t)db_int(rows, 8), .days = (int32_t)db_int(rows, 9),
		     .unlimited = db_int(rows, 10) != 0},
	    .removed = db_int(rows, 11) != 0,
	    .set_at = {db_int(rows, 12)},
	    .begins_at = {db_int(rows, 13)},
	    .set_by = pool_strndup(pool, by, strlen(by)),
	};
	return out->set_by != NULL ? OK : err_no_memory(err);
}

static enum result insert(struct db *db, uint32_t account, const struct policy *policy, const char *sql,
			  struct err *err)
{
	const struct policy_scope *scope = &policy->scope;

	return db_run(db, sql, err, DB_INT(account), DB_INT(policy->kind), DB_INT(policy->version), DB_INT(scope->number),
		      DB_INT(scope->queue), DB_INT(scope->campaign), DB_INT(scope->tag), DB_INT(scope->direction),
		      DB_INT(scope->min_duration_ms), DB_INT(policy->keep.months), DB_INT(policy->keep.days),
		      DB_INT(policy->keep.unlimited), DB_INT(policy->removed), DB_INT(policy->set_at.ms),
		      DB_INT(policy->begins_at.ms), DB_TEXT(policy->set_by));
}

enum result policy_put(struct db *db, uint32_t account, struct policy *policy, struct err *err)
{
	int64_t last;
	enum result r = db_query_int(db, "SELECT MAX(version) FROM policy WHERE account_id = $1 AND kind = $2", 0, &last,
				     err, DB_INT(account), DB_INT(policy->kind));

	if (r != OK)
		return r;
	policy->version = (int)last + 1;
	return insert(db, account, policy, "INSERT INTO policy(account_id, " COLUMNS ")"
		      " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)", err);
}

enum result policy_walk(struct db *db, uint32_t account, const struct policy *after, struct pool *pool,
			struct policy *out, size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT " COLUMNS " FROM policy"
				     " WHERE account_id = $1 AND (kind, version) > ($2, $3) ORDER BY kind, version LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(after->kind), DB_INT(after->version), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = read_policy(&rows, pool, &out[*count], err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}

enum result policy_put_back(struct db *db, uint32_t account, const struct policy *policy, struct err *err)
{
	return insert(db, account, policy, "INSERT INTO policy(account_id, " COLUMNS ")"
		      " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
		      " ON CONFLICT DO NOTHING", err);
}
