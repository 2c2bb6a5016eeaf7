/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_run.h"

#include "vault/aside.h"

static enum result enter_back(struct session *session, void *arg, struct err *err)
{
	return erase_enter(session, arg, ERASE_BACK, err);
}

static enum result back_batch(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	bool back;
	size_t count;
	enum result r = erase_load_batch(session, run, &count, err);

	for (size_t i = 0; i < count && r == OK; i++)
		r = aside_put_back(session, &run->rows[i], &run->batch, &back, err);
	return r;
}

static enum result back_contact(struct session *session, struct run *run, size_t lane, struct contact_row *contact,
				struct err *err)
{
	bool back;

	(void)lane;
	return aside_put_contact_back(session, contact, &run->batch, &back, err);
}

static enum result back_contacts(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	enum result r = OK;

	for (size_t i = 0; i < run->state.identity_count && r == OK; i++)
		r = erase_contacts_of(session, run, i, back_contact, err);
	return r;
}

static enum result close_failed(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct job job;
	struct act act;
	enum result r = erase_state_write(&run->state, &run->batch, &job, err);

	if (r != OK)
		return r;
	job.state = JOB_DONE;
	job.ended = run->options->now;
	job.result = "{\"failed\":true}";
	if (run->state.anonymise)
		act_begin(&act, "person.anonymise.failed", run->state.account, run->options->now);
	else
		act_begin(&act, "person.erase.failed", run->state.account, run->options->now);
	act_id(&act, "person", PERSON_PREFIX, run->state.person);
	act_id(&act, "job", JOB_PREFIX, run->state.job);
	r = job_update(session->data, &job, err);
	return r == OK ? act_append(&act, session->data, NULL, err) : r;
}

static bool sealed_any(const struct run *run)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (run->state.kept[kind] > 0)
			return true;
	}
	return false;
}

enum result erase_give_up(struct run *run, struct err *err)
{
	enum result r = OK;

	if (sealed_any(run)) {
		r = erase_step(run, enter_back, err);
		if (r == OK)
			r = erase_walk(run, back_batch, err);
		if (r == OK)
			r = erase_step(run, back_contacts, err);
	}
	if (r == OK)
		r = erase_step(run, close_failed, err);
	run->gave_up = r == OK;
	return r;
}
