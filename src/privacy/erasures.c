/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erasures.h"

#include <string.h>

#include "privacy/erase_state.h"
#include "vault/receipts.h"

#define ONE_MAX ((size_t)1024 * 1024) /* a job, parsed */

/* ---- the list ---- */

static enum result read_erasure(const struct job *job, struct pool *pool, struct erasure *out, struct err *err)
{
	struct receipts_kept kept;
	struct erase_state state;
	enum result r = erase_state_read(job, pool, &state, err);

	if (r == OK)
		r = receipts_kept(job, pool, &kept, err);
	if (r != OK)
		return r;
	*out = (struct erasure){.job = job->id, .person = state.person, .end = ERASURE_UNFINISHED,
				.started = job->started, .ended = job->ended};
	memcpy(out->reference, state.reference, sizeof out->reference);
	if (job->state == JOB_DONE)
		out->end = kept.statement != NULL ? ERASURE_DONE : ERASURE_FAILED;
	return OK;
}

static enum result visit_one(struct session *session, uint32_t account, struct id id, erasure_visit *visit, void *arg,
			     struct err *err)
{
	struct erasure erasure;
	struct pool pool;
	struct job job;
	enum result r;

	pool_init(&pool, ONE_MAX);
	r = job_get(session->data, account, id, &pool, &job, err);
	if (r == OK)
		r = read_erasure(&job, &pool, &erasure, err);
	if (r == OK)
		r = visit(arg, &erasure, err);
	pool_free(&pool);
	return r;
}

enum result erasures_page(struct session *session, uint32_t account, struct id *after, size_t max, erasure_visit *visit,
			  void *arg, size_t *count, struct err *err)
{
	struct id ids[ERASURES_PAGE];
	size_t ask = max < ERASURES_PAGE ? max : ERASURES_PAGE;
	enum result r = job_list_of_type(session->data, account, JOB_ERASE, *after, ids, ask, count, err);

	for (size_t i = 0; r == OK && i < *count; i++) {
		*after = ids[i];
		r = visit_one(session, account, ids[i], visit, arg, err);
	}
	return r;
}

enum result erasures_list(struct session *session, uint32_t account, erasure_visit *visit, void *arg, struct err *err)
{
	struct id after = {{0}};
	size_t count;
	enum result r;

	do
		r = erasures_page(session, account, &after, ERASURES_PAGE, visit, arg, &count, err);
	while (r == OK && count == ERASURES_PAGE);
	return r;
}

/* ---- a receipt ---- */

static enum result find(struct vault *vault, uint32_t account, struct id id, struct pool *pool, struct job *out,
			struct err *err)
{
	char text[ID_TEXT_MAX];
	enum result r = job_get(vault->read.data, account, id, pool, out, err);

	if (r == OK && out->type != JOB_ERASE)
		r = err_set(err, ERR_NOT_FOUND, "that job is no erasure");
	if (r == ERR_NOT_FOUND) {
		err_where(err, "%s", id_format(JOB_PREFIX, id, text));
		return err_mend(err, "`lethe person receipt` without a job lists the erasures there were");
	}
	if (r != OK || out->state == JOB_DONE)
		return r;
	err_set(err, ERR_NOT_FOUND, "that erasure has not come to its end yet, so it has no receipt");
	err_where(err, "%s", id_format(JOB_PREFIX, id, text));
	return err_mend(err, "the next command that writes finishes it, such as `lethe retention run`; then ask again");
}

enum result erasures_receipt(struct vault *vault, const struct account *account, struct id id, struct pool *pool,
			     const char **receipt, struct err *err)
{
	struct receipts_kept kept;
	struct job job;
	char text[ID_TEXT_MAX];
	enum result r = find(vault, account->number, id, pool, &job, err);

	if (r == OK)
		r = receipts_kept(&job, pool, &kept, err);
	if (r != OK)
		return r;
	if (kept.statement == NULL) {
		err_set(err, ERR_NOT_FOUND, "that erasure was given up, and nothing was erased");
		err_where(err, "%s", id_format(JOB_PREFIX, id, text));
		return err_mend(err, "mend what it said then, and erase the person again");
	}
	return receipts_again(vault, &kept, pool, receipt, err);
}
