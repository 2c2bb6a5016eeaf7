/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a daemon has besides its vaults, and an operation at the machine has
 * not: who carries mail, and where people reach it.
 */
#ifndef LETHE_API_OUTSIDE_H
#define LETHE_API_OUTSIDE_H

#include "access/session.h"
#include "net/away.h"
#include "notify/smtp.h"

struct outside {
	const struct smtp_server *mail; /* NULL: there is none */
	const char *base_url;           /* "": not set */
	const struct session_rule *sessions; /* how long they last */
	struct away *away;              /* those who wait for a server of somebody else */
};

#endif
