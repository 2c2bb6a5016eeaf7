/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "privacy/agent.h"
#include "privacy/anonymise.h"
#include "privacy/erase_duties.h"
#include "vault/contact_key.h"

static enum result destroy_hold_key(struct session *session, struct run *run, int64_t number, struct err *err)
{
	struct duty_row duty;
	struct hold_row hold;
	struct act act;
	bool existed = false;
	enum result r = duty_get(session->data, run->state.account, number, &run->batch, &duty, err);

	if (r != ERR_NOT_FOUND)
		return r == OK ? duties_end(session, &duty, run->state.job, run->options->now, err) : r;
	r = hold_get(session->data, run->state.account, number, &run->batch, &hold, err);

	if (r == OK)
		r = keyring_destroy(session->ring, run->state.account, KEY_HOLD, number, &existed, err);
	if (r != OK || !existed)
		return r;
	act_begin(&act, "hold.key.destroy", run->state.account, run->options->now);
	act_id(&act, "job", JOB_PREFIX, run->state.job);
	act_id(&act, "hold", HOLD_PREFIX, hold.id);
	return act_append(&act, session->data, NULL, err);
}

/* Nothing keeps it but a hold that is released or a duty that ended: it is due. With the last of that, the key goes. */
static enum result let_go(struct session *session, struct run *run, int64_t hold, int kind, struct id id,
			  struct err *err)
{
	int64_t others;
	enum result r = held_delete(session->data, run->state.account, hold, (enum record_kind)kind, id, err);

	if (r == OK)
		r = held_count(session->data, run->state.account, hold, &others, err);
	return r == OK && others == 0 ? destroy_hold_key(session, run, hold, err) : r;
}

static enum result leave_as_agent(struct session *session, struct run *run, struct record_row *row, struct err *err)
{
	run->state.left_by_agent++;
	return agent_leave(session, row, run->state.identities, run->state.identity_count, &run->batch, err);
}

/* Its hold was released since, or an obligation has come: what that names is kept now. */
static enum result cut_late(struct session *session, struct run *run, const struct duty_cover *cover,
			    struct record_row *row, bool *kept, struct err *err)
{
	enum result r =
	    erase_duties_keep(session, &run->keepers.duties, cover, row, &run->state, &run->batch, kept, err);

	return r == OK && *kept ? erase_note_erased(session, run, row, err) : r;
}

static enum result keep_or_let_go(struct session *session, struct run *run, struct record_row *row, bool *goes,
				  struct err *err)
{
	struct ruling ruling;
	bool kept = false;
	enum result r = erase_ask(session, run, row, &ruling, err);

	/* What a hold keeps leads to the person still: the release will need that. */
	if (r == OK && ruling.fate == FATE_HELD)
		return erase_note_erased(session, run, row, err);
	if (r == OK && ruling.fate == FATE_CUT)
		r = cut_late(session, run, &ruling.cover, row, &kept, err);
	*goes = r == OK && !kept;
	return *goes && row->hold != 0 ? let_go(session, run, row->hold, row->kind, row->id, err) : r;
}

/* About somebody else. */
static enum result leave_unless_held(struct session *session, struct run *run, struct record_row *row, struct err *err)
{
	struct ruling ruling;
	enum result r = erase_ask(session, run, row, &ruling, err);

	return r == OK && ruling.fate != FATE_HELD ? leave_as_agent(session, run, row, err) : r;
}

/* `*goes`: it is to be removed, and nothing lists it any more. */
static enum result let_go_unless_kept(struct session *session, struct run *run, struct record_row *row, bool *goes,
				      struct err *err)
{
	*goes = false;
	return erase_is_agent_only(run, row) ? leave_unless_held(session, run, row, err)
					     : keep_or_let_go(session, run, row, goes, err);
}

static enum result delete_batch(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	size_t count = 0, gone = 0;
	bool goes = false;
	enum result r = erase_load_keepers(session, run, err);

	if (r == OK)
		r = erase_load_batch(session, run, &count, err);
	for (size_t i = 0; i < count && r == OK; i++) {
		r = let_go_unless_kept(session, run, &run->rows[i], &goes, err);
		if (r == OK && goes && gone++ != i)
			run->rows[gone - 1] = run->rows[i];
	}
	if (r == OK && run->state.anonymise)
		r = anonymise_add(session, &run->state, run->rows, gone, &run->batch, err);
	if (r == OK)
		r = remove_records(session, run->state.account, run->rows, gone, &run->state.removed, err);
	return r == OK ? erase_save(session, run, err) : r;
}

static enum result delete_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				  struct err *err)
{
	enum result r = OK;

	(void)lane;
	if (contact->hold != 0 && erase_contact_held(run, contact) != NULL)
		return held_set_erased(session->data, contact->account, contact->hold, (enum record_kind)HELD_CONTACT,
				       contact->id, run->state.started, err);
	if (contact->hold != 0)
		r = let_go(session, run, contact->hold, HELD_CONTACT, contact->id, err);
	run->state.contacts++;
	return r == OK ? contact_key_end(session, contact, run->options->now, err) : r;
}

static enum result delete_identities(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	enum result r = erase_load_keepers(session, run, err);

	for (size_t i = 0; i < run->state.identity_count && r == OK; i++) {
		r = erase_contacts_of(session, run, i, delete_contact, err);
		if (r == OK)
			r = hold_keep_identity(session->data, run->state.account, run->state.person,
					       run->state.identities[i], err);
		if (r == OK)
			r = identity_delete(session->data, run->state.account, run->state.identities[i], err);
	}
	if (r == OK)
		r = holds_end_restrictions(session, run->state.account, run->state.person, run->options->now,
					   &run->batch, err);
	if (r == OK && run->state.anonymise)
		r = aggregates_show(session, run->state.account, &run->state.shown, err);
	return r == OK ? erase_enter(session, run, ERASE_LOOK, err) : r;
}

enum result erase_rows(struct run *run, struct err *err)
{
	enum result r = erase_walk(run, delete_batch, err);

	return r == OK ? erase_step(run, delete_identities, err) : r;
}
