/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Is the program stopping? Who sends looks before each attempt, and begins none any more.
 */
#ifndef LETHE_NOTIFY_STOPPING_H
#define LETHE_NOTIFY_STOPPING_H

#include <stdatomic.h>
#include <stddef.h>

/* `stopping` NULL: it never does. */
static inline bool is_stopping(const atomic_bool *stopping)
{
	return stopping != NULL && atomic_load(stopping);
}

#endif
