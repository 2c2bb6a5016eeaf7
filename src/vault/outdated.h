/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What lets somebody in and was changed, ended or revoked must not come back by a restore. With live data at hand it
 * does not: they are carried over as they are. For when they are lost the key store remembers, as it does who was
 * erased: a tombstone for each secret that was changed and each token that was revoked, under a digest that tells
 * nobody whose.
 */
#ifndef LETHE_VAULT_OUTDATED_H
#define LETHE_VAULT_OUTDATED_H

#include "store/user_secret.h"
#include "vault/vault.h"

/* Inside a write transaction: of that user and kind, what was set so far is outdated. What takes its place has changed
 * at `*changed`: now, or later when the clock was set back. */
MUST_CHECK enum result outdate_secret(struct session *session, uint32_t account, int64_t user,
				      enum user_secret_kind kind, struct instant now, struct instant *changed,
				      struct err *err);
MUST_CHECK enum result outdate_token(struct session *session, uint32_t account, struct id token, struct instant now,
				     struct err *err);

/* Of restored data, in transactions of its own; can be repeated. Secrets that are outdated go, and all that let users in
 * whose key is destroyed goes with them; tokens that were revoked are revoked. With `live_lost` all sessions and
 * one-time links go. Of account 0 too. */
MUST_CHECK enum result outdated_drop(struct session *session, uint32_t account, bool live_lost, struct err *err);

#endif
