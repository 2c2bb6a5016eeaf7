/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Persons: found by whatever is known of them, shown, linked and unlinked.
 */
#ifndef LETHE_PRIVACY_PERSON_H
#define LETHE_PRIVACY_PERSON_H

#include "store/party.h"
#include "vault/accounts.h"

#define PERSON_IDENTITIES_MAX 256
#define PERSON_FOUND_MAX 200

/* Finds the persons that `who` may mean: a per_ id; an identifier in any spelling (phone, e-mail, external id, agent id
 * or own number: those too are people or lead to them); else the words of a contact's name.
 * Distinct, at most max; count 0 when there is none. */
MUST_CHECK enum result person_find(struct session *session, const struct account *account, const char *who,
				   struct pool *pool, struct id *out, size_t max, size_t *count, struct err *err);
/* Exactly one. ERR_NOT_FOUND; ERR_INPUT when several fit, naming their ids in the mend. */
MUST_CHECK enum result person_find_one(struct session *session, const struct account *account, const char *who,
				       struct pool *pool, struct id *out, struct err *err);

struct person_identity { int64_t identity; enum identity_kind kind; const char *value; struct instant created; };
struct person {
	struct id id;
	struct person_identity identities[PERSON_IDENTITIES_MAX];
	size_t identity_count;
	struct id *contacts; /* each once, in the order of their ids, however many; in the pool */
	size_t contact_count;
	struct id
	    *deleted; /* contacts that were deleted and can still be brought back, or that a hold keeps; likewise */
	size_t deleted_count;
	int64_t records[KIND_COUNT]; /* by kind; counted only by person_load_counts */
	struct instant first, last;  /* of their records; both 0 when there is none */
};
/* Identities and contacts, opened. ERR_NOT_FOUND when the person has no identities. */
MUST_CHECK enum result person_load(struct session *session, const struct account *account, struct id id,
				   struct pool *pool, struct person *out, struct err *err);
MUST_CHECK enum result person_load_counts(struct session *session, const struct account *account,
					  struct person *person, struct err *err);

/* Walks a person's records, each once, in the order of party_key_compare without regard to which identity. */
struct walk_lane;
struct person_walk {
	uint32_t account;
	struct walk_lane *lanes; /* one per identity; in the pool */
	size_t lane_count;
};
MUST_CHECK enum result person_walk_begin(struct session *session, const struct account *account,
					 const struct person *person, struct pool *pool, struct person_walk *out,
					 struct err *err);
/* `*more` false at the end. */
MUST_CHECK enum result person_walk_next(struct session *session, struct person_walk *walk, struct party_key *out,
					bool *more, struct err *err);

/* Makes the persons of `a` and `b` one: b's identities move to a's. OK and `*changed` false when they are one
 * already. */
MUST_CHECK enum result person_link(struct vault *vault, const struct account *account, struct id a, struct id b,
				   struct instant now, bool *changed, struct err *err);
/* Takes one identity out into a person of its own. ERR_INPUT when it is the only one; ERR_HELD while a hold is on
 * the person: it would be free of it. */
MUST_CHECK enum result person_unlink(struct vault *vault, const struct account *account, struct id person,
				     int64_t identity, struct instant now, struct id *out, struct err *err);
/* The audit leaf of a read: who saw what, appended outside the writer. `what` is a literal act name. */
#define person_note_read(session, what, account, id, now, err) \
	person_note_read_((session), LOG_LITERAL(what), (account), (id), (now), (err))
MUST_CHECK enum result person_note_read_(struct session *session, const char *what, const struct account *account,
					 struct id id, struct instant now, struct err *err);

#endif
