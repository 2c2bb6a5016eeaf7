/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Disposition: may this record or contact stay, what of it, until when, and why.
 *
 * One pure function from facts and the moment to a verdict. Every rule that
 * applies gives its reasons, the strongest first:
 *
 *     anonymised   nothing of anybody is left in it: the aggregate stays
 *     unreadable   its key is destroyed: there is nothing left to keep
 *     hold         a legal hold covers it: all is kept until that is released
 *     obligation   a law keeps some fields until a day; one reason each, as long as it runs
 *     unbilled     the account's profile lets go only of what is billed: all is kept until it is
 *     erasure      its person asked to be erased, is being erased, or was: it goes
 *     restriction  its person asked for that: all is kept until it is lifted
 *     expired      its day was swept once; a later policy does not bring it back
 *     deleted      of a contact: somebody deleted it; all is kept until its grace is over
 *     policy       the account's rule in force: all is kept for a span from its UTC day
 *     bound        what the plan allows: stands in where no rule was set
 *     default      nothing was ever set: all is kept
 *
 * Each field stays as long as the strongest reason that speaks of it says. A
 * law speaks only of its fields and only forbids to delete, so what stands below it is asked
 * about the rest; all others speak of the whole record. A record of UTC day D
 * under a span S is due when D + S <= today. Nothing ever stays for longer as days
 * go by, so one day is enough to tell when it is all gone.
 */
#ifndef LETHE_RETENTION_DISPOSITION_H
#define LETHE_RETENTION_DISPOSITION_H

#include "base/json.h"
#include "law/obligation.h"
#include "store/hold.h"
#include "store/policy.h"

/* What stays of a record: a bit set of enum obligation_field, or one of these alone. */
#define KEEPS_NOTHING UINT32_C(0)
#define KEEPS_ALL ((uint32_t)OBLIGATION_ALL)
#define KEEPS_AGGREGATE (UINT32_C(1) << OBLIGATION_FIELDS)

struct disposition_obligation {
	const char *code;     /* "it-dlgs196-132-telephone" */
	const char *citation; /* law and article, for people */
	uint32_t fields;
	struct date ends;     /* from that day on it keeps nothing */
};
#define DISPOSITION_OBLIGATIONS_MAX 64

/* Asked for, for a day to come; begun, and not through; done, but for what keeps it. */
enum disposition_erasure { ERASURE_NONE, ERASURE_REQUESTED, ERASURE_UNDER_WAY, ERASURE_DONE };
const char *erasure_name(enum disposition_erasure erasure); /* "none", "requested", "under_way", "done" */

/* Gathered by the caller, who owns the texts: they outlive the verdict. */
struct disposition_facts {
	enum record_kind kind;
	struct instant occurred;
	struct {                            /* of a contact, whose kind is HELD_CONTACT */
		bool deleted;
		struct instant at;
		struct date gone_on;        /* the day on which its grace is over */
	} contact;
	bool anonymised;                    /* and nothing else of these facts is known */
	struct instant anonymised_at;       /* ms 0: not known */
	bool key_gone;                      /* nobody can open it */
	const struct hold_row *hold;        /* the oldest active legal hold that covers it; NULL: none does */
	size_t hold_count;                  /* how many do */
	const char *hold_matter;            /* NULL: none was said */
	const struct disposition_obligation *obligations; /* that cover it, also those that have ended */
	size_t obligation_count;            /* up to DISPOSITION_OBLIGATIONS_MAX */
	bool unbilled;                      /* under a profile that lets go only of what is billed */
	struct date billed_until;           /* the last day that is; days 0: not said */
	enum disposition_erasure erasure;
	struct instant erasure_at;          /* when it was asked for, begun, or done */
	bool anonymising;                   /* under way: what it says in plain columns is to stay as part of totals */
	bool alone;                         /* under way: of this record, not of its person */
	struct date erasure_due;            /* of one asked for: the day it is carried out */
	const struct hold_row *restriction; /* the oldest active one that covers it; NULL: none does */
	size_t restriction_count;
	bool expired;                       /* its day was swept, and something kept it */
	struct instant expired_at;
	struct policy policy;               /* the rule that wins; version 0: none was ever set */
	const char *scope;                  /* of that rule, in words: "with the tag VIP"; NULL: the kind's own */
	struct {
		bool set;
		struct span keep;           /* for what no rule speaks of */
		const char *text;           /* "at most 180 days" */
		const char *source;
	} bound;
};

