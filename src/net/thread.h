/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads of a server: they take no signals, which are the program's own
 * affair.
 */
#ifndef LETHE_NET_THREAD_H
#define LETHE_NET_THREAD_H

#include <pthread.h>
#include <signal.h>
#include "base/err.h"

MUST_CHECK enum result thread_start(pthread_t *thread, void *(*main)(void *), void *arg, struct err *err);
/* For threads that a library starts: what is started in between takes no signals. */
void thread_signals_off(sigset_t *before);
void thread_signals_back(const sigset_t *before);

#endif
