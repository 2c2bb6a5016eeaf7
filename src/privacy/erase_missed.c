/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "vault/reseal.h"

/* Is there something in it to keep? With no way back, what is damaged has nothing. */
static enum result has_to_keep(const struct run *run, enum result opened, bool *has)
{
	*has = opened == OK || (opened == ERR_CORRUPT && !erase_is_final(run));
	return opened == ERR_GONE || opened == ERR_CORRUPT ? OK : opened;
}

static enum result misses_held(struct session *session, struct run *run, const struct hold_scope *scope,
			       const struct record_row *row, bool *missed, struct err *err)
{
	bool leave;
	enum result r = holds_leave_be(session, scope, row->hold, &run->batch, &leave, err);

	if (r != OK || leave)
		return r;
	return has_to_keep(run, reseal_check(session, row, &run->batch, err), missed);
}

static enum result misses_record(struct session *session, struct run *run, const struct record_row *row, bool *missed,
				 struct err *err)
{
	bool agent = erase_is_agent_only(run, row);
	struct ruling ruling;
	const char *plain;
	size_t len;
	enum result r = erase_ask(session, run, row, &ruling, err);

	if (r != OK || ruling.fate == FATE_GOES)
		return r;
	if (agent) {
		*missed = ruling.fate == FATE_HELD && !erase_is_final(run);
		return OK;
	}
	if (ruling.fate == FATE_HELD)
		return misses_held(session, run, ruling.scope, row, missed, err);
	return has_to_keep(run, open_record(session->ring, row, &run->batch, &plain, &len, err), missed);
}

static enum result missed_batch(struct session *session, struct run *run, bool *missed, struct err *err)
{
	size_t count;
	enum result r;

	pool_reset(&run->batch);
	r = erase_load_batch(session, run, &count, err);
	for (size_t i = 0; i < count && r == OK && !*missed; i++)
		r = misses_record(session, run, &run->rows[i], missed, err);
	return r;
}

static enum result misses_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				  struct err *err)
{
	const struct hold_scope *scope;
	const char *plain;
	size_t len;
	enum result r = erase_contact_wants(session, run, contact, &run->batch, &scope, err);

	(void)lane;
	if (r != OK || scope == NULL || run->missed)
		return r;
	return has_to_keep(run, open_contact(session->ring, contact, &run->batch, &plain, &len, err), &run->missed);
}

enum result erase_find_missed(struct session *session, struct run *run, struct err *err)
{
	enum result r = erase_load_keepers(session, run, err);

	run->missed = false;
	if (r != OK || !erase_has_keepers(run))
		return r;
	for (run->lane = 0; run->lane < run->state.identity_count && r == OK && !run->missed; run->lane++) {
		run->last = (struct party_key){0};
		do
			r = missed_batch(session, run, &run->missed, err);
		while (r == OK && run->seen > 0 && !run->missed);
		if (r == OK && !run->missed)
			r = erase_contacts_of(session, run, run->lane, misses_contact, err);
	}
	return r;
}
