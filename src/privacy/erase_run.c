/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "privacy/agent.h"
#include "vault/contact_key.h"

#define CONTACTS 64 /* read at a time */

enum result erase_save(struct session *session, struct run *run, struct err *err)
{
	struct job job;
	enum result r = erase_state_write(&run->state, &run->batch, &job, err);

	return r == OK ? job_update(session->data, &job, err) : r;
}

enum result erase_enter(struct session *session, struct run *run, enum erase_phase phase, struct err *err)
{
	run->state.phase = phase;
	return erase_save(session, run, err);
}

enum result erase_step(struct run *run, vault_op *op, struct err *err)
{
	struct erase_state before = run->state;
	struct party_key last = run->last;
	enum result r;

	pool_reset(&run->batch);
	r = vault_write(run->vault, op, run, err);
	if (r != OK) {
		run->state = before;
		run->last = last;
	}
	return r;
}

static enum result report(struct run *run, struct err *err)
{
	int64_t done = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		done += run->state.removed.records[kind] + run->state.kept[kind] + run->state.obliged[kind];
	if (run->options->progress == NULL || !run->options->progress(run->options->progress_arg, done))
		return OK;
	return err_set(err, ERR_INTERRUPTED, "the erasure stopped half-way");
}

/* ---- what keeps ---- */

enum result erase_load_keepers(struct session *session, struct run *run, struct err *err)
{
	keepers_free(&run->keepers);
	run->keepers = (struct keepers){.holds = {.count = 0}};
	pool_reset(&run->keepers_pool);
	return keepers_load(session, run->state.account, run->options->now, &run->keepers_pool, &run->keepers, err);
}

bool erase_has_keepers(const struct run *run)
{
	return run->keepers.holds.legal + run->keepers.duties.count > 0;
}

enum result erase_listed_as(struct session *session, const struct run *run, int64_t hold, enum record_kind kind,
			    struct id id, struct held_row *out, struct err *err)
{
	enum result r = ERR_NOT_FOUND;

	if (hold != 0)
		r = held_get(session->data, run->state.account, hold, kind, id, out, err);
	if (r == ERR_NOT_FOUND)
		*out = (struct held_row){.cause = HELD_ASIDE, .due = run->state.started};
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result erase_ask(struct session *session, struct run *run, const struct record_row *row, struct ruling *out,
		      struct err *err)
{
	const struct verdict_rules rules = {
	    .holds = &run->keepers.holds, .duties = &run->keepers.duties, .now = run->options->now};
	struct held_row held;
	enum result r = erase_listed_as(session, run, row->hold, row->kind, row->id, &held, err);

	if (r == OK)
		r = verdict_row(session, &rules, row, row->hold != 0 ? &held : NULL, &run->state.started, &run->batch,
				out, err);
	INVARIANT(r != OK || out->fate != FATE_STAYS);
	return r;
}

const struct hold_scope *erase_contact_held(const struct run *run, const struct contact_row *contact)
{
	const struct hold_set legal = holds_legal(&run->keepers.holds);

	return holds_cover_contact(&legal, contact);
}

bool erase_is_final(const struct run *run)
{
	int64_t cut = run->state.left_by_agent;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		cut += run->state.obliged[kind];
	return cut > 0;
}

/* ---- walking the person's records ---- */

/* A row that cannot be read goes by its key alone: once the person's keys are gone nothing may stand in the way. */
static enum result drop_damaged(struct session *session, struct run *run, const struct party_key *key, struct err *err)
{
	struct record_row row = {.account = run->state.account,
				 .kind = key->kind,
				 .id = key->id,
				 .media = 1,
				 .parties = {{key->identity, ROLE_FROM}},
				 .party_count = 1};

	return remove_records(session, run->state.account, &row, 1, &run->state.removed, err);
}

static bool skips_damaged(const struct run *run)
{
	enum erase_phase phase = run->state.phase;

	return phase == ERASE_DUTIES || phase == ERASE_KEYS || phase == ERASE_BACK ||
	       (phase == ERASE_HOLDS && erase_is_final(run));
}

enum result erase_load_batch(struct session *session, struct run *run, size_t *count, struct err *err)
{
	struct party_key *keys = pool_alloc(&run->batch, BATCH * sizeof *keys);
	size_t listed, bytes = 0;
	enum result r;

