/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What others are told. That its time is over and it is gone by the second look is no problem.
 */
#include "store/leaf.h"
#include "vault/check_run.h"
#include "vault/outbox.h"

#define BATCH 256

static enum result look(struct check_run *run, const struct event_row *row, struct err *err)
{
	struct leaf leaf;
	enum result r = leaf_get(run->session->data, row->seq, &run->pool, &leaf, err);

	if (r != OK)
		return r;
	if (leaf.account != row->account || !outbox_ids_whole(row))
		return err_set(err, ERR_CORRUPT, "an event is damaged");
	return OK;
}

static enum result is_still_wrong(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err)
{
	struct event_row row;
	enum result r = event_get(run->session->data, suspect->account, suspect->id, &run->pool, &row, err);

	*still = false;
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r == OK)
		r = look(run, &row, err);
	*still = check_is_problem(r);
	return *still ? OK : r;
}

static enum result check_event(struct check_run *run, const struct event_row *row, struct err *err)
{
	const struct suspect suspect = {.check = CHECK_OUTBOX, .again = is_still_wrong, .account = run->account,
					.id = row->id};
	char text[ID_TEXT_MAX];
	enum result r = look(run, row, err);

	run->report->checks[CHECK_OUTBOX].looked_at++;
	if (!check_is_problem(r))
		return r;
	check_suspect(run, &suspect, "account %u: %s hangs on no leaf of the account, or its ids are damaged", run->account,
		      id_format(EVENT_PREFIX, row->id, text));
	return OK;
}

enum result check_outbox(struct check_run *run, struct err *err)
{
	struct event_row rows[BATCH];
	uint64_t seq = 0;
	size_t count;
	int n = -1;
	enum result r;

	do {
		pool_reset(&run->pool);
		r = event_list(run->session->data, run->account, seq, n, &run->pool, rows, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++)
			r = check_event(run, &rows[i], err);
		seq = r == OK && count > 0 ? rows[count - 1].seq : seq;
		n = r == OK && count > 0 ? rows[count - 1].n : n;
	} while (r == OK && count == BATCH);
	return r;
}
