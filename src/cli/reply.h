/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a daemon answered: the document or text that was wanted, or a problem
 * as the error that it was made from.
 */
#ifndef LETHE_CLI_REPLY_H
#define LETHE_CLI_REPLY_H

#include "cli/asked.h"

#define REPLY_MAX ((size_t)512 * 1024 * 1024)

/* `type` is the media type that is wanted. An answer of nobody we know is ERR_IO. */
MUST_CHECK enum result reply_get(struct asked *asked, const struct ask_request *request, const char *type,
				 struct buf *body, struct ask_answer *answer, struct err *err);

/* The same of an answer that is there. */
MUST_CHECK enum result reply_read(struct asked *asked, const struct ask_answer *answer, const char *type,
				  const struct buf *body, struct err *err);

/* Of the account that is meant: `end` is the rest of the path, `sent` the body or NULL. The document is in the call's pool. */
MUST_CHECK enum result reply_document(struct asked *asked, const char *method, const char *end, const char *sent,
				      const struct json **out, struct err *err);

/* A problem as the error it was made from; `status` is what it came with. */
MUST_CHECK enum result reply_problem(struct asked *asked, const struct json *problem, int status, struct err *err);

#endif
