/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of an erasure share. Private to privacy/erase*.c, one of which
 * there is for each step of privacy/erase.h.
 */
#ifndef LETHE_PRIVACY_ERASE_RUN_H
#define LETHE_PRIVACY_ERASE_RUN_H

#include "privacy/erase_state.h"
#include "retention/verdict.h"

/* Records looked at in one transaction; fewer when they are large. */
#define BATCH 2048
#define BATCH_BYTES ((size_t)64 * 1024 * 1024)

struct run {
	struct vault *vault;
	const struct erase_options *options;
	struct erase_state state;
	struct keepers keepers;
	struct pool keepers_pool; /* what they point into */
	struct pool pool;        /* for the whole run */
	struct pool batch;       /* reset for each transaction */
	struct record_row *rows; /* BATCH of them */
	size_t lane;             /* which identity is walked */
	struct party_key last;   /* the last key seen of it */
	size_t seen;             /* keys in the batch */
	bool missed;             /* something to be kept has come since it was */
	struct erase_left left;
	bool begun;            /* the job is on disk */
	bool gave_up;          /* it is closed, and nothing is erased */
	bool finished;         /* it is closed, and all is done */
	const char *statement; /* JSON */
	char digest[65];
	uint64_t leaf;
};

/* ---- the job and the person's records (erase_run.c) ---- */

/* Runs one step in one transaction. Its counts are taken back when it fails. */
MUST_CHECK enum result erase_step(struct run *run, vault_op *op, struct err *err);
/* Inside a step: what the job remembers. */
MUST_CHECK enum result erase_save(struct session *session, struct run *run, struct err *err);
MUST_CHECK enum result erase_enter(struct session *session, struct run *run, enum erase_phase phase, struct err *err);

/* The holds and obligations in force as the session sees them: inside a step, those that are when it is done. */
MUST_CHECK enum result erase_load_keepers(struct session *session, struct run *run, struct err *err);
/* May one of them keep something? A restriction is the person's own, and so is the wish to be erased. */
bool erase_has_keepers(const struct run *run);
/* The verdict on a record, as of somebody who is erased: FATE_HELD by legal holds alone, FATE_CUT, FATE_GOES. Of one that
 * the person was only the agent in, what it would be. */
MUST_CHECK enum result erase_ask(struct session *session, struct run *run, const struct record_row *row,
				 struct ruling *out, struct err *err);
/* The legal hold that covers a contact; NULL: none does. */
const struct hold_scope *erase_contact_held(const struct run *run, const struct contact_row *contact);
/* How it is listed under the keeper whose key is `hold`; what is under none is to be put aside. */
MUST_CHECK enum result erase_listed_as(struct session *session, const struct run *run, int64_t hold,
				       enum record_kind kind, struct id id, struct held_row *out, struct err *err);
/* Has something been cut down? Then there is no way back. */
bool erase_is_final(const struct run *run);

/* The steps of one operation over the records of each identity, one after the other, until it sees none any more. */
MUST_CHECK enum result erase_walk(struct run *run, vault_op *op, struct err *err);
/* The same, of an operation that writes nothing. */
MUST_CHECK enum result erase_read(struct run *run, vault_op *op, struct err *err);
/* The next records of the current identity, loaded; `run->seen` is 0 at its end. */
MUST_CHECK enum result erase_load_batch(struct session *session, struct run *run, size_t *count, struct err *err);
typedef enum result erase_visit_record(struct session *session, struct run *run, struct record_row *row,
				       struct err *err);
/* Inside a step: each of the next records, under the keepers as they are then; what `visit` notes in the state is saved. */
MUST_CHECK enum result erase_each(struct session *session, struct run *run, erase_visit_record *visit, struct err *err);
/* A record or contact of several of the person's identities is met by way of each; it counts by way of the first. */
bool erase_is_first_lane(const struct run *run, size_t lane, const struct party *parties, size_t count);
bool erase_is_agent_only(const struct run *run, const struct record_row *row);
typedef enum result erase_visit_contact(struct session *session, struct run *run, size_t lane,
					struct contact_row *contact, struct err *err);
/* The contacts of one identity. Empties run->batch. */
MUST_CHECK enum result erase_contacts_of(struct session *session, struct run *run, size_t lane,
					 erase_visit_contact *visit, struct err *err);

/* ---- the steps, each in a file of its name ---- */

/* 1. ERR_NOT_FOUND, ERR_WRONG_STATE: nothing of it is on disk. */
MUST_CHECK enum result erase_begin(struct run *run, const struct account *account, struct id person, struct err *err);
/* 2. ERR_HELD, ERR_CORRUPT when something that a keeper covers cannot be kept: it is to be given up. Everything was
 * looked at before anything is sealed. */
MUST_CHECK enum result erase_keep(struct run *run, struct err *err);
/* Under which hold's key it is still to be sealed; NULL: under none, or what keeps it already. */
MUST_CHECK enum result erase_contact_wants(struct session *session, const struct run *run,
					   const struct contact_row *contact, struct pool *pool,
					   const struct hold_scope **scope, struct err *err);
/* Inside a step: run->missed when something of the person is to be kept and is not yet. */
MUST_CHECK enum result erase_find_missed(struct session *session, struct run *run, struct err *err);
/* Instead of all that follows: puts back what was sealed and closes the job, as if nobody had asked. */
MUST_CHECK enum result erase_give_up(struct run *run, struct err *err);
/* 2, what obligations cover. There is no way back. */
MUST_CHECK enum result erase_cut(struct run *run, struct err *err);
/* What had only expired before, and was listed so. Inside a step. */
MUST_CHECK enum result erase_note_erased(struct session *session, const struct run *run, const struct record_row *row,
					 struct err *err);
/* 3, or back to 2 when something is to be kept that was not there before. */
MUST_CHECK enum result erase_keys(struct run *run, struct err *err);
/* 4 */
MUST_CHECK enum result erase_rows(struct run *run, struct err *err);
/* 5 */
MUST_CHECK enum result erase_look_again(struct run *run, struct err *err);
/* 6. The receipt is in `pool`. */
MUST_CHECK enum result erase_close(struct run *run, struct pool *pool, struct erase_result *out, struct err *err);

#endif
