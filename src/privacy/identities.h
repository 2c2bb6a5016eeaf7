/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Identities one by one: found by what they are, moved from one person to
 * another.  An identity is known by its number, which the log of acts names it
 * by; the number is of the account alone and never given out again.
 */
#ifndef LETHE_PRIVACY_IDENTITIES_H
#define LETHE_PRIVACY_IDENTITIES_H

#include "store/identity.h"
#include "vault/accounts.h"

#define IDENTITIES_FOUND_MAX 5 /* one of each kind */

/* ERR_NOT_FOUND; ERR_GONE when its key is destroyed. `value` and what the row points to are in the pool. */
MUST_CHECK enum result identities_open(struct session *session, uint32_t account, int64_t identity, struct pool *pool,
				       struct identity_row *out, const char **value, struct err *err);

/* The identity that `who` is when it is read as of that kind; only identity, kind and person are filled. `*exists` false
 * when there is none, or it cannot be of that kind. */
MUST_CHECK enum result identities_read_as(struct session *session, const struct account *account,
					  enum identity_kind kind, const char *who, struct pool *pool, bool *exists,
					  struct identity_row *out, struct err *err);
/* Those that `who` may be: an identifier in any spelling. Distinct, filled as above; count 0 when there is none.
 * ERR_INPUT when it is not UTF-8. */
MUST_CHECK enum result identities_find(struct session *session, const struct account *account, const char *who,
				       struct pool *pool, struct identity_row out[IDENTITIES_FOUND_MAX], size_t *count,
				       struct err *err);

/* The identity alone becomes that person's. `*changed` false when it is already. ERR_NOT_FOUND for an identity or a person
 * that is not there, ERR_GONE when its key is destroyed, ERR_HELD when a hold is on the person it would leave others of,
 * ERR_LIMIT when the person has as many as one can have, ERR_WRONG_STATE while one of the two is being erased. */
MUST_CHECK enum result identities_link(struct vault *vault, const struct account *account, int64_t identity,
				       struct id person, struct instant now, bool *changed, struct err *err);
/* It becomes a person of its own, `*out`. ERR_EXISTS when it is; else as above. */
MUST_CHECK enum result identities_unlink(struct vault *vault, const struct account *account, int64_t identity,
					 struct instant now, struct id *out, struct err *err);

/* The leaves of reads: of one, and of a page, from which to which. `what` is a literal act name. */
#define identities_note_read(session, what, account, identity, now, err) \
	identities_note_read_((session), LOG_LITERAL(what), (account), (identity), (now), (err))
MUST_CHECK enum result identities_note_read_(struct session *session, const char *what, const struct account *account,
					     int64_t identity, struct instant now, struct err *err);
MUST_CHECK enum result identities_note_list(struct session *session, const struct account *account,
					    const struct identity_row *rows, size_t count, struct instant now,
					    struct err *err);

#endif
