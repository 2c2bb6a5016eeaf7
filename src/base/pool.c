/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/pool.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)16 * 1024)
/* Wiped ones that the next pool takes: each request needs some, and malloc joins and cuts them every time. The address
 * sanitizer is to see who uses what was given back. */
#ifdef __SANITIZE_ADDRESS__
#define KEPT_MAX 0
#else
#define KEPT_MAX 64
#endif

struct pool_chunk {
	struct pool_chunk *next;
	size_t size, used;
	alignas(max_align_t) unsigned char data[];
};

static struct {
	pthread_mutex_t lock; /* nobody waits for it: then malloc does */
	struct pool_chunk *first;
	size_t count;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct pool_chunk *take_kept(void)
{
	struct pool_chunk *chunk;

	if (pthread_mutex_trylock(&kept.lock) != 0)
		return NULL;
	chunk = kept.first;
	if (chunk != NULL) {
		kept.first = chunk->next;
		kept.count--;
	}
	pthread_mutex_unlock(&kept.lock);
	return chunk;
}

/* What was in it is wiped. */
static void give_back(struct pool_chunk *chunk)
{
	bool taken = false;

	if (chunk->size == CHUNK_SIZE && pthread_mutex_trylock(&kept.lock) == 0) {
		taken = kept.count + 1 <= KEPT_MAX;
		if (taken) {
			chunk->next = kept.first;
			kept.first = chunk;
			kept.count++;
		}
		pthread_mutex_unlock(&kept.lock);
	}
	if (!taken)
		free(chunk);
}

void pool_init(struct pool *pool, size_t max)
{
	*pool = (struct pool){.max = max};
}

static struct pool_chunk *chunk_new(struct pool *pool, size_t need)
{
	size_t size = need > CHUNK_SIZE ? need : CHUNK_SIZE;
	struct pool_chunk *chunk = size == CHUNK_SIZE ? take_kept() : NULL;

	if (chunk == NULL)
		chunk = malloc(sizeof *chunk + size);
	if (chunk == NULL)
		return NULL;
	chunk->size = size;
	chunk->used = 0;
	chunk->next = pool->chunks;
	pool->chunks = chunk;
	return chunk;
}

void *pool_alloc(struct pool *pool, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct pool_chunk *chunk = pool->chunks;
	size_t need;
	void *out;

	if (size > pool->max || pool->used > pool->max - size)
		return NULL;
	need = (size + align - 1) / align * align;
	if (need == 0)
		need = align;
	if (chunk == NULL || chunk->size - chunk->used < need)
		chunk = chunk_new(pool, need);
	if (chunk == NULL)
		return NULL;
	out = chunk->data + chunk->used;
	chunk->used += need;
	pool->used += need;
	return memset(out, 0, need);
}

char *pool_strndup(struct pool *pool, const char *text, size_t len)
{
	char *out = len < SIZE_MAX ? pool_alloc(pool, len + 1) : NULL;

	if (out != NULL && len > 0)
		memcpy(out, text, len);
	return out;
}

char *pool_strdup(struct pool *pool, const char *text)
{
	return pool_strndup(pool, text, strlen(text));
}

char *pool_printf(struct pool *pool, const char *fmt, ...)
{
	va_list ap;
	char *out;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return NULL;
	out = pool_alloc(pool, (size_t)len + 1);
	if (out == NULL)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(out, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return out;
}

void pool_reset(struct pool *pool)
{
	struct pool_chunk *chunk, *next;

	for (chunk = pool->chunks; chunk != NULL && chunk->next != NULL; chunk = next) {
		next = chunk->next;
		explicit_bzero(chunk->data, chunk->used);
		give_back(chunk);
	}
	if (chunk != NULL) {
		explicit_bzero(chunk->data, chunk->used);
		chunk->used = 0;
	}
	pool->chunks = chunk;
	pool->used = 0;
}

void pool_free(struct pool *pool)
{
	pool_reset(pool);
	if (pool->chunks != NULL)
		give_back(pool->chunks);
	pool->chunks = NULL;
}
