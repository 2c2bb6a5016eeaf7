/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Handing out a secret, once: to a terminal or to whoever else alone sees the
 * answer, or to a new file of mode 0600.  Where neither can be, it is said
 * before the secret is made.
 */
#ifndef LETHE_API_HANDOUT_H
#define LETHE_API_HANDOUT_H

#include "api/call.h"

struct handout { const char *path; int fd; }; /* path NULL: into the answer */

/* Makes the file, which must not be there. ERR_EXISTS; ERR_DENIED when `path` is NULL and others may see the answer. */
MUST_CHECK enum result handout_begin(const struct call *call, const char *path, struct handout *out, struct err *err);
/* `what` ("token") is handed out: written to the file, or said on a line; and a member of the JSON object that is open,
 * which else gets the file's name as "file". `lines` end with a line end each where there are several. */
MUST_CHECK enum result handout_give(struct call *call, struct handout *handout, const char *what, const char *lines,
				    struct err *err);
/* Closes it; a file that nothing was written to is removed. */
void handout_end(struct handout *handout);

#endif
