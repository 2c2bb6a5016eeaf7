/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who is signed in shows again that they know their password, before what
 * they are let in by is changed: a session that somebody else got hold of is
 * not enough for that.
 */
#ifndef LETHE_ACCESS_AGAIN_H
#define LETHE_ACCESS_AGAIN_H

#include "access/second.h"
#include "access/signin.h"

/* ERR_DENIED: it is not theirs, which has left a leaf. OK with a `*wait`: not tried, since too many failed before. Counted
 * by the user, apart from sign-ins. ERR_BUSY as signin. */
MUST_CHECK enum result again_password(const struct doors *doors, struct vault *vault, const struct user_row *user,
				      const char *password, size_t len, struct instant now, struct duration *wait,
				      struct err *err);
/* second_confirm, of which those that do not fit are counted in the same way: whoever has got hold of a session must not go
 * through the codes of what somebody began. */
MUST_CHECK enum result again_confirm(const struct doors *doors, struct vault *vault, const struct user_row *user,
				     const char *code, struct instant now, struct recovery *out, struct duration *wait,
				     struct err *err);

#endif
