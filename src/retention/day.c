/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/day.h"

#include <stdlib.h>

#include "store/media.h"

#define PAYLOADS_MAX ((size_t)1024 * 1024 * 1024) /* of DAY_ROWS records of 4 MiB, sealed, opened and sealed anew */
#define MEDIA_MAX 64

struct walk {
	struct session *session;
	uint32_t account;
	const struct period *period;
	struct id after;
	struct record_row *rows; /* DAY_ROWS of them */
	struct pool pool;
};

static enum result walk_on(struct walk *walk, day_visit *visit, void *arg, struct err *err)
{
	bool stop = false;
	size_t count;
	enum result r;

	do {
		pool_reset(&walk->pool);
		r = record_list_day(walk->session->data, walk->account, walk->period->kind, walk->period->day,
				    walk->after, &walk->pool, walk->rows, DAY_ROWS, &count, err);
		if (r != OK || count == 0)
			return r;
		walk->after = walk->rows[count - 1].id;
		r = visit(arg, walk->rows, count, &walk->pool, &stop, err);
	} while (r == OK && count == DAY_ROWS && !stop);
	return r;
}

enum result day_walk(struct session *session, uint32_t account, const struct period *period, struct id after,
		     day_visit *visit, void *arg, struct err *err)
{
	struct walk walk = {.session = session, .account = account, .period = period, .after = after};
	enum result r;

	walk.rows = malloc(DAY_ROWS * sizeof *walk.rows);
	if (walk.rows == NULL)
		return err_no_memory(err);
	pool_init(&walk.pool, PAYLOADS_MAX);
	r = walk_on(&walk, visit, arg, err);
	pool_free(&walk.pool);
	free(walk.rows);
	return r;
}

enum result day_size_of(struct session *session, const struct record_row *row, struct day_size *out, struct err *err)
{
	struct media_row media[MEDIA_MAX];
	size_t count = 0;
	enum result r = OK;

	*out = (struct day_size){.bytes = (int64_t)row->payload_len};
	if (row->media > 0)
		r = media_list(session->data, row->account, row->kind, row->id, media, MEDIA_MAX, &count, err);
	for (size_t i = 0; i < count && r == OK; i++)
		out->bytes += (int64_t)media[i].bytes;
	out->media = r == OK ? (int64_t)count : 0;
	return r;
}
