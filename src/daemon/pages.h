/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The few pages that people see who come by a browser: where a one-time link
 * leads, and what comes of signing in at an OpenID provider.  templates/pages,
 * built in.  A page loads nothing from elsewhere and is framed by nobody.
 */
#ifndef LETHE_DAEMON_PAGES_H
#define LETHE_DAEMON_PAGES_H

#include "net/request.h"
#include "net/response.h"

enum page { PAGE_INVITE, PAGE_INVITE_JS, PAGE_SIGNED_IN, PAGE_CSS, PAGE_COUNT };

const char *pages_path(enum page page); /* "/invite" */
void pages_answer(enum page page, struct response *response);

/* Who asks is a browser that shows a page, and no program. */
bool pages_wanted(const struct request *request);
/* What the doors of OpenID Connect answered, as a browser has it: a document becomes 303 to /signed-in, a problem a page
 * that says the same to a person, with the same status. A redirect stays. */
void pages_show(const struct request *request, struct response *response);

#endif
