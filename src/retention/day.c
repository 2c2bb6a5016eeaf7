/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/day.h"

#include <stdlib.h>

#define PAYLOADS_MAX ((size_t)1024 * 1024 * 1024) /* of DAY_ROWS records of 4 MiB, sealed, opened and sealed anew */

struct walk {
	struct session *session;
	uint32_t account;
	const struct period *period;
	struct id after;
	struct record_row *rows; /* DAY_ROWS of them */
	struct pool pool;
};

static enum result walk_on(struct walk *walk, day_visit *visit, void *arg, struct err *err)
{
	bool stop = false;
	size_t count;
	enum result r;

	do {
		pool_reset(&walk->pool);
		r = record_list_day(walk->session->data, walk->account, walk->period->kind, walk->period->day,
				    walk->after, &walk->pool, walk->rows, DAY_ROWS, &count, err);
		if (r != OK || count == 0)
			return r;
		walk->after = walk->rows[count - 1].id;
		r = visit(arg, walk->rows, count, &walk->pool, &stop, err);
	} while (r == OK && count == DAY_ROWS && !stop);
	return r;
}

enum result day_walk(struct session *session, uint32_t account, const struct period *period, struct id after,
		     day_visit *visit, void *arg, struct err *err)
{
	struct walk walk = {.session = session, .account = account, .period = period, .after = after};
	enum result r;

	walk.rows = malloc(DAY_ROWS * sizeof *walk.rows);
	if (walk.rows == NULL)
		return err_no_memory(err);
	pool_init(&walk.pool, PAYLOADS_MAX);
	r = walk_on(&walk, visit, arg, err);
	pool_free(&walk.pool);
	free(walk.rows);
	return r;
}
