/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Other programs as children: what is written to them, what they say, how
 * they end.
 */
#ifndef LETHE_BENCH_PROGRAM_H
#define LETHE_BENCH_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include "base/err.h"

struct program {
	const char *name;
	pid_t pid;
	FILE *to;   /* its standard input; a program that has ended makes writing fail once SIGPIPE is ignored */
	FILE *from; /* its standard output and error */
};

/* Starts argv[0], a path or what is found on PATH; argv ends with NULL. As `user`, when we are root and it is not NULL. When
 * `bound`, it is out of reach of Ctrl-C and gets SIGINT when we end, whyever. ERR_NOT_FOUND when there is no such program. */
MUST_CHECK enum result program_start(const char *const *argv, const char *user, bool bound, struct program *out,
				     struct err *err);
/* Ends its input, hears it out (what does not fit into `said` is dropped; may be NULL) and waits for it. ERR_INTERNAL
 * when it ended with anything but 0: the first line that says why is in the error. */
MUST_CHECK enum result program_end(struct program *program, char *said, size_t max, struct err *err);
/* Start and end. */
MUST_CHECK enum result program_run(const char *const *argv, const char *user, char *said, size_t max, struct err *err);
/* Sends a signal and waits for its end, whatever it says. No-op on a zeroed one. */
void program_stop(struct program *program, int signal);
/* Has it ended by itself? */
bool program_has_ended(struct program *program);

#endif
