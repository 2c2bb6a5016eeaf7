/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/policy.h"

enum result policy_get(struct db *db, uint32_t account, enum record_kind kind, struct policy *out, struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT version, months, days, unlimited, set_at FROM policy"
					 " WHERE account_id = $1 AND kind = $2 ORDER BY version DESC LIMIT 1",
				     &rows, &found, err, DB_INT(account), DB_INT(kind));

	if (r != OK)
		return r;
	*out = (struct policy){.kind = kind, .keep = {.unlimited = true}};
	if (found) {
		out->version = (int)db_int(&rows, 0);
		out->keep = (struct span){.months = (int32_t)db_int(&rows, 1),
					  .days = (int32_t)db_int(&rows, 2),
					  .unlimited = db_int(&rows, 3) != 0};
		out->set_at.ms = db_int(&rows, 4);
	}
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
