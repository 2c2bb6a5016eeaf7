/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The media of an export: opened, proved whole, converted where it helps, written.
 */
#ifndef LETHE_EXPORT_MEDIA_H
#define LETHE_EXPORT_MEDIA_H

#include "export/job.h"

/* The first walk: writes media/ and lists what became of each file in job->media. A file that is missing or damaged is
 * listed, not an error; every byte of a file is checked before the first goes out. */
MUST_CHECK enum result media_export(struct job *job, struct err *err);

#endif
