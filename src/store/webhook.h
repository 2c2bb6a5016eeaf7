/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks, and what was or is to be delivered to each: one row for each event.
 */
#ifndef LETHE_STORE_WEBHOOK_H
#define LETHE_STORE_WEBHOOK_H

#include "base/id.h"
#include "base/pool.h"
#include "db/db.h"

#define WEBHOOK_PREFIX "whk"

/* Stored: only add. */
enum webhook_state {
	WEBHOOK_ENABLED = 1,
	WEBHOOK_STOPPED = 2,  /* by hand */
	WEBHOOK_FAILING = 3,  /* nothing was delivered for days */
	WEBHOOK_GONE = 4,     /* it answered 410 */
};
#define WEBHOOK_STATE_LAST 4
const char *webhook_state_name(enum webhook_state state); /* "enabled" */

struct webhook_row {
	uint32_t account;
	struct id id;                     /* whk_ */
	const unsigned char *url;         /* sealed under the account's data key, as the next two; all in the pool */
	size_t url_len;
	const unsigned char *secret;
	size_t secret_len;
	const unsigned char *old_secret;  /* that signs too until old_until; empty: none */
	size_t old_secret_len;
	struct instant old_until;
	const char *types;                /* "person.erased,hold.*"; "": all */
	enum webhook_state state;
	const char *made_by;              /* an opaque id */
	struct instant created;
	uint64_t seq;                     /* each event up to this one has its row, where it is wanted */
	int n;
	struct instant failing_since;     /* the first of the last attempts, which all failed; 0: the last did not */
	struct instant rest_until;        /* it is not asked until then: it did not answer, or wants to be left alone; 0: it may be */
};

/* Inserts, or replaces the one of that id. */
MUST_CHECK enum result webhook_put(struct db *db, const struct webhook_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result webhook_get(struct db *db, uint32_t account, struct id id, struct pool *pool,
				   struct webhook_row *out, struct err *err);
/* Those after `after`, in order, up to max. */
MUST_CHECK enum result webhook_list(struct db *db, uint32_t account, struct id after, struct pool *pool,
				    struct webhook_row *out, size_t max, size_t *count, struct err *err);
/* The next enabled one of all accounts, in order of account and id. */
MUST_CHECK enum result webhook_next(struct db *db, uint32_t account, struct id after, bool *found, uint32_t *next,
				    struct id *id, struct err *err);
MUST_CHECK enum result webhook_delete(struct db *db, uint32_t account, struct id id, struct err *err);
MUST_CHECK enum result webhook_clear(struct db *db, uint32_t account, struct err *err); /* for a restore */

/* Stored: only add. */
enum delivery_state { DELIVERY_WAITING = 1, DELIVERY_DONE = 2, DELIVERY_FAILED = 3 };
#define DELIVERY_STATE_LAST 3
const char *delivery_state_name(enum delivery_state state); /* "waiting", "delivered", "failed" */

/* Why the last attempt was none. Stored: only add. */
enum delivery_fault {
	DELIVERY_FINE = 0,
	DELIVERY_STATUS = 1,      /* it answered with another status than 2xx */
	DELIVERY_INSIDE = 2,      /* its address is inside, and none that may be reached */
	DELIVERY_UNREACHABLE = 3, /* no name, no connection, no certificate, no answer in time */
	DELIVERY_EVENT_GONE = 4,  /* what was to be told is past its time */
	DELIVERY_URL = 5,         /* its URL may not be used (any more) */
	DELIVERY_DAMAGED = 6,     /* the event, its leaf, or the webhook's URL or secret cannot be read */
};
#define DELIVERY_FAULT_LAST 6
const char *delivery_fault_name(enum delivery_fault fault); /* "status", .. ; "" of none */

struct delivery_row {
	uint32_t account;
	struct id webhook, event;
	enum delivery_state state;
	int attempts;
	struct instant next;      /* waiting: not before */
	struct instant last;      /* the last attempt; 0: none */
	int status;               /* its HTTP status; 0: none */
	enum delivery_fault fault;
	int64_t took_ms;
};

/* Inserts, or replaces that of the webhook and event. */
MUST_CHECK enum result delivery_put(struct db *db, const struct delivery_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result delivery_get(struct db *db, uint32_t account, struct id webhook, struct id event,
				    struct delivery_row *out, struct err *err);
/* Those of a webhook whose event is before `before`, the newest first, up to max. */
MUST_CHECK enum result delivery_back(struct db *db, uint32_t account, struct id webhook, struct id before,
				     struct delivery_row *out, size_t max, size_t *count, struct err *err);
/* Those of the account after (webhook, event), in order, up to max. */
MUST_CHECK enum result delivery_list(struct db *db, uint32_t account, struct id webhook, struct id event,
				     struct delivery_row *out, size_t max, size_t *count, struct err *err);
/* What waits and may go from some moment of `from` to `until` on, what waited longest first. */
MUST_CHECK enum result delivery_due(struct db *db, uint32_t account, struct id webhook, struct instant from,
				    struct instant until, struct delivery_row *out, size_t max, size_t *count,
				    struct err *err);
MUST_CHECK enum result delivery_delete_webhook(struct db *db, uint32_t account, struct id webhook, struct err *err);
/* Up to max of those whose event is from before `before`. */
MUST_CHECK enum result delivery_delete_before(struct db *db, uint32_t account, struct instant before, int64_t max,
					      int64_t *deleted, struct err *err);
MUST_CHECK enum result delivery_clear(struct db *db, uint32_t account, struct err *err); /* for a restore */

#endif
