/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the answers at the doors share. Internal to src/daemon/signin*.c.
 */
#ifndef LETHE_DAEMON_SIGNIN_RUN_H
#define LETHE_DAEMON_SIGNIN_RUN_H

#include "access/signin.h"
#include "daemon/http.h"
#include "daemon/signin.h"

struct asking {
	const struct http *http;
	const struct desk *desk;
	const struct credential *by;          /* NULL: whoever */
	const struct request *request;
	struct response *response;
	const char *values[DOOR_WORDS_MAX];   /* of the words of the door, in their order */
	const char *field;                    /* at fault, when it fails */
	struct json_writer w;                 /* over the body of the response */
};

/* Answers, also with a problem of its own; or fails, which becomes one. */
typedef enum result door_answer(struct asking *a, struct err *err);

door_answer own_show, own_leave, own_sessions, own_sessions_end, own_session_end, own_password;
door_answer own_totp, own_totp_begin, own_totp_confirm, own_totp_renew, own_totp_off;
door_answer link_show, link_use, oidc_go, oidc_back;

struct browser asking_browser(const struct asking *a);
/* 429: not tried, since too many failed before. */
void asking_wait(struct asking *a, struct duration wait);
/* Lets the browser keep the session; `device` NULL: the mark it has stays. */
void asking_keep(struct asking *a, const struct session_new *session, const char *device);
/* The document SignedIn, of a session in that region. `recovery_left` -1: says nothing of it. */
MUST_CHECK enum result asking_say(struct asking *a, struct vault *view, const struct signed_in *who, const char *session,
				  int recovery_left, struct err *err);
/* asking_keep, and asking_say of what was begun. */
MUST_CHECK enum result asking_welcome(struct asking *a, struct vault *view, const struct session_new *session,
				      const char *device, int recovery_left, struct err *err);

#endif
