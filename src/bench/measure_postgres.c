/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A sweep against PostgreSQL's DELETE .. WHERE of the same rows: until nobody
 * can read them, and until they are gone.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bench/measure.h"
#include "bench/raw_postgres.h"

struct opposed {
	struct measure *m;
	struct due due;
	struct postgres postgres;
	struct rounds first, whole;
};

/* In a child, so that a psql that has gone away is an error and no signal. */
static enum result fill(void *arg, struct sample *out, struct err *err)
{
	struct opposed *opposed = arg;

	(void)out;
	signal(SIGPIPE, SIG_IGN);
	return postgres_fill(&opposed->postgres, &opposed->due.calls, err);
}

/* First goal: no query finds them. */
static enum result delete_rows(struct opposed *opposed, struct sample *out, struct err *err)
{
	int64_t deleted;
	double delete_ms, vacuum_ms;
	enum result r = postgres_delete(&opposed->postgres, opposed->due.after, &deleted, &delete_ms, err);

	if (r == OK && deleted != opposed->due.expired)
		r = err_set(err, ERR_INTERNAL, "of %lld rows due, PostgreSQL deleted %lld",
			    (long long)opposed->due.expired, (long long)deleted);
	if (r == OK)
		r = postgres_vacuum(&opposed->postgres, &vacuum_ms, err);
	if (r == OK)
		*out = (struct sample){.units = deleted, .first_ns = (int64_t)(delete_ms * 1e6),
				       .ns = (int64_t)((delete_ms + vacuum_ms) * 1e6)};
	return r;
}

static enum result one_round(struct opposed *opposed, struct err *err)
{
	struct sample ignored, theirs, ours, theirs_first, ours_first;
	long long records = (long long)opposed->due.records;
	enum result r = measure_step(opposed->m, err, "filling PostgreSQL with %lld rows", records);

	if (r == OK)
		r = child_run(fill, opposed, &ignored, err);
	if (r == OK)
		r = measure_step(opposed->m, err, "deleting %lld of %lld rows from PostgreSQL",
				 (long long)opposed->due.expired, records);
	if (r == OK)
		r = delete_rows(opposed, &theirs, err);
	if (r == OK)
		r = measure_due_sweep(opposed->m, &opposed->due, &ours, err);
	if (r != OK)
		return r;
	theirs_first = child_until_first(&theirs);
	ours_first = child_until_first(&ours);
	rounds_add(&opposed->first, &theirs_first, &ours_first);
	rounds_add(&opposed->whole, &theirs, &ours);
	return OK;
}

static enum result serve(struct opposed *opposed, struct err *err)
{
	char dir[GROUND_PATH_MAX];
	enum result r = measure_step(opposed->m, err, "making a PostgreSQL server");

	/* Its user has to get through; there are only made-up calls. */
	if (r == OK && chmod(opposed->m->ground.dir, 0711) != 0)
		r = err_sys(err, "cannot open %s to PostgreSQL's user", opposed->m->ground.dir);
	return r == OK ? postgres_start(ground_path(&opposed->m->ground, "postgres", dir), &opposed->postgres, err) : r;
}

static void hand_out(struct opposed *opposed, const char *what, const char *against, double target,
		     const struct rounds *rounds)
{
	struct figure figure = {.name = "sweep-postgres", .unit = "records", .sense = FIGURE_RATE, .target = target};

	snprintf(figure.what, sizeof figure.what, "until %lld due among %lld %s", (long long)opposed->due.expired,
		 (long long)opposed->due.records, what);
	snprintf(figure.against, sizeof figure.against, "PostgreSQL %d, %s", opposed->postgres.version, against);
	figure_of(&figure, rounds);
	measure_figure(opposed->m, &figure);
}

static void leave_out(struct opposed *opposed, const struct err *why)
{
	struct figure figure = {.name = "sweep-postgres", .unit = "records", .sense = FIGURE_RATE,
				.what = "a sweep of the same rows", .against = "PostgreSQL"};

	snprintf(figure.note, sizeof figure.note, "%.190s", why->what);
	measure_figure(opposed->m, &figure);
}

static enum result measure_all(struct opposed *opposed, struct err *err)
{
	enum result r = serve(opposed, err);

	/* No PostgreSQL, or none that can be served here: that is no fault of what is measured. */
	if (r != OK && r != ERR_INTERRUPTED) {
		leave_out(opposed, err);
		return OK;
	}
	for (int round = 0; round < opposed->m->options->rounds && r == OK; round++)
		r = one_round(opposed, err);
	if (r != OK)
		return r;
	hand_out(opposed, "cannot be read", "DELETE committed", 10, &opposed->first);
	hand_out(opposed, "are gone", "DELETE and VACUUM", 1, &opposed->whole);
	return OK;
}

enum result measure_sweep_postgres(struct measure *m, struct err *err)
{
	struct opposed opposed = {.m = m, .due = measure_due(m->options->swept)};
	enum result r = measure_all(&opposed, err);

	postgres_stop(&opposed.postgres);
	ground_remove(&m->ground, "postgres");
	/* Ctrl-C reaches psql too, which then says that it was cancelled. */
	if (r != OK && r != ERR_INTERRUPTED && m->options->stop != NULL && m->options->stop(m->options->arg))
		r = err_set(err, ERR_INTERRUPTED, "interrupted");
	return r;
}
