/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What anonymised records left: each row is coarsened as its step says, what is
 * shown is not so little that it must be somebody's, queues are there.
 */
#include "store/aggregate.h"
#include "vault/check_run.h"

static const char *wrong_columns(const struct aggregate_row *row)
{
	const int step = row->step;

	if (step < COARSEN_DAY || step > COARSEN_ALL)
		return "it is of a step that is none";
	if ((row->duration_class == AGGREGATE_ANY) != (step >= COARSEN_DURATION) ||
	    (row->queue == AGGREGATE_ANY) != (step >= COARSEN_QUEUE) ||
	    (row->status == AGGREGATE_ANY) != (step >= COARSEN_STATUS) ||
	    (row->direction == AGGREGATE_ANY) != (step >= COARSEN_DIRECTION))
		return "it does not drop what its step says";
	if (step >= COARSEN_MONTH && step < COARSEN_ALL && date_civil(row->from).day != 1)
		return "it does not begin with a month";
	if (row->records <= 0 || row->duration_ms < 0 || row->bytes < 0)
		return "its counts cannot be";
	return NULL;
}

static enum result check_row(struct check_run *run, const struct aggregate_row *row, const char *table,
			     const char *wrong, struct err *err)
{
	run->report->checks[CHECK_AGGREGATES].looked_at++;
	if (wrong != NULL)
		check_found(run, CHECK_AGGREGATES, "account %u: %s %s: %s", run->account, table, kind_plural(row->kind),
			    wrong);
	return row->queue > 0 ? check_label_named(run, row->queue, table, err) : OK;
}

static enum result check_shown(void *arg, const struct aggregate_row *row, struct err *err)
{
	const char *wrong = wrong_columns(row);

	if (wrong == NULL && row->records < ANONYMOUS_K_MIN)
		wrong = "it shows too few";
	return check_row(arg, row, "the aggregate of", wrong, err);
}

static enum result check_waiting(void *arg, const struct aggregate_row *row, struct err *err)
{
	const char *wrong = wrong_columns(row);

	if (wrong == NULL && row->person < 0)
		wrong = "it waits for nobody";
	return check_row(arg, row, "the waiting aggregate of", wrong, err);
}

enum result check_aggregates(struct check_run *run, struct err *err)
{
	struct db *data = run->session->data;
	enum result r = OK;

	pool_reset(&run->pool);
	for (int kind = KIND_FIRST; kind <= KIND_LAST && r == OK; kind++) {
		r = aggregate_walk(data, run->account, (enum record_kind)kind, check_shown, run, err);
		if (r == OK)
			r = aggregate_walk_waiting(data, run->account, (enum record_kind)kind, check_waiting, run, err);
	}
	return r;
}
