/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/thread.h"

void thread_signals_off(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

void thread_signals_back(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

enum result thread_start(pthread_t *thread, void *(*main)(void *), void *arg, struct err *err)
{
	sigset_t before;
	int failed;

	thread_signals_off(&before);
	failed = pthread_create(thread, NULL, main, arg);
	thread_signals_back(&before);
	return failed == 0 ? OK : err_no_thread(err, failed);
}
