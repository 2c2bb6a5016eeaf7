/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Disposition: may this record stay, until when, and why.
 *
 * One pure function from facts and the moment to a verdict. Every rule that
 * applies gives a reason, the strongest first; the first reason decides:
 *
 *     unreadable   its key is destroyed: there is nothing left to keep
 *     hold         a legal hold covers it: kept without end
 *     erased       its person was erased: only a hold still kept it
 *     expired      its day was swept: only a hold still kept it
 *     policy       the account's policy in force: kept for a span from its UTC day
 *     default      no policy was ever set: kept without end
 *
 * A record of UTC day D under a span S is due when D + S <= today.
 */
#ifndef LETHE_RETENTION_DISPOSITION_H
#define LETHE_RETENTION_DISPOSITION_H

#include "base/id.h"
#include "store/hold.h"
#include "store/policy.h"

struct disposition_facts {
	enum record_kind kind;
	struct instant occurred;
	struct policy policy;        /* in force; version 0: none was ever set */
	const struct hold_row *hold; /* the oldest active one that covers it; NULL: none does */
	size_t hold_count;           /* how many active ones cover it */
	bool held;                   /* it is under a hold's key, as `kept` lists it */
	struct held_row kept;
	bool key_gone;               /* nobody can open it */
};

enum verdict { VERDICT_DELETE, VERDICT_KEEP_UNTIL, VERDICT_KEEP };

struct disposition_reason {
	const char *rule;      /* the literal names above */
	enum verdict says;
	struct date until;     /* of VERDICT_KEEP_UNTIL, and of a policy whose time is over: the day it is due */
	struct id hold;        /* hold: which */
	struct instant since;  /* hold: when it was made; erased, expired: when it was due; policy: when it was set */
	struct span keep;      /* policy */
	int version;           /* policy */
	size_t others;         /* hold: how many more cover it */
	enum record_kind kind; /* of the record */
};

#define DISPOSITION_REASONS_MAX 8
struct disposition {
	enum verdict verdict;
	struct date until; /* of VERDICT_KEEP_UNTIL: the day on which it is due */
	struct disposition_reason reasons[DISPOSITION_REASONS_MAX];
	size_t count;      /* at least one */
};

struct disposition disposition(const struct disposition_facts *facts, struct instant now);
const char *verdict_name(enum verdict verdict); /* "delete", "keep_until", "keep" */
/* One sentence for people, without a full stop. */
#define DISPOSITION_TEXT_MAX 240
char *disposition_text(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX]);

#endif
