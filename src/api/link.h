/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where things are: Link headers (RFC 8288) of pages, Location of what was made.
 */
#ifndef LETHE_API_LINK_H
#define LETHE_API_LINK_H

#include "api/resource.h"
#include "base/id.h"
#include "net/request.h"
#include "net/response.h"

/* "/v1/..?limit=2", as it may be sent. */
void link_target(struct buf *out, const struct target *target);
/* Link: </v1/..?limit=2&cursor=..>; rel="next": what was asked, with that cursor. */
MUST_CHECK enum result link_next(struct response *response, const struct request *request, const char *cursor,
				 struct err *err);
/* Is there a GET of what the resource makes: of `PATH/{its id}`, or of its own path? */
bool link_made_is_read(const struct resource *resource);
/* Location: of what has the id `made`, in the account (NULL: in none). */
MUST_CHECK enum result link_made(struct response *response, const struct resource *resource, const struct id *account,
				 const char *made, struct err *err);

#endif
