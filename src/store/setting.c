/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/setting.h"

#include <string.h>

static enum result copy_text(struct db_rows *rows, int column, struct pool *pool, const char **out, struct err *err)
{
	const char *text = db_text(rows, column);

	*out = pool_strndup(pool, text, strlen(text));
	return *out != NULL ? OK : err_no_memory(err);
}

enum result setting_get(struct db *db, uint32_t account, const char *name, struct pool *pool, const char **value,
			struct err *err)
{
	struct db_rows rows;
	bool found;
	enum result r = db_query_one(db, "SELECT value FROM setting WHERE account_id = $1 AND name = $2", &rows, &found,
				     err, DB_INT(account), DB_TEXT(name));

	*value = NULL;
	if (r != OK)
		return r;
	if (found)
		r = copy_text(&rows, 0, pool, value, err);
	db_end(&rows);
	return r;
}

enum result setting_put(struct db *db, uint32_t account, const char *name, const char *value, struct err *err)
{
	return db_run(db, "INSERT INTO setting(account_id, name, value) VALUES($1, $2, $3)"
			  " ON CONFLICT(account_id, name) DO UPDATE SET value = excluded.value",
		      err, DB_INT(account), DB_TEXT(name), DB_TEXT(value));
}

enum result setting_list(struct db *db, uint32_t account, const char *after, struct pool *pool, struct setting *out,
			 size_t max, size_t *count, struct err *err)
{
	struct db_rows rows;
	bool more;
	enum result r = db_query(db, "SELECT name, value FROM setting WHERE account_id = $1 AND name > $2"
				     " ORDER BY name LIMIT $3",
				 &rows, err, DB_INT(account), DB_TEXT(after), DB_INT(max));

	*count = 0;
	if (r != OK)
		return r;
	while ((r = db_next(&rows, &more, err)) == OK && more) {
		r = copy_text(&rows, 0, pool, &out[*count].name, err);
		if (r == OK)
			r = copy_text(&rows, 1, pool, &out[*count].value, err);
		if (r != OK)
			break;
		(*count)++;
	}
	db_end(&rows);
	return r;
}
