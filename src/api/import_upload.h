/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lines that are sent to be imported later, as a job: the body is kept sealed
 * (vault/kept.h) as it comes, and when it is whole the job is filed with it in
 * one transaction.  From then on nobody need wait.
 */
#ifndef LETHE_API_IMPORT_UPLOAD_H
#define LETHE_API_IMPORT_UPLOAD_H

#include "api/call.h"
#include "api/direct.h"
#include "ingest/import.h"
#include "vault/kept.h"

/* Answers POST .../imports: 202. */
direct_run import_upload;

/* What was sent for the job of `call`, to be read as an import's input. Freed by import_upload_close. */
struct import_upload {
	struct kept_file file;
	uint64_t at;
	struct import_input input;
};
MUST_CHECK enum result import_upload_open(struct call *call, uint32_t account, struct import_upload *out, struct err *err);
void import_upload_close(struct import_upload *upload);

#endif
