/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Accounts of a vault: made with their keys, found by name or id.
 */
#ifndef LETHE_VAULT_ACCOUNTS_H
#define LETHE_VAULT_ACCOUNTS_H

#include "store/account.h"
#include "vault/vault.h"

struct account {
	uint32_t number;   /* in every key and every query */
	struct id id;      /* acc_ */
	const char *name;  /* in the pool */
	char country[3];
	struct instant created;
};

/* Makes it, its keys and its leaf in one transaction. ERR_EXISTS when the name is taken in this region, ERR_INPUT for
 * a country nobody knows. */
MUST_CHECK enum result accounts_create(struct vault *vault, const char *name, const char *country, struct instant now,
				       struct pool *pool, struct account *out, struct err *err);
/* The same, with more to be done in that transaction, before which the account and its keys are there. */
typedef enum result account_also(struct session *session, uint32_t account, void *arg, struct err *err);
MUST_CHECK enum result accounts_create_with(struct vault *vault, const char *name, const char *country,
					    account_also *also, void *arg, struct instant now, struct pool *pool,
					    struct account *out, struct err *err);
/* `who` is a name (compared folded) or an acc_ id. ERR_NOT_FOUND. */
MUST_CHECK enum result accounts_find(struct session *session, const char *who, struct pool *pool, struct account *out,
				     struct err *err);
/* The same for who looks up the same ones again and again: what was found is remembered as long as nothing is written. */
MUST_CHECK enum result accounts_find_known(struct vault *view, const char *who, struct pool *pool, struct account *out,
					   struct err *err);
struct accounts_known;
void accounts_known_free(struct accounts_known *known); /* NULL is fine */
MUST_CHECK enum result accounts_get(struct session *session, uint32_t number, struct pool *pool, struct account *out,
				    struct err *err);

#endif
