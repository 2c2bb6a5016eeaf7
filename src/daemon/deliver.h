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
 */
#ifndef LETHE_DAEMON_DELIVER_H
#define LETHE_DAEMON_DELIVER_H

#include "daemon/settings.h"
#include "notify/deliver.h"

#define DELIVER_THREADS_MAX 64
#define OUTBOUND_INSIDE_MAX 32

/* Where what goes out may go, by the settings. */
struct outbound {
	struct client_reach reach; /* points into this */
	struct address_block inside[OUTBOUND_INSIDE_MAX];
};
/* ERR_INPUT names the setting. */
MUST_CHECK enum result outbound_read(const struct settings *settings, struct outbound *out, struct err *err);

struct deliverer;
/* `vaults` and `reach` are borrowed until it stops. threads 0: nothing is delivered. Its clock is clock_ms ahead of the
 * machine's. */
MUST_CHECK enum result deliverer_start(struct vault *const *vaults, size_t count, const struct client_reach *reach,
				       size_t threads, int64_t clock_ms, struct deliverer **out, struct err *err);
/* Waits for attempts that are being made. NULL is fine. */
void deliverer_stop(struct deliverer *deliverer);

#endif
