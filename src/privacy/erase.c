/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase.h"

#include <stdlib.h>
#include <string.h>

#include "privacy/agent.h"
#include "privacy/anonymise.h"
#include "privacy/erase_duties.h"
#include "privacy/erase_state.h"
#include "privacy/statement.h"
#include "retention/holds.h"
#include "retention/policies.h"
#include "store/leaf.h"
#include "vault/directory.h"
#include "vault/proof.h"
#include "vault/receipts.h"

/* Records looked at in one transaction; fewer when they are large. */
#define BATCH 2048
#define BATCH_BYTES ((size_t)64 * 1024 * 1024)
#define CONTACTS 64 /* read at a time */

struct run {
	struct vault *vault;
	const struct erase_options *options;
	struct erase_state state;
	struct hold_set holds;
	struct duty_set duties;
	struct pool pool;        /* for the whole run */
	struct pool batch;       /* reset for each transaction */
	struct record_row *rows; /* BATCH of them */
	size_t lane;             /* which identity is walked */
	struct party_key last;   /* the last key seen of it */
	size_t seen;             /* keys in the batch */
	struct erase_left left;
	bool begun;              /* the job is on disk */
	bool gave_up;            /* it is closed, and nothing is erased */
	bool finished;           /* it is closed, and all is done */
	const char *statement;   /* JSON */
	char digest[65];
	uint64_t leaf;
};

/* ---- the job ---- */

static enum result save(struct session *session, struct run *run, struct err *err)
{
	struct job job;
	enum result r = erase_state_write(&run->state, &run->batch, &job, err);

	return r == OK ? job_update(session->data, &job, err) : r;
}

static enum result begin(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job;
	struct act act;
	enum result r = OK;

	if (run->state.anonymise)
		r = aggregates_person(session, run->state.account, &run->state.anonymous, err);
	if (r == OK)
		r = erase_state_write(&run->state, &run->batch, &job, err);
	if (r == OK)
		r = job_insert(session->data, &job, err);
	if (run->state.anonymise)
		act_begin(&act, "person.anonymise.begin", run->state.account, run->state.started);
	else
		act_begin(&act, "person.erase.begin", run->state.account, run->state.started);
	act_id(&act, "person", PERSON_PREFIX, run->state.person);
	act_id(&act, "job", JOB_PREFIX, run->state.job);
	act_int(&act, "identities", (int64_t)run->state.identity_count);
	return r == OK ? act_append(&act, session->data, NULL, err) : r;
}

static enum result enter(struct session *session, struct run *run, enum erase_phase phase, struct err *err)
{
	run->state.phase = phase;
	return save(session, run, err);
}

/* Runs one step in one transaction. Its counts are taken back when it fails. */
static enum result step(struct run *run, vault_op *op, struct err *err)
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

/* ---- walking the person's records ---- */

/* A row that cannot be read goes by its key alone: once the person's keys are gone nothing may stand in the way. */
static enum result drop_damaged(struct session *session, struct run *run, const struct party_key *key, struct err *err)
{
	struct record_row row = {.account = run->state.account, .kind = key->kind, .id = key->id, .media = 1,
				 .parties = {{key->identity, ROLE_FROM}}, .party_count = 1};

	return remove_records(session, run->state.account, &row, 1, &run->state.removed, err);
}

/* The next records of the current identity, loaded; `run->seen` is 0 at its end. */
static enum result load_batch(struct session *session, struct run *run, size_t *count, struct err *err)
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
		else if (r == ERR_NOT_FOUND)
			r = OK;
		else if (r == ERR_CORRUPT && run->state.phase == ERASE_DUTIES)
			r = OK; /* nothing in it can be kept */
		else if (r == ERR_CORRUPT && run->state.phase == ERASE_ROWS)
			r = drop_damaged(session, run, key, err);
	}
	if (r == OK && run->seen > 0)
		run->last = keys[run->seen - 1];
	return r;
}

static enum result walk(struct run *run, vault_op *op, struct err *err)
{
	enum result r = OK;

