/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/work_watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/work.h"
#include "net/events.h"
#include "net/problem.h"
#include "net/shares.h"
#include "store/job.h"

#define TEXT_MAX ((size_t)16 * 1024)
#define POOL_MAX ((size_t)8 * 1024 * 1024)

struct watcher {
	struct watcher *next;
	uint64_t owner; /* net/shares.h */
	struct flow *flow;
	struct id region; /* of the vault that the job is in */
	uint32_t account;
	struct id job;
	bool told;
	enum work_state state; /* as it was told, with the next two */
	int64_t done, total;
	bool cancel;
};

struct work_watchers {
	pthread_mutex_t lock; /* guards all of it */
	struct watcher *first;
	struct shares *shares;
	size_t count; /* of places that are taken: a watcher has one before it is in the list */
};

enum result work_watchers_new(struct work_watchers **out, struct err *err)
{
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return err_no_memory(err);
	(*out)->shares = shares_new(WORK_WATCHERS_MAX);
	if ((*out)->shares == NULL) {
		free(*out);
		*out = NULL;
		return err_no_memory(err);
	}
	pthread_mutex_init(&(*out)->lock, NULL);
	return OK;
}

static void watcher_free(struct watcher *watcher)
{
	flow_release(watcher->flow);
	free(watcher);
}

void work_watchers_free(struct work_watchers *watchers)
{
	struct watcher *at, *next;

	if (watchers == NULL)
		return;
	for (at = watchers->first; at != NULL; at = next) {
		next = at->next;
		flow_abort(at->flow, ERR_INTERRUPTED, "the server stops");
		watcher_free(at);
	}
	pthread_mutex_destroy(&watchers->lock);
	shares_free(watchers->shares);
	free(watchers);
}

size_t work_watchers_count(struct work_watchers *watchers)
{
	size_t count;

	pthread_mutex_lock(&watchers->lock);
	count = watchers->count;
	pthread_mutex_unlock(&watchers->lock);
	return count;
}

/* ---- places ---- */

/* False, and `why`: there is none. */
static bool take_place(struct work_watchers *watchers, uint64_t owner, enum problem *why)
{
	bool room, taken;

	pthread_mutex_lock(&watchers->lock);
	room = watchers->count < WORK_WATCHERS_MAX;
	taken = room && shares_take(watchers->shares, owner, shares_half(WORK_WATCHERS_MAX));
	watchers->count += taken;
	pthread_mutex_unlock(&watchers->lock);
	*why = room ? PROBLEM_SHARE : PROBLEM_BUSY;
	return taken;
}

/* Under the lock. */
static void leave(struct work_watchers *watchers, uint64_t owner)
{
	watchers->count--;
	shares_give(watchers->shares, owner);
}

static void give_place(struct work_watchers *watchers, uint64_t owner)
{
	pthread_mutex_lock(&watchers->lock);
	leave(watchers, owner);
	pthread_mutex_unlock(&watchers->lock);
}

/* ---- telling ---- */

static enum result send(struct watcher *watcher, const struct work_row *row, struct err *err)
{
	const char *event = row->ended.ms != 0 ? "end" : "progress";
	struct json_writer w;
	struct buf text;
	enum result r;

	buf_init(&text, TEXT_MAX);
	json_writer_init(&w, &text, 0);
	json_begin_object(&w, NULL);
	work_print(&w, row);
	json_end_object(&w);
	r = buf_ok(&text, "an event", err);
	if (r == OK)
		r = events_send(watcher->flow, NULL, event, text.data, text.len, err);
	buf_free(&text);
	return r;
}

static bool is_news(const struct watcher *watcher, const struct work_row *row)
{
	return !watcher->told || watcher->state != row->state || watcher->done != row->done ||
	       watcher->total != row->total || watcher->cancel != row->cancel;
}

/* False: there is no more to tell, or nobody to tell it to. */
static bool tell(struct watcher *watcher, struct session *session, struct pool *pool)
{
	struct work_row row;
	struct err err;
	enum result r = work_get(session->data, watcher->account, watcher->job, pool, &row, &err);

	if (r == OK && is_news(watcher, &row))
		r = send(watcher, &row, &err);
	if (r != OK || flow_aborted(watcher->flow)) {
		flow_abort(watcher->flow, ERR_BUSY, "the client reads too slowly, or the job is gone");
		return false;
	}
	watcher->told = true;
	watcher->state = row.state;
	watcher->done = row.done;
	watcher->total = row.total;
	watcher->cancel = row.cancel;
	if (row.ended.ms == 0)
		return true;
	flow_end(watcher->flow);
	return false;
}

static struct session *session_of(struct vault *const *views, size_t count, struct id region)
{
	for (size_t i = 0; i < count; i++) {
		if (id_compare(views[i]->id, region) == 0)
			return &views[i]->read;
	}
	return NULL;
}

bool work_watchers_tell(struct work_watchers *watchers, struct vault *const *views, size_t count)
{
	struct pool pool;
	bool any;

	pool_init(&pool, POOL_MAX);
	pthread_mutex_lock(&watchers->lock);
	for (struct watcher **at = &watchers->first; *at != NULL;) {
		struct watcher *watcher = *at;
		struct session *session = session_of(views, count, watcher->region);

		pool_reset(&pool);
		if (session != NULL && tell(watcher, session, &pool)) {
			at = &watcher->next;
			continue;
		}
		*at = watcher->next;
		leave(watchers, watcher->owner);
		watcher_free(watcher);
	}
	any = watchers->first != NULL;
	pthread_mutex_unlock(&watchers->lock);
	pool_free(&pool);
	return any;
}

/* ---- beginning ---- */

static void add(struct work_watchers *watchers, struct watcher *watcher)
{
	pthread_mutex_lock(&watchers->lock);
	watcher->next = watchers->first;
	watchers->first = watcher;
	pthread_mutex_unlock(&watchers->lock);
}

static enum result find(const struct direct *direct, struct work_row *row, struct err *err)
{
	struct id id;
	enum result r = id_parse(JOB_PREFIX, request_parameter(direct->request, "job"), &id, err);

	if (r != OK)
		return err_set(err, ERR_NOT_FOUND, "there is no such job");
	return work_get(direct->view->read.data, direct->account->number, id, direct->request->pool, row, err);
}

/* Has its place. */
static enum result watch(struct direct *direct, const struct work_row *row, uint64_t owner, struct err *err)
{
	struct watcher *watcher = calloc(1, sizeof *watcher);
	struct flow *flow = NULL;
	enum result r;

	if (watcher == NULL)
		return err_no_memory(err);
	*watcher = (struct watcher){.owner = owner, .region = direct->view->id, .account = row->account, .job = row->id};
	r = events_start(direct->response, &flow, err);
	if (r != OK) {
		free(watcher);
		return r;
	}
	watcher->flow = flow_keep(flow);
	response_detach(direct->response);
	add(direct->desk->watchers, watcher);
	direct->desk->wake(direct->desk->wake_arg);
	return OK;
}

enum result work_watch(struct direct *direct, struct err *err)
{
	uint64_t owner = desk_owner(direct->desk, direct->view->id, direct->account->number);
	enum problem why;
	struct work_row row;
	enum result r = find(direct, &row, err);

	if (r != OK)
		return r;
	if (!take_place(direct->desk->watchers, owner, &why)) {
		problem_answer(direct->response, direct->request, why, NULL, NULL);
		return OK;
	}
	r = watch(direct, &row, owner, err);
	if (r != OK)
		give_place(direct->desk->watchers, owner);
	return r;
}
