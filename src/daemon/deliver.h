/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Deliveries while the daemon runs: a few threads that take turns at the
 * webhooks of all regions and accounts.
 *
 * A turn is a few attempts at one webhook; then the next one comes, and no two
 * threads are at the same one.  One account has at most half of the threads:
 * webhooks that do not answer keep nobody else's waiting.  What is due is
 * looked for again a second after a round in which there was nothing to do.
 * Mails are one more place that comes once a round.
 */
#ifndef LETHE_DAEMON_DELIVER_H
#define LETHE_DAEMON_DELIVER_H

#include "daemon/settings.h"
#include "crypto/secret.h"
#include "notify/deliver.h"
#include "notify/mail.h"

#define DELIVER_THREADS_MAX 64
#define OUTBOUND_INSIDE_MAX 32

/* Where what goes out may go, by the settings. */
struct outbound {
	struct client_reach reach; /* points into this */
	struct address_block inside[OUTBOUND_INSIDE_MAX];
	int64_t timeout_ms;        /* of one attempt at a webhook; 0: deliver's own */
	bool mails;                /* is there a mail server? */
	struct smtp_server smtp;   /* points into this, and into the settings */
	struct secret password;
};
/* ERR_INPUT names the setting; also reads the password's file. */
MUST_CHECK enum result outbound_read(const struct settings *settings, struct outbound *out, struct err *err);
void outbound_wipe(struct outbound *outbound); /* the password */

struct deliverer;
/* `vaults` and `outbound` are borrowed until it stops. threads 0: nothing is delivered. Its clock is clock_ms ahead of the
 * machine's. */
MUST_CHECK enum result deliverer_start(struct vault *const *vaults, size_t count, const struct outbound *outbound,
				       size_t threads, int64_t clock_ms, struct deliverer **out, struct err *err);
/* Waits for the attempts that are being made, one a thread at most: half a minute, when nobody answers. NULL is fine. */
void deliverer_stop(struct deliverer *deliverer);

#endif
