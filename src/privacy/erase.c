/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase.h"

#include <stdlib.h>

#include "privacy/erase_run.h"
#include "vault/unfinished.h"

/* No key is destroyed yet. What is damaged would stop it every time, and with it every command that goes on with it. */
static enum result keep_or_give_up(struct run *run, struct err *err)
{
	struct err second;
	enum result r = erase_keep(run, err);

	if (r != ERR_CORRUPT && r != ERR_HELD)
		return r;
	log_event(LOG_ERROR, "person.erase.failed", LOG_ID("job", JOB_PREFIX, run->state.job));
	/* When it does not come to its end, the next command that writes goes on with it. */
	if (erase_give_up(run, &second) != OK)
		log_event(LOG_ERROR, "person.erase.back", LOG_ID("job", JOB_PREFIX, run->state.job));
	return r;
}

/* Until the keys are gone: what is to be kept and came while it was at work is kept first. */
static enum result go_on_to_the_keys(struct run *run, struct err *err)
{
	enum result r = OK;

	while (r == OK) {
		if (run->state.phase == ERASE_HOLDS)
			r = keep_or_give_up(run, err);
		else if (run->state.phase == ERASE_DUTIES)
			r = erase_cut(run, err);
		else if (run->state.phase == ERASE_KEYS)
			r = erase_keys(run, err);
		else
			break;
	}
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
	if (run->state.phase == ERASE_BACK)
		err_mend(err, "%snothing was erased; the next command that writes puts back what was sealed for it",
			 in_the_way(r));
	else if (run->finished)
		err_mend(err, "the person is erased; `lethe person receipt %s` gives the receipt", id);
	else
		err_mend(
		    err,
		    "%sthe next command that writes finishes the erasure; then `lethe person receipt %s` gives its "
		    "receipt",
		    in_the_way(r), id);
	return r;
}

/* From the phase its job says to the end. */
static enum result go_on(struct run *run, struct pool *pool, struct erase_result *out, struct err *err)
{
	enum result r = erase_load_keepers(&run->vault->read, run, err);

	if (r == OK)
		r = go_on_to_the_keys(run, err);
	/* Also after a crash right behind the step before: the logs may still hold wrapped keys. */
	if (r == OK && run->state.phase == ERASE_ROWS)
		r = vault_scrub(run->vault, err);
	if (r == OK && run->state.phase == ERASE_ROWS)
		r = erase_rows(run, err);
	if (r == OK)
		r = erase_look_again(run, err);
	if (r == OK)
		r = erase_close(run, pool, out, err);
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
	pool_init(&run->keepers_pool, (size_t)256 * 1024 * 1024);
	pool_init(&run->batch, (size_t)1024 * 1024 * 1024);
	if (run->rows != NULL)
		return run;
	free(run);
	return NULL;
}

static void run_free(struct run *run)
{
	keepers_free(&run->keepers);
	pool_free(&run->batch);
	pool_free(&run->keepers_pool);
	pool_free(&run->pool);
	free(run->rows);
	free(run);
}

static void note_unfinished(const struct run *run, enum result r)
{
	if (r != OK && run->begun && !run->gave_up && !run->finished)
		unfinished_add(run->vault->unfinished, run->state.account, run->state.job);
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
	r = erase_begin(run, account, person, err);
	if (r == OK)
		r = go_on(run, pool, out, err);
	note_unfinished(run, r);
	run_free(run);
	return r;
}

static enum result resume(struct run *run, const struct job *job, struct err *err)
{
	struct erase_result out = {0};
	enum result r = erase_state_read(job, &run->pool, &run->state, err);

	run->begun = r == OK;
	if (r == OK && run->state.phase == ERASE_BACK)
		return say_job(run, erase_give_up(run, err), err);
	return r == OK ? go_on(run, &run->pool, &out, err) : r;
}

enum result erase_go_on(struct vault *vault, const struct job *job, struct instant now, struct err *err)
{
	const struct erase_options options = {.now = now};
	struct run *run = run_new(vault, &options);
	enum result r;

	if (run == NULL)
		return err_no_memory(err);
	r = resume(run, job, err);
	r = run->gave_up ? OK : r;
	run_free(run);
	return r;
}
