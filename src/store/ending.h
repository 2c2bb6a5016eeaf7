/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The rows of an account, table by table, for its end.
 */
#ifndef LETHE_STORE_ENDING_H
#define LETHE_STORE_ENDING_H

#include "db/db.h"

/* Every table of the vault with an account in it, but for: account itself, which goes first; blob_trash, which goes with
 * the blobs; audit_leaf, which is the log. */
#define ENDING_TABLES 33
#define ENDING_MEDIA 0
const char *ending_table(int table); /* 0 to ENDING_TABLES - 1 */

/* The account's own row: from then on it is not there, and its holds may go. */
MUST_CHECK enum result ending_account(struct db *db, uint32_t account, struct err *err);
/* Up to max rows of one table. Of media rows the blobs must have been listed as trash. */
MUST_CHECK enum result ending_delete(struct db *db, uint32_t account, int table, int64_t max, int64_t *deleted,
				     struct err *err);
MUST_CHECK enum result ending_count(struct db *db, uint32_t account, int table, int64_t *count, struct err *err);
/* How many of its blobs are listed as trash. */
MUST_CHECK enum result ending_count_trash(struct db *db, uint32_t account, int64_t *count, struct err *err);

#endif
