/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Storing one batch: the writer thread's half of an import.
 */
#ifndef LETHE_INGEST_COMMIT_H
#define LETHE_INGEST_COMMIT_H

#include "ingest/batch.h"
#include "retention/holds.h"
#include "vault/directory.h"
#include "vault/outbox.h"

/* Inside the transaction. All borrowed. */
struct commit {
	struct session *session;
	struct batch *batch;
	struct import_result *counts; /* the batch's */
	struct pool pool;             /* of one row: reset after each */
	struct pool hold_pool;
	struct hold_set holds;
	struct outbox_list created, ready;       /* records; those that came with media */
	struct outbox_list enrolled, changed;    /* contacts */
};

/* A vault_op; `arg` is the batch. */
enum result commit_batch(struct session *session, void *arg, struct err *err);

#endif
