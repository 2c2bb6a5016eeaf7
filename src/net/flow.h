/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A bounded pipe between a connection's thread, which must never wait, and a
 * worker, which may: the body of a request on its way in, that of an answer
 * on its way out.  What is full holds up who writes, what is empty who reads.
 *
 * The side that may wait calls flow_read/flow_write.  The other calls
 * flow_offer/flow_take, and is called back through `wake` once it is worth
 * trying again.  Either side can end the pipe early with flow_abort.
 *
 * Counted: whoever keeps a pointer calls flow_keep and flow_release.  The
 * bytes are wiped when the last is gone.
 */
#ifndef LETHE_NET_FLOW_H
#define LETHE_NET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct flow;

/* Called with the pipe locked, from either thread; must not call back into it. */
typedef void flow_wake(void *arg);

/* NULL: no memory. One reference. */
struct flow *flow_new(size_t capacity, flow_wake *wake, void *arg);
struct flow *flow_keep(struct flow *flow);
void flow_release(struct flow *flow); /* NULL is fine */
/* From now on nobody is called back; for an owner of `arg` that goes before the pipe does. */
void flow_disconnect(struct flow *flow);

/* --- the side that waits ---------------------------------------------------- */

/* At least one byte, or none with OK at the end. When it was aborted, the code and the reason given then. */
MUST_CHECK enum result flow_read(struct flow *flow, void *out, size_t len, size_t *got, struct err *err);
/* All of it. The other side is told once there is enough to be worth it, or at flow_flush. Aborted: as above. */
MUST_CHECK enum result flow_write(struct flow *flow, const void *data, size_t len, struct err *err);
void flow_flush(struct flow *flow);
/* As flow_write and flow_flush, but never waits: all or, when there is no room for it, nothing and ERR_BUSY. */
MUST_CHECK enum result flow_write_now(struct flow *flow, const void *data, size_t len, struct err *err);

/* --- the side that does not ------------------------------------------------- */

/* Takes what there is room for; after less than `len`, `wake` is called when there is room again. What is offered to an
 * aborted pipe is swallowed. */
size_t flow_offer(struct flow *flow, const void *data, size_t len);
enum flow_state { FLOW_OPEN, FLOW_ENDED, FLOW_ABORTED };
/* Hands out what there is. After none of an open pipe, `wake` is called when there is something, or it ends. */
size_t flow_take(struct flow *flow, void *out, size_t len, enum flow_state *state);

/* --- both -------------------------------------------------------------------- */

void flow_end(struct flow *flow); /* nothing more comes; what is in it can still be taken */
/* What is in it is lost. `why` is a literal: "the client went away". The first reason stays. */
void flow_abort(struct flow *flow, enum result code, const char *why);
bool flow_aborted(struct flow *flow);
/* Puts `text`, a literal, into the pipe whenever nothing else was for `interval_ms`, as long as somebody calls
 * flow_tick now and then with the time. */
void flow_heartbeat(struct flow *flow, const char *text, int64_t interval_ms);
void flow_tick(struct flow *flow, int64_t now_ms);

#endif
