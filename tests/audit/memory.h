/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A store of tree hashes in memory that counts its reads, refuses what was never written or is written twice,
 * and fails on demand.
 */
#ifndef LETHE_TESTS_AUDIT_MEMORY_H
#define LETHE_TESTS_AUDIT_MEMORY_H

#include <stdbool.h>
#include <string.h>
#include "audit/merkle.h"

#define MEMORY_LEVELS 12
#define MEMORY_LEAVES 2048

struct memory {
	struct hash hashes[MEMORY_LEVELS][MEMORY_LEAVES];
	bool written[MEMORY_LEVELS][MEMORY_LEAVES];
	long reads, writes, fail_at; /* fail_at: the call, counted from 1, that fails; 0 none */
};

static inline enum result memory_read(void *arg, int level, uint64_t index, struct hash *out, struct err *err)
{
	struct memory *m = arg;

	if (++m->reads + m->writes == m->fail_at)
		return err_set(err, ERR_IO, "the disk is on fire");
	if (level >= MEMORY_LEVELS || index >= MEMORY_LEAVES || !m->written[level][index])
		return err_set(err, ERR_CORRUPT, "hash %d/%d is not stored", level, (int)index);
	*out = m->hashes[level][index];
	return OK;
}

static inline enum result memory_write(void *arg, int level, uint64_t index, const struct hash *hash, struct err *err)
{
	struct memory *m = arg;

	if (m->reads + ++m->writes == m->fail_at)
		return err_set(err, ERR_FULL, "the disk is full");
	if (level >= MEMORY_LEVELS || index >= MEMORY_LEAVES || m->written[level][index])
		return err_set(err, ERR_INTERNAL, "hash %d/%d is written twice", level, (int)index);
	m->hashes[level][index] = *hash;
	m->written[level][index] = true;
	return OK;
}

static inline struct merkle_store memory_store(struct memory *m)
{
	memset(m, 0, sizeof *m);
	return (struct merkle_store){m, memory_read, memory_write};
}

#endif
