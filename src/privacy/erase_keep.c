/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "privacy/erase_duties.h"

static enum result deny_agent(const struct record_row *row, struct err *err)
{
	char text[ID_TEXT_MAX];

	err_set(err, ERR_DENIED,
		"a legal hold covers a record this person was the agent of, and it may not be changed");
	err_where(err, "%s", id_format(kind_prefix(row->kind), row->id, text));
	return err_mend(err, "nothing was erased; release the hold first (`lethe hold list`)");
}

/* What nobody can open any more has nothing to keep. */
static enum result keep_what_opens(enum result r, const char *prefix, struct id id, struct err *err)
{
	char text[ID_TEXT_MAX];

	if (r == ERR_CORRUPT) {
		err_where(err, "%s", id_format(prefix, id, text));
		err_mend(err, "a legal hold covers it and it cannot be kept; nothing was erased: "
			      "restore a backup, or release the hold, and erase then");
	}
	return r == ERR_GONE ? OK : r;
}

static enum result keep_batch(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	size_t count;
	enum result r = erase_load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		struct record_row *row = &run->rows[i];
		const struct hold_scope *scope = holds_cover(&run->holds, row);

		if (scope != NULL && erase_is_agent_only(run, row))
			return deny_agent(row, err);
		if (scope == NULL && !erase_is_agent_only(run, row))
			r = erase_duties_check(session, &run->duties, row, &run->batch, err);
		if (scope == NULL || scope->row.hold == row->hold)
			continue;
		r = holds_keep(session, scope, row, HELD_ERASED, run->state.started, &run->batch, err);
		r = keep_what_opens(r, kind_prefix(row->kind), row->id, err);
		run->state.kept[row->kind]++;
	}
	return r == OK ? erase_save(session, run, err) : r;
}

static enum result keep_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				struct err *err)
{
	const struct hold_scope *scope = holds_cover_contact(&run->holds, contact);
	enum result r;

	(void)lane;
	if (scope == NULL || scope->row.hold == contact->hold)
		return OK;
	r = holds_keep_contact(session, scope, contact, run->state.started, &run->batch, err);
	return keep_what_opens(r, CONTACT_PREFIX, contact->id, err);
}

static enum result keep_contacts(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	enum result r = OK;

	for (size_t i = 0; run->holds.count > 0 && i < run->state.identity_count && r == OK; i++)
		r = erase_contacts_of(session, run, i, keep_contact, err);
	return r == OK ? erase_enter(session, run, ERASE_DUTIES, err) : r;
}

enum result erase_keep(struct run *run, struct err *err)
{
	enum result r = OK;

	if (run->holds.count + run->duties.count > 0)
		r = erase_walk(run, keep_batch, err);
	return r == OK ? erase_step(run, keep_contacts, err) : r;
}