	for (run->lane = 0; run->lane < run->state.identity_count && r == OK; run->lane++) {
		run->last = (struct party_key){0};
		do {
			r = step(run, op, err);
			if (r == OK)
				r = report(run, err);
		} while (r == OK && run->seen > 0);
	}
	return r;
}

/* A record or contact of several of the person's identities is met by way of each; it counts by way of the first. */
static bool is_first_lane(const struct run *run, size_t lane, const struct party *parties, size_t count)
{
	for (size_t i = 0; i < lane; i++) {
		for (size_t k = 0; k < count; k++) {
			if (parties[k].identity == run->state.identities[i])
				return false;
		}
	}
	return true;
}

typedef enum result visit_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				  struct err *err);

/* The contacts of one identity. */
static enum result contacts_of(struct session *session, struct run *run, size_t lane, visit_contact *visit,
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
		}
	} while (r == OK && count == CONTACTS);
	return r;
}

/* ---- 2: what a hold covers ---- */

static bool is_agent_only(const struct run *run, const struct record_row *row)
{
	return agent_only(row, run->state.identities, run->state.identity_count);
}

static enum result deny_agent(const struct record_row *row, struct err *err)
{
	char text[ID_TEXT_MAX];

	err_set(err, ERR_DENIED, "a legal hold covers a record this person was the agent of, and it may not be changed");
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
	enum result r = load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		struct record_row *row = &run->rows[i];
		const struct hold_scope *scope = holds_cover(&run->holds, row);

		if (scope != NULL && is_agent_only(run, row))
			return deny_agent(row, err);
		if (scope == NULL && !is_agent_only(run, row))
			r = erase_duties_check(session, &run->duties, row, &run->batch, err);
		if (scope == NULL || scope->row.hold == row->hold)
			continue;
		r = holds_keep(session, scope, row, HELD_ERASED, run->state.started, &run->batch, err);
		r = keep_what_opens(r, kind_prefix(row->kind), row->id, err);
		run->state.kept[row->kind]++;
	}
	return r == OK ? save(session, run, err) : r;
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
		r = contacts_of(session, run, i, keep_contact, err);
	return r == OK ? enter(session, run, ERASE_DUTIES, err) : r;
}

static enum result keep_held(struct run *run, struct err *err)
{
	enum result r = OK;

	if (run->holds.count + run->duties.count > 0)
		r = walk(run, keep_batch, err);
	return r == OK ? step(run, keep_contacts, err) : r;
}

/* ---- 2: then what an obligation covers ---- */

/* What had only expired before, and was listed so. */
static enum result note_erased(struct session *session, const struct run *run, const struct record_row *row,
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
	size_t count;
	enum result r = load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		struct record_row *row = &run->rows[i];

		if (holds_cover(&run->holds, row) != NULL || (is_agent_only(run, row) && row->hold == 0))
			continue;
		if (!is_agent_only(run, row)) {
			r = erase_duties_keep(session, &run->duties, row, &run->state, &run->batch, err);
			if (r == OK)
				r = note_erased(session, run, row, err);
			continue;
		}
		r = duties_leave(session, row, &leaving, err);
		run->state.left_by_agent++;
	}
	return r == OK ? save(session, run, err) : r;
}

static enum result enter_keys(struct session *session, void *arg, struct err *err)
{
	return enter(session, arg, ERASE_KEYS, err);
}

static enum result cut_obliged(struct run *run, struct err *err)
{
	enum result r = run->duties.count > 0 ? walk(run, cut_batch, err) : OK;

	return r == OK ? step(run, enter_keys, err) : r;
}

/* ---- 3: keys ---- */

/* What was here before the erasure must not come back, also when the source's clock ran ahead: the later of the start
 * and the person's newest record, which an import takes up to a day ahead. */
static enum result tombstone_time(struct session *session, const struct run *run, struct instant *out, struct err *err)
{
	const int64_t day_ahead = run->state.started.ms + INT64_C(24) * 60 * 60 * 1000;
	struct instant at;
	enum result r = OK;

