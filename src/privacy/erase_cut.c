/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "privacy/erase_duties.h"
#include "store/duty.h"

enum result erase_note_erased(struct session *session, const struct run *run, const struct record_row *row,
			      struct err *err)
{
	return row->hold == 0 ? OK
			      : held_set_erased(session->data, row->account, row->hold, row->kind, row->id,
						run->state.started, err);
}

/* What is about somebody else is not cut down; what was before, and is under a duty, they go out of. What a restriction
 * keeps, or a released hold did, is whole: they go out of that with the rest of their rows. */
static enum result leave_cut(struct session *session, struct run *run, struct record_row *row, struct err *err)
{
	const struct duty_leaving leaving = {run->state.identities, run->state.identity_count};
	struct duty_row duty;
	enum result r = ERR_NOT_FOUND;

	if (row->hold != 0)
		r = duty_get(session->data, row->account, row->hold, &run->batch, &duty, err);
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	run->state.left_by_agent++;
	return duties_leave(session, row, &leaving, err);
}

/* What is cut down leads nowhere: from the first of them on there is no way back. */
static enum result cut_record(struct session *session, struct run *run, struct record_row *row, struct err *err)
{
	struct ruling ruling;
	bool kept;
	enum result r = erase_ask(session, run, row, &ruling, err);

	if (r != OK || ruling.fate == FATE_HELD)
		return r;
	if (erase_is_agent_only(run, row))
		return leave_cut(session, run, row, err);
	if (ruling.fate == FATE_CUT)
		r = erase_duties_keep(session, &run->keepers.duties, &ruling.cover, row, &run->state, &run->batch,
				      &kept, err);
	return r == OK ? erase_note_erased(session, run, row, err) : r;
}

static enum result cut_batch(struct session *session, void *arg, struct err *err)
{
	return erase_each(session, arg, cut_record, err);
}

static enum result enter_keys(struct session *session, void *arg, struct err *err)
{
	return erase_enter(session, arg, ERASE_KEYS, err);
}

enum result erase_cut(struct run *run, struct err *err)
{
	enum result r = run->keepers.duties.count > 0 ? erase_walk(run, cut_batch, err) : OK;

	return r == OK ? erase_step(run, enter_keys, err) : r;
}
