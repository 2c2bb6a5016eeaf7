/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/remove_account.h"

#include <string.h>

#include "store/media.h"

#define BATCH 512      /* media, whose blobs are listed one by one */
#define ROWS 8192

static bool is_table(int table, const char *name)
{
	return strcmp(ending_table(table), name) == 0;
}

/* As many as ending_delete will take: both go by kind, id and n. */
static enum result trash_media(struct session *session, uint32_t account, struct removed_account *removed,
			       struct err *err)
{
	struct media_row rows[BATCH], after = {.n = -1};
	size_t count;
	enum result r = media_walk(session->data, account, &after, rows, BATCH, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		const struct trash_row trash = {account, rows[i].kind, instant_date(id_time(rows[i].id)), rows[i].blob};

		r = trash_add(session->data, &trash, err);
	}
	removed->blobs += r == OK ? (int64_t)count : 0;
	return r;
}

static enum result remove_batch(struct session *session, uint32_t account, int table,
				struct removed_account *removed, int64_t *deleted, struct err *err)
{
	bool media = table == ENDING_MEDIA;
	enum result r = media ? trash_media(session, account, removed, err) : OK;

	if (r == OK)
		r = ending_delete(session->data, account, table, media ? BATCH : ROWS, deleted, err);
	removed->rows[table] += r == OK ? *deleted : 0;
	return r;
}

enum result remove_account(struct session *session, uint32_t account, bool jobs, struct removed_account *removed,
			   bool *more, struct err *err)
{
	enum result r = OK;

	*more = false;
	for (int table = 0; table < ENDING_TABLES && r == OK && !*more; table++) {
		int64_t deleted = 0;

		if (jobs || !is_table(table, "job"))
			r = remove_batch(session, account, table, removed, &deleted, err);
		*more = deleted > 0;
	}
	return r;
}

enum result remove_account_look(struct session *session, uint32_t account, struct removed_account *left,
				struct err *err)
{
	enum result r = OK;

	*left = (struct removed_account){.blobs = 0};
	for (int table = 0; table < ENDING_TABLES && r == OK; table++) {
		if (!is_table(table, "job"))
			r = ending_count(session->data, account, table, &left->rows[table], err);
	}
	return r == OK ? ending_count_trash(session->data, account, &left->blobs, err) : r;
}
