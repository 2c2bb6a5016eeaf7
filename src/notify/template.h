/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What mails say: templates/mail, built in, each as text and as HTML. {{name}}
 * is replaced, in HTML with what is special there escaped. The text's first
 * line is the subject.
 */
#ifndef LETHE_NOTIFY_TEMPLATE_H
#define LETHE_NOTIFY_TEMPLATE_H

#include "base/buf.h"
#include "base/pool.h"

/* Stored: only add. */
enum mail_template { MAIL_RETENTION_EXPIRING = 1, MAIL_PERSON_ERASED = 2, MAIL_WEBHOOK_DISABLED = 3, MAIL_INVITATION = 4,
		     MAIL_PASSWORD = 5 };
#define MAIL_TEMPLATE_LAST 5

struct template_value { const char *name, *text; }; /* a list ends with a NULL name */
struct template_filled { const char *subject, *text, *html; }; /* in the pool */
/* A name that is not given is a bug: INVARIANT. */
MUST_CHECK enum result template_fill(enum mail_template template, const struct template_value *values,
				     struct pool *pool, struct template_filled *out, struct err *err);

#endif
