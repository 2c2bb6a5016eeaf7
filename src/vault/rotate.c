/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/rotate.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/account.h"

#define BATCH 4096
#define ACCOUNTS_MAX 1024

struct run {
	struct vault *vault;
	struct instant now;
	rotate_progress *progress;
	void *arg;
	struct rotation *out;
	struct wrapped_key batch[BATCH];
	int64_t after; /* the place of the last key looked at */
	size_t count;
};

static enum result note_coming(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct epoch current;
	enum result r = epoch_find(session->keys, EPOCH_CURRENT, &current, err);

	if (r != OK)
		return r;
	run->out->from = current.epoch;
	run->out->to = current.epoch + 1;
	return epoch_insert(session->keys, run->out->to, EPOCH_COMING, run->now, err);
}

static enum result make_root_key(struct run *run, struct err *err)
{
	struct keyring_shared *shared = run->vault->shared;
	enum result r;

	pthread_mutex_lock(&shared->root_lock);
	r = root_epoch_create(shared->root, run->out->to, err);
	pthread_mutex_unlock(&shared->root_lock);
	return r == ERR_EXISTS ? OK : r;
}

/* Every account gets its key in the new epoch, and the epochs change places, in one transaction. */
static enum result change_epochs(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	uint32_t accounts[ACCOUNTS_MAX], after = 0;
	size_t count;
	enum result r = keyring_account_epoch(session->ring, VAULT_ACCOUNT, run->out->to, err);

	do {
		if (r == OK)
			r = account_list(session->data, after, accounts, ACCOUNTS_MAX, &count, err);
		if (r != OK)
			return r;
		for (size_t i = 0; i < count && r == OK; i++)
			r = keyring_account_epoch(session->ring, accounts[i], run->out->to, err);
		after = count > 0 ? accounts[count - 1] : after;
	} while (count == ACCOUNTS_MAX);
	if (r == OK)
		r = epoch_set_state(session->keys, run->out->from, EPOCH_LEAVING, run->now, err);
	if (r == OK)
		r = epoch_set_state(session->keys, run->out->to, EPOCH_CURRENT, run->now, err);
	/* What is cached says that the old epoch is current. */
	keyring_clear(session->ring);
	atomic_fetch_add(&run->vault->shared->generation, 1);
	return r;
}

static enum result rewrap_batch(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	enum result r = key_list_older(session->keys, run->out->to, &run->after, BATCH, run->batch, &run->count, err);

	for (size_t i = 0; i < run->count && r == OK; i++) {
		r = keyring_rewrap(session->ring, &run->batch[i], run->out->to, err);
		if (r == OK)
			r = key_rewrap(session->keys, &run->batch[i], err);
	}
	return r;
}

static enum result rewrap_all(struct run *run, struct err *err)
{
	enum result r;

	run->after = 0;
	do {
		r = vault_write(run->vault, rewrap_batch, run, err);
		if (r != OK)
			return r;
		run->out->rewrapped += (int64_t)run->count;
		if (run->progress != NULL && run->progress(run->arg, run->out->rewrapped))
			return err_set(err, ERR_INTERRUPTED,
				       "the rotation stopped half-way; the next writing command goes on with it");
	} while (run->count > 0);
	return OK;
}

static enum result forget_account_keys(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;

	return account_key_delete_epoch(session->keys, run->out->from, err);
}

static enum result note_ended(struct session *session, void *arg, struct err *err)
{
	struct run *run = arg;
	struct act act;
	enum result r = epoch_set_state(session->keys, run->out->from, EPOCH_ENDED, run->now, err);

	act_begin(&act, "keys.rotate", VAULT_ACCOUNT, run->now);
	act_int(&act, "ended", run->out->from);
	act_int(&act, "current", run->out->to);
	return r == OK ? act_append(&act, session->data, NULL, err) : r;
}

static enum result end_old_epoch(struct run *run, struct err *err)
{
	struct keyring_shared *shared = run->vault->shared;
	enum result r = vault_write(run->vault, forget_account_keys, run, err);

	if (r == OK)
		r = vault_scrub(run->vault, err);
	if (r == OK) {
		pthread_mutex_lock(&shared->root_lock);
		r = root_epoch_destroy(shared->root, run->out->from, err);
		pthread_mutex_unlock(&shared->root_lock);
	}
	if (r == OK)
		r = vault_write(run->vault, note_ended, run, err);
	run->out->done = r == OK;
	return r;
}

