/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signing in with a name and a password, and a code where the user has a second factor.
 *
 * What is wrong is not said: an account, a user or a password that is not
 * there or does not fit is answered in the same words and after the same work,
 * a hash and a leaf of the log.  The leaf of a failure names the user by id if
 * there is one, and nothing that was typed.
 */
#ifndef LETHE_ACCESS_SIGNIN_H
#define LETHE_ACCESS_SIGNIN_H

#include "access/device.h"
#include "access/lockout.h"
#include "access/password.h"
#include "access/session.h"
#include "vault/accounts.h"

/* What sign-ins of a process share. */
struct doors { struct password_gate *gate; struct lockout *lockout; struct session_rule sessions; };
struct doors_options {
	size_t hashes, waiting;   /* at once: 64 MiB each; and who may wait for them */
	size_t lockouts;          /* entries that are remembered, 40 bytes each */
	struct session_rule sessions;
};
extern const struct doors_options doors_default; /* 2 and 64, 65536, an hour and a day */
MUST_CHECK enum result doors_new(const struct doors_options *options, struct doors *out, struct err *err);
void doors_free(struct doors *doors);

struct signing {
	const struct account *account;  /* NULL: there is none of the name that was given */
	const char *name;
	const char *password;
	size_t password_len;
	const char *code;               /* of either kind, NULL: none yet */
	const char *device;             /* what this client has kept of an earlier sign-in, or NULL */
	const void *address;            /* struct sockaddr: where from */
	struct browser browser;
	struct instant now;
};

enum signin_outcome {
	SIGNED_IN,
	SIGNIN_REFUSED,  /* something does not fit */
	SIGNIN_CODE,     /* the password does; a code is wanted too */
	SIGNIN_WAIT,     /* not tried: too many failed before. `wait` says how long */
};

struct signin {
	enum signin_outcome outcome;
	struct duration wait;
	struct session_new session;    /* the rest: of SIGNED_IN. Wipe with signin_wipe */
	struct id user;
	char device[DEVICE_LEN + 1];   /* to be kept by the client */
	int recovery_left;             /* -1: no recovery code was used */
};
/* OK whatever the outcome; ERR_BUSY when too many sign in at once: nothing was tried. */
MUST_CHECK enum result signin(const struct doors *doors, struct vault *vault, const struct signing *in, struct signin *out,
			      struct err *err);
void signin_wipe(struct signin *signin);

/* Signs in who has shown in another way who they are: by a link, or again by their password. A link is one factor: `*in`
 * stays false for a user who has a second one. ERR_NOT_FOUND, ERR_DENIED: they went meanwhile. */
MUST_CHECK enum result signin_straight(const struct doors *doors, struct vault *vault, const struct user_row *user,
				       struct session_by by, struct instant now, struct session_new *out, bool *in,
				       struct err *err);

#endif
