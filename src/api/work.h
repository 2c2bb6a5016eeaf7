/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Jobs: long work that is answered later (Prefer: respond-async, RFC 7240).
 *
 * What was asked is kept sealed, and carried out by the daemon's own threads,
 * as it would have been at once.  That something was done is noted in the
 * transaction of the first thing that is.  After a crash a job is done again
 * from its beginning, which finds what is done already, with the rights that
 * it was filed with, whoever may it by then; but what the vault
 * itself goes on with to its end (an erasure, say) is not begun anew: the job
 * ends with what became of it.
 */
#ifndef LETHE_API_WORK_H
#define LETHE_API_WORK_H

#include "api/perform.h"
#include "base/json.h"
#include "store/work.h"

#define WORK_OPEN_MAX 1000 /* of an account, that wait or run */
#define WORK_FILES_MAX 200 /* of an account, that are kept */
#define WORK_KEPT_MS (INT64_C(90) * 24 * 3600 * 1000) /* after they ended: access/tidy.h */

/* May it be answered later? */
bool work_is_long(const struct resource *resource);
/* Is it never answered at once? */
bool work_is_slow(const struct resource *resource);
/* When it is answered at once: does it hold who answers for longer than most? */
bool work_holds(const struct resource *resource);
/* Whose the job is: the account that it is about, or the vault. */
uint32_t work_owner(const struct resource *resource, uint32_t account);
/* Prefer: respond-async */
bool work_preferred(const struct request *request);
/* Is it asked to be? */
bool work_wanted(const struct resource *resource, const struct request *request);
/* What else of a request is kept for when it is carried out; the last is NULL. */
extern const char *const work_headers[];
#define WORK_HEADERS_MAX 4
struct kept_put;
struct work_asking {
	struct vault *view;
	uint32_t account; /* work_owner */
	const struct resource *resource;
	const struct request *request;
	const struct actor *actor;
	int64_t kept_max;     /* struct desk */
	struct kept_put *put; /* a file that was sent for it (kept_seal), then out->id is the job's already; NULL: none */
};
/* Files it, in one transaction. */
MUST_CHECK enum result work_file(const struct work_asking *asking, struct work_row *out, struct err *err);
/* Is there room for one more, whose file is of so many bytes, as far as that is known? ERR_BUSY: too many wait; ERR_LIMIT: too
 * much is kept. */
MUST_CHECK enum result work_room(struct session *session, const struct work_asking *asking, uint64_t bytes, struct err *err);
/* 202, with where it is. `account` is of the row, or the vault's own: number 0. */
MUST_CHECK enum result work_answer(const struct account *account, const struct work_row *row, const struct request *request,
				   struct response *response, struct err *err);
/* In a write transaction: it has ended as the row says, with a leaf. */
MUST_CHECK enum result work_note_end(struct session *session, const struct work_row *row, struct err *err);
/* Asks it to stop: at once when it waits, else between two steps. ERR_EXISTS when it has ended; `row` is as it is then. */
MUST_CHECK enum result work_cancel(struct vault *view, uint32_t account, struct id id, struct instant now,
				   struct pool *pool, struct work_row *row, struct err *err);

const char *work_state_name(enum work_state state); /* "waiting" */
/* The members of an object, without what was answered. */
void work_print(struct json_writer *w, const struct work_row *row);
/* What was answered; NULL: nothing, or it is gone with somebody's key. */
MUST_CHECK enum result work_open_answer(struct session *session, const struct work_row *row, struct pool *pool,
					const struct json **out, struct err *err);

/* Who carries them out: one thread's. */
struct work_runner {
	const struct desk *desk;
	struct vault *const *vaults;  /* of the same regions as desk->views, to note by how far it is */
	const struct router *router;  /* of all resources, numbered from `first_route` on */
	int first_route;
	bool (*stopping)(void *arg);
	struct instant (*now)(void *arg);
	void *arg;
};
/* Carries out the job `row` of region n. False: it is still open, because the daemon stops or its end cannot be written. */
bool work_run(const struct work_runner *runner, size_t n, const struct work_row *row);

#endif