/* From wherever it stands to its end. */
static enum result go_on(struct run *run, bool changed, struct err *err)
{
	enum result r = OK;

	if (!changed)
		r = make_root_key(run, err);
	if (r == OK && !changed)
		r = vault_write(run->vault, change_epochs, run, err);
	if (r == OK)
		r = rewrap_all(run, err);
	if (r == OK)
		r = end_old_epoch(run, err);
	return r;
}

static struct run *new_run(struct vault *vault, struct instant now, rotate_progress *progress, void *arg,
			   struct rotation *out)
{
	struct run *run = calloc(1, sizeof *run);

	*out = (struct rotation){0};
	if (run != NULL)
		*run = (struct run){.vault = vault, .now = now, .progress = progress, .arg = arg, .out = out};
	return run;
}

static enum result resume_run(struct run *run, struct err *err)
{
	struct epoch epoch, current;
	enum result r = epoch_find(run->vault->read.keys, EPOCH_LEAVING, &epoch, err);

	if (r == OK) {
		r = epoch_find(run->vault->read.keys, EPOCH_CURRENT, &current, err);
		run->out->from = epoch.epoch;
		run->out->to = current.epoch;
		return r == OK ? go_on(run, true, err) : r;
	}
	if (r != ERR_NOT_FOUND)
		return r;
	r = epoch_find(run->vault->read.keys, EPOCH_COMING, &epoch, err);
	if (r != OK)
		return r == ERR_NOT_FOUND ? OK : r;
	run->out->from = epoch.epoch - 1;
	run->out->to = epoch.epoch;
	return go_on(run, false, err);
}

enum result rotate_resume(struct vault *vault, struct instant now, rotate_progress *progress, void *arg,
			  struct rotation *out, struct err *err)
{
	struct run *run = new_run(vault, now, progress, arg, out);
	enum result r;

	if (run == NULL)
		return err_no_memory(err);
	r = resume_run(run, err);
	free(run);
	return r;
}

enum result rotate_begin(struct vault *vault, struct instant now, rotate_progress *progress, void *arg,
			 struct rotation *out, struct err *err)
{
	struct run *run = new_run(vault, now, progress, arg, out);
	enum result r;

	if (run == NULL)
		return err_no_memory(err);
	r = vault_write(vault, note_coming, run, err);
	if (r == OK)
		r = go_on(run, false, err);
	free(run);
	return r;
}

static enum result read_days(struct db *data, int *days, struct err *err)
{
	const char *text;
	struct pool pool;
	enum result r;

	pool_init(&pool, 4096);
	r = meta_get(data, "epoch_days", &pool, &text, err);
	*days = r == OK ? (int)strtol(text, NULL, 10) : EPOCH_DAYS_DEFAULT;
	pool_free(&pool);
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result rotate_due(struct session *session, struct instant *due, int *days, struct err *err)
{
	struct epoch epoch;
	enum result r = read_days(session->data, days, err);

	if (r == OK)
		r = epoch_find(session->keys, EPOCH_CURRENT, &epoch, err);
	if (r == OK)
		*due = instant_add_span(epoch.started, (struct span){.days = *days});
	return r;
}

struct new_days { int days; struct instant now; };

static enum result set_days(struct session *session, void *arg, struct err *err)
{
	const struct new_days *new = arg;
	char text[16];
	struct act act;
	enum result r;

	snprintf(text, sizeof text, "%d", new->days);
	r = meta_set(session->data, "epoch_days", text, err);
	act_begin(&act, "keys.epoch_length", VAULT_ACCOUNT, new->now);
	act_int(&act, "days", new->days);
	return r == OK ? act_append(&act, session->data, NULL, err) : r;
}

enum result rotate_set_days(struct vault *vault, int days, struct instant now, struct err *err)
{
	struct new_days new = {days, now};

	if (days < 1 || days > EPOCH_DAYS_MAX)
		return err_set(err, ERR_INPUT, "an epoch lasts 1 to %d days, not %d", EPOCH_DAYS_MAX, days);
	return vault_write(vault, set_days, &new, err);
}