	*count = run->seen = 0;
	if (keys == NULL)
		return err_no_memory(err);
	r = party_list(session->data, run->state.account, run->state.identities[run->lane], &run->last, keys, BATCH,
		       &listed, err);
	for (; r == OK && run->seen < listed && bytes < BATCH_BYTES; run->seen++) {
		const struct party_key *key = &keys[run->seen];

		r = record_get(session->data, run->state.account, key->kind, key->id, &run->batch, &run->rows[*count],
			       err);
		if (r == OK)
			bytes += run->rows[(*count)++].payload_len;
		else if (r == ERR_NOT_FOUND || (r == ERR_CORRUPT && skips_damaged(run)))
			r = OK; /* nothing in it can be kept */
		else if (r == ERR_CORRUPT && run->state.phase == ERASE_ROWS)
			r = drop_damaged(session, run, key, err);
	}
	if (r == OK && run->seen > 0)
		run->last = keys[run->seen - 1];
	return r;
}

enum result erase_each(struct session *session, struct run *run, erase_visit_record *visit, struct err *err)
{
	size_t count = 0;
	enum result r = erase_load_keepers(session, run, err);

	if (r == OK)
		r = erase_load_batch(session, run, &count, err);
	for (size_t i = 0; i < count && r == OK; i++)
		r = visit(session, run, &run->rows[i], err);
	return r == OK ? erase_save(session, run, err) : r;
}

static enum result read_step(struct run *run, vault_op *op, struct err *err)
{
	pool_reset(&run->batch);
	return op(&run->vault->read, run, err);
}

static enum result walk(struct run *run, enum result (*one)(struct run *, vault_op *, struct err *), vault_op *op,
			struct err *err)
{
	enum result r = OK;

	for (run->lane = 0; run->lane < run->state.identity_count && r == OK; run->lane++) {
		run->last = (struct party_key){0};
		do {
			r = one(run, op, err);
			if (r == OK)
				r = report(run, err);
		} while (r == OK && run->seen > 0);
	}
	return r;
}

enum result erase_walk(struct run *run, vault_op *op, struct err *err)
{
	return walk(run, erase_step, op, err);
}

enum result erase_read(struct run *run, vault_op *op, struct err *err)
{
	return walk(run, read_step, op, err);
}

bool erase_is_agent_only(const struct run *run, const struct record_row *row)
{
	return agent_only(row, run->state.identities, run->state.identity_count);
}

bool erase_is_first_lane(const struct run *run, size_t lane, const struct party *parties, size_t count)
{
	for (size_t i = 0; i < lane; i++) {
		for (size_t k = 0; k < count; k++) {
			if (parties[k].identity == run->state.identities[i])
				return false;
		}
	}
	return true;
}

/* The same of a contact, and of an entry that leads to none. */
static enum result drop_damaged_contact(struct session *session, const struct run *run, size_t lane, struct id id,
					struct err *err)
{
	struct contact_row row = {
	    .account = run->state.account, .id = id, .parties = {{run->state.identities[lane], 0}}, .party_count = 1};
	enum result r = contact_key_of(session->data, row.account, id, &row.key, err);

	return r == OK ? contact_key_end(session, &row, run->options->now, err) : r;
}

enum result erase_contacts_of(struct session *session, struct run *run, size_t lane, erase_visit_contact *visit,
			      struct err *err)
{
	struct id ids[CONTACTS], after = {{0}};
	struct contact_row contact;
	size_t count;
	enum result r;

	do {
		r = contact_list_identity(session->data, run->state.account, run->state.identities[lane], after, ids,
					  CONTACTS, &count, err);
		for (size_t k = 0; k < count && r == OK; k++) {
			pool_reset(&run->batch);
			after = ids[k];
			r = contact_get(session->data, run->state.account, ids[k], &run->batch, &contact, err);
			if (r == OK)
				r = visit(session, run, lane, &contact, err);
			else if (r == ERR_CORRUPT && skips_damaged(run))
				r = OK;
			else if ((r == ERR_CORRUPT || r == ERR_NOT_FOUND) && run->state.phase == ERASE_ROWS)
				r = drop_damaged_contact(session, run, lane, ids[k], err);
		}
	} while (r == OK && count == CONTACTS);
	return r;
}
