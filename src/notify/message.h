/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A mail as bytes: RFC 5322, with a text for people and the same as HTML
 * (multipart/alternative, RFC 2046), both UTF-8 in quoted-printable (RFC
 * 2045); what of a subject is not ASCII by RFC 2047.
 *
 * No value can begin a header of its own or end the headers: of what goes into
 * one, line ends and control characters become spaces, and an address that has
 * any is none.
 */
#ifndef LETHE_NOTIFY_MESSAGE_H
#define LETHE_NOTIFY_MESSAGE_H

#include "base/buf.h"
#include "base/time.h"

#define MESSAGE_MAX ((size_t)1024 * 1024)
#define MESSAGE_ADDRESS_MAX 254 /* RFC 5321 */

struct message_out {
	const char *from, *to;
	const char *id;           /* unique, without the domain: the same when it is sent again */
	const char *list;         /* what kind of mail it is, "retention": for those that come again and again; NULL: none */
	const char *subject;      /* UTF-8 */
	const char *text, *html;  /* UTF-8, lines end with \n */
	struct instant date;
};

/* name@domain in ASCII without anything that would have to be quoted. */
bool message_address_ok(const char *address);
/* ERR_INPUT when an address is none. */
MUST_CHECK enum result message_write(const struct message_out *message, struct buf *out, struct err *err);

#endif
