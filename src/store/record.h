/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Records: one row each, clustered by (account, kind, id).
 */
#ifndef LETHE_STORE_RECORD_H
#define LETHE_STORE_RECORD_H

#include "store/column.h"
#include "store/kind.h"

struct record_row {
	uint32_t account;
	enum record_kind kind;
	struct id id;
	enum direction direction;
	enum record_status status;
	int64_t duration_ms; /* -1: none */
	int64_t agent;       /* identity, 0: none */
	int64_t number;      /* identity, 0: none */
	int64_t hold;        /* 0: sealed under its period and identities; else under this hold's key */
	int media;
	int part;            /* which of its period's keys seals it: see keyring's key_period_number */
	int64_t labels[LABELS_MAX]; /* sorted */
	size_t label_count;
	struct party parties[PARTIES_MAX]; /* sorted by identity */
	size_t party_count;
	const unsigned char *payload; /* sealed; in the pool */
	size_t payload_len;
};

/* `*inserted` is false when that id is there already. */
MUST_CHECK enum result record_insert(struct db *db, const struct record_row *row, bool *inserted, struct err *err);
/* The same of each of `count`, faster: so many rows go in by one statement where none of them can be there already,
 * which is seen when they are of one account and kind, in the order of their ids, and nothing lies between them. */
#define RECORD_TOGETHER 16
MUST_CHECK enum result record_insert_many(struct db *db, const struct record_row *const *rows, size_t count,
					  bool *inserted, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result record_get(struct db *db, uint32_t account, enum record_kind kind, struct id id,
				  struct pool *pool, struct record_row *out, struct err *err);
MUST_CHECK enum result record_exists(struct db *db, uint32_t account, enum record_kind kind, struct id id,
				     bool *exists, struct err *err);
MUST_CHECK enum result record_delete(struct db *db, uint32_t account, enum record_kind kind, struct id id,
				     bool *existed, struct err *err);
/* Writes what sealing it anew may change: hold, part, media, direction, status, duration, agent, number, labels, parties, payload. */
MUST_CHECK enum result record_reseal(struct db *db, const struct record_row *row, struct err *err);
/* Records of one UTC day after `after`, in id order, whole rows, up to max. */
MUST_CHECK enum result record_list_day(struct db *db, uint32_t account, enum record_kind kind, struct date day,
				       struct id after, struct pool *pool, struct record_row *out, size_t max,
				       size_t *count, struct err *err);
/* Each of one UTC day, in id order, with what rules go by and how much it holds: without status, part and payload, but
 * payload_len; agent and parties only with `people`. Several times as fast. `visit` may read other things; stops at the
 * first that fails. */
typedef enum result record_visit(void *arg, const struct record_row *row, struct err *err);
MUST_CHECK enum result record_look_day(struct db *db, uint32_t account, enum record_kind kind, struct date day,
				       bool people, record_visit *visit, void *arg, struct err *err);
/* A day as a whole, where functions ask for one of its parts. */
#define PART_ALL (-1)
/* Deletes what of that day is neither under a hold's key nor of the part `but` (PART_ALL: nothing is spared); one range. */
MUST_CHECK enum result record_delete_day(struct db *db, uint32_t account, enum record_kind kind, struct date day,
					 int but, int64_t *deleted, struct err *err);
/* How many of that day, and how many of those record_delete_day would spare: the second look after a sweep. */
MUST_CHECK enum result record_count_day(struct db *db, uint32_t account, enum record_kind kind, struct date day,
					int but, int64_t *all, int64_t *spared, struct err *err);
/* Is one of a day, or of the days from `first` to `last`, under a hold's key, or one of a day not? Neither counts them. */
MUST_CHECK enum result record_has_held(struct db *db, uint32_t account, enum record_kind kind, struct date first,
				       struct date last, bool *has, struct err *err);
MUST_CHECK enum result record_has_unheld(struct db *db, uint32_t account, enum record_kind kind, struct date day,
					 bool *has, struct err *err);
/* Is a record of that day sealed under that part's key? */
MUST_CHECK enum result record_has_part(struct db *db, uint32_t account, enum record_kind kind, struct date day,
				       int part, bool *has, struct err *err);
/* The days that have records, by looking from day to day and not at each record. ERR_NOT_FOUND after the last. */
MUST_CHECK enum result record_next_day(struct db *db, uint32_t account, enum record_kind kind, struct date after,
				       struct date *out, struct err *err);

#endif
