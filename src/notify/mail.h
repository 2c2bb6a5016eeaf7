/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Mails to an account's owners and admins, of what they have to know: that
 * data go soon, that somebody was erased, that a webhook was stopped.
 *
 * They come from the same outbox as webhooks: of each event that is one a mail
 * is listed for every owner and admin whose name is an address, in the
 * transaction that says how far the list has got; then what is due is sent,
 * by notify/schedule.h, at least once and under one Message-ID.  The account's
 * setting "mail" turns it off.  A mail names nobody but the account.
 */
#ifndef LETHE_NOTIFY_MAIL_H
#define LETHE_NOTIFY_MAIL_H

#include <stdatomic.h>
#include "notify/smtp.h"
#include "store/mail.h"
#include "vault/vault.h"

struct mailed {
	int64_t listed, sent, failed;
	struct smtp_answer last; /* of those that failed; fault SMTP_FINE: none, or there was nobody to send it to */
	bool nobody;             /* the server takes nothing from anybody at this time: none after it was tried */
};

struct mail_how {
	const struct smtp_server *server;
	const atomic_bool *stopping; /* once it is true no attempt is begun any more; NULL: never */
};
/* Of one account: lists what is new and, unless `out` says that the server takes nothing, makes up to `max` attempts that are
 * due; adds to `out`. The first time it only notes how far the events are: nobody is told of what was before mails were. */
MUST_CHECK enum result mail_account(struct vault *vault, const struct mail_how *how, uint32_t account, struct instant now,
				    size_t max, struct mailed *out, struct err *err);

#endif
