/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/flow.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct flow {
	pthread_mutex_t lock;  /* guards all that follows */
	pthread_cond_t change; /* for the side that waits */
	size_t references;
	flow_wake *wake;
	void *wake_arg;
	bool wanted; /* the other side is to be called */
	bool ended;
	const char *why; /* set when aborted */
	enum result code;
	const char *heartbeat; /* NULL: none */
	int64_t interval_ms, quiet_since_ms;
	uint64_t put, put_seen; /* bytes put in, until now and at the last tick */
	size_t capacity, start, len;
	char ring[];
};

struct flow *flow_new(size_t capacity, flow_wake *wake, void *arg)
{
	struct flow *flow = malloc(sizeof *flow + capacity);

	if (!flow)
		return NULL;
	*flow = (struct flow){.references = 1, .wake = wake, .wake_arg = arg, .capacity = capacity};
	pthread_mutex_init(&flow->lock, NULL);
	pthread_cond_init(&flow->change, NULL);
	return flow;
}

struct flow *flow_keep(struct flow *flow)
{
	pthread_mutex_lock(&flow->lock);
	flow->references++;
	pthread_mutex_unlock(&flow->lock);
	return flow;
}

void flow_release(struct flow *flow)
{
	bool last;

	if (!flow)
		return;
	pthread_mutex_lock(&flow->lock);
	last = --flow->references == 0;
	pthread_mutex_unlock(&flow->lock);
	if (!last)
		return;
	pthread_cond_destroy(&flow->change);
	pthread_mutex_destroy(&flow->lock);
	explicit_bzero(flow->ring, flow->capacity);
	free(flow);
}

void flow_disconnect(struct flow *flow)
{
	pthread_mutex_lock(&flow->lock);
	flow->wake = NULL;
	pthread_mutex_unlock(&flow->lock);
}

/* --- under the lock --------------------------------------------------------- */

static void call_back(struct flow *flow)
{
	if (flow->wanted && flow->wake)
		flow->wake(flow->wake_arg);
	flow->wanted = false;
}

static void put(struct flow *flow, const char *data, size_t len)
{
	size_t end = (flow->start + flow->len) % flow->capacity;
	size_t first = len < flow->capacity - end ? len : flow->capacity - end;

	memcpy(flow->ring + end, data, first);
	memcpy(flow->ring, data + first, len - first);
	flow->len += len;
	flow->put += len;
}

static void get(struct flow *flow, char *out, size_t len)
{
	size_t first = len < flow->capacity - flow->start ? len : flow->capacity - flow->start;

	memcpy(out, flow->ring + flow->start, first);
	memcpy(out + first, flow->ring, len - first);
	flow->start = (flow->start + len) % flow->capacity;
	flow->len -= len;
}

static enum result aborted(const struct flow *flow, struct err *err)
{
	return err_set(err, flow->code, "%s", flow->why);
}

/* --- the side that waits ---------------------------------------------------- */

enum result flow_read(struct flow *flow, void *out, size_t len, size_t *got, struct err *err)
{
	enum result r = OK;

	*got = 0;
	pthread_mutex_lock(&flow->lock);
	while (flow->len == 0 && !flow->ended && !flow->why) {
		call_back(flow);
		pthread_cond_wait(&flow->change, &flow->lock);
	}
	if (flow->why) {
		r = aborted(flow, err);
	} else {
		*got = len < flow->len ? len : flow->len;
		get(flow, out, *got);
		if (flow->len <= flow->capacity / 2)
			call_back(flow);
	}
	pthread_mutex_unlock(&flow->lock);
	return r;
}

enum result flow_write(struct flow *flow, const void *data, size_t len, struct err *err)
{
	const char *at = data;
	enum result r = OK;

