/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The end of periods: what holds and obligations cover is kept under their keys
 * (retention/keepers.h), then a period's key goes, and with it its rows. Of a
 * period whose records go on different days, what stays is sealed anew in
 * between (retention/partial.h).
 *
 * Two steps, each on disk before the next: a commit writes the key store
 * first, so what is sealed anew must be safe before the old key can go.  A
 * crash between the two halves of the second step leaves rows without a key;
 * doing it again removes them.
 */
#ifndef LETHE_RETENTION_EXPIRE_H
#define LETHE_RETENTION_EXPIRE_H

#include "retention/verdict.h"
#include "store/period.h"

/* By what it is decided, the same from the beginning of a sweep to its end, also after a crash. */
struct expire_terms {
	struct vault *vault;
	uint32_t account;
	struct id job;        /* its leaves name it */
	struct instant now;   /* of its leaves */
	const struct policy_set *policies;
	struct date today;
	const struct id *only; /* NULL: what the policies say; else this record alone goes, whatever they say */
};
/* These, for whoever asks for a verdict. `keepers` NULL: only whether something stays is to be known. */
struct verdict_rules expire_rules(const struct expire_terms *terms, const struct keepers *keepers);
/* Of a record under its period's key: would it be gone but for holds, restrictions and obligations? */
bool expire_due(const struct expire_terms *terms, const struct record_row *row);

/* Records that fail their tag: a few by name. */
#define EXPIRE_NAMED_MAX 8
struct expire_damage { int64_t count; struct id named[EXPIRE_NAMED_MAX]; };
void expire_name(struct expire_damage *damage, struct id id);

/* One period on its way out. */
struct expiry {
	struct period period;  /* as the period table has it when it is met */
	int spare;             /* what is under this part's key stays; PART_ALL: nothing does */
	bool cleared;          /* its party rows are gone, but for those of what has come with a new key since */
	bool damaged;          /* what is to be kept, or stays, could not be sealed anew: it is left alone, key and all */
	struct expire_damage damage; /* what failed; of a day that is not left alone: what stays in it all the same, as it is */
	bool again;            /* out of expire_delete: a keeper or a record has come in between; nothing was done, keep first */
	int64_t kept;          /* newly sealed under a hold's key; adds up */
	int64_t cut;           /* newly cut down under a duty; adds up */
	int64_t records, media, bytes, parties; /* deleted; bytes of payloads and media */
	int64_t held;          /* stay behind under the keys of holds and duties */
};

/* The first and the last of their days. */
void expire_range(const struct expiry *batch, size_t count, struct date *first, struct date *last);
/* Is there a key left of a part of that day before `before`? */
MUST_CHECK enum result expire_has_key(struct session *session, uint32_t account, const struct period *period,
				      int before, bool *has, struct err *err);
/* Does anything remain to be done of a day that goes whole? false when all of it is held already and its keys are gone. */
MUST_CHECK enum result expire_needed(struct session *session, uint32_t account, const struct period *period,
				     bool *needed, struct err *err);
/* Seals what is past its time and what the keepers want under their keys, batch by batch. A record that fails its tag
 * makes the period `damaged`: what keeps it is stronger than the rule that ends the others, and it may be mended. */
MUST_CHECK enum result expire_keep(const struct expire_terms *terms, const struct keepers *keepers,
				   struct expiry *expiry, struct err *err);
/* In one transaction, those that are not damaged: keys destroyed, rows deleted, blobs listed as trash, period
 * rows corrected, a leaf each. vault_scrub and vault_empty_trash are the caller's. */
MUST_CHECK enum result expire_delete(const struct expire_terms *terms, struct expiry *batch, size_t count,
				     struct err *err);

#endif
