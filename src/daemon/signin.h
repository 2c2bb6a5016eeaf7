/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answers the resources by which people come in (api/door.h).
 */
#ifndef LETHE_DAEMON_SIGNIN_H
#define LETHE_DAEMON_SIGNIN_H

#include "api/door.h"
#include "daemon/credential.h"

/* `by` is who was let in; NULL for a door that is open. */
void signin_answer(const struct http *http, const struct desk *desk, enum door door, const struct credential *by,
		   const struct request *request, struct response *response);

#endif
