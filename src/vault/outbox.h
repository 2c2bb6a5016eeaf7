/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Events: which acts others want to hear of, and what they are told.
 *
 * An act's events are made as its leaf is appended (vault/act.c), so that no
 * event is lost and none tells of what did not happen.  What an event says is
 * what its leaf says: opaque ids, counts, times and fixed words, nothing
 * personal and nothing sealed.  An import has one leaf for many things; its
 * events list their ids, EVENT_IDS_MAX each.
 *
 * As the receiver gets it:
 *
 *     {"id":"evt_..","type":"person.erased","timestamp":"2026-..","account":"acc_..","data":{..}}
 */
#ifndef LETHE_VAULT_OUTBOX_H
#define LETHE_VAULT_OUTBOX_H

#include "base/buf.h"
#include "store/event.h"
#include "store/kind.h"

#define EVENT_IDS_MAX 500
#define EVENT_BODY_MAX 32768 /* bytes of what a receiver gets */

/* What the act of that name tells others, in the transaction of its leaf. Nothing for most acts, and for those of no
 * account. */
MUST_CHECK enum result outbox_act(struct db *data, const char *act, uint32_t account, uint64_t seq, struct instant at,
				  struct err *err);

/* Things of one leaf that are told of as a list. Zeroed: none. */
#define OUTBOX_CONTACT 0 /* a kind like those of records */
struct outbox_list { unsigned char *packed; size_t count, room; };
MUST_CHECK enum result outbox_add(struct outbox_list *list, int kind, struct id id, struct err *err);
/* Writes them; *n is the number of the leaf's next event. */
MUST_CHECK enum result outbox_put(struct db *data, const struct outbox_list *list, enum event_type type,
				  uint32_t account, uint64_t seq, int *n, struct instant at, struct err *err);
void outbox_free(struct outbox_list *list);

/* Are the packed ids whole? */
bool outbox_ids_whole(const struct event_row *row);
/* The JSON of an event, on one line. Of one whose leaf was pruned `data` is empty. ERR_CORRUPT. */
MUST_CHECK enum result outbox_write(struct db *data, const struct event_row *row, struct id account, struct pool *pool,
				    struct buf *out, struct err *err);

#endif
