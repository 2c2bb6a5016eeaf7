/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload (LD_PRELOAD) with which memory and threads are scarce
 * when a test says so: in the file $LETHE_SCARCE, which both have mapped, as
 * 64-bit numbers in the machine's order (`struct orders`).  Not for programs
 * that are sanitised: those bring their own malloc.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct orders {
	_Atomic int64_t on;         /* 1: memory is scarce */
	_Atomic int64_t let;        /* so many allocations succeed yet, */
	_Atomic int64_t fail;       /* then so many fail */
	_Atomic int64_t failed;     /* how many did */
	_Atomic int64_t no_threads; /* 1: none can be started */
};

static struct orders none, *orders = &none;

/* glibc's own, under the names it keeps for libraries like this one. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("LETHE_SCARCE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *mapped;

	if (fd < 0)
		return;
	mapped = mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mapped != MAP_FAILED)
		orders = mapped;
}

static int fails(void)
{
	int64_t left;

	if (atomic_load_explicit(&orders->on, memory_order_relaxed) == 0)
		return 0;
	left = atomic_fetch_sub(&orders->let, 1);
	if (left > 0 || -left >= atomic_load(&orders->fail))
		return 0;
	atomic_fetch_add(&orders->failed, 1);
	errno = ENOMEM;
	return 1;
}

#define EXPORT __attribute__((visibility("default")))

EXPORT void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
	*out = fails() ? NULL : __libc_memalign(alignment, size);
	return *out ? 0 : ENOMEM;
}

/* libc's calls its own malloc. */
EXPORT char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*main)(void *), void *arg)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (atomic_load(&orders->no_threads) != 0)
		return EAGAIN;
	*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	return next(thread, attr, main, arg);
}
