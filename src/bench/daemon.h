/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * `lethe serve` on a vault of its own, for what is measured over HTTP by other
 * programs (curl, wrk).
 */
#ifndef LETHE_BENCH_DAEMON_H
#define LETHE_BENCH_DAEMON_H

#include "bench/ground.h"
#include "bench/program.h"

struct daemon {
	const struct ground *ground;
	const char *lethe;               /* the program, by its path; borrowed */
	char name[32];                   /* of the vault in the ground */
	char data[GROUND_PATH_MAX];      /* its folder */
	char header[GROUND_PATH_MAX];    /* a file for `curl -H @FILE`: who asks */
	char script[GROUND_PATH_MAX];    /* the same for `wrk -s FILE` */
	int port;
	struct program program;          /* zeroed: it does not run */
};

/* A new vault with the account "bench" and a token. Nothing runs yet. */
MUST_CHECK enum result daemon_found(const struct ground *ground, const char *lethe, const char *name, struct daemon *out,
				    struct err *err);
/* Runs `lethe WORD.. --data FOLDER`: words end with NULL, at most 8. What it says is in `said`. */
MUST_CHECK enum result daemon_command(const struct daemon *daemon, const char *const *words, char *said, size_t max,
				      struct err *err);
/* Serves, and answers when it returns; with these words too, which end with NULL, at most 8. */
MUST_CHECK enum result daemon_start_with(struct daemon *daemon, const char *const *words, struct err *err);
/* The same without. */
MUST_CHECK enum result daemon_start(struct daemon *daemon, struct err *err);
void daemon_stop(struct daemon *daemon); /* a zeroed one is fine */
void daemon_remove(struct daemon *daemon); /* stops it, and removes the vault */

#endif
