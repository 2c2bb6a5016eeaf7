/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files that a line of Lethe JSON Lines names.  They are not opened here.
 */
#ifndef LETHE_INGEST_ATTACHMENT_H
#define LETHE_INGEST_ATTACHMENT_H

#include "ingest/reading.h"

/* A path, an object {path, content_type, name}, or an array of them: fills r->out->media. */
MUST_CHECK enum result attachment_read(struct reading *r, const char *field, const struct json *value);
/* Sets the payload to `root` in which each file keeps its name and content type and loses its path. */
MUST_CHECK enum result attachment_payload(struct reading *r, const struct json *root);

#endif
