/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * "Hello, world" on the daemon's HTTP library and nothing else, in a process of
 * its own with as many threads as the daemon has for connections: the most that
 * could be had of that library here.
 */
#ifndef LETHE_BENCH_HELLO_H
#define LETHE_BENCH_HELLO_H

#include <sys/types.h>
#include "base/err.h"

struct hello { pid_t pid; int port; }; /* zeroed: it does not run */

/* On a free port of 127.0.0.1. The caller must have no threads. It ends when we end, whyever. */
MUST_CHECK enum result hello_start(struct hello *out, struct err *err);
void hello_stop(struct hello *hello); /* a zeroed one is fine */

#endif
