/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of a check share. Private to vault/check*.c.
 *
 * Each unit of work sees one moment: a read transaction that is short, so that
 * a writer who must empty the log is not kept waiting.
 */
#ifndef LETHE_VAULT_CHECK_RUN_H
#define LETHE_VAULT_CHECK_RUN_H

#include "store/hold.h"
#include "store/record.h"
#include "vault/check.h"

#define CHECK_TEXT_MAX 200
#define SUSPECTS_MAX 4096
#define CHECK_LABELS_KEPT 256

struct check_run;

/* Looked at again when all else is done: is it still wrong? */
struct suspect;
typedef enum result suspect_again(struct check_run *run, const struct suspect *suspect, bool *still, struct err *err);
struct suspect {
	enum check_id check;
	suspect_again *again;
	uint32_t account;
	enum record_kind kind;
	struct id id;           /* of a record, a contact, a blob */
	int64_t number;         /* of an identity, a user */
	int part;               /* of a user's secrets: which */
	struct date day;        /* of a blob */
	uint64_t bytes;         /* of a sealed blob */
	char text[CHECK_TEXT_MAX];
};

struct check_run {
	struct vault *vault;
	struct session *session;   /* the vault's reading one */
	const struct check_options *options;
	struct check_report *report;
	struct suspect *suspects;
	size_t suspect_count;
	uint32_t account;          /* the one being checked */
	struct pool pool;          /* of one batch */
	int64_t done, total;       /* records and media */
	int64_t labels[CHECK_LABELS_KEPT]; /* known to be there, each at its number modulo that */
};

/* Counts one problem and tells it. */
void check_found(struct check_run *run, enum check_id id, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Keeps it for a second look; `suspect` is copied, its text is made of `fmt`. */
void check_suspect(struct check_run *run, const struct suspect *suspect, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* `n` records or media further. */
MUST_CHECK enum result check_step(struct check_run *run, int64_t n, struct err *err);
/* A problem of the data passes as `text` and OK; what stops the check stays an error. */
bool check_is_problem(enum result r);
MUST_CHECK enum result check_begin(struct check_run *run, struct err *err); /* a moment */
void check_end(struct check_run *run);
/* Does an unfinished job of this account explain what lacks its key? */
MUST_CHECK enum result check_covered(struct check_run *run, uint32_t account, bool *covered, struct err *err);

/* What a hold or a duty keeps, some at one moment. */
typedef enum result check_each_held(struct check_run *run, const void *arg, const struct held_row *held,
				    struct err *err);
MUST_CHECK enum result check_walk_held(struct check_run *run, int64_t hold, check_each_held *each, const void *arg,
				       struct err *err);

/* What `what` ("call_..", "policy 3 for calls") names: is the label there? 0 names none. */
MUST_CHECK enum result check_label_named(struct check_run *run, int64_t label, const char *what, struct err *err);

/* The parts, each for run->account but the log. */
MUST_CHECK enum result check_identities(struct check_run *run, struct err *err);
MUST_CHECK enum result check_contacts(struct check_run *run, struct err *err);
MUST_CHECK enum result check_holds(struct check_run *run, struct err *err);
MUST_CHECK enum result check_labels(struct check_run *run, struct err *err);
MUST_CHECK enum result check_duties(struct check_run *run, struct err *err);
MUST_CHECK enum result check_users(struct check_run *run, struct err *err);
MUST_CHECK enum result check_access(struct check_run *run, struct err *err);
MUST_CHECK enum result check_aggregates(struct check_run *run, struct err *err);
MUST_CHECK enum result check_outbox(struct check_run *run, struct err *err);
MUST_CHECK enum result check_keys(struct check_run *run, struct err *err);
MUST_CHECK enum result check_records(struct check_run *run, struct err *err);
MUST_CHECK enum result check_parties(struct check_run *run, struct err *err);
MUST_CHECK enum result check_media(struct check_run *run, struct err *err);
MUST_CHECK enum result check_blobs(struct check_run *run, struct err *err);
MUST_CHECK enum result check_log(struct check_run *run, struct err *err);

#endif
