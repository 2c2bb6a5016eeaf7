/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Looking up everybody of a batch at once, in the order in which they lie.
 *
 * Among very many people each look goes to another page, and most of its cost
 * is the way there. In order, the looks of a batch share their pages.
 */
#ifndef LETHE_INGEST_KNOWN_H
#define LETHE_INGEST_KNOWN_H

#include "ingest/commit.h"

/* Afterwards the directory remembers who is known and who is not, and the keyring has the keys of those who are. Both may
 * forget some of it again: this only makes what follows cheaper. */
MUST_CHECK enum result known_look_up(struct commit *c, struct err *err);

#endif
