/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A mail that somebody waits for: sent at once, or said why not.  Nothing of it
 * is stored, so it may hold a secret.
 */
#ifndef LETHE_NOTIFY_LETTER_H
#define LETHE_NOTIFY_LETTER_H

#include "base/pool.h"
#include "base/time.h"
#include "notify/smtp.h"
#include "notify/template.h"

struct letter {
	enum mail_template template;
	const struct template_value *values;
	const char *to;
	struct instant now;
};

/* The server is given ten seconds. ERR_INPUT: `to` is no address, or the server takes nothing for it; ERR_BUSY: it took
 * nothing from anybody. */
MUST_CHECK enum result letter_send(const struct smtp_server *server, const struct letter *letter, struct pool *pool,
				   struct err *err);

#endif
