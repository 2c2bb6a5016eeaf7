/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Server-sent events (WHATWG HTML section 9.2).
 *
 * A stream route's handler starts them, keeps the pipe (flow_keep), detaches
 * it (response_detach) and returns: no worker is held while there is nothing
 * to say.  Whoever has something to say sends it from any thread, and never
 * waits: a client that takes less than it is sent is left behind (ERR_BUSY),
 * comes again by itself and says which event it had last.
 */
#ifndef LETHE_NET_EVENTS_H
#define LETHE_NET_EVENTS_H

#include "net/request.h"
#include "net/response.h"

/* Starts the answer, with a comment whenever nothing else was sent for fifteen seconds, by which a client that is gone
 * is found out. Fails as response_start does. */
MUST_CHECK enum result events_start(struct response *response, struct flow **out, struct err *err);
/* `id` and `event` are words of ours without line breaks, or NULL; `data` may have lines. ERR_BUSY: there is no room,
 * abort the pipe. ERR_INTERRUPTED: the client is gone, or the server stops. */
MUST_CHECK enum result events_send(struct flow *flow, const char *id, const char *event, const char *data, size_t len,
				   struct err *err);
/* What the client had last (Last-Event-ID); NULL when it comes for the first time. */
const char *events_last(const struct request *request);

#endif
