/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "privacy/erase_duties.h"
#include "vault/reseal.h"

/* ---- what refuses ---- */

static enum result deny_agent(const struct record_row *row, struct err *err)
{
	char text[ID_TEXT_MAX];

	err_set(err, ERR_HELD,
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

/* ---- a look at everything, before anything is sealed ---- */

static enum result look_at_held(struct session *session, struct run *run, const struct hold_scope *scope,
				const struct record_row *row, struct err *err)
{
	bool leave;
	enum result r = holds_leave_be(session, scope, row->hold, &run->batch, &leave, err);

	if (r != OK || leave)
		return r;
	r = reseal_check(session, row, &run->batch, err);
	return keep_what_opens(r, kind_prefix(row->kind), row->id, err);
}

static enum result look_at_record(struct session *session, struct run *run, const struct record_row *row,
				  struct err *err)
{
	bool agent = erase_is_agent_only(run, row);
	struct ruling ruling;
	enum result r = erase_ask(session, run, row, &ruling, err);

	if (r != OK || ruling.fate == FATE_GOES)
		return r;
	if (ruling.fate == FATE_CUT)
		return agent ? OK : erase_duties_check(session, &ruling.cover, row, &run->batch, err);
	return agent ? deny_agent(row, err) : look_at_held(session, run, ruling.scope, row, err);
}

static enum result look_at_batch(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	size_t count;
	enum result r = erase_load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++)
		r = look_at_record(session, run, &run->rows[i], err);
	return r;
}

enum result erase_contact_wants(struct session *session, const struct run *run, const struct contact_row *contact,
				struct pool *pool, const struct hold_scope **scope, struct err *err)
{
	bool leave = false;
	enum result r = OK;

	*scope = erase_contact_held(run, contact);
	if (*scope != NULL)
		r = holds_leave_be(session, *scope, contact->hold, pool, &leave, err);
	if (leave)
		*scope = NULL;
	return r;
}

static enum result look_at_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				   struct err *err)
{
	const struct hold_scope *scope;
	const char *plain;
	size_t len;
	enum result r = erase_contact_wants(session, run, contact, &run->batch, &scope, err);

	(void)lane;
	if (r != OK || scope == NULL)
		return r;
	r = open_contact(session->ring, contact, &run->batch, &plain, &len, err);
	return keep_what_opens(r, CONTACT_PREFIX, contact->id, err);
}

static enum result look_at_everything(struct run *run, struct err *err)
{
	enum result r = erase_read(run, look_at_batch, err);

	for (size_t i = 0; i < run->state.identity_count && r == OK; i++)
		r = erase_contacts_of(&run->vault->read, run, i, look_at_contact, err);
	return r;
}

/* ---- sealing ---- */

/* With no way back, what is damaged stands in the way no more. */
static enum result is_worth_keeping(struct session *session, struct run *run, const struct record_row *row, bool *worth,
				    struct err *err)
{
	enum result r = erase_is_final(run) ? reseal_check(session, row, &run->batch, err) : OK;

	*worth = r == OK;
	return r == ERR_CORRUPT || r == ERR_GONE ? OK : r;
}

/* Not as erased: it is not yet. What is taken over from another keeper stays listed for why it was there. */
static enum result seal_held(struct session *session, struct run *run, const struct hold_scope *scope,
			     struct record_row *row, struct err *err)
{
	struct held_row as;
	enum result r = erase_listed_as(session, run, row->hold, row->kind, row->id, &as, err);

	if (r == OK)
		r = holds_keep(session, scope, row, as.cause, as.due, &run->batch, err);
	run->state.kept[row->kind] += r == OK;
	return keep_what_opens(r, kind_prefix(row->kind), row->id, err);
}

static enum result keep_record(struct session *session, struct run *run, struct record_row *row, struct err *err)
{
	struct ruling ruling;
	bool leave, worth = false;
	enum result r = erase_ask(session, run, row, &ruling, err);

	if (r != OK || ruling.fate != FATE_HELD)
		return r;
	if (erase_is_agent_only(run, row))
		return erase_is_final(run) ? OK : deny_agent(row, err);
	r = holds_leave_be(session, ruling.scope, row->hold, &run->batch, &leave, err);
	if (r == OK && !leave)
		r = is_worth_keeping(session, run, row, &worth, err);
	return r == OK && worth ? seal_held(session, run, ruling.scope, row, err) : r;
}

static enum result keep_batch(struct session *session, void *arg, struct err *err)
{
	return erase_each(session, arg, keep_record, err);
}

static enum result keep_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				struct err *err)
{
	const struct hold_scope *scope;
	struct held_row as;
	enum result r = erase_contact_wants(session, run, contact, &run->batch, &scope, err);

	(void)lane;
	if (r != OK || scope == NULL)
		return r;
	r = erase_listed_as(session, run, contact->hold, (enum record_kind)HELD_CONTACT, contact->id, &as, err);
	if (r == OK)
		r = holds_keep_contact(session, scope, contact, as.cause, as.due, &run->batch, err);
	run->state.kept[HELD_CONTACT] += r == OK;
	/* Nothing of it is written before all of it is open. */
	if (r == ERR_CORRUPT && erase_is_final(run))
		return OK;
	return keep_what_opens(r, CONTACT_PREFIX, contact->id, err);
}

static enum result keep_contacts(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	enum result r = erase_load_keepers(session, run, err);

	for (size_t i = 0; run->keepers.holds.legal > 0 && i < run->state.identity_count && r == OK; i++)
		r = erase_contacts_of(session, run, i, keep_contact, err);
	return r == OK ? erase_enter(session, run, ERASE_DUTIES, err) : r;
}

enum result erase_keep(struct run *run, struct err *err)
{
	enum result r = erase_load_keepers(&run->vault->read, run, err);

	if (r == OK && erase_has_keepers(run) && !erase_is_final(run))
		r = look_at_everything(run, err);
	if (r == OK && erase_has_keepers(run))
		r = erase_walk(run, keep_batch, err);
	return r == OK ? erase_step(run, keep_contacts, err) : r;
}
