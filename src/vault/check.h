/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checking a whole vault: that everything opens, that whatever is said twice
 * is said the same, and that nothing is left over.
 *
 * Reads only, and may run beside a writer: what looks wrong because the vault
 * changes meanwhile is looked at again at the end, and forgotten if it has gone
 * or come right.  Memory does not grow with the vault.
 */
#ifndef LETHE_VAULT_CHECK_H
#define LETHE_VAULT_CHECK_H

#include "audit/note.h"
#include "vault/vault.h"

enum check_id {
	CHECK_DATABASES,  /* the files' own structure */
	CHECK_ACCOUNTS,   /* each name opens, and so do the days of its own */
	CHECK_IDENTITIES, /* each has its key, opens, and is not older than its tombstone */
	CHECK_CONTACTS,   /* each opens, and is found by its identities */
	CHECK_RECORDS,    /* each opens */
	CHECK_PARTIES,    /* records and party rows agree, both ways, and are counted right */
	CHECK_PERIODS,    /* counts agree with a recount */
	CHECK_MEDIA,      /* records and media rows agree; each blob is there with its size */
	CHECK_STREAMS,    /* each media's key opens, and its stream decrypts to its end */
	CHECK_BLOBS,      /* no blob without a row */
	CHECK_HOLDS,      /* what holds keep and the list of it agree */
	CHECK_LABELS,     /* each name opens and is in as many records as it says; those that records, policies and holds name are there */
	CHECK_DUTIES,     /* each has its key; what it lists is under it, and no more than its fields */
	CHECK_USERS,      /* each name opens */
	CHECK_ACCESS,     /* users' secrets and tokens' names open; secrets, sessions and links are of users who are there */
	CHECK_AGGREGATES, /* what anonymised records left is coarsened as it says, and shows nobody alone */
	CHECK_OUTBOX,     /* each event hangs on a leaf of its account, and its ids are whole; webhooks open, deliveries are to one that is there */
	CHECK_LOG,        /* each leaf has its hash, each hash follows from those below */
	CHECK_COUNT
};
const char *check_name(enum check_id id); /* "databases": stable, for JSON */

/* `text` names opaque ids only. Called for the first CHECK_TOLD_MAX problems of each check. */
#define CHECK_TOLD_MAX 100
typedef void check_problem(void *arg, enum check_id id, const char *text);

struct check_options {
	bool quick;              /* leave streams undecrypted */
	const char *checkpoint;  /* a file that the log must still begin with; NULL: none */
	check_problem *problem;
	/* May be NULL. True stops with ERR_INTERRUPTED. */
	bool (*progress)(void *arg, int64_t done, int64_t total);
	void *arg;               /* of both */
};

struct check_report {
	struct { int64_t looked_at, problems; } checks[CHECK_COUNT];
	int64_t problems;            /* sum */
	int64_t keys_without_data;   /* harmless: kept for a newer backup, or of an import that was undone */
	bool unsettled;              /* harmless: somebody was stopped; the next opening for writing clears away what is left */
	bool writing;                /* another process had the vault open for writing */
	struct checkpoint at;        /* size and root of the log */
	int64_t pruned;              /* leaves of it that are past their time: only their hashes are left */
};

/* OK also when there are problems: see report->problems. */
MUST_CHECK enum result check_vault(struct vault *vault, const struct check_options *options, struct check_report *out,
				   struct err *err);

#endif
