/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * manifest.json: every other file with its size and SHA-256, what is left out, who, when, how.
 */
#ifndef LETHE_EXPORT_MANIFEST_H
#define LETHE_EXPORT_MANIFEST_H

#include "export/job.h"

/* The last entry. */
MUST_CHECK enum result manifest_export(struct job *job, struct err *err);

#endif