	*out = run->state.started;
	for (size_t i = 0; i < run->state.identity_count && r == OK; i++) {
		r = party_newest(session->data, run->state.account, run->state.identities[i], &at, err);
		if (r == OK && at.ms >= out->ms && at.ms <= day_ahead)
			out->ms = at.ms + 1;
	}
	return r;
}

static enum result bury(struct session *session, struct run *run, int64_t identity, struct instant at,
			struct err *err)
{
	struct identity_row row;
	bool existed;
	enum result r = identity_get(session->data, run->state.account, identity, &run->batch, &row, err);

	/* Its row goes only after its key: when there is no row any more, an earlier run has been here. */
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r == OK)
		r = tombstone_put(session->keys, run->state.account, &row.blind, at, err);
	if (r == OK)
		r = keyring_destroy(session->ring, run->state.account, KEY_IDENTITY, identity, &existed, err);
	return r;
}

static enum result destroy_keys(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct instant at;
	enum result r = tombstone_time(session, run, &at, err);

	for (size_t i = 0; i < run->state.identity_count && r == OK; i++)
		r = bury(session, run, run->state.identities[i], at, err);
	directory_clear(session->directory);
	run->state.keys_destroyed = (int64_t)run->state.identity_count;
	return r == OK ? enter(session, run, ERASE_ROWS, err) : r;
}

/* ---- 4: rows and blobs ---- */

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

static enum result delete_batch(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	size_t count, gone = 0;
	enum result r = load_batch(session, run, &count, err);

	/* What stands under the key of a hold stays, and so do its party rows: the release will need them. */
	for (size_t i = 0; i < count && r == OK; i++) {
		struct record_row *row = &run->rows[i];

		if (row->hold != 0 && holds_cover(&run->holds, row) != NULL) {
			r = is_agent_only(run, row) ? OK : note_erased(session, run, row, err);
			continue;
		}
		if (is_agent_only(run, row)) {
			r = agent_leave(session, row, run->state.identities, run->state.identity_count, &run->batch,
					err);
			run->state.left_by_agent++;
			continue;
		}
		if (row->hold != 0)
			r = let_go(session, run, row->hold, row->kind, row->id, err);
		if (gone++ != i)
			run->rows[gone - 1] = *row;
	}
	if (r == OK && run->state.anonymise)
		r = anonymise_add(session, &run->state, run->rows, gone, &run->batch, err);
	if (r == OK)
		r = remove_records(session, run->state.account, run->rows, gone, &run->state.removed, err);
	return r == OK ? save(session, run, err) : r;
}

static enum result delete_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				  struct err *err)
{
	enum result r = OK;

	(void)lane;
	if (contact->hold != 0 && holds_cover_contact(&run->holds, contact) != NULL)
		return OK;
	if (contact->hold != 0)
		r = let_go(session, run, contact->hold, HELD_CONTACT, contact->id, err);
	run->state.contacts++;
	return r == OK ? contact_delete(session->data, contact, err) : r;
}

static enum result delete_identities(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	enum result r = OK;

	for (size_t i = 0; i < run->state.identity_count && r == OK; i++) {
		r = contacts_of(session, run, i, delete_contact, err);
		if (r == OK)
			r = hold_keep_identity(session->data, run->state.account, run->state.person,
					       run->state.identities[i], err);
		if (r == OK)
			r = identity_delete(session->data, run->state.account, run->state.identities[i], err);
	}
	if (r == OK)
		r = holds_end_restrictions(session, run->state.account, run->state.person, run->options->now, &run->batch,
					   err);
	if (r == OK && run->state.anonymise)
		r = aggregates_show(session, run->state.account, &run->state.shown, err);
	return r == OK ? enter(session, run, ERASE_LOOK, err) : r;
}

static enum result delete_rows(struct run *run, struct err *err)
{
	enum result r = walk(run, delete_batch, err);

	return r == OK ? step(run, delete_identities, err) : r;
}

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
	if (!is_first_lane(run, lane, contact->parties, contact->party_count))
		return OK;
	if (contact->hold != 0 && holds_cover_contact(&run->holds, contact) != NULL)
		run->state.kept[HELD_CONTACT]++;
	else
		run->left.contacts++;
	return OK;
}