enum verdict { VERDICT_DELETE, VERDICT_KEEP_UNTIL, VERDICT_KEEP };

/* In order of precedence. */
enum disposition_rule {
	BY_ANONYMISED, BY_UNREADABLE, BY_HOLD, BY_OBLIGATION, BY_UNBILLED, BY_ERASURE, BY_RESTRICTION, BY_EXPIRY,
	BY_DELETION, BY_POLICY, BY_BOUND, BY_DEFAULT,
};

struct disposition_reason {
	enum disposition_rule by;
	const char *rule;        /* the literal names above */
	enum verdict says;
	uint32_t keeps;          /* what it keeps as long as it does */
	bool last;               /* when it keeps nothing any more, what stands below it keeps nothing either */
	struct date until;       /* days 0: none. The day on which it ends or ended; of an erasure, on which it is done */
	struct id hold;          /* hold, restriction: which */
	struct instant since;    /* hold, restriction: made; erasure, expired, deleted, anonymised: when; policy: set */
	enum disposition_erasure erasure; /* erasure: how far it is */
	bool anonymising, alone; /* erasure: see the facts */
	struct span keep;        /* policy, bound */
	int version;             /* policy */
	const char *set_by;      /* policy: who; NULL: not said */
	const char *scope;       /* policy */
	const char *matter;      /* hold */
	const char *code;        /* obligation */
	const char *source;      /* obligation, bound: the citation */
	const char *bound;       /* bound: in words */
	size_t others;           /* hold, restriction: how many more cover it */
	enum record_kind kind;   /* of the record */
};

#define DISPOSITION_REASONS_MAX (DISPOSITION_OBLIGATIONS_MAX + 11)
struct disposition {
	enum verdict verdict;
	uint32_t keeps;    /* what stays today */
	struct date until; /* of VERDICT_KEEP_UNTIL: from that day on nothing stays, as far as is known today */
	struct date next;  /* the day on which less stays than today; days 0: not known to come */
	size_t decides;    /* which reason makes the verdict of today */
	uint32_t own;      /* what would stay today without any hold, obligation and restriction */
	size_t ends;       /* which reason would make the verdict then */
	struct disposition_reason reasons[DISPOSITION_REASONS_MAX];
	size_t count;      /* at least one */
};

struct disposition disposition(const struct disposition_facts *facts, struct instant now);
/* The same without a copy of the reasons, for who asks of many records. */
void disposition_weigh(const struct disposition_facts *facts, struct instant now, struct disposition *out);
/* What stays of it on a day, `today` or later, as far as is known today. */
uint32_t disposition_keeps_on(const struct disposition *d, struct date day);

const char *verdict_name(enum verdict verdict); /* "delete", "keep_until", "keep" */
/* "all", "fields", "aggregate", "nothing" */
const char *keeps_name(uint32_t keeps);
/* "from, to and time"; `keeps` is a set of fields. */
#define KEEPS_TEXT_MAX 120
char *keeps_text(uint32_t keeps, char out[KEEPS_TEXT_MAX]);
/* One sentence for people, without a full stop. */
#define DISPOSITION_TEXT_MAX 1536
char *disposition_text(const struct disposition_reason *reason, char out[DISPOSITION_TEXT_MAX]);
/* The members verdict, until, next, keeps, fields and reasons, into an object that is open. */
void disposition_write(struct json_writer *w, const struct disposition *d);

#endif
