/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Legal holds and restrictions: what they cover, and keeping what would
 * otherwise be gone.
 *
 * A record that a legal hold covers is deleted by nothing.  When its day expires
 * or its person is erased, it is first sealed anew under the hold's own key
 * (holds_keep), so that the period's or the person's key can go.  A restriction
 * (GDPR art. 18) is a hold on one person that keeps what a policy would delete,
 * and does not stand in the way of an erasure: who erases asks holds_legal.
 */
#ifndef LETHE_RETENTION_HOLDS_H
#define LETHE_RETENTION_HOLDS_H

#include "retention/duties.h"
#include "store/hold.h"
#include "vault/accounts.h"

#define HOLDS_MAX 1024 /* active holds and restrictions of one account */
#define HOLD_IDENTITIES_MAX 256
#define HOLD_REASON_MAX 4000
#define HOLD_NAME_MAX 400 /* of a custodian, a matter */

/* The active holds of an account, with what their scopes resolve to. */
struct hold_set {
	uint32_t account;
	size_t count;
	size_t legal;              /* how many of them are legal holds: those come first */
	struct hold_scope *scopes; /* by age within each type; in the pool */
	int64_t *named;            /* after holds_find_days: whom scopes name, sorted; in the pool */
	size_t named_count;
};
struct hold_scope {
	struct hold_row row;
	int64_t *identities;    /* of row.person when has_person: those they have, then those an erasure took */
	size_t identity_count;
	bool has_days;          /* it was found of which days something may be covered: holds_find_days */
	struct hold_day *days;  /* then they, sorted; in the pool */
	size_t day_count;
};
struct hold_day { enum record_kind kind; struct date day; };
int hold_day_compare(const void *a, const void *b); /* for qsort and bsearch */
MUST_CHECK enum result holds_load(struct session *session, uint32_t account, struct pool *pool, struct hold_set *out,
				  struct err *err);
/* What a row's scope resolves to now. */
MUST_CHECK enum result holds_resolve(struct session *session, const struct hold_row *row, struct pool *pool,
				     struct hold_scope *scope, struct err *err);
/* Those that stand in the way of an erasure too. Borrows the scopes. */
struct hold_set holds_legal(const struct hold_set *set);
/* Those that may keep what is listed so: what was erased, legal holds alone. Borrows the scopes. */
struct hold_set holds_for(const struct hold_set *set, const struct held_row *held);
/* As if `hold` were released. */
void holds_leave_out(struct hold_set *set, int64_t hold);
/* Does every part of the scope that is given fit? An identity fits a party of any role or the account's own number. Pure:
 * whatever asks what a hold covers asks this. */
bool holds_fit(const struct hold_scope *scope, const struct record_row *row);
/* The oldest legal hold that covers the record, else the oldest restriction; NULL when none does. Pure. */
const struct hold_scope *holds_cover(const struct hold_set *set, const struct record_row *row);
/* The same after `after`, for all that cover it. */
const struct hold_scope *holds_cover_next(const struct hold_set *set, const struct record_row *row,
					  const struct hold_scope *after);
/* The first that covers a contact: one of a person or identity, and of nothing else. */
const struct hold_scope *holds_cover_contact(const struct hold_set *set, const struct contact_row *row);
/* Could any record of this kind and day be covered? false spares looking at the records. After holds_find_days: of those
 * that were there then. */
bool holds_touch_period(const struct hold_set *set, enum record_kind kind, struct date day);
/* Of records of that day that are alike in number, queue, campaign and tags, and in which there is nobody whom a hold names,
 * are all covered or none? Not where one begins or ends within the day. After holds_find_days. */
bool holds_go_by_sort(const struct hold_set *set, enum record_kind kind, struct date day);
/* Is somebody in it whom a hold names? After holds_find_days. */
bool holds_name(const struct hold_set *set, const struct record_row *row);
bool hold_scope_touches(const struct hold_scope *scope, enum record_kind kind, struct date day);

/* Those whose party rows lead to every record of the scope (of one that is narrowed by a person, an identity or an agent);
 * count 0: none do. An own number has no party rows. */
MUST_CHECK enum result holds_lanes(struct session *session, const struct hold_scope *scope, struct pool *pool,
				   const int64_t **lanes, size_t *count, struct err *err);
/* For who asks of many days: finds those of scopes that lead to records, with one look for each month and day of theirs. Of
 * a scope that leads to nobody, and where days are very many, each is touched as before. */
MUST_CHECK enum result holds_find_days(struct session *session, struct hold_set *set, struct pool *pool, struct err *err);
/* What it does for holds_name. */
MUST_CHECK enum result holds_find_named(struct hold_set *set, struct pool *pool, struct err *err);
/* The same for who destroys the keys of days from `first` to `last`, and asks of no others: of records under those keys,
 * and not of what is under a hold's already. What it says holds for the transaction it is asked in. */
