/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Legal holds, and the records that only a hold still keeps.
 */
#ifndef LETHE_STORE_HOLD_H
#define LETHE_STORE_HOLD_H

#include "store/column.h"
#include "store/kind.h"

#define HOLD_PREFIX "hold"

/* Stored: only add. A restriction (GDPR art. 18) keeps what a policy would delete, but not what an erasure asks for. */
enum hold_type { HOLD_LEGAL = 1, HOLD_RESTRICTION = 2 };

struct hold_row {
	uint32_t account;
	int64_t hold;          /* small, internal; never given out twice */
	struct id id;
	enum hold_type type;
	bool has_person;
	struct id person;
	int64_t identity;      /* 0: any. A party or the account's own number */
	int64_t number;        /* 0: any. The account's own number */
	int64_t agent;         /* 0: any. A user's identity */
	int64_t queue, campaign, tag; /* labels; 0: any */
	uint32_t kinds;        /* bit set of 1 << kind; 0: all */
	bool has_from, has_until;
	struct instant from, until; /* [from, until) of occurred_at */
	const unsigned char *reason; /* sealed under the account's data key; in the pool */
	size_t reason_len;
	const unsigned char *custodian, *matter; /* sealed likewise; empty: none said */
	size_t custodian_len, matter_len;
	struct instant created;
	bool released;
	struct instant released_at;
};

MUST_CHECK enum result hold_insert(struct db *db, const struct hold_row *row, struct err *err);
MUST_CHECK enum result hold_find(struct db *db, uint32_t account, struct id id, struct pool *pool,
				 struct hold_row *out, struct err *err);
MUST_CHECK enum result hold_get(struct db *db, uint32_t account, int64_t hold, struct pool *pool, struct hold_row *out,
				struct err *err);
/* Up to max with number above `after`, ascending; all, or those not released. */
MUST_CHECK enum result hold_list(struct db *db, uint32_t account, bool active_only, int64_t after, struct pool *pool,
				 struct hold_row *out, size_t max, size_t *count, struct err *err);
/* ERR_NOT_FOUND when it is released already or not there. */
MUST_CHECK enum result hold_set_released(struct db *db, uint32_t account, int64_t hold, struct instant now,
					 struct err *err);

/* Has an active hold this person for its scope? */
MUST_CHECK enum result hold_names_person(struct db *db, uint32_t account, struct id person, bool *names,
					 struct err *err);
/* When no identity is left to `from`, its active holds are of `to`, who has them now. */
MUST_CHECK enum result hold_follow(struct db *db, uint32_t account, struct id from, struct id to, struct err *err);

/* Whose it is, as another copy of the data says; for a hold on a person. No-op when it is not there. */
MUST_CHECK enum result hold_set_person(struct db *db, uint32_t account, int64_t hold, struct id person,
				       struct err *err);

/* Inside the transaction that deletes an identity of `person`: every active legal hold on them goes on covering it.
 * A restriction does not, for it ends with them. */
MUST_CHECK enum result hold_keep_identity(struct db *db, uint32_t account, struct id person, int64_t identity,
					  struct err *err);
/* No-op when it is there. */
MUST_CHECK enum result hold_identity_insert(struct db *db, uint32_t account, int64_t hold, int64_t identity,
					    struct err *err);
/* Up to max of a hold above `after`, ascending. */
MUST_CHECK enum result hold_identity_list(struct db *db, uint32_t account, int64_t hold, int64_t after, int64_t *out,
					  size_t max, size_t *count, struct err *err);

/* Stored: only add. What is put aside is due for nothing yet: an erasure has sealed it so that the person's keys can go,
 * and they have not gone (vault/aside.h). */
enum held_cause { HELD_EXPIRED = 1, HELD_ERASED = 2, HELD_ASIDE = 3 };
/* The kind under which a contact is listed. */
#define HELD_CONTACT 0
struct held_row {
	uint32_t account;
	int64_t hold;
	enum record_kind kind;
	struct id id;
	enum held_cause cause;
	struct instant due; /* HELD_ASIDE: when the erasure was asked for */
};
MUST_CHECK enum result held_insert(struct db *db, const struct held_row *row, struct err *err);
MUST_CHECK enum result held_get(struct db *db, uint32_t account, int64_t hold, enum record_kind kind, struct id id,
				struct held_row *out, struct err *err);
MUST_CHECK enum result held_list(struct db *db, uint32_t account, int64_t hold, enum record_kind after_kind,
				 struct id after, struct held_row *out, size_t max, size_t *count, struct err *err);
/* Each, in order; read in batches, so `visit` may change them. Stops at the first that fails. */
typedef enum result held_visit(void *arg, const struct held_row *held, struct err *err);
MUST_CHECK enum result held_walk(struct db *db, uint32_t account, int64_t hold, held_visit *visit, void *arg,
				 struct err *err);
/* What had expired or was put aside is erased by now: no restriction keeps it any more. No-op when it is not listed, or was erased. */
MUST_CHECK enum result held_set_erased(struct db *db, uint32_t account, int64_t hold, enum record_kind kind, struct id id,
				       struct instant due, struct err *err);
MUST_CHECK enum result held_delete(struct db *db, uint32_t account, int64_t hold, enum record_kind kind, struct id id,
				   struct err *err);
MUST_CHECK enum result held_count(struct db *db, uint32_t account, int64_t hold, int64_t *out, struct err *err);

#endif
