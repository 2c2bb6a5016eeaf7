/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: who has signed in and is let in by a cookie until they sign out,
 * are quiet for too long, or some time has passed whatever they do.
 *
 * The client holds 256 random bits (access/opaque.h); stored is their digest.
 * Requests that change something carry a second text too, which is made from
 * the session and never stored: who can make a browser send the cookie does
 * not know it.  All of a user's end when their password or role changes.
 */
#ifndef LETHE_ACCESS_SESSION_H
#define LETHE_ACCESS_SESSION_H

#include "access/actor.h"
#include "access/browser.h"
#include "access/opaque.h"
#include "store/user_session.h"
#include "vault/vault.h"

#define CSRF_LEN 43
#define SESSIONS_A_USER 50      /* beyond that the oldest ends */
#define SESSION_NOTED_MS 60000  /* how exactly it is known when it was seen last */

struct session_rule { struct duration idle, absolute; };
extern const struct session_rule session_rule_default; /* an hour, a day */
const char *session_how_name(enum session_how how);    /* "recovery_code" */

struct session_new { struct id id; struct opaque opaque; char csrf[CSRF_LEN + 1]; struct instant ends; };
/* By what somebody came in. */
struct session_by { enum session_how how; struct browser browser; };
/* Inside a write transaction: begins one. Its leaf is the caller's. */
MUST_CHECK enum result sessions_begin(struct session *session, const struct user_row *user, struct session_by by,
				      const struct session_rule *rule, struct instant now, struct session_new *out,
				      struct err *err);
void session_new_wipe(struct session_new *session);
/* The same for who has just signed in, which is noted with them and in a leaf. */
MUST_CHECK enum result sessions_enter(struct session *session, struct user_row *user, struct session_by by,
				      const struct session_rule *rule, struct instant now, struct session_new *out,
				      struct err *err);

struct signed_in { struct user_session_row session; struct user_row user; struct actor actor; };
/* Who it is. ERR_DENIED: there is no such session, or it has ended; one text for all. Notes that it was seen, at most
 * once a minute, or four times in what it may be idle, through the writer. user.name is in the pool, sealed. */
MUST_CHECK enum result sessions_find(struct vault *vault, const char *text, size_t len, const struct session_rule *rule,
				     struct instant now, struct pool *pool, struct signed_in *out, struct err *err);
/* The second text of a session, and whether `given` is it, in constant time. */
void session_csrf(const char *text, size_t len, char out[CSRF_LEN + 1]);
bool session_csrf_fits(const char *text, size_t len, const char *given);

/* Those of a user that have not ended, oldest first, up to max. Outside the writer; the leaf of a read is the caller's. */
MUST_CHECK enum result sessions_list(struct session *session, uint32_t account, int64_t user,
				     const struct session_rule *rule, struct instant now, struct user_session_row *out,
				     size_t max, size_t *count, struct err *err);
/* Ends one, by itself or by somebody else. ERR_NOT_FOUND. */
MUST_CHECK enum result sessions_end(struct vault *vault, uint32_t account, int64_t user, struct id id,
				    struct instant now, struct err *err);
/* Inside a write transaction: ends those that began in that way, of the user, or with user 0 of all users of the account but
 * `except` (0: of all). The leaf is the caller's. */
MUST_CHECK enum result sessions_end_begun(struct session *session, uint32_t account, int64_t user, int64_t except,
					  enum session_how how, int64_t *ended, struct err *err);
/* Ends all of a user's. */
MUST_CHECK enum result sessions_end_all(struct vault *vault, const struct user_row *user, struct instant now,
					int64_t *ended, struct err *err);

#endif
