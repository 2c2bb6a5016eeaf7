/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/resume.h"

#include "privacy/account_end.h"
#include "privacy/anonymise_record.h"
#include "privacy/erase.h"
#include "privacy/user_end.h"
#include "retention/sweep.h"
#include "vault/restore.h"
#include "vault/unfinished.h"

#define JOB_MAX ((size_t)256 * 1024 * 1024)

static enum result go_on_by_type(struct vault *vault, const struct job *job, struct instant now, struct err *err)
{
	switch (job->type) {
	case JOB_ERASE:
		return erase_go_on(vault, job, now, err);
	case JOB_RECORD:
		return record_anonymise_go_on(vault, job, now, err);
	case JOB_USER:
		return user_end_go_on(vault, job, now, err);
	case JOB_ACCOUNT:
		return account_end_go_on(vault, job, now, err);
	default:
		return OK;
	}
}

enum result resume_next(struct vault *vault, enum job_type type, struct instant now, bool *found, struct err *err)
{
	struct pool pool;
	struct job job;
	enum result r;

	pool_init(&pool, JOB_MAX);
	r = job_next_running(vault->read.data, type, &pool, &job, err);
	*found = r == OK;
	if (r == OK)
		r = go_on_by_type(vault, &job, now, err);
	else if (r == ERR_NOT_FOUND)
		r = OK;
	pool_free(&pool);
	return r;
}

enum result resume_jobs(struct vault *vault, struct instant now, struct err *err)
{
	static const enum job_type types[] = {JOB_ERASE, JOB_RECORD, JOB_USER, JOB_ACCOUNT};
	enum result r = restore_resume(vault, now, err);

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		for (bool found = true; r == OK && found;)
			r = resume_next(vault, types[i], now, &found, err);
	}
	return r == OK ? sweep_resume(vault, now, err) : r;
}

static enum result go_on_with(struct vault *vault, const struct unfinished_job *which, struct instant now,
			      struct err *err)
{
	struct pool pool;
	struct job job;
	enum result r;

	pool_init(&pool, JOB_MAX);
	r = job_get(vault->read.data, which->account, which->job, &pool, &job, err);
	if (r == OK && job.state == JOB_RUNNING)
		r = go_on_by_type(vault, &job, now, err);
	else if (r == ERR_NOT_FOUND) /* it went with its account */
		r = OK;
	pool_free(&pool);
	return r;
}

enum result resume_unfinished(struct vault *vault, struct instant now, int64_t *done, struct err *err)
{
	struct unfinished_job which;
	enum result r = OK;

	for (*done = 0; r == OK && unfinished_take(vault->unfinished, &which); *done += r == OK) {
		r = go_on_with(vault, &which, now, err);
		/* What is damaged fails each time, whatever becomes of the others. */
		if (r == ERR_CORRUPT)
			unfinished_add(vault->unfinished, which.account, which.job);
		else if (r != OK)
			unfinished_put_back(vault->unfinished, &which);
	}
	return r;
}