MUST_CHECK enum result holds_find_due_days(struct session *session, struct hold_set *set, struct date first,
					   struct date last, struct pool *pool, struct err *err);

/* Inside a write transaction, while the record's old keys still open it: seals payload and media keys anew under the
 * hold's key (made when it is the first) and lists it as held. A record that is under a hold's key already is left; of one
 * that was cut down under a duty all that is left is kept. */
MUST_CHECK enum result holds_keep(struct session *session, const struct hold_scope *scope, struct record_row *row,
				  enum held_cause cause, struct instant due, struct pool *pool, struct err *err);
MUST_CHECK enum result holds_keep_contact(struct session *session, const struct hold_scope *scope,
					  struct contact_row *row, enum held_cause cause, struct instant due,
					  struct pool *pool, struct err *err);
/* Would they leave what is under the key of `hold` (0: none)? */
MUST_CHECK enum result holds_leave_be(struct session *session, const struct hold_scope *scope, int64_t hold,
				      struct pool *pool, bool *leave, struct err *err);

/* ---- adding and ending (holds_change.c) ---- */

/* The grounds of GDPR art. 18(1), (a) to (d). */
enum restriction_ground { GROUND_NONE, GROUND_ACCURACY, GROUND_UNLAWFUL, GROUND_CLAIMS, GROUND_OBJECTION };
const char *ground_name(enum restriction_ground ground); /* "accuracy", "unlawful", "claims", "objection" */
bool ground_parse(const char *name, enum restriction_ground *out);

struct hold_request {
	bool has_person; struct id person;
	int64_t identity;          /* 0: any; a party or the account's own number */
	int64_t number, agent;     /* 0: any; identities of these kinds */
	int64_t queue, campaign, tag; /* labels; 0: any */
	uint32_t kinds;            /* bit set of 1 << kind; 0: all */
	bool has_from, has_until; struct instant from, until;
	const char *reason;        /* required */
	const char *custodian, *matter; /* NULL: none said */
};
/* Its scope, as it would be added: refused when anything in it does not exist. Stores nothing. */
MUST_CHECK enum result holds_scope_of(struct session *session, const struct account *account,
				      const struct hold_request *request, struct pool *pool, struct hold_scope *out,
				      struct err *err);
MUST_CHECK enum result holds_add(struct vault *vault, const struct account *account, const struct hold_request *request,
				 struct instant now, struct id *out, struct err *err);
/* What became of what a hold or restriction kept, when it ended: retention/handover.h. */
struct handed {
	int64_t held; /* handed to other holds and restrictions; contacts included */
	int64_t cut;  /* handed to obligations, and cut down to the fields they name */
	int64_t due;  /* nothing else keeps it: the next `retention run` deletes it */
};
MUST_CHECK enum result holds_release(struct vault *vault, const struct account *account, struct id hold,
				     struct instant now, struct handed *out, struct err *err);

/* Restricts a person (GDPR art. 18). ERR_EXISTS when they are already. `reason` may be NULL. The ground is kept as the
 * row's matter. */
MUST_CHECK enum result holds_restrict(struct vault *vault, const struct account *account, struct id person,
				      enum restriction_ground ground, const char *reason, struct instant now,
				      struct id *out, struct err *err);
/* Ends every restriction of the person, who was told of it on `told` (art. 18(3)): not after today, not before it was
 * made. ERR_NOT_FOUND when there is none. */
MUST_CHECK enum result holds_unrestrict(struct vault *vault, const struct account *account, struct id person,
					struct date told, struct instant now, struct handed *out, struct err *err);
/* The next active restriction of the person whose number is above `after`. */
MUST_CHECK enum result holds_restriction(struct session *session, uint32_t account, struct id person, int64_t after,
					 struct pool *pool, bool *found, struct hold_row *out, struct err *err);
/* Inside a write transaction: the restrictions of somebody who is erased end with them. */
MUST_CHECK enum result holds_end_restrictions(struct session *session, uint32_t account, struct id person,
					      struct instant now, struct pool *pool, struct err *err);

/* The sealed texts of a hold, opened; "" for what was not said. */
struct hold_texts { const char *reason, *custodian, *matter; };
MUST_CHECK enum result holds_open_texts(struct session *session, const struct hold_row *row, struct pool *pool,
					struct hold_texts *out, struct err *err);
/* The leaf of a look at holds, whose texts and names are personal. On disk before anything is shown; outside the
 * writer. */
MUST_CHECK enum result holds_note_read(struct session *session, uint32_t account, struct instant now, struct err *err);
/* Likewise of what a hold of that scope would cover: how much there is on somebody is personal too. */
MUST_CHECK enum result holds_note_preview(struct session *session, const struct hold_row *row, struct instant now,
					  struct err *err);

#endif