	pthread_mutex_lock(&flow->lock);
	while (len > 0 && !flow->why) {
		size_t room = flow->capacity - flow->len, part = len < room ? len : room;

		put(flow, at, part);
		at += part;
		len -= part;
		if (flow->len >= flow->capacity / 2)
			call_back(flow);
		if (len > 0)
			pthread_cond_wait(&flow->change, &flow->lock);
	}
	if (flow->why)
		r = aborted(flow, err);
	pthread_mutex_unlock(&flow->lock);
	return r;
}

void flow_flush(struct flow *flow)
{
	pthread_mutex_lock(&flow->lock);
	if (flow->len > 0)
		call_back(flow);
	pthread_mutex_unlock(&flow->lock);
}

enum result flow_write_now(struct flow *flow, const void *data, size_t len, struct err *err)
{
	enum result r = OK;

	pthread_mutex_lock(&flow->lock);
	if (flow->why) {
		r = aborted(flow, err);
	} else if (len > flow->capacity - flow->len) {
		r = err_set(err, ERR_BUSY, "the client takes less than it is sent");
	} else {
		put(flow, data, len);
		call_back(flow);
	}
	pthread_mutex_unlock(&flow->lock);
	return r;
}

/* --- the side that does not ------------------------------------------------- */

size_t flow_offer(struct flow *flow, const void *data, size_t len)
{
	size_t room;

	pthread_mutex_lock(&flow->lock);
	if (!flow->why) {
		room = flow->capacity - flow->len;
		flow->wanted = len > room;
		if (len > room)
			len = room;
		put(flow, data, len);
		if (len > 0)
			pthread_cond_signal(&flow->change);
	}
	pthread_mutex_unlock(&flow->lock);
	return len;
}

size_t flow_take(struct flow *flow, void *out, size_t len, enum flow_state *state)
{
	pthread_mutex_lock(&flow->lock);
	if (len > flow->len)
		len = flow->len;
	if (flow->why)
		len = 0;
	get(flow, out, len);
	*state = flow->why ? FLOW_ABORTED : flow->ended && flow->len == 0 ? FLOW_ENDED : FLOW_OPEN;
	flow->wanted = len == 0 && *state == FLOW_OPEN;
	if (len > 0)
		pthread_cond_signal(&flow->change);
	pthread_mutex_unlock(&flow->lock);
	return len;
}

/* --- both -------------------------------------------------------------------- */

void flow_end(struct flow *flow)
{
	pthread_mutex_lock(&flow->lock);
	flow->ended = true;
	call_back(flow);
	pthread_cond_broadcast(&flow->change);
	pthread_mutex_unlock(&flow->lock);
}

void flow_abort(struct flow *flow, enum result code, const char *why)
{
	pthread_mutex_lock(&flow->lock);
	if (!flow->why) {
		flow->why = why;
		flow->code = code;
	}
	call_back(flow);
	pthread_cond_broadcast(&flow->change);
	pthread_mutex_unlock(&flow->lock);
}

bool flow_aborted(struct flow *flow)
{
	bool answer;

	pthread_mutex_lock(&flow->lock);
	answer = flow->why != NULL;
	pthread_mutex_unlock(&flow->lock);
	return answer;
}

void flow_heartbeat(struct flow *flow, const char *text, int64_t interval_ms)
{
	pthread_mutex_lock(&flow->lock);
	flow->heartbeat = text;
	flow->interval_ms = interval_ms;
	pthread_mutex_unlock(&flow->lock);
}

void flow_tick(struct flow *flow, int64_t now_ms)
{
	size_t len;

	pthread_mutex_lock(&flow->lock);
	len = flow->heartbeat ? strlen(flow->heartbeat) : 0;
	if (flow->put != flow->put_seen || flow->quiet_since_ms == 0) {
		flow->quiet_since_ms = now_ms;
	} else if (len > 0 && !flow->ended && !flow->why && now_ms - flow->quiet_since_ms >= flow->interval_ms &&
		   len <= flow->capacity - flow->len) {
		put(flow, flow->heartbeat, len);
		call_back(flow);
		flow->quiet_since_ms = now_ms;
	}
	flow->put_seen = flow->put;
	pthread_mutex_unlock(&flow->lock);
}
