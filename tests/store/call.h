/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How a function of the store is tried: called for an account on filled tables, it says how much was there.
 */
#ifndef LETHE_TESTS_STORE_CALL_H
#define LETHE_TESTS_STORE_CALL_H

#include "store/filled.h"

/* `seen` is how much of the account it saw or changed. */
#define CALL(name) static enum result call_##name(uint32_t account, int64_t *seen)
#define SYSTEM_CALL(name) \
	static enum result call_##name(MAYBE_UNUSED uint32_t account, MAYBE_UNUSED int64_t *seen)

static enum result one(enum result r, int64_t *seen)
{
	*seen = r == OK;
	return r;
}

static enum result several(enum result r, size_t count, int64_t *seen)
{
	*seen = r == OK ? (int64_t)count : 0;
	return r;
}

#endif
