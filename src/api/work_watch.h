/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Server-sent events of jobs: who watches one is told how it is with it now,
 * whenever that changes, and when it has ended, which ends the stream.
 *
 *     event: progress
 *     data: {"id": "job_..", "state": "running", "done": 10, "total": 40, ..}
 *
 *     event: end
 *     data: {"id": "job_..", "state": "done", "status": 200, ..}
 *
 * No thread is held by who watches: one thread looks at all jobs that are
 * watched, a few times a second.
 */
#ifndef LETHE_API_WORK_WATCH_H
#define LETHE_API_WORK_WATCH_H

#include "api/direct.h"

#define WORK_WATCHERS_MAX 1000 /* half of them of one account (net/shares.h) */

struct work_watchers;

MUST_CHECK enum result work_watchers_new(struct work_watchers **out, struct err *err);
/* Breaks off all streams. NULL is fine. */
void work_watchers_free(struct work_watchers *watchers);

/* Answers GET .../jobs/{job}/events: the stream goes on when this returns. */
direct_run work_watch;

/* Looks at what is watched, in `views`, and tells. Are there any left? */
bool work_watchers_tell(struct work_watchers *watchers, struct vault *const *views, size_t count);
size_t work_watchers_count(struct work_watchers *watchers);

#endif
