/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The outbox: what has happened in an account, for whoever acts on it. An event hangs on the leaf of the act that it
 * tells of, and is made in the same transaction.
 */
#ifndef LETHE_STORE_EVENT_H
#define LETHE_STORE_EVENT_H

#include "base/id.h"
#include "base/pool.h"
#include "db/db.h"

#define EVENT_PREFIX "evt"

/* Stored: only add. */
enum event_type {
	EVENT_ACCOUNT_CREATED = 1, EVENT_ACCOUNT_UPDATED = 2, EVENT_ACCOUNT_CANCELLED = 3, EVENT_ACCOUNT_REOPENED = 4,
	EVENT_ACCOUNT_ENDING = 5,
	EVENT_CONTACT_CREATED = 6, EVENT_CONTACT_UPDATED = 7, EVENT_CONTACT_DELETED = 8, EVENT_CONTACT_RESTORED = 9,
	EVENT_PERSON_ERASED = 10, EVENT_PERSON_RESTRICTED = 11, EVENT_PERSON_UNRESTRICTED = 12, EVENT_PERSON_LINKED = 13,
	EVENT_PERSON_UNLINKED = 14,
	EVENT_RECORD_CREATED = 15, EVENT_RECORD_ANONYMISED = 16, EVENT_RECORDING_READY = 17,
	EVENT_RETENTION_EXPIRING = 18, EVENT_RETENTION_DONE = 19,
	EVENT_POLICY_CHANGED = 20, EVENT_OBLIGATION_CHANGED = 21, EVENT_HOLD_ADDED = 22, EVENT_HOLD_RELEASED = 23,
	EVENT_JOB_STARTED = 24, EVENT_JOB_DONE = 25, EVENT_JOB_FAILED = 26,
	EVENT_USER_ADDED = 27, EVENT_USER_REMOVED = 28, EVENT_USER_INVITED = 29,
	EVENT_WEBHOOK_DISABLED = 30, EVENT_WEBHOOK_TEST = 31,
	EVENT_JOB_ENDED = 32,
};
#define EVENT_TYPE_COUNT 33
const char *event_type_name(enum event_type type); /* "person.erased" */
bool event_type_parse(const char *name, size_t len, enum event_type *out);

struct event_row {
	uint32_t account;
	uint64_t seq;             /* the leaf */
	int n;                    /* counted within the leaf, from 0 */
	enum event_type type;
	struct id id;             /* evt_ : its time is when */
	const unsigned char *ids; /* what it is about, where the leaf does not say: packed by vault/outbox.h; in the pool */
	size_t ids_len;
};

MUST_CHECK enum result event_insert(struct db *db, const struct event_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result event_get(struct db *db, uint32_t account, struct id id, struct pool *pool,
				 struct event_row *out, struct err *err);
MUST_CHECK enum result event_at(struct db *db, uint32_t account, uint64_t seq, int n, struct pool *pool,
				struct event_row *out, struct err *err);
/* Those after (seq, n), in order, up to max; n -1: from that leaf on. */
MUST_CHECK enum result event_list(struct db *db, uint32_t account, uint64_t seq, int n, struct pool *pool,
				  struct event_row *out, size_t max, size_t *count, struct err *err);
MUST_CHECK enum result event_any_before(struct db *db, uint32_t account, struct instant before, bool *any,
					struct err *err);
/* Up to max of those from before `before`. */
MUST_CHECK enum result event_delete_before(struct db *db, uint32_t account, struct instant before, int64_t max,
					   int64_t *deleted, struct err *err);
/* All of an account's, for a restore. */
MUST_CHECK enum result event_clear(struct db *db, uint32_t account, struct err *err);

#endif
