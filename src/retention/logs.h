/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Our own log obeys retention too: of a leaf that is past its term
 * (vault/log_term.h) the body goes, and its hash stays, so that the log still
 * verifies. What went is an act of its own, in the transaction that empties it.
 *
 * Costs what is due. Whoever calls logs_prune empties the databases' logs
 * afterwards (vault_scrub), as every sweep does.
 */
#ifndef LETHE_RETENTION_LOGS_H
#define LETHE_RETENTION_LOGS_H

#include "vault/log_term.h"
#include "vault/vault.h"

struct logs_term {
	struct span keep;
	struct date cutoff; /* the last day that is past its time */
	int64_t due;        /* leaves of it; in what was done, those emptied */
};
struct logs_plan {
	struct logs_term terms[LEAF_TERM_COUNT];
	int64_t due;        /* their sum */
	int64_t events;     /* what others were told, and is forgotten with what was delivered. Only in what was done */
	int64_t damaged;    /* left alone: the body does not have its hash. Only in what was done */
};

/* How long an account keeps each term, by its settings; with account VAULT_ACCOUNT the vault's own acts. */
MUST_CHECK enum result logs_terms(struct session *session, uint32_t account, struct instant now, struct logs_plan *out,
				  struct err *err);
/* The same, with what is due. */
MUST_CHECK enum result logs_plan(struct session *session, uint32_t account, struct instant now, struct logs_plan *out,
				 struct err *err);
/* Empties what is due, the account's, the vault's own, and that of accounts that ended; `out` counts it. */
MUST_CHECK enum result logs_prune(struct vault *vault, uint32_t account, struct instant now, struct logs_plan *out,
				  struct err *err);
/* Sets how long a term is kept. ERR_INPUT outside its bounds. */
MUST_CHECK enum result logs_set(struct vault *vault, uint32_t account, const struct log_term *term, struct span keep,
				struct instant now, struct err *err);

#endif
