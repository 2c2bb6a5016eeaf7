/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/batch.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/commit.h"
#include "ingest/intake.h"

#define POOL_MAX (BATCH_BYTES_MAX * 16)
#define KEYS_MAX (BATCH_MEDIA_MAX + INTAKE_MEDIA_MAX)

enum result batch_new(struct vault *vault, const struct import_options *options, struct sealer *sealer,
		      struct batch **out, struct err *err)
{
	struct batch *batch = calloc(1, sizeof *batch);

	if (batch == NULL)
		return err_no_memory(err);
	batch->vault = vault;
	batch->sealer = sealer;
	batch->account = options->account->number;
	batch->now = options->now;
	batch->rows_max = options->batch_rows != 0 ? options->batch_rows : BATCH_ROWS_MAX;
	pool_init(&batch->pool, POOL_MAX);
	batch->records = calloc(BATCH_ROWS_MAX, sizeof *batch->records);
	batch->contacts = calloc(BATCH_ROWS_MAX, sizeof *batch->contacts);
	batch->keys = sodium_malloc(KEYS_MAX * sizeof *batch->keys);
	batch->differing = calloc(BATCH_ROWS_MAX, sizeof *batch->differing);
	if (batch->records == NULL || batch->contacts == NULL || batch->keys == NULL || batch->differing == NULL) {
		batch_free(batch);
		return err_no_memory(err);
	}
	*out = batch;
	return OK;
}

void batch_reset(struct batch *batch)
{
	INVARIANT(!batch->in_flight);
	blob_batch_free(batch->blobs);
	batch->blobs = NULL;
	explicit_bzero(batch->keys, batch->key_count * sizeof *batch->keys);
	pool_reset(&batch->pool);
	batch->record_count = batch->contact_count = batch->party_count = batch->bytes = batch->key_count = 0;
	batch->media_bytes = 0;
	batch->differing_count = 0;
	batch->counts = (struct import_result){0};
}

void batch_free(struct batch *batch)
{
	if (batch == NULL)
		return;
	INVARIANT(!batch->in_flight);
	blob_batch_free(batch->blobs);
	pool_free(&batch->pool);
	sodium_free(batch->keys); /* wipes */
	free(batch->records);
	free(batch->contacts);
	free(batch->differing);
	free(batch);
}

bool batch_is_full(const struct batch *batch)
{
	return batch->record_count + batch->contact_count >= batch->rows_max || batch->bytes >= BATCH_BYTES_MAX ||
	       batch->key_count >= BATCH_MEDIA_MAX || batch->media_bytes >= BATCH_MEDIA_BYTES_MAX;
}

bool batch_is_empty(const struct batch *batch)
{
	return batch->record_count + batch->contact_count == 0;
}

const void *batch_copy(struct batch *batch, const void *data, size_t len)
{
	batch->bytes += len;
	return pool_strndup(&batch->pool, data, len);
}

void batch_submit(struct batch *batch)
{
	batch->in_flight = true;
	vault_write_submit(batch->vault, &batch->ticket, commit_batch, batch);
}

static void add_counts(struct import_result *total, const struct import_result *part)
{
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		total->records[kind] += part->records[kind];
	total->contacts_new += part->contacts_new;
	total->contacts_updated += part->contacts_updated;
	total->contacts_unchanged += part->contacts_unchanged;
	total->duplicates += part->duplicates;
	total->differs += part->differs;
	total->refused_erased += part->refused_erased;
	total->expired += part->expired;
	total->cut += part->cut;
	total->contacts_held += part->contacts_held;
	total->contacts_deleted += part->contacts_deleted;
	total->identities += part->identities;
	total->linked += part->linked;
	total->shared += part->shared;
	total->fell_back += part->fell_back;
	total->doubtful_times += part->doubtful_times;
	total->media += part->media;
	total->media_bytes += part->media_bytes;
	total->payload_bytes += part->payload_bytes;
}

enum result batch_wait(struct batch *batch, struct import_result *total, struct err *err)
{
	enum result r;

	if (!batch->in_flight)
		return OK;
	r = vault_write_wait(&batch->ticket, err);
	batch->in_flight = false;
	if (r == OK) {
		add_counts(total, &batch->counts);
		if (batch->blobs != NULL)
			r = blob_settle(batch->blobs, err);
	}
	return r;
}

struct blob_name batch_blob_name(const struct media_row *media)
{
	return (struct blob_name){media->account, (uint32_t)media->kind, instant_date(id_time(media->id)), media->blob};
}

enum result batch_drop_media(struct batch *batch, const struct media_row *media, size_t count, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		struct blob_name name = batch_blob_name(&media[i]);

		r = blob_batch_drop(batch->blobs, &name, err);
	}
	return r;
}
