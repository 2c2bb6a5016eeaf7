/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How often somebody may: token buckets, one a key.
 *
 * A bucket holds `quota` and fills evenly, whole in `window_s` seconds; each
 * request takes its cost.  Who was not heard of has a full bucket, so a full
 * bucket need not be remembered.  That bounds the table: it is a fixed number
 * of places in sets of eight, chosen by a hash with a secret key; in a full set
 * the bucket that is nearest to full makes way.  So nobody can fill it, nor
 * choose whom to push out, and being pushed out is no harm.
 *
 * Headers: draft-ietf-httpapi-ratelimit-headers-10 (RateLimit-Policy and
 * RateLimit, structured fields), and Retry-After with a 429.
 */
#ifndef LETHE_NET_RATE_H
#define LETHE_NET_RATE_H

#include "base/time.h"
#include "net/request.h"
#include "net/response.h"

struct rate_limit {
	const char *name;  /* of the policy in the headers, a literal: "token", "address" */
	uint32_t quota;    /* 1 to 1,000,000 */
	uint32_t window_s; /* 1 second to 7 days */
};

/* By what: 16 bytes of a token's or account's id, or of an address (address_group; a door is by address too). Kinds do not
 * meet. */
enum rate_kind { RATE_ADDRESS, RATE_DOOR, RATE_TOKEN, RATE_USER, RATE_ACCOUNT };
struct rate_key {
	enum rate_kind kind;
	unsigned char bytes[16];
};
struct rate_key rate_key_address(const struct address *address);
struct rate_key rate_key_id(enum rate_kind kind, struct id id);

struct rate_state {
	uint32_t remaining;     /* whole requests that are left now */
	uint32_t reset_s;       /* seconds until the bucket is full */
	uint32_t retry_after_s; /* of a refusal: until there is enough; 0 otherwise */
};

struct rate;

/* `places` is rounded up to a power of two, at least 64; some 40 bytes each. */
MUST_CHECK enum result rate_new(const struct rate_limit *limit, size_t places, struct rate **out, struct err *err);
void rate_free(struct rate *rate); /* NULL is fine */
/* Takes `cost` from the bucket; false, taking nothing, when there is not enough. Any number of threads. `now` that goes
 * back counts as standing still. */
bool rate_take(struct rate *rate, const struct rate_key *key, uint32_t cost, struct instant now,
	       struct rate_state *state);
/* RateLimit-Policy and RateLimit; also Retry-After after a refusal. Several limits add up to a list. */
void rate_headers(struct response *response, const struct rate *rate, const struct rate_state *state);

#endif
