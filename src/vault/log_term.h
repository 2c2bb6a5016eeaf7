/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long our own log says what was done. Each act has a term; past it the
 * leaf's body goes and its hash stays (store/leaf.h).
 *
 *     activity  2 years   what people and programs did
 *     access    90 days   who looked at whose data
 *     delivery  30 days   what was sent to a webhook
 *     proof     as activity, and never less than 2 years: acts that show what was deleted, held or
 *               decided. An epoch lasts at most 366 days, so what a receipt promises has come true by then.
 *
 * An account's settings log_activity, log_access and log_delivery say otherwise, within bounds.
 */
#ifndef LETHE_VAULT_LOG_TERM_H
#define LETHE_VAULT_LOG_TERM_H

#include "base/time.h"
#include "store/leaf.h"

struct log_term {
	enum leaf_term term;
	const char *name;    /* "access" */
	const char *setting; /* NULL: follows that of activity */
	struct span keep, least, most;
};

/* Of an act's name, such as "person.find": the longest beginning that the table has; else activity. */
enum leaf_term log_term_of(const char *act);
const struct log_term *log_term(enum leaf_term term); /* NULL: there is none of that number */
const char *log_term_name(enum leaf_term term);       /* "?" then */
/* By name; NULL: there is none that can be set. */
const struct log_term *log_term_find(const char *name);

/* What a walk over the whole log sees of pruned leaves: none may be without its body before its term's least time. */
struct pruned_leaves {
	int64_t count;
	struct instant newest;                   /* act of all, by its own time */
	struct leaf last[LEAF_TERM_COUNT];       /* the newest pruned one of each term */
	bool any[LEAF_TERM_COUNT];               /* [0]: of a term that there is not */
};
void pruned_see(struct pruned_leaves *seen, const struct leaf *leaf);
/* NULL: none was pruned early. */
const struct leaf *pruned_early(const struct pruned_leaves *seen);

#endif
