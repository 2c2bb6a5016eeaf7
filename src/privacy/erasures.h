/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The erasures that were ever asked for, and their receipts once more: one that
 * was interrupted is finished by a later command, which does not print its
 * receipt.  Opaque ids, times and fixed words; nothing here is personal.
 */
#ifndef LETHE_PRIVACY_ERASURES_H
#define LETHE_PRIVACY_ERASURES_H

#include "privacy/erase.h"

enum erasure_end {
	ERASURE_UNFINISHED = 1, /* under way, or interrupted: the next writing command finishes it */
	ERASURE_DONE = 2,
	ERASURE_FAILED = 3,     /* given up, and nothing was erased */
};

struct erasure {
	struct id job, person;
	enum erasure_end end;
	struct instant started, ended; /* ended: ms 0 while unfinished */
	char reference[ERASE_REFERENCE_MAX + 1]; /* "": none */
};

typedef enum result erasure_visit(void *arg, const struct erasure *erasure, struct err *err);

#define ERASURES_PAGE 64
/* Up to `max` (and ERASURES_PAGE) of those after `*after`, which is the last of them then. */
MUST_CHECK enum result erasures_page(struct session *session, uint32_t account, struct id *after, size_t max,
				     erasure_visit *visit, void *arg, size_t *count, struct err *err);
/* Every erasure of the account, oldest first; what the visitor fails with ends it. Costs what it lists. */
MUST_CHECK enum result erasures_list(struct session *session, uint32_t account, erasure_visit *visit, void *arg,
				     struct err *err);
/* The receipt of one that is done, over the tree as it is now. ERR_NOT_FOUND: no erasure, unfinished, or failed. */
MUST_CHECK enum result erasures_receipt(struct vault *vault, const struct account *account, struct id job,
					struct pool *pool, const char **receipt, struct err *err);

#endif
