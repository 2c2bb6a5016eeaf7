/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What lets nobody in any more goes: sessions and one-time links when they
 * have ended, tokens 90 days after they were revoked or expired, until which
 * they are listed, and the keys of requests that were answered long ago;
 * jobs 90 days after they ended.
 */
#ifndef LETHE_ACCESS_TIDY_H
#define LETHE_ACCESS_TIDY_H

#include "access/session.h"

struct tidied { int64_t sessions, invites, tokens, requests, jobs; };

/* Of one account; of account 0 the operator's tokens. Leaves a leaf when anything went. */
MUST_CHECK enum result access_tidy(struct vault *vault, uint32_t account, const struct session_rule *rule,
				   struct instant now, struct tidied *out, struct err *err);

#endif
