/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The threads that carry out jobs (api/work.h): a few, each at one job.
 * Accounts take turns, and of each the oldest is first.  What was open when the daemon stopped or died goes on when
 * they start.  Files of jobs go when their time is over.
 */
#ifndef LETHE_DAEMON_JOBS_H
#define LETHE_DAEMON_JOBS_H

#include "api/work.h"
#include "api/work_watch.h"

struct jobs;

/* `count` vaults, borrowed as the router is; `desk` makes a thread's own. */
struct jobs_settings {
	struct vault *const *vaults;
	size_t count;
	int threads;
	const struct router *router;
	int first_route;
	struct instant (*now)(void *arg);
	void *arg;
	struct duration keep_files;     /* of jobs: vault/kept.h */
	struct work_watchers *watchers; /* told by a thread of their own */
};

MUST_CHECK enum result jobs_start(const struct jobs_settings *settings, struct jobs **out, struct err *err);
/* There is a new one. From any thread. */
void jobs_wake(void *jobs);
/* Those that run stop between two steps, and go on another time. NULL is fine. */
void jobs_stop(struct jobs *jobs);

#endif
