/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "vault/directory.h"

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

/* Its row stays until its records are gone. Whoever has the identifier from now on is somebody else: an import that meets
 * it makes them an identity and a key of their own. */
static enum result bury(struct session *session, struct run *run, int64_t identity, struct instant at, struct err *err)
{
	struct identity_row row;
	bool existed;
	enum result r = identity_get(session->data, run->state.account, identity, &run->batch, &row, err);

	/* Its row goes only after its key: when there is no row any more, an earlier run has been here. */
	if (r == ERR_NOT_FOUND)
		return OK;
	if (r == OK && !identity_is_unnamed(&row))
		r = tombstone_put(session->keys, run->state.account, &row.blind, at, err);
	if (r == OK)
		r = keyring_destroy(session->ring, run->state.account, KEY_IDENTITY, identity, &existed, err);
	if (r == OK)
		r = identity_unname(session->data, run->state.account, identity, err);
	return r;
}

static enum result destroy_keys(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct instant at;
	enum result r = erase_find_missed(session, run, err);

	if (r == OK && run->missed)
		return erase_enter(session, run, ERASE_HOLDS, err);
	if (r == OK)
		r = tombstone_time(session, run, &at, err);
	for (size_t i = 0; i < run->state.identity_count && r == OK; i++)
		r = bury(session, run, run->state.identities[i], at, err);
	directory_clear(session->directory);
	run->state.keys_destroyed = (int64_t)run->state.identity_count;
	return r == OK ? erase_enter(session, run, ERASE_ROWS, err) : r;
}

enum result erase_keys(struct run *run, struct err *err)
{
	return erase_step(run, destroy_keys, err);
}
