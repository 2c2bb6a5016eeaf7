/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "privacy/erase_duties.h"

enum result erase_note_erased(struct session *session, const struct run *run, const struct record_row *row,
			      struct err *err)
{
	return row->hold == 0 ? OK
			      : held_set_erased(session->data, row->account, row->hold, row->kind, row->id,
						run->state.started, err);
}

/* What is cut down leads nowhere: from the first of them on there is no way back. */
static enum result cut_batch(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	const struct duty_leaving leaving = {run->state.identities, run->state.identity_count};
	size_t count = 0;
	enum result r = erase_load_keepers(session, run, err);

	if (r == OK)
		r = erase_load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		struct record_row *row = &run->rows[i];

		if (holds_cover(&run->holds, row) != NULL || (erase_is_agent_only(run, row) && row->hold == 0))
			continue;
		if (!erase_is_agent_only(run, row)) {
			r = erase_duties_keep(session, &run->duties, row, &run->state, &run->batch, err);
			if (r == OK)
				r = erase_note_erased(session, run, row, err);
			continue;
		}
		r = duties_leave(session, row, &leaving, err);
		run->state.left_by_agent++;
	}
	return r == OK ? erase_save(session, run, err) : r;
}

static enum result enter_keys(struct session *session, void *arg, struct err *err)
{
	return erase_enter(session, arg, ERASE_KEYS, err);
}

enum result erase_cut(struct run *run, struct err *err)
{
	enum result r = run->duties.count > 0 ? erase_walk(run, cut_batch, err) : OK;

	return r == OK ? erase_step(run, enter_keys, err) : r;
}
