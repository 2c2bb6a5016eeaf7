/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Events to webhooks, by Standard Webhooks (spec 1.0).
 *
 *     POST url
 *     webhook-id: evt_..                the same at every attempt
 *     webhook-timestamp: 1765432100     of this attempt
 *     webhook-signature: v1,..          two for a day after a secret was rotated
 *
 * Done is what was answered with 2xx.  All else is tried again by
 * notify/schedule.h; redirects are not followed.  One that does not answer is
 * asked nothing at all for a tenth of the time that this has been so, seconds
 * to minutes; one that says how long it wants to be left alone, so long: both
 * from the beginning of the turn on, whose time is used.  410 stops the webhook, and
 * so do WEBHOOK_PATIENCE days in which nothing was delivered; that is an event
 * itself.  What was being sent as the program died is sent again: at least
 * once, in no certain order.
 *
 * Nothing here reads the clock or sleeps: who calls says what time it is.
 */
#ifndef LETHE_NOTIFY_DELIVER_H
#define LETHE_NOTIFY_DELIVER_H

#include <stdatomic.h>
#include "notify/webhook.h"

#define WEBHOOK_PATIENCE_MS INT64_C(432000000) /* five days */

struct deliver_how {
	const struct client_reach *reach;
	int64_t timeout_ms; /* of one attempt; 0: CLIENT_TIMEOUT_MS */
	const atomic_bool *stopping; /* once it is true no attempt is begun any more; NULL: never */
};

struct delivered {
	int64_t listed;  /* events that are to be delivered from now on */
	int64_t done;
	int64_t failed;  /* attempts; they are made again, or not */
};

/* Of one webhook: lists what is new, makes up to `max` attempts that are due; adds to `out`. One that is gone or stopped
 * is nothing to do. No failure of the other side is one of this. */
MUST_CHECK enum result deliver_webhook(struct vault *vault, const struct deliver_how *how, uint32_t account,
				       struct id webhook, struct instant now, size_t max, struct delivered *out,
				       struct err *err);
/* All that is due at `now`, of every webhook of the region. */
MUST_CHECK enum result deliver_all(struct vault *vault, const struct deliver_how *how, struct instant now,
				   struct delivered *out, struct err *err);

#endif
