/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an erasure has done so far, as its job remembers it.  JSON of opaque
 * ids and counts, written in the transaction of each step, so that a run that
 * goes on after a crash counts exactly.  retention/erasing.c reads identities,
 * "anonymous" and phase of it.
 */
#ifndef LETHE_PRIVACY_ERASE_STATE_H
#define LETHE_PRIVACY_ERASE_STATE_H

#include "privacy/erase.h"
#include "retention/erasing.h"
#include "store/job.h"

struct erase_state {
	uint32_t account;
	struct id job, person;
	struct instant started;
	char reference[ERASE_REFERENCE_MAX + 1];
	int64_t identities[PERSON_IDENTITIES_MAX];
	size_t identity_count;
	enum erase_phase phase;
	int64_t keys_destroyed;
	int64_t contacts;
	struct removed removed;
	int64_t kept[KIND_COUNT];
	int64_t obliged[KIND_COUNT];
	struct erased_law laws[ERASE_LAWS_MAX];
	size_t law_count;
	bool anonymise;
	int64_t anonymous;     /* who it is among those who wait in the aggregates */
	int64_t aggregated[KIND_COUNT];
	struct aggregates_shown shown;
	int64_t left_by_agent; /* records the person was only the agent of: they stay, without them */
};

/* Into args and result of `job`; texts live in `pool`. */
MUST_CHECK enum result erase_state_write(const struct erase_state *state, struct pool *pool, struct job *job,
					 struct err *err);
/* ERR_CORRUPT when the job does not read as one of ours. */
MUST_CHECK enum result erase_state_read(const struct job *job, struct pool *pool, struct erase_state *out,
					struct err *err);

#endif
