/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * index.html: who, what is in here, what is masked or left out, how long it is
 * kept, which rights there are (GDPR 15(1)), and the way to everything else.
 */
#ifndef LETHE_EXPORT_INDEX_H
#define LETHE_EXPORT_INDEX_H

#include "export/job.h"

/* Written after every other part, so that it can say what became of them. */
MUST_CHECK enum result index_export(struct job *job, struct err *err);

#endif
