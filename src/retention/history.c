/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/history.h"

#include <string.h>

#include "shim/json_parse.h"
#include "vault/receipts.h"

#define PAGE 64
#define ONE_MAX ((size_t)1024 * 1024) /* a job, parsed */

/* ---- the list ---- */

static enum result read_command(const struct job *job, struct pool *pool, const char **out, struct err *err)
{
	const struct json *args;
	enum result r = json_parse_once(job->args, strlen(job->args), pool, &args, err);

	if (r != OK)
		return err_set(err, ERR_CORRUPT, "what a sweep was to do cannot be read from its job");
	*out = json_get_text(args, "command");
	*out = *out != NULL ? *out : "";
	return OK;
}

static enum result read_sweep(const struct job *job, struct pool *pool, struct past_sweep *out, struct err *err)
{
	struct receipts_kept kept;
	enum result r = receipts_kept(job, pool, &kept, err);

	*out = (struct past_sweep){.job = job->id, .end = PAST_UNFINISHED, .started = job->started,
				   .ended = job->ended, .leaf = kept.leaf, .statement = kept.statement};
	if (job->state == JOB_DONE)
		out->end = kept.statement != NULL ? PAST_DONE : PAST_FAILED;
	return r == OK ? read_command(job, pool, &out->command, err) : r;
}

static enum result visit_one(struct session *session, uint32_t account, struct id id, history_visit *visit, void *arg,
			     struct err *err)
{
	char text[ID_TEXT_MAX];
	struct past_sweep sweep;
	struct pool pool;
	struct job job;
	enum result r;

	pool_init(&pool, ONE_MAX);
	r = job_get(session->data, account, id, &pool, &job, err);
	if (r == OK)
		r = read_sweep(&job, &pool, &sweep, err);
	if (r == OK)
		r = visit(arg, &sweep, err);
	else
		err_where(err, "%s", id_format(JOB_PREFIX, id, text));
	pool_free(&pool);
	return r;
}

enum result history_list(struct session *session, uint32_t account, const struct id *from, int64_t count,
			 history_visit *visit, void *arg, struct err *err)
{
	struct id ids[PAGE], before;
	size_t listed;
	enum result r = OK;

	memset(&before, 0xff, sizeof before);
	if (from != NULL)
		before = *from;
	do {
		size_t ask = count < PAGE ? (size_t)count : PAGE;

		listed = 0;
		if (ask > 0)
			r = job_back_of_type(session->data, account, JOB_SWEEP, before, ids, ask, &listed, err);
		for (size_t i = 0; r == OK && i < listed; i++) {
			before = ids[i];
			r = visit_one(session, account, ids[i], visit, arg, err);
		}
		count -= (int64_t)listed;
	} while (r == OK && listed == PAGE);
	return r;
}

/* ---- a receipt ---- */

static enum result without_receipt(struct id job, const char *what, const char *mend, struct err *err)
{
	char text[ID_TEXT_MAX];

	err_set(err, ERR_NOT_FOUND, "%s", what);
	err_where(err, "%s", id_format(JOB_PREFIX, job, text));
	return err_mend(err, "%s", mend);
}

enum result history_receipt(struct vault *vault, const struct account *account, struct id id, struct pool *pool,
			    const char **receipt, struct err *err)
{
	struct receipts_kept kept = {.statement = NULL};
	struct job job;
	enum result r = job_get(vault->read.data, account->number, id, pool, &job, err);

	if (r == ERR_NOT_FOUND || (r == OK && job.type != JOB_SWEEP))
		return without_receipt(id, "no sweep of this account has that job",
				       "`lethe retention history` lists the sweeps with their jobs", err);
	if (r == OK && job.state != JOB_DONE)
		return without_receipt(id, "that sweep has not come to its end yet, so it has no receipt",
				       "the next command that writes finishes it, such as `lethe retention run`; then ask "
				       "again", err);
	if (r == OK)
		r = receipts_kept(&job, pool, &kept, err);
	if (r == OK && kept.statement == NULL)
		return without_receipt(id, "that sweep was given up, since stored bytes were damaged",
				       "`lethe check` says what; run `lethe retention run` again once it is mended", err);
	return r == OK ? receipts_again(vault, &kept, pool, receipt, err) : r;
}
