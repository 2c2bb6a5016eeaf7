/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What `person export` says when it is done, here and of a daemon.
 */
#ifndef LETHE_API_PERSON_EXPORT_H
#define LETHE_API_PERSON_EXPORT_H

#include "api/operations.h"
#include "export/export.h"

/* As text, and as the document: `path` is where the ZIP is. Of the request it is whether others are shown. */
void person_export_report(struct call *call, const char *path, struct id person, const struct export_request *request,
			  const struct export_result *result);

#endif
