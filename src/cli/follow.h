/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for a job of a daemon, showing how far it is.
 */
#ifndef LETHE_CLI_FOLLOW_H
#define LETHE_CLI_FOLLOW_H

#include "cli/asked.h"

/* What was answered to what files a job, 202: its id, in call->pool. */
MUST_CHECK enum result follow_id(struct asked *asked, const struct buf *body, const char **id, struct err *err);
/* Of a job that has ended, as it is shown. */
MUST_CHECK enum result follow_outcome(struct asked *asked, const struct json *job, const struct json **answer,
				      struct err *err);
/* Until it has ended: what it was answered with, in call->pool. What failed is the error. ERR_INTERRUPTED: the job goes on, and
 * which it is is said. */
MUST_CHECK enum result follow(struct asked *asked, const char *id, const char *what, const struct json **answer,
			      struct err *err);

#endif
