/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * data.json: everything, structured, for programs.  Its members: docs/export.md.
 */
#ifndef LETHE_EXPORT_DATA_H
#define LETHE_EXPORT_DATA_H

#include "export/job.h"

MUST_CHECK enum result data_export(struct job *job, struct err *err);
/* An array of what is left out, with reasons: data.json and manifest.json have it. */
MUST_CHECK enum result data_left_out(struct job *job, struct json_writer *w, struct err *err);

#endif
