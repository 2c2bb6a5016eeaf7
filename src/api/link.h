/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Link headers (RFC 8288) of pages.
 */
#ifndef LETHE_API_LINK_H
#define LETHE_API_LINK_H

#include "net/request.h"
#include "net/response.h"

/* "/v1/..?limit=2", as it may be sent. */
void link_target(struct buf *out, const struct target *target);
/* Link: </v1/..?limit=2&cursor=..>; rel="next": what was asked, with that cursor. */
MUST_CHECK enum result link_next(struct response *response, const struct request *request, const char *cursor,
				 struct err *err);

#endif
