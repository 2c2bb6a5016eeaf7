/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two batches that take turns: one is filled by the thread that reads while the
 * writer stores the other.
 */
#ifndef LETHE_INGEST_PIPELINE_H
#define LETHE_INGEST_PIPELINE_H

#include "ingest/batch.h"

struct pipeline {
	struct batch *filling, *writing; /* NULL before pipeline_begin */
	struct sealer *sealer;
	/* A batch is on disk, and is emptied next; also one with nothing in it. */
	enum result (*settled)(void *arg, struct batch *batch, struct err *err);
	void (*lost)(void *arg, const struct batch *batch); /* it failed, and nothing of it is there; may be NULL */
	void *arg;
};

/* `settled` and `arg` are set by then, all else is zero. Whatever comes of it, pipeline_end. */
MUST_CHECK enum result pipeline_begin(struct pipeline *pipe, struct vault *vault, const struct import_options *options,
				      struct err *err);
void pipeline_end(struct pipeline *pipe); /* nothing may be under way */
/* Hands over what was filled, so that the writer need not wait, then waits for the batch before it, which is filled next.
 * Each adds what became of a batch to `total`. Also when one failed, the other is under way: then _settle. */
MUST_CHECK enum result pipeline_turn(struct pipeline *pipe, struct import_result *total, struct err *err);
/* Waits for what is under way. What was filled since stays out. */
MUST_CHECK enum result pipeline_settle(struct pipeline *pipe, struct import_result *total, struct err *err);
/* Both, when everything was read. */
MUST_CHECK enum result pipeline_finish(struct pipeline *pipe, struct import_result *total, struct err *err);

#endif