static enum result look_for_rows(struct run *run, size_t lane, struct err *err)
{
	struct session *session = &run->vault->read;
	struct identity_row row;
	enum result r = identity_get(session->data, run->state.account, run->state.identities[lane], &run->batch, &row,
				     err);

	run->left.identities += r == OK;
	if (r != OK && r != ERR_NOT_FOUND)
		return r;
	return contacts_of(session, run, lane, look_at_contact, err);
}

/* What party rows still lead to: kept under the key of a hold that stands, or left. */
static enum result look_for_records(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	size_t count;
	enum result r = load_batch(session, run, &count, err);

	for (size_t i = 0; i < count; i++) {
		const struct record_row *row = &run->rows[i];

		if (!is_first_lane(run, run->lane, row->parties, row->party_count))
			continue;
		if (row->hold != 0 && holds_cover(&run->holds, row) != NULL)
			run->state.kept[row->kind]++;
		else
			run->left.records++;
	}
	run->left.records += (int64_t)(run->seen - count);
	return r;
}

static enum result look_again(struct run *run, struct err *err)
{
	uint64_t removed;
	size_t trash;
	struct trash_row one;
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
		r = walk(run, look_for_records, err);
	if (r == OK)
		r = trash_list(run->vault->read.data, &one, 1, &trash, err);
	if (r == OK)
		run->left.blobs = (int64_t)trash;
	return r;
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
	act_int(&act, "left", run->left.keys + run->left.identities + run->left.contacts + run->left.records +
				  run->left.blobs);
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

static enum result make_receipt(struct run *run, struct pool *pool, struct erase_result *out, struct err *err)
{
	struct buf statement, receipt;
	enum result r;

	buf_init(&statement, (size_t)64 * 1024);
	buf_init(&receipt, (size_t)256 * 1024);
	fill_result(run, out);
	r = statement_of_erasure(run->vault, run->state.account, run->state.reference, run->options->now, out,
				 &statement, err);
	if (r == OK)
		r = proof_digest(statement.data, statement.len, run->digest, err);
	run->statement = statement.data;
	if (r == OK)
		r = step(run, finish, err);
	run->finished = r == OK;
	if (r == OK)
		r = proof_receipt(&run->vault->read, run->vault->id, statement.data, statement.len, run->leaf, &receipt,
				  err);
	if (r == OK && (out->receipt = pool_strndup(pool, receipt.data, receipt.len)) == NULL)
		r = err_no_memory(err);
	out->leaf = run->leaf;
	buf_free(&statement);
	buf_free(&receipt);
	return r;
}

/* ---- from the top ---- */

static enum result give_up_op(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job;
	struct act act;
	enum result r = erase_state_write(&run->state, &run->batch, &job, err);

	if (r != OK)
		return r;
	job.state = JOB_DONE;
	job.ended = run->options->now;
	job.result = "{\"failed\":true}";
	if (run->state.anonymise)
		act_begin(&act, "person.anonymise.failed", run->state.account, run->options->now);
	else
		act_begin(&act, "person.erase.failed", run->state.account, run->options->now);
	act_id(&act, "person", PERSON_PREFIX, run->state.person);
	act_id(&act, "job", JOB_PREFIX, run->state.job);
	r = job_update(session->data, &job, err);
	return r == OK ? act_append(&act, session->data, NULL, err) : r;
}

/* No key is destroyed yet. What is damaged would stop it every time, and with it every command that goes on with it. */
static enum result keep_or_give_up(struct run *run, struct err *err)
{
	struct err second;
	enum result r = keep_held(run, err);

	if (r != ERR_CORRUPT && r != ERR_DENIED)
		return r;
	log_event(LOG_ERROR, "person.erase.failed", LOG_ID("job", JOB_PREFIX, run->state.job));
	if (step(run, give_up_op, &second) == OK)
		run->gave_up = true;
	return r;
}

static const char *in_the_way(enum result r)
{
	switch (r) {
	case ERR_BUSY:
		return "let whoever is reading end; ";
	case ERR_FULL:
		return "free some space; ";
	default:
		return "";
	}
}

/* A job on disk is finished by whichever command writes next, and that one does not print its receipt. */
static enum result say_job(const struct run *run, enum result r, struct err *err)
{
	char id[ID_TEXT_MAX];

