/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who is signed in shows again that they know their password, before what
 * they are let in by is changed: a session that somebody else got hold of is
 * not enough for that.
 */
#ifndef LETHE_ACCESS_AGAIN_H
#define LETHE_ACCESS_AGAIN_H

#include "access/signin.h"

/* ERR_DENIED: it is not theirs, which has left a leaf. OK with a `*wait`: not tried, since too many failed before. Counted
 * by the user, apart from sign-ins. ERR_BUSY as signin. */
MUST_CHECK enum result again_password(const struct doors *doors, struct vault *vault, const struct user_row *user,
				      const char *password, size_t len, struct instant now, struct duration *wait,
				      struct err *err);

#endif
