/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "db/pagemem.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096                      /* of the databases */
#define RANGE ((size_t)256 << 20)      /* of addresses: more than the caches of a writer and its readers */
#define PIECE ((size_t)256 << 10)      /* of memory, had at once */

struct slot { struct slot *next; };

static struct {
	pthread_mutex_t lock; /* guards `fresh`, `had` and `free` */
	unsigned char *start, *end;
	unsigned char *fresh; /* from here on nothing was ever used */
	unsigned char *had;   /* from here on there is no memory yet */
	struct slot *free;
	size_t slot;          /* bytes of one */
} pages = {.lock = PTHREAD_MUTEX_INITIALIZER};

static sqlite3_mem_methods usual;

static bool is_slot(const void *at)
{
	return (const unsigned char *)at >= pages.start && (const unsigned char *)at < pages.end;
}

/* Older systems do not know the advice: then each page costs its fault. */
static void have_next_piece(void)
{
	size_t left = (size_t)(pages.end - pages.had), piece = left < PIECE ? left : PIECE;

	(void)madvise(pages.had, piece, MADV_POPULATE_WRITE);
	pages.had += piece;
}

static void *take_slot(void)
{
	struct slot *slot;

	pthread_mutex_lock(&pages.lock);
	slot = pages.free;
	if (slot != NULL) {
		pages.free = slot->next;
	} else if ((size_t)(pages.end - pages.fresh) >= pages.slot) {
		slot = (void *)pages.fresh;
		pages.fresh += pages.slot;
		while (pages.had < pages.fresh)
			have_next_piece();
	}
	pthread_mutex_unlock(&pages.lock);
	return slot;
}

static void *get(int len)
{
	void *slot = len > PAGE && (size_t)len <= pages.slot ? take_slot() : NULL;

	return slot != NULL ? slot : usual.xMalloc(len);
}

static void give_back(void *at)
{
	struct slot *slot = at;

	if (!is_slot(at)) {
		usual.xFree(at);
		return;
	}
	pthread_mutex_lock(&pages.lock);
	slot->next = pages.free;
	pages.free = slot;
	pthread_mutex_unlock(&pages.lock);
}

static int size_of(void *at)
{
	return is_slot(at) ? (int)pages.slot : usual.xSize(at);
}

static void *resize(void *at, int len)
{
	void *other;

	if (!is_slot(at))
		return usual.xRealloc(at, len);
	other = get(len);
	if (other == NULL)
		return NULL;
	memcpy(other, at, (size_t)len < pages.slot ? (size_t)len : pages.slot);
	give_back(at);
	return other;
}

static void install(void)
{
	sqlite3_mem_methods methods;
	int header = 0;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &header) != SQLITE_OK)
		return;
	pages.slot = ((size_t)(PAGE + header) + 63) / 64 * 64;
	pages.start = mmap(NULL, RANGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages.start == MAP_FAILED) {
		pages.start = NULL;
		return;
	}
	pages.fresh = pages.had = pages.start;
	pages.end = pages.start + RANGE;
	methods = usual;
	methods.xMalloc = get;
	methods.xFree = give_back;
	methods.xRealloc = resize;
	methods.xSize = size_of;
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* counted for nobody, under a lock of all threads */
}

void pagemem_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
}
