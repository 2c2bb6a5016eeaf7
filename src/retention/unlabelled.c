/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/unlabelled.h"

#include "retention/duties.h"
#include "store/label.h"

#define PAGE 256
#define LAWS_POOL_MAX ((size_t)64 * 1024 * 1024)

static bool is_of_law(const struct duty_set *duties, int64_t label)
{
	for (size_t i = 0; i < duties->count; i++) {
		for (size_t k = 0; k < duties->laws[i].tag_count; k++) {
			if (duties->laws[i].tags[k] == label)
				return true;
		}
	}
	return false;
}

static enum result delete_unused(struct session *session, const struct duty_set *duties, int64_t *gone, struct err *err)
{
	int64_t unused[PAGE], after = 0;
	size_t count;
	enum result r;

	do {
		r = label_list_unused(session->data, duties->account, after, unused, PAGE, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = unused[i];
			if (is_of_law(duties, unused[i]))
				continue;
			r = label_delete(session->data, duties->account, unused[i], err);
			*gone += r == OK;
		}
	} while (r == OK && count == PAGE);
	return r;
}

enum result unlabelled_delete(struct session *session, uint32_t account, struct instant now, int64_t *gone,
			      struct err *err)
{
	struct duty_set duties;
	struct pool pool;
	enum result r;

	*gone = 0;
	pool_init(&pool, LAWS_POOL_MAX);
	r = duties_load(session, account, now, &pool, &duties, err);
	if (r == OK)
		r = delete_unused(session, &duties, gone, err);
	duties_free(&duties);
	pool_free(&pool);
	return r;
}
