/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/pipeline.h"

#include "ingest/sealer.h"

enum result pipeline_begin(struct pipeline *pipe, struct vault *vault, const struct import_options *options,
			   struct err *err)
{
	enum result r = sealer_new(&pipe->sealer, err);

	if (r == OK)
		r = batch_new(vault, options, pipe->sealer, &pipe->filling, err);
	return r == OK ? batch_new(vault, options, pipe->sealer, &pipe->writing, err) : r;
}

void pipeline_end(struct pipeline *pipe)
{
	batch_free(pipe->filling);
	batch_free(pipe->writing);
	sealer_free(pipe->sealer);
}

enum result pipeline_settle(struct pipeline *pipe, struct import_result *total, struct err *err)
{
	enum result r = batch_wait(pipe->writing, total, err);

	if (r == OK)
		r = pipe->settled(pipe->arg, pipe->writing, err);
	else if (pipe->lost != NULL)
		pipe->lost(pipe->arg, pipe->writing);
	batch_reset(pipe->writing);
	return r;
}

enum result pipeline_turn(struct pipeline *pipe, struct import_result *total, struct err *err)
{
	struct batch *full = pipe->filling;
	enum result r;

	if (!batch_is_empty(full))
		batch_submit(full);
	r = pipeline_settle(pipe, total, err);
	pipe->filling = pipe->writing;
	pipe->writing = full;
	return r;
}

enum result pipeline_finish(struct pipeline *pipe, struct import_result *total, struct err *err)
{
	struct err second;
	enum result r = pipeline_turn(pipe, total, err), last = pipeline_settle(pipe, total, &second);

	if (r == OK && last != OK)
		*err = second;
	return r != OK ? r : last;
}
