/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The resources by which people come in over HTTP: signing in and out, their
 * own sessions, password and second factor, one-time links.  They are no
 * operations of the command line, whose user is at the machine already.  The
 * same kind of table as that of resources, and for the same uses: the router,
 * the check of what is sent, the description.
 */
#ifndef LETHE_API_DOOR_H
#define LETHE_API_DOOR_H

#include "api/resource.h"
#include "base/json.h"
#include "store/user_session.h"

enum door {
	DOOR_ENTER, DOOR_SHOW, DOOR_LEAVE, DOOR_SESSIONS, DOOR_SESSIONS_END, DOOR_SESSION_END, DOOR_PASSWORD,
	DOOR_TOTP, DOOR_TOTP_BEGIN, DOOR_TOTP_CONFIRM, DOOR_TOTP_RENEW, DOOR_TOTP_OFF, DOOR_LINK, DOOR_LINK_USE,
	DOOR_OIDC, DOOR_OIDC_BACK,
	DOOR_COUNT
};

#define DOOR_WORDS_MAX 8

struct door_resource {
	struct resource resource; /* `operation` names it in the description: "session begin"; no permission is needed; without
				     an `answer` it sends the browser elsewhere, 302 */
	bool open;                /* for whoever comes, signed in or not */
	bool lax;                 /* what is not known in the query is passed over: somebody else's program writes it */
};
extern const struct door_resource door_resources[DOOR_COUNT];

/* The members that say what a session is, into the object that is open. */
void door_session(struct json_writer *w, const struct user_session_row *row);

#endif
