/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Jobs of the vault that this process began, and that failed half-way: the disk
 * was full, say.  What opens the vault next goes on with them, and so does who
 * has it open for long, once there is room.  In memory only, of a vault and all
 * its views; any thread.
 */
#ifndef LETHE_VAULT_UNFINISHED_H
#define LETHE_VAULT_UNFINISHED_H

#include <stdbool.h>

#include "base/id.h"

struct unfinished;
struct unfinished_job { uint32_t account; struct id job; };

struct unfinished *unfinished_new(void); /* NULL: no memory */
void unfinished_free(struct unfinished *unfinished); /* NULL is fine */
/* Nobody is at it any more. What there is no room for waits for the next opening. */
void unfinished_add(struct unfinished *unfinished, uint32_t account, struct id job);
/* The first: the caller's to go on with, to add again or to put back. False: there is none. */
bool unfinished_take(struct unfinished *unfinished, struct unfinished_job *out);
/* It stays the first: what was added after it may lean on its end. */
void unfinished_put_back(struct unfinished *unfinished, const struct unfinished_job *which);

#endif
