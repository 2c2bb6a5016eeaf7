/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/policy.h"

#include "store/column.h"

/* Its columns follow that of the kind. */
static void read_policy(struct db_rows *rows, enum record_kind kind, struct policy *out)
{
	*out = (struct policy){.kind = kind,
			       .version = (int)db_int(rows, 1),
			       .keep = {.months = (int32_t)db_int(rows, 2),
					.days = (int32_t)db_int(rows, 3),
					.unlimited = db_int(rows, 4) != 0},
			       .set_at = {db_int(rows, 5)}};
}

enum result policy_get(struct db *db, uint32_t account, enum record_kind kind, struct policy *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT kind, version, months, days, unlimited, set_at FROM policy"
					 " WHERE account_id = $1 AND kind = $2 ORDER BY version DESC LIMIT 1",
				     &rows, &found, err, DB_INT(account), DB_INT(kind));

	if (r != OK)
		return r;
	*out = (struct policy){.kind = kind, .keep = {.unlimited = true}};
	if (found)
		read_policy(&rows, kind, out);
	db_end(&rows);
	return OK;
}

enum result policy_put(struct db *db, uint32_t account, enum record_kind kind, struct span keep, struct instant now,
		       int *version, struct err *err)
{
	struct policy old;
	enum result r = policy_get(db, account, kind, &old, err);

	if (r != OK)
		return r;
	*version = old.version + 1;
	return db_run(db, "INSERT INTO policy(account_id, kind, version, months, days, unlimited, set_at)"
			  " VALUES($1, $2, $3, $4, $5, $6, $7)",
		      err, DB_INT(account), DB_INT(kind), DB_INT(*version), DB_INT(keep.months), DB_INT(keep.days),
		      DB_INT(keep.unlimited), DB_INT(now.ms));
}

enum result policy_walk(struct db *db, uint32_t account, const struct policy *after, struct policy *out, size_t max,
			size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	int kind;
	enum result r = db_query(db, "SELECT kind, version, months, days, unlimited, set_at FROM policy"
				     " WHERE account_id = $1 AND (kind, version) > ($2, $3) ORDER BY kind, version LIMIT $4",
				 &rows, err, DB_INT(account), DB_INT(after->kind), DB_INT(after->version), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = column_word(&rows, 0, KIND_FIRST, KIND_LAST, &kind, err);
		if (r != OK)
			break;
		read_policy(&rows, (enum record_kind)kind, &out[(*count)++]);
	}
	db_end(&rows);
	return r;
}

enum result policy_put_back(struct db *db, uint32_t account, const struct policy *policy, struct err *err)
{
	return db_run(db, "INSERT INTO policy(account_id, kind, version, months, days, unlimited, set_at)"
			  " VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
		      err, DB_INT(account), DB_INT(policy->kind), DB_INT(policy->version), DB_INT(policy->keep.months),
		      DB_INT(policy->keep.days), DB_INT(policy->keep.unlimited), DB_INT(policy->set_at.ms));
}
