/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Carries out the operation of a resource for a request.  Who asks has been
 * let in; here is decided whether they may do this, in this account.
 */
#ifndef LETHE_API_PERFORM_H
#define LETHE_API_PERFORM_H

#include "access/actor.h"
#include "api/resource.h"
#include "net/request.h"
#include "net/response.h"
#include "vault/accounts.h"

struct client_reach;
struct outside;

/* What a worker thread has: a view of each region's vault. */
struct desk {
	struct vault *const *views;
	size_t count;
	const struct client_reach *reach; /* where what goes out may go */
	struct duration keep_files;   /* of jobs: vault/kept.h */
	int64_t kept_max;             /* bytes of an account's together; 0: no bound */
	const struct outside *outside; /* NULL: nothing of it */
	struct duration keep_answers; /* how long it is known what was asked with a key: api/keyed.h */
	void (*wake)(void *arg);      /* there is a new job; NULL: nobody carries them out */
	void *wake_arg;
	struct work_watchers *watchers; /* of jobs: api/work_watch.h */
};

/* Whose what is asked for is (net/shares.h): an account's, or the operator's of that region (0). */
uint64_t desk_owner(const struct desk *desk, struct id region, uint32_t account);
/* The account of that name or id, and the view of its region. ERR_NOT_FOUND when it is in none. */
MUST_CHECK enum result desk_account(const struct desk *desk, const char *name, struct pool *pool, struct account *out,
				    struct vault **view, struct err *err);

/* Leaves that this thread begins say from here on that it was them; NULL: nobody in particular. */
void perform_as(const struct actor *actor);

/* JSON, or text for people when the request prefers text/plain. Whatever goes wrong becomes a problem. Another account's
 * things answer as what is not there. */
void perform(const struct desk *desk, const struct resource *resource, const struct actor *actor,
	     struct request *request, struct response *response);

/* Work that was asked for before: as JSON. Whether `actor` may is looked at again, but for who only looks what became of it. */
struct perform_watch {
	struct id job;
	void *arg;
	bool (*stop)(void *arg); /* shall it, between two steps? */
	void (*progress)(void *arg, int64_t done, int64_t total);
	vault_op *first;         /* in the transaction of the first thing that is written; NULL: it is only looked what became of it */
};
void perform_work(const struct desk *desk, const struct resource *resource, const struct actor *actor,
		  struct request *request, struct response *response, const struct perform_watch *watch);

#endif
