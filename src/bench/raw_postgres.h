/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The baseline of sweeps: a PostgreSQL server of its own, with its default
 * settings, made in a folder and gone with it.  One table of the vault's
 * records: the same key, rows of the same sizes, an index on time, no index
 * by person.  Spoken to through psql, so that Lethe needs no more than it has.
 */
#ifndef LETHE_BENCH_RAW_POSTGRES_H
#define LETHE_BENCH_RAW_POSTGRES_H

#include "bench/calls.h"
#include "bench/program.h"

#define POSTGRES_DIR_MAX 256

struct postgres {
	char dir[POSTGRES_DIR_MAX];  /* of the data and the socket */
	char bin[POSTGRES_DIR_MAX];
	int version;                 /* 15 */
	struct program server;
};

/* Makes a cluster in `dir`, which must not exist, and serves it, to this machine's user only. As root, it is served as
 * `postgres` or, where there is none, `nobody`, who must be able to get to `dir`. ERR_NOT_FOUND when PostgreSQL is not
 * installed. postgres_stop in any case. The server also ends when this process does. */
MUST_CHECK enum result postgres_start(const char *dir, struct postgres *out, struct err *err);
/* The folder remains. */
void postgres_stop(struct postgres *postgres);

/* A new table with all the calls, vacuumed and analyzed, written out by a checkpoint. SIGPIPE must be ignored. */
MUST_CHECK enum result postgres_fill(const struct postgres *postgres, const struct calls *calls, struct err *err);
/* Deletes what is older, in one transaction: the server's milliseconds for it. */
MUST_CHECK enum result postgres_delete(const struct postgres *postgres, struct instant before, int64_t *deleted,
				       double *ms, struct err *err);
/* Gives the rows' places free. */
MUST_CHECK enum result postgres_vacuum(const struct postgres *postgres, double *ms, struct err *err);

#endif
