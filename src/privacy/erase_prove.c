/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include <string.h>

#include "privacy/statement.h"
#include "vault/proof.h"
#include "vault/receipts.h"

/* ---- 5: the second look ---- */

static enum result look_for_key(struct run *run, int64_t identity, struct err *err)
{
	struct wrapped_key key;
	enum result r = key_get(run->vault->read.keys, run->state.account, KEY_IDENTITY, identity, &key, err);

	run->left.keys += r == OK;
	return r == ERR_NOT_FOUND ? OK : r;
}

static enum result look_at_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				   struct err *err)
{
	(void)session, (void)err;
	if (!erase_is_first_lane(run, lane, contact->parties, contact->party_count))
		return OK;
	if (contact->hold != 0 && erase_contact_held(run, contact) != NULL)
		run->state.kept[HELD_CONTACT]++;
	else
		run->left.contacts++;
	return OK;
}

static enum result look_for_rows(struct run *run, size_t lane, struct err *err)
{
	struct session *session = &run->vault->read;
	struct identity_row row;
	enum result r =
	    identity_get(session->data, run->state.account, run->state.identities[lane], &run->batch, &row, err);

	run->left.identities += r == OK;
	if (r != OK && r != ERR_NOT_FOUND)
		return r;
	return erase_contacts_of(session, run, lane, look_at_contact, err);
}

/* What party rows still lead to: kept under the key of a hold that stands, or left. */
static enum result look_for_records(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	size_t count;
	enum result r = erase_load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		const struct record_row *row = &run->rows[i];
		struct ruling ruling;

		if (!erase_is_first_lane(run, run->lane, row->parties, row->party_count))
			continue;
		r = erase_ask(session, run, row, &ruling, err);
		if (r == OK && row->hold != 0 && ruling.fate == FATE_HELD)
			run->state.kept[row->kind]++;
		else
			run->left.records++;
	}
	run->left.records += (int64_t)(run->seen - count);
	return r;
}

enum result erase_look_again(struct run *run, struct err *err)
{
	uint64_t removed;
	enum result r = vault_empty_trash(run->vault, &removed, err);

	/* What was kept before this erasure is kept as much as what it kept itself. */
	memset(run->state.kept, 0, sizeof run->state.kept);
	if (r == OK)
		r = vault_scrub(run->vault, err);
	for (size_t i = 0; i < run->state.identity_count && r == OK; i++) {
		pool_reset(&run->batch);
		r = look_for_key(run, run->state.identities[i], err);
		if (r == OK)
			r = look_for_rows(run, i, err);
	}
	if (r == OK)
		r = erase_walk(run, look_for_records, err);
	return r == OK ? vault_trash_left(run->vault, &run->left.blobs, err) : r;
}

/* ---- 6: the act ---- */

static enum result log_erasure(struct session *session, struct run *run, struct err *err)
{
	struct act act;

	if (run->state.anonymise)
		act_begin(&act, "person.anonymise", run->state.account, run->options->now);
	else
		act_begin(&act, "person.erase", run->state.account, run->options->now);
	act_id(&act, "person", PERSON_PREFIX, run->state.person);
	act_id(&act, "job", JOB_PREFIX, run->state.job);
	act_int(&act, "keys", run->state.keys_destroyed);
	act_int(&act, "contacts", run->state.contacts);
	act_int(&act, "media", run->state.removed.media);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (run->state.removed.records[kind] > 0)
			act_int_of_kind(&act, "deleted", kind, run->state.removed.records[kind]);
		if (run->state.kept[kind] > 0)
			act_int_of_kind(&act, "kept", kind, run->state.kept[kind]);
		if (run->state.obliged[kind] > 0)
			act_int_of_kind(&act, "obliged", kind, run->state.obliged[kind]);
	}
	act_int(&act, "left",
		run->left.keys + run->left.identities + run->left.contacts + run->left.records + run->left.blobs);
	act_digest(&act, "statement", run->digest);
	return act_append(&act, session->data, &run->leaf, err);
}

/* The job keeps its statement and leaf, so that the receipt can be written again: erasures_receipt. */
static enum result finish(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job;
	enum result r = erase_state_write(&run->state, &run->batch, &job, err);

	if (r == OK)
		r = log_erasure(session, run, err);
	if (r != OK)
		return r;
	job.state = JOB_DONE;
	job.ended = run->options->now;
	r = receipts_result(run->statement, run->leaf, &run->batch, &job.result, err);
	return r == OK ? job_update(session->data, &job, err) : r;
}

static void fill_result(const struct run *run, struct erase_result *out)
{
	out->job = run->state.job;
	out->person = run->state.person;
	out->started = run->state.started;
	out->ended = run->options->now;
	out->identities = (int64_t)run->state.identity_count;
	out->contacts = run->state.contacts;
	out->removed = run->state.removed;
	memcpy(out->kept, run->state.kept, sizeof out->kept);
	memcpy(out->obliged, run->state.obliged, sizeof out->obliged);
	memcpy(out->laws, run->state.laws, sizeof out->laws);
	out->law_count = run->state.law_count;
	out->anonymise = run->state.anonymise;
	memcpy(out->aggregated, run->state.aggregated, sizeof out->aggregated);
	out->shown = run->state.shown;
	out->left_by_agent = run->state.left_by_agent;
	out->left = run->left;
}

enum result erase_close(struct run *run, struct pool *pool, struct erase_result *out, struct err *err)
{
	struct buf statement;
	enum result r;

	buf_init(&statement, (size_t)64 * 1024);
	fill_result(run, out);
	r = statement_of_erasure(run->vault, run->state.account, run->state.reference, run->options->now, out,
				 &statement, err);
	if (r == OK)
		r = proof_digest(statement.data, statement.len, run->digest, err);
	run->statement = statement.data;
	if (r == OK)
		r = erase_step(run, finish, err);
	run->finished = r == OK;
	if (r == OK)
		r = receipts_sign(run->vault, statement.data, statement.len, run->leaf, pool, &out->receipt, err);
	out->leaf = run->leaf;
	buf_free(&statement);
	return r;
}
