/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Retention: what is past its time, and its deletion.
 *
 * A sweep walks periods (account, kind, UTC day), not records.  In a period
 * past every rule's cutoff, what a hold covers is kept (retention/expire.h); the
 * rest goes, key first.  Only periods that a hold touches are opened: those in
 * which there is a record of whom it is on, as the transaction that destroys
 * their keys sees them (holds_find_due_days).  A period
 * past the cutoff of some rules (retention/partial.h) is looked at when one more
 * has come to it, or the rules have changed, and then not again before the next.
 *
 *     begun      a job says what is to go: from here on a crash is resumed to the end
 *     released   what only released holds kept is deleted, and so are duties
 *                whose day has come (retention/ended.h), and deleted contacts
 *                whose grace is over (retention/purge.h)
 *     unreadable the keys of days that go whole and that nothing keeps are destroyed, of all or of as many as the
 *                budget covers, and the logs emptied of them: seconds before the rows are gone. Not of a single batch
 *     parties    their party rows go, some months at a time: see retention/sweep_parties.c
 *     periods    one after the other, in small transactions
 *     cleaned    the databases' logs are emptied of old keys, blobs are removed
 *     looked     every store is looked at again; what is left is counted
 *     done       the job is closed with its leaf
 */
#ifndef LETHE_RETENTION_SWEEP_H
#define LETHE_RETENTION_SWEEP_H

#include "base/json.h"
#include "retention/holds.h"
#include "store/policy.h"

/* What is past its time, of one kind. */
struct sweep_due {
	struct policy policy;
	bool bounded;         /* false: no day goes whole, and nothing below but `some` and `released` can be due */
	struct date cutoff;   /* the last day that is past its time wholly */
	int64_t periods, records, bytes; /* up to then, held ones included; bytes of payloads and media */
	int64_t some_periods, some_records, some_bytes; /* of later days, of which only these go, by narrower rules */
	int64_t held;         /* of all these records, how many an active hold keeps */
	int64_t obliged;      /* and how many obligations do, cut down to the fields they name */
	int64_t unbilled;     /* of none of these: past their time, and kept until they are billed */
	int64_t released;     /* more records, that only a released hold or an obligation that ends still kept */
};
struct sweep_plan {
	struct date today;
	struct sweep_due kinds[KIND_COUNT];
	int64_t contacts;     /* that only a released hold still kept */
	struct { int64_t due, held, bytes; } deleted; /* contacts whose grace is over: that go (bytes: of these), that are kept */
};
/* Reads the period table; looks at records only where a hold may cover them, or a narrower rule may end them. */
MUST_CHECK enum result sweep_plan(struct session *session, uint32_t account, struct instant now,
				  struct sweep_plan *out, struct err *err);
/* The same, had this change of a rule begun by then: with kind, scope, keep or removed. */
MUST_CHECK enum result sweep_plan_with(struct session *session, uint32_t account, struct instant now,
				       const struct policy *change, struct sweep_plan *out, struct err *err);
/* How many records a run would delete. */
int64_t sweep_plan_records(const struct sweep_due *due);

enum sweep_phase { SWEEP_BEGUN, SWEEP_RELEASED, SWEEP_UNREADABLE, SWEEP_PARTIES, SWEEP_KEPT, SWEEP_PERIODS, SWEEP_CLEANED, SWEEP_LOOKED };
/* Called at each phase and between batches of periods, with the records met so far and of how many. true asks to
 * stop: after SWEEP_PERIODS it comes too late. */
typedef bool sweep_progress(void *arg, enum sweep_phase phase, int64_t done, int64_t total);

