/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Erasing a person (GDPR art. 17): keys first, then rows and blobs, then a
 * second look.
 *
 *     1  the intent is committed as a job
 *     2  everything is looked at: what is to be kept and cannot be ends it here.
 *        Then what a hold covers is sealed anew under the hold's key, put aside
 *        (vault/aside.h); then what an obligation covers is cut down to the
 *        fields it names (erase_duties.h)
 *     3  the identities' keys are destroyed and tombstones set: from here on
 *        nothing of the person can be read, whatever happens next. In the same
 *        transaction all is looked at again: a hold, an obligation or a record
 *        that has come meanwhile leads back to 2
 *     4  rows go, batch by batch; blobs by way of the trash; what was put aside
 *        is listed as erased
 *     5  a second look counts what is left, per store
 *     6  the act is logged with the digest of the receipt's statement
 *
 * Until something is cut down or a key is gone it can be given up: what was put
 * aside is put back, and all is as if nobody had asked.
 * A crash at any point is gone on with by erase_resume. An error after step 1
 * names the job and how to come by its receipt: privacy/erasures.h.
 */
#ifndef LETHE_PRIVACY_ERASE_H
#define LETHE_PRIVACY_ERASE_H

#include "privacy/aggregates.h"
#include "privacy/person.h"
#include "store/job.h"
#include "vault/remove.h"

#define ERASE_REFERENCE_MAX 64

struct erase_options {
	struct instant now;
	const char *reference; /* an opaque id of the request elsewhere, [A-Za-z0-9._-]; NULL: none. Goes into the receipt */
	bool anonymise;        /* what its records said in plain columns is added to the aggregates: privacy/anonymise.h */
	/* Between batches; true stops with ERR_INTERRUPTED, to be gone on with by the next writing command. */
	bool (*progress)(void *arg, int64_t records_done);
	void *progress_arg;
};

/* What was found by looking again after the deletion. All zero unless something is wrong; records that holds or obligations keep
 * are not counted. */
struct erase_left { int64_t keys, identities, contacts, records, blobs; };

/* An obligation that kept something of the person. */
#define ERASE_LAWS_MAX 64
#define ERASE_CODE_MAX 72
struct erased_law {
	char code[ERASE_CODE_MAX];
	int64_t records;
	struct date until;            /* the day on which the last of them goes, as far as this law is concerned */
};

struct erase_result {
	struct id job, person;
	struct instant started, ended;
	int64_t identities;           /* and as many keys destroyed */
	int64_t contacts;
	struct removed removed;
	int64_t kept[KIND_COUNT];     /* by a hold; [0] counts contacts */
	int64_t obliged[KIND_COUNT];  /* cut down to what obligations name */
	struct erased_law laws[ERASE_LAWS_MAX];
	size_t law_count;
	bool anonymise;
	int64_t aggregated[KIND_COUNT]; /* anonymised: how many records went into the aggregates */
	struct aggregates_shown shown;  /* anonymised: what that made to be shown, and what waits */
	int64_t left_by_agent;        /* records of others that the person was the agent of: they stay, without them */
	struct erase_left left;
	struct instant unreadable_by; /* when every older copy opens nothing; ms 0: no date can be promised, see the receipt */
	uint64_t leaf;                /* its number in the audit log */
	const char *receipt;          /* JSON, in the pool */
};

/* ERR_NOT_FOUND when there is no such person. ERR_HELD when they are an agent in a record that a hold covers, which may
 * not be changed; ERR_WRONG_STATE when something of theirs is not billed yet under a profile that lets go only of what is. */
MUST_CHECK enum result erase_person(struct vault *vault, const struct account *account, struct id person,
				    const struct erase_options *options, struct pool *pool, struct erase_result *out,
				    struct err *err);
/* Goes on with this one, which runs and which nobody is at. OK too when it had to be given up. */
MUST_CHECK enum result erase_go_on(struct vault *vault, const struct job *job, struct instant now, struct err *err);

#endif
