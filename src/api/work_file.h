/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file that a job made (vault/kept.h), for who fetches it: whole or in
 * parts, as often as they like, until its time is over.  Each time leaves a
 * leaf job.fetch.
 */
#ifndef LETHE_API_WORK_FILE_H
#define LETHE_API_WORK_FILE_H

#include "api/direct.h"
#include "vault/kept.h"

/* ERR_NOT_FOUND: no such job, or it has made none (yet). ERR_GONE: it is kept no more. What is found is noted in the log. */
MUST_CHECK enum result work_file_open(struct vault *vault, uint32_t account, struct id job, struct instant now,
				      struct pool *pool, struct kept_file *out, struct err *err);

/* Answers GET .../jobs/{job}/result. */
direct_run work_file_send;

#endif