	if (r == OK || !run->begun || run->gave_up)
		return r;
	id_format(JOB_PREFIX, run->state.job, id);
	if (err->where[0] == '\0')
		err_where(err, "%s", id);
	if (run->finished)
		err_mend(err, "the person is erased; `lethe person receipt %s` gives the receipt", id);
	else
		err_mend(err, "%sthe next command that writes finishes the erasure; then `lethe person receipt %s` gives its "
			      "receipt", in_the_way(r), id);
	return r;
}

/* From the phase its job says to the end. Holds are loaded anew: a released or added hold since is honoured. */
static enum result go_on(struct run *run, struct pool *pool, struct erase_result *out, struct err *err)
{
	enum result r = holds_load(&run->vault->read, run->state.account, &run->pool, &run->holds, err);

	/* A restriction is the person's own, and so is the wish to be erased. */
	run->holds = holds_legal(&run->holds);
	if (r == OK)
		r = duties_load(&run->vault->read, run->state.account, run->options->now, &run->pool, &run->duties, err);
	if (r == OK && run->state.phase == ERASE_HOLDS)
		r = keep_or_give_up(run, err);
	if (r == OK && run->state.phase == ERASE_DUTIES)
		r = cut_obliged(run, err);
	if (r == OK && run->state.phase == ERASE_KEYS)
		r = step(run, destroy_keys, err);
	/* Also after a crash right behind the step before: the logs may still hold wrapped keys. */
	if (r == OK && run->state.phase == ERASE_ROWS)
		r = vault_scrub(run->vault, err);
	if (r == OK && run->state.phase == ERASE_ROWS)
		r = delete_rows(run, err);
	if (r == OK)
		r = look_again(run, err);
	if (r == OK)
		r = make_receipt(run, pool, out, err);
	return say_job(run, r, err);
}

static struct run *run_new(struct vault *vault, const struct erase_options *options)
{
	struct run *run = calloc(1, sizeof *run);

	if (run == NULL)
		return NULL;
	run->vault = vault;
	run->options = options;
	run->rows = calloc(BATCH, sizeof *run->rows);
	pool_init(&run->pool, (size_t)256 * 1024 * 1024);
	pool_init(&run->batch, (size_t)1024 * 1024 * 1024);
	if (run->rows != NULL)
		return run;
	free(run);
	return NULL;
}

static void run_free(struct run *run)
{
	duties_free(&run->duties);
	pool_free(&run->batch);
	pool_free(&run->pool);
	free(run->rows);
	free(run);
}

static enum result check_reference(const char *reference, struct erase_state *state, struct err *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = reference != NULL ? strlen(reference) : 0;

	if (len > ERASE_REFERENCE_MAX || (len > 0 && strspn(reference, allowed) != len)) {
		err_set(err, ERR_INPUT, "a reference is up to %d letters, digits, '.', '_' and '-'",
			ERASE_REFERENCE_MAX);
		return err_mend(err, "it goes into the receipt and the log: give the ticket's number, not the person's name");
	}
	if (len > 0)
		memcpy(state->reference, reference, len);
	return OK;
}

/* ---- what is not billed yet ---- */

static enum result deny_unbilled(const struct billing *billing, int64_t count, struct err *err)
{
	char until[TIME_TEXT_MAX];

	err_set(err, ERR_DENIED, "%lld record%s of this person %s not billed yet, and the account's profile erases only what is",
		(long long)count, count == 1 ? "" : "s", count == 1 ? "is" : "are");
	if (billing->said)
		err_where(err, "billed_until is %s", date_format(billing->until, until));
	else
		err_where(err, "billed_until is not set");
	return err_mend(err, "nothing was erased; wait until they are billed, say so (`lethe account set NAME billed_until "
			     "DATE`), and erase then");
}

static enum result count_unbilled(struct session *session, struct run *run, const struct billing *billing, int64_t *found,
				  struct err *err)
{
	size_t count;
	enum result r = load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++) {
		const struct record_row *row = &run->rows[i];

