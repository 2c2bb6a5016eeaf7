/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of clients: IPv4 as IPv6 has it (::ffff:a.b.c.d, RFC 4291), so
 * there is one kind.  Which proxies are believed about whom they speak for.
 */
#ifndef LETHE_NET_ADDRESS_H
#define LETHE_NET_ADDRESS_H

#include <sys/socket.h>
#include "net/request.h"

/* Of a peer; zeros when it is neither IPv4 nor IPv6. */
struct address address_of(const struct sockaddr *from);
/* "127.0.0.1", "2001:db8::1". */
MUST_CHECK enum result address_parse(const char *text, struct address *out, struct err *err);
char *address_format(const struct address *address, char out[ADDRESS_TEXT_MAX]); /* IPv4 as IPv4; returns `out` */
bool address_equal(const struct address *a, const struct address *b);
/* Who can be one and the same: an IPv4 address, the /64 of an IPv6 address. */
struct address address_group(const struct address *address);

struct address_block {
	struct address address;
	int bits;
};
/* "10.0.0.0/8", "::1", "2001:db8::/32". */
MUST_CHECK enum result address_block_parse(const char *text, struct address_block *out, struct err *err);
bool address_in(const struct address *address, const struct address_block *block);

/* Not routed to everywhere, or special: private, loopback, link-local, shared, multicast, reserved, documentation; and
 * of IPv6 whatever leads to an IPv4 address by another way (mapped, 6to4, Teredo, NAT64). */
bool address_is_inside(const struct address *address);

/* Who is behind `peer`: itself unless it is in `trusted`; then the last entry of `forwarded` (X-Forwarded-For; may be
 * NULL; with ports or without) that is not. Something there that is no address ends the walk: then it is the last that was one. */
struct address address_behind(const struct address *peer, const char *forwarded, const struct address_block *trusted,
			      size_t count);

#endif
