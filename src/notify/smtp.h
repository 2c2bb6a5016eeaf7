/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Handing a mail to a server, by SMTP through libcurl: STARTTLS or TLS from
 * the beginning, certificates verified, a user and password where it wants
 * them.  The server is the operator's own choice, so any address will do.
 */
#ifndef LETHE_NOTIFY_SMTP_H
#define LETHE_NOTIFY_SMTP_H

#include <stdint.h>
#include "base/buf.h"

struct smtp_server {
	const char *url;      /* "smtp://mail.example.com:587", "smtps://mail.example.com" */
	bool plain;           /* without TLS: for a server on this machine */
	const char *user;     /* NULL: nobody signs in */
	const char *password;
	const char *from;     /* whose mails they are */
	const char *ca_file;  /* certificates to trust; NULL: the system's */
	int64_t timeout_ms;   /* 0: half a minute */
};

/* Is it one that can be asked? ERR_INPUT. */
MUST_CHECK enum result smtp_check(const struct smtp_server *server, struct err *err);
/* `*status` is what the server answered last, 0 when nothing. ERR_IO: it did not take it. Thread safe. */
MUST_CHECK enum result smtp_send(const struct smtp_server *server, const char *to, const struct buf *mail, int *status,
				 struct err *err);
/* Would it be refused again? */
bool smtp_is_final(int status);

#endif
