/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Taking a whole account out of the data: for its end, and for a restore that
 * meets an account whose keys are gone.
 */
#ifndef LETHE_VAULT_REMOVE_ACCOUNT_H
#define LETHE_VAULT_REMOVE_ACCOUNT_H

#include "store/ending.h"
#include "vault/vault.h"

/* What was removed; adds up over calls. */
struct removed_account { int64_t rows[ENDING_TABLES]; int64_t blobs; };

/* Inside a write transaction: a batch of rows, blobs by way of the trash. `*more` false when there was none left. Its
 * jobs stay where `jobs` is false: one of them is doing this. The account's own row is gone by then: ending_account. */
MUST_CHECK enum result remove_account(struct session *session, uint32_t account, bool jobs,
				      struct removed_account *removed, bool *more, struct err *err);
/* Rows that are left, per table; jobs are not counted. */
MUST_CHECK enum result remove_account_look(struct session *session, uint32_t account,
					   struct removed_account *left, struct err *err);

#endif
