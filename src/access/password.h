/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Passwords: what may be one, and their hashes.
 *
 * Rules are those of NIST SP 800-63B: length counts, composition does not, and
 * what is tried first is refused.  A password is composed (NFC) before anything
 * else is done with it.  Hashes are Argon2id (RFC 9106) as libsodium writes
 * them, parameters included: "$argon2id$v=19$m=65536,t=2,p=1$..".
 *
 * A hash costs some 64 MiB and 50 to 100 ms on purpose, so only a few are
 * made at once in a process: see password_gate.
 */
#ifndef LETHE_ACCESS_PASSWORD_H
#define LETHE_ACCESS_PASSWORD_H

#include <stdbool.h>
#include "base/pool.h"

#define PASSWORD_LEAST 12      /* characters */
#define PASSWORD_MOST 256
#define PASSWORD_HASH_MAX 128  /* terminator included */
#define PASSWORD_MEMORY ((size_t)64 << 20)
#define PASSWORD_PASSES 2

/* Composed, in the pool, which wipes it. ERR_INPUT when it cannot be anybody's: no UTF-8, control characters, or longer
 * than any may be. */
MUST_CHECK enum result password_compose(const char *text, size_t len, struct pool *pool, const char **out,
					struct err *err);
/* The same for a new one, which must also be long enough, not one of those that are tried first, and not the name of the
 * user or the account with little else. Either name may be NULL. */
MUST_CHECK enum result password_accept(const char *text, size_t len, const char *user, const char *account,
				       struct pool *pool, const char **out, struct err *err);

/* How many hashes at once: `at_once` run, `waiting` more wait for them, all others get ERR_BUSY. Strangers have half of the
 * places to wait, and those who are known go before them: whoever comes from everywhere at once keeps nobody out who was in
 * before. Thread safe. */
struct password_gate;
enum password_whose {
	PASSWORD_STRANGERS, /* of whoever comes */
	PASSWORD_KNOWN,     /* from a device that somebody signed in from, or of who is in already */
};
MUST_CHECK enum result password_gate_new(size_t at_once, size_t waiting, struct password_gate **out, struct err *err);
void password_gate_free(struct password_gate *gate); /* NULL is fine */

/* A hash of who is known. */
MUST_CHECK enum result password_hash(struct password_gate *gate, const char *password, char out[PASSWORD_HASH_MAX],
				     struct err *err);
/* `*right`; and `*weak` when it is right and the hash costs less than a new one would: hash it anew. `hash` NULL: nobody's;
 * takes as long, and is never right. */
MUST_CHECK enum result password_verify(struct password_gate *gate, enum password_whose whose, const char *hash,
				       const char *password, bool *right, bool *weak, struct err *err);

#endif
