/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first start: nobody can be let in yet, and there is no default password.
 *
 * While no account has an owner and there is no token of the operator's, each
 * account (the first 16) is given a one-time link, by which somebody becomes
 * its owner.  It goes to the terminal, once; without one into the file
 * first-owner-acc_.. in the data folder, of mode 0600.  Never into the log.
 * Whoever is let in otherwise makes more by `lethe user invite --first-owner`.
 */
#ifndef LETHE_DAEMON_FIRST_OWNER_H
#define LETHE_DAEMON_FIRST_OWNER_H

#include "api/call.h"

/* `url` is where the daemon is reached. No-op when somebody can be let in, and for an account whose file holds a link that is
 * still good. */
MUST_CHECK enum result first_owner_offer(struct call *call, struct vault *const *vaults, size_t count, const char *url,
					 struct err *err);
/* The link of the account has been used: its file goes, if there is one. */
void first_owner_done(const char *data_dir, struct id account);

#endif
