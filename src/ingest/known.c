/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/known.h"

#include <stdlib.h>
#include <string.h>

struct looked { struct blind blind; int64_t identity; bool sealed_to; };

static int by_blind(const void *a, const void *b)
{
	return memcmp(((const struct looked *)a)->blind.bytes, ((const struct looked *)b)->blind.bytes, BLIND_LEN);
}

static int by_identity(const void *a, const void *b)
{
	const struct looked *x = a, *y = b;

	return (x->identity > y->identity) - (x->identity < y->identity);
}

/* Those that are not remembered. */
static size_t collect(const struct commit *c, struct looked *out)
{
	const struct batch *batch = c->batch;
	struct entry entry;
	size_t count = 0;

	for (size_t i = 0; i < batch->record_count; i++) {
		const struct batch_record *record = &batch->records[i];

		for (size_t j = 0; j < record->handle_count; j++) {
			const struct handle *handle = &record->handles[j];

			if (!directory_recall(c->session->directory, batch->account, &handle->blind, &entry))
				out[count++] = (struct looked){handle->blind, 0, identity_kind_is_external(handle->kind)};
		}
	}
	return count;
}

/* Keeps those who are known. */
static enum result find_each(struct commit *c, struct looked *people, size_t *count, struct err *err)
{
	struct entry entry;
	size_t known = 0;
	bool found;
	enum result r = OK;

	for (size_t i = 0; i < *count && r == OK; i++) {
		if (i > 0 && by_blind(&people[i - 1], &people[i]) == 0)
			continue;
		r = directory_find(c->session, c->batch->account, &people[i].blind, &entry, &found, err);
		people[i].identity = r == OK && found ? entry.identity : 0;
	}
	for (size_t i = 0; i < *count; i++) {
		if (people[i].identity != 0 && people[i].sealed_to)
			people[known++] = people[i];
	}
	*count = known;
	return r;
}

/* One that is gone is told where it is needed. */
static enum result open_keys(struct commit *c, const struct looked *people, size_t count, struct err *err)
{
	struct key key;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		r = keyring_get(c->session->ring, c->batch->account, KEY_IDENTITY, people[i].identity, &key, err);
		if (r == ERR_GONE || r == ERR_CORRUPT)
			r = OK;
	}
	key_wipe(&key);
	return r;
}

enum result known_look_up(struct commit *c, struct err *err)
{
	struct looked *people;
	size_t count = 0;
	enum result r;

	for (size_t i = 0; i < c->batch->record_count; i++)
		count += c->batch->records[i].handle_count;
	people = malloc((count + 1) * sizeof *people);
	if (people == NULL)
		return err_no_memory(err);
	count = collect(c, people);
	if (count > 0)
		qsort(people, count, sizeof *people, by_blind);
	r = find_each(c, people, &count, err);
	if (r == OK && count > 0) {
		qsort(people, count, sizeof *people, by_identity);
		r = open_keys(c, people, count, err);
	}
	free(people);
	return r;
}