		*found += row->hold == 0 && billing_waits(billing, instant_date(id_time(row->id))) &&
			  !is_agent_only(run, row) && is_first_lane(run, run->lane, row->parties, row->party_count);
	}
	return r;
}

/* What is billed is not walked again. */
static struct party_key before_month(int32_t month)
{
	struct party_key key = {.month = month - 1, .kind = KIND_LAST};

	memset(key.id.bytes, 0xff, sizeof key.id.bytes);
	return key;
}

/* Before anything of the erasure is on disk. */
static enum result check_billed(struct run *run, struct err *err)
{
	struct session *session = &run->vault->read;
	struct billing billing;
	int64_t found = 0;
	enum result r = billing_load(session, run->state.account, &run->pool, &billing, err);

	for (run->lane = 0; r == OK && billing.waits && run->lane < run->state.identity_count; run->lane++) {
		run->last = billing.said ? before_month(date_month_index(billing.until)) : (struct party_key){0};
		do {
			pool_reset(&run->batch);
			r = count_unbilled(session, run, &billing, &found, err);
		} while (r == OK && run->seen > 0);
	}
	return r == OK && found > 0 ? deny_unbilled(&billing, found, err) : r;
}

static enum result prepare(struct run *run, const struct account *account, struct id person, struct err *err)
{
	struct identity_row rows[PERSON_IDENTITIES_MAX];
	struct erase_state *state = &run->state;
	struct instant newest = {0};
	enum result r = check_reference(run->options->reference, state, err);

	state->account = account->number;
	state->person = person;
	state->anonymise = run->options->anonymise;
	if (r == OK)
		r = leaf_newest(run->vault->read.data, &newest, err);
	/* Never before an act that is on record: a clock that was set back would let what is erased come back. */
	state->started = newest.ms > run->options->now.ms ? newest : run->options->now;
	state->job = id_new(run->options->now);
	state->phase = ERASE_HOLDS;
	if (r == OK)
		r = identity_of_person(run->vault->read.data, account->number, person, &run->pool, rows,
				       PERSON_IDENTITIES_MAX, &state->identity_count, err);
	if (r == OK && state->identity_count == 0)
		r = err_set(err, ERR_NOT_FOUND, "no such person in this account");
	for (size_t i = 0; r == OK && i < state->identity_count; i++)
		state->identities[i] = rows[i].identity;
	if (r == OK)
		r = state->anonymise ? anonymise_person_billed(&run->vault->read, state, err) : check_billed(run, err);
	if (r == OK)
		r = duties_known(&run->vault->read, account->number, run->options->now, err);
	if (r == OK)
		r = step(run, begin, err);
	run->begun = r == OK;
	return r;
}

enum result erase_person(struct vault *vault, const struct account *account, struct id person,
			 const struct erase_options *options, struct pool *pool, struct erase_result *out,
			 struct err *err)
{
	struct run *run = run_new(vault, options);
	enum result r;

	*out = (struct erase_result){0};
	if (run == NULL)
		return err_no_memory(err);
	r = prepare(run, account, person, err);
	if (r == OK)
		r = go_on(run, pool, out, err);
	run_free(run);
	return r;
}

static enum result resume(struct run *run, const struct job *job, struct err *err)
{
	struct erase_result out = {0};
	enum result r = erase_state_read(job, &run->pool, &run->state, err);

	run->begun = r == OK;
	return r == OK ? go_on(run, &run->pool, &out, err) : r;
}

enum result erase_resume(struct vault *vault, struct instant now, bool *found, struct err *err)
{
	const struct erase_options options = {.now = now};
	struct run *run = run_new(vault, &options);
	struct job job;
	enum result r;

	*found = false;
	if (run == NULL)
		return err_no_memory(err);
	r = job_next_running(vault->read.data, JOB_ERASE, &run->pool, &job, err);
	if (r == OK) {
		*found = true;
		r = resume(run, &job, err);
		r = run->gave_up ? OK : r;
	} else if (r == ERR_NOT_FOUND) {
		r = OK;
	}
	run_free(run);
	return r;
}
