/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/sealer.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define POOL_MAX (BATCH_BYTES_MAX * 64) /* 128 payloads of the longest line */

struct sealer {
	struct sealer_chunk chunks[2];
	pthread_t thread;
	bool alone;           /* there is no thread: who starts it seals */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct sealer_chunk *work; /* NULL: idle */
	bool stopping;
};

/* ---- the thread ---- */

static enum result seal_row(struct sealer_chunk *chunk, struct sealer_row *row, const unsigned char nonce[NONCE_LEN],
			    struct err *err)
{
	if (row->ikm_count > 0)
		seal_record_derive(&row->row, row->ikm, row->ikm_count, row->key);
	return seal_payload_nonce(row->key, nonce, &row->row, row->record->payload, row->record->payload_len,
				  &chunk->pool, err);
}

/* Nonces are drawn together, one system call for all, and only when it is settled what each will seal under which key:
 * should the machine be copied in between, both copies seal the same, and no nonce meets two texts. */
static void seal_chunk(struct sealer_chunk *chunk)
{
	unsigned char nonces[SEALER_ROWS][NONCE_LEN];

	random_bytes(nonces, chunk->count * NONCE_LEN);
	chunk->result = OK;
	for (size_t i = 0; i < chunk->count && chunk->result == OK; i++)
		chunk->result = seal_row(chunk, &chunk->rows[i], nonces[i], &chunk->err);
}

static void *sealer_main(void *arg)
{
	struct sealer *sealer = arg;
	struct sealer_chunk *work;

	pthread_mutex_lock(&sealer->lock);
	for (;;) {
		while (sealer->work == NULL && !sealer->stopping)
			pthread_cond_wait(&sealer->changed, &sealer->lock);
		work = sealer->work;
		if (work == NULL)
			break;
		pthread_mutex_unlock(&sealer->lock);
		seal_chunk(work);
		pthread_mutex_lock(&sealer->lock);
		sealer->work = NULL;
		pthread_cond_broadcast(&sealer->changed);
	}
	pthread_mutex_unlock(&sealer->lock);
	return NULL;
}

/* ---- its owner ---- */

static bool chunk_init(struct sealer_chunk *chunk)
{
	pool_init(&chunk->pool, POOL_MAX);
	chunk->keys = sodium_malloc(SEALER_KEYS * sizeof *chunk->keys);
	chunk->record_keys = sodium_malloc(SEALER_ROWS * sizeof *chunk->record_keys);
	return chunk->keys != NULL && chunk->record_keys != NULL;
}

static void release(struct sealer *sealer)
{
	for (int i = 0; i < 2; i++) {
		pool_free(&sealer->chunks[i].pool);
		sodium_free(sealer->chunks[i].keys); /* wipes */
		sodium_free(sealer->chunks[i].record_keys);
	}
	free(sealer);
}

enum result sealer_new(struct sealer **out, struct err *err)
{
	struct sealer *sealer = calloc(1, sizeof *sealer);

	if (sealer == NULL)
		return err_no_memory(err);
	if (!chunk_init(&sealer->chunks[0]) || !chunk_init(&sealer->chunks[1])) {
		release(sealer);
		return err_no_memory(err);
	}
	pthread_mutex_init(&sealer->lock, NULL);
	pthread_cond_init(&sealer->changed, NULL);
	sealer->alone = pthread_create(&sealer->thread, NULL, sealer_main, sealer) != 0;
	*out = sealer;
	return OK;
}

void sealer_free(struct sealer *sealer)
{
	if (sealer == NULL)
		return;
	pthread_mutex_lock(&sealer->lock);
	INVARIANT(sealer->work == NULL);
	sealer->stopping = true;
	pthread_cond_broadcast(&sealer->changed);
	pthread_mutex_unlock(&sealer->lock);
	if (!sealer->alone)
		pthread_join(sealer->thread, NULL);
	pthread_cond_destroy(&sealer->changed);
	pthread_mutex_destroy(&sealer->lock);
	release(sealer);
}

struct sealer_chunk *sealer_chunk(struct sealer *sealer, int which)
{
	return &sealer->chunks[which];
}

bool sealer_chunk_has_room(const struct sealer_chunk *chunk)
{
	return chunk->count < SEALER_ROWS && chunk->key_count + 1 + PARTIES_MAX <= SEALER_KEYS;
}

void sealer_chunk_reset(struct sealer_chunk *chunk)
{
	explicit_bzero(chunk->keys, chunk->key_count * sizeof *chunk->keys);
	explicit_bzero(chunk->record_keys, chunk->count * sizeof *chunk->record_keys);
	pool_reset(&chunk->pool);
	chunk->count = chunk->key_count = 0;
}

void sealer_start(struct sealer *sealer, struct sealer_chunk *chunk)
{
	if (sealer->alone) {
		seal_chunk(chunk);
		return;
	}
	pthread_mutex_lock(&sealer->lock);
	INVARIANT(sealer->work == NULL);
	sealer->work = chunk;
	pthread_cond_broadcast(&sealer->changed);
	pthread_mutex_unlock(&sealer->lock);
}

void sealer_wait(struct sealer *sealer)
{
	pthread_mutex_lock(&sealer->lock);
	while (sealer->work != NULL)
		pthread_cond_wait(&sealer->changed, &sealer->lock);
	pthread_mutex_unlock(&sealer->lock);
}
