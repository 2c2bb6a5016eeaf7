/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Failed sign-ins cost time, and lock nobody out.
 *
 * What is counted is who was named together with where from (of IPv6 also with
 * the whole network, since one customer may have 65,536), where from alone,
 * a device that signed in before, and codes that did not fit a right password.
 * So a stranger who guesses at somebody's password slows down their own
 * address: the same user gets in from another one, and from a device that they
 * used before wherever it is.
 *
 * An attempt is charged before it is made, so that many at once get no more
 * tries than one after another; when it turns out well the charge is taken
 * back.  Memory is bounded: of those who share a place in the table the one
 * that was quiet longest is forgotten.  Places are found by a hash under a
 * random key, so that nobody can choose whose they share.  Thread safe; kept
 * in memory only.
 */
#ifndef LETHE_ACCESS_LOCKOUT_H
#define LETHE_ACCESS_LOCKOUT_H

#include "base/time.h"

enum lockout_what { LOCKOUT_NAME, LOCKOUT_ADDRESS, LOCKOUT_DEVICE, LOCKOUT_CODE, LOCKOUT_NETWORK, LOCKOUT_KINDS };

/* So many fail for free; then each wait is twice the last one, up to the longest. After the quiet time all is forgotten. */
struct lockout_rule { uint32_t free; struct duration first, longest, quiet; };
const struct lockout_rule *lockout_rule(enum lockout_what what);

struct lockout;
struct lockout_key { enum lockout_what what; uint64_t bits[2]; };

/* For about `entries` of them. */
MUST_CHECK enum result lockout_new(size_t entries, struct lockout **out, struct err *err);
void lockout_free(struct lockout *lockout); /* NULL is fine */

/* `parts` are told apart from each other. */
struct lockout_part { const void *data; size_t len; };
struct lockout_key lockout_key(const struct lockout *lockout, enum lockout_what what, const struct lockout_part *parts,
			       size_t count);

/* Charges an attempt to all keys; or, when any of them has to wait, to none, and says how long. */
struct duration lockout_charge(struct lockout *lockout, const struct lockout_key *keys, size_t count,
			       struct instant now);
/* Takes one charge back: nothing was tried after all, or for a key that others share. */
void lockout_refund(struct lockout *lockout, const struct lockout_key *key);
/* It was them: forgets what was counted. */
void lockout_clear(struct lockout *lockout, const struct lockout_key *key);

/* Where from: an IPv4 address, or the /64 of an IPv6 one, which one customer has to themselves. `address` is a
 * struct sockaddr. Returns the length; another family is one place for all. */
#define LOCKOUT_ADDRESS_MAX 9
size_t lockout_address(const void *address, unsigned char out[LOCKOUT_ADDRESS_MAX]);
/* The same of the /48 that an IPv6 address is in; 0 of all others, which are in none. */
size_t lockout_network(const void *address, unsigned char out[LOCKOUT_ADDRESS_MAX]);

#endif
