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

/* Why a mail was not taken. */
enum smtp_fault {
	SMTP_FINE,
	SMTP_NAME,        /* the server's name leads nowhere */
	SMTP_CONNECTION,  /* it could not be connected to, or hung up, or spoke no SMTP */
	SMTP_TIME,        /* no answer in time */
	SMTP_TLS,         /* it offers no STARTTLS, or TLS failed */
	SMTP_CERTIFICATE, /* not one of those trusted, or of another name, or past its time */
	SMTP_LOGIN,       /* it does not let the user in */
	SMTP_SERVER,      /* it refused before it was said for whom the mail is */
	SMTP_LATER,       /* it does not take this one now */
	SMTP_REFUSED,     /* it does not take this one, and would not another time: 550 to 554 for its recipient or the mail */
};
const char *smtp_fault_name(enum smtp_fault fault); /* "connection"; "" of none */

struct smtp_answer {
	enum smtp_fault fault;
	int status;       /* of its last reply, where that took or refused the mail; 0: it did neither */
	bool named;       /* it heard for whom the mail is; otherwise no mail would have fared better */
};

/* Is it one that can be asked? ERR_INPUT. */
MUST_CHECK enum result smtp_check(const struct smtp_server *server, struct err *err);
/* ERR_IO: it did not take it. Two seconds more than timeout_ms at the most, whatever it does. Thread safe. */
MUST_CHECK enum result smtp_send(const struct smtp_server *server, const char *to, const struct buf *mail,
				 struct smtp_answer *answer, struct err *err);

#endif
