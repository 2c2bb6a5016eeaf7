/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sweeps there were: what each deleted, kept and still found, by the
 * statement its job keeps, and its receipt once more.
 */
#ifndef LETHE_RETENTION_HISTORY_H
#define LETHE_RETENTION_HISTORY_H

#include "base/json.h"
#include "vault/accounts.h"

enum past_end {
	PAST_UNFINISHED = 1, /* under way, or interrupted: the next writing command finishes it */
	PAST_DONE = 2,
	PAST_FAILED = 3,     /* given up: stored bytes were damaged */
};
struct past_sweep {
	struct id job;
	enum past_end end;
	struct instant started, ended; /* ended: ms 0 while unfinished */
	const char *command;           /* that began it, "retention run" */
	int64_t leaf;                  /* -1 unless done */
	const struct json *statement;  /* as retention/sweep.h states it; NULL unless done */
};
/* What it points to lives until it returns. */
typedef enum result history_visit(void *arg, const struct past_sweep *sweep, struct err *err);

/* Up to `count` sweeps of the account, the newest first, those before `before` (NULL: from the newest); what the visitor
 * fails with ends it. Costs what it lists. */
MUST_CHECK enum result history_list(struct session *session, uint32_t account, const struct id *before, int64_t count,
				    history_visit *visit, void *arg, struct err *err);
/* The receipt of one that is done, over the tree as it is now. ERR_NOT_FOUND: no sweep, unfinished, or failed. */
MUST_CHECK enum result history_receipt(struct vault *vault, const struct account *account, struct id job,
				       struct pool *pool, const char **receipt, struct err *err);

#endif
