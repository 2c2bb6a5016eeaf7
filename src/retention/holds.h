/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Legal holds: what they cover, and keeping what would otherwise be gone.
 *
 * A record that a hold covers is deleted by nothing.  When its day expires or
 * its person is erased, it is first sealed anew under the hold's own key
 * (holds_keep), so that the period's or the person's key can go.
 */
#ifndef LETHE_RETENTION_HOLDS_H
#define LETHE_RETENTION_HOLDS_H

#include "store/hold.h"
#include "vault/accounts.h"

#define HOLDS_MAX 1024 /* active holds of one account */

/* The active holds of an account, with what their scopes resolve to. */
struct hold_set {
	uint32_t account;
	size_t count;
	struct hold_scope *scopes; /* in the pool */
};
struct hold_scope {
	struct hold_row row;
	int64_t *identities;    /* of row.person when has_person */
	size_t identity_count;
};
MUST_CHECK enum result holds_load(struct session *session, uint32_t account, struct pool *pool, struct hold_set *out,
				  struct err *err);
/* The oldest hold that covers the record, NULL when none does. Pure: every part of a scope that is given must fit;
 * a scope's identity fits a party of any role or the account's own number. */
const struct hold_scope *holds_cover(const struct hold_set *set, const struct record_row *row);
/* The oldest hold that covers a contact: one of a person or identity with neither kinds nor times. */
const struct hold_scope *holds_cover_contact(const struct hold_set *set, const struct contact_row *row);
/* Could any record of this kind and day be covered? false spares looking at the records. */
bool holds_touch_period(const struct hold_set *set, enum record_kind kind, struct date day);

/* Inside a write transaction, while the record's old keys still open it: seals payload and media keys anew under the
 * hold's key (made when it is the first) and lists it as held. A record that is under a hold's key already is left. */
MUST_CHECK enum result holds_keep(struct session *session, const struct hold_scope *scope, struct record_row *row,
				  enum held_cause cause, struct instant due, struct pool *pool, struct err *err);
MUST_CHECK enum result holds_keep_contact(struct session *session, const struct hold_scope *scope,
					  struct contact_row *row, struct instant due, struct pool *pool,
					  struct err *err);

/* Hands what a released hold kept to the active holds in `set` that cover it: one thing, or all of `hold`. What none
 * covers, or nobody can open any more, is left where it is: it is due. Inside a write transaction. */
MUST_CHECK enum result holds_hand_over(struct session *session, const struct hold_set *set,
				       const struct held_row *held, bool *moved, struct err *err);
MUST_CHECK enum result holds_hand_over_all(struct session *session, const struct hold_set *set, int64_t hold,
					   int64_t *moved, int64_t *due, struct err *err);

struct hold_request {
	bool has_person; struct id person;
	int64_t identity;          /* 0: any */
	uint32_t kinds;            /* bit set of 1 << kind; 0: all */
	bool has_from, has_until; struct instant from, until;
	const char *reason;        /* required */
};
MUST_CHECK enum result holds_add(struct vault *vault, const struct account *account, const struct hold_request *request,
				 struct instant now, struct id *out, struct err *err);
/* Releases it. What only this hold kept is handed to another hold that covers it, or becomes due: the next
 * `retention run` deletes it. `*due` counts those. */
MUST_CHECK enum result holds_release(struct vault *vault, const struct account *account, struct id hold,
				     struct instant now, int64_t *due, struct err *err);

#endif
