/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Taking in Lethe JSON Lines one by one, from wherever they come, and saying
 * of each what became of it once that is on disk: what an import does, for
 * lines that are in no file.
 *
 * The calling thread reads while the writer stores, as in an import, in the
 * same batches.  A line cannot name files: paths mean nothing here.
 */
#ifndef LETHE_INGEST_FEED_H
#define LETHE_INGEST_FEED_H

#include "ingest/batch.h"
#include "ingest/intake.h"

/* One line, told of in the order in which they came. Borrowed until the call returns. */
struct feed_line {
	uint64_t number;
	const struct err *why; /* it was refused for what it says; NULL: it went to the vault, and what follows holds */
	enum intake_type type;
	enum record_kind kind; /* records only */
	struct id id;
	enum taken taken;
};

struct feed_options {
	const struct account *account;
	const char *source; /* for lines that name none; NULL: "import" */
	struct zone *zone;  /* for local times; NULL: a time without offset is a fault of its line */
	const char *no_records, *no_contacts; /* why such are not taken here; NULL: they are */
	const struct id *contact; /* the contact that lines are to take the place of; NULL: as they say */
	struct instant now;
	void *arg; /* for `told` */
	/* An error ends it: the line was told of to nobody. */
	enum result (*told)(void *arg, const struct feed_line *line, struct err *err);
};

struct feed;

/* `options` is borrowed. ERR_EXISTS, ERR_GONE ..: the account takes nothing in. */
MUST_CHECK enum result feed_new(struct vault *vault, const struct feed_options *options, struct feed **out,
				struct err *err);
/* What is wrong with the line is told, not returned; what is returned is the vault's or `told`'s, and final. */
MUST_CHECK enum result feed_take(struct feed *feed, uint64_t number, const char *line, size_t len, struct err *err);
/* A line that could not even be read, such as one that is too long. */
MUST_CHECK enum result feed_refuse(struct feed *feed, uint64_t number, const struct err *why, struct err *err);
/* Stores what is left, and tells of it. */
MUST_CHECK enum result feed_finish(struct feed *feed, struct err *err);
/* Waits for what is under way and tells of it; what was read since stays out. After a failure, or to break off. */
MUST_CHECK enum result feed_break_off(struct feed *feed, struct err *err);
/* What is in the vault now, and what was refused. Only whole batches count, but for lines and rejected. */
const struct import_result *feed_result(const struct feed *feed);
void feed_free(struct feed *feed); /* NULL is fine; nothing may be under way */

#endif
