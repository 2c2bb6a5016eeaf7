/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where benchmarks take place: a folder of their own with vaults in it, made
 * for them and removed after.
 */
#ifndef LETHE_BENCH_GROUND_H
#define LETHE_BENCH_GROUND_H

#include "bench/calls.h"
#include "ingest/import.h"

#define GROUND_PATH_MAX 4096

struct ground {
	char dir[GROUND_PATH_MAX];
	struct instant now; /* later than every call made up */
};

/* An open vault with its one account. */
struct plot {
	struct vault *vault;
	struct account account;
	struct pool pool;
};

/* Makes a folder below `below`. */
MUST_CHECK enum result ground_make(const char *below, struct ground *out, struct err *err);
/* Removes it with all that is in it. */
void ground_clear(const struct ground *ground);
/* The path of a file in it. */
char *ground_path(const struct ground *ground, const char *name, char out[GROUND_PATH_MAX]);
/* Removes one vault or file. */
void ground_remove(const struct ground *ground, const char *name);

/* Copies a vault that nobody has open, onto disk. Its root stays with the first. */
MUST_CHECK enum result ground_copy(const struct ground *ground, const char *from, const char *to, struct err *err);

/* A new vault of that name, with an account; and one that is there. */
MUST_CHECK enum result ground_found(const struct ground *ground, const char *name, struct plot *out, struct err *err);
MUST_CHECK enum result ground_open(const struct ground *ground, const char *name, bool write, struct plot *out,
				   struct err *err);
void ground_close(struct plot *plot);
/* Imports a file. ERR_INTERNAL when a line was not taken as a new record. */
MUST_CHECK enum result ground_import(const struct ground *ground, struct plot *plot, const char *path, int64_t records,
				     struct err *err);
/* A vault of that name with all the calls in it, made by a child of its own; piece by piece, so that no file of all of
 * them is needed. */
MUST_CHECK enum result ground_fill(const struct ground *ground, const char *name, const struct calls *calls,
				   struct err *err);

#endif