struct sweep_done {
	bool bounded;
	struct span keep;
	struct date cutoff;
	int64_t periods;      /* whose key was destroyed */
	int64_t parts;        /* of these, of which only some records went */
	int64_t records;      /* deleted, those of released holds included */
	int64_t media;        /* of swept days */
	int64_t bytes;        /* of payloads and media, those of released holds included */
	int64_t kept;         /* newly sealed under a hold's key */
	int64_t cut;          /* newly cut down to what obligations name */
	int64_t held;         /* past their time and kept by a hold or an obligation, in all */
};
/* Of what was to go, what a second look still finds: all zero, or something is wrong. */
struct sweep_left {
	int64_t records, media, keys, counts; /* counts: periods whose row disagrees with their records */
	int64_t contacts;                     /* deleted ones whose grace is over */
	int64_t blobs;                        /* not removed yet */
	int64_t damaged;                      /* periods left alone: a record that is to be kept fails its tag there, or all do */
	int64_t damaged_kept;                 /* records under duties that should be cut down, and contacts that a hold covers, that fail
					       * their tag */
	bool log;                             /* a reader kept a database's log from being emptied */
};
/* A record that fails its tag, by name. */
struct sweep_damaged {
	enum record_kind kind;
	struct id id;
	bool waits; /* its day was left alone for it; else it stays as it is, and what was due of its day is gone */
};
#define SWEEP_DAMAGED_MAX 16
struct sweep_result {
	struct id job;
	struct date today;
	struct sweep_done kinds[KIND_COUNT];
	int64_t contacts, hold_keys, moved;   /* of released holds; see retention/released.h */
	int64_t purged, purged_kept;          /* contacts whose grace was over: gone; newly under a hold's key */
	int64_t duties, cut_again;            /* ended; records that other obligations keep on: see retention/ended.h */
	struct sweep_left left;
	int64_t labels;         /* names that nothing has any more: deleted */
	int64_t carried;        /* records that stay and fail their tag, of days of which the rest went */
	struct sweep_damaged damaged[SWEEP_DAMAGED_MAX]; /* the first that were met */
	size_t damaged_count;
	bool stopped;           /* it was asked to */
	bool spent;             /* its budget is: there may be more that is due */
	uint64_t seq;           /* its leaf */
	const char *statement;  /* JSON, in the pool: what a receipt states */
};
bool sweep_left_any(const struct sweep_left *left);
void sweep_left_write(struct json_writer *w, const struct sweep_left *left); /* as the member "left" */
void sweep_damaged_write(struct json_writer *w, const struct sweep_result *result); /* "carried" and "damaged" */
void sweep_name(struct sweep_result *result, const struct sweep_damaged *damaged); /* unless it is named already */

/* Stored bytes that fail otherwise (ERR_CORRUPT), and a law that this program does not know (ERR_UNSUPPORTED), end the job, so that it does not stand in the way of every
 * later command; any other failure leaves it to sweep_resume. ERR_INTERRUPTED when it was asked to stop:
 * `out` tells what is done, and that is whole; the rest is for another run, or, when its keys are gone already, for
 * a job that sweep_resume finishes. `progress` may be NULL. */
MUST_CHECK enum result sweep_run(struct vault *vault, const struct account *account, struct instant now,
				 sweep_progress *progress, void *arg, struct pool *pool, struct sweep_result *out,
				 struct err *err);
/* Ends when a bound is reached, all whole; each run gets further, if only by a day. */
struct sweep_budget {
	int64_t records;               /* deleted; 0: no bound. The day it is reached in goes wholly */
	int64_t ms;                    /* by the clock; 0: no bound */
	int64_t (*clock)(void *arg);   /* ms since whenever, never going back; needed with `ms` */
	void *clock_arg;
	bool all_keys;                 /* bounds rows only, for there will be another run: the keys of all that is due go first, and a
					* job is left running, which the other goes on with */
};
MUST_CHECK enum result sweep_run_within(struct vault *vault, const struct account *account, struct instant now,
					const struct sweep_budget *budget, sweep_progress *progress, void *arg,
					struct pool *pool, struct sweep_result *out, struct err *err);
/* Goes on with the sweeps a crash left, of every account, to their ends, or by their budget of records. No-op when there is none. */
MUST_CHECK enum result sweep_resume(struct vault *vault, struct instant now, struct err *err);

#endif
