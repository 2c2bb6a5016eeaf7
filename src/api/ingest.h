/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Records and contacts that come over HTTP: the lines of docs/import.md, many
 * in a stream or one alone, by the code of an import (ingest/feed.h).
 */
#ifndef LETHE_API_INGEST_H
#define LETHE_API_INGEST_H

#include "api/direct.h"

/* Each line is answered by a line, in order, once its batch is on disk; the last line says how it ended. The answer is put
 * together while the body is read and sent after it. Its status is that of the end: 200, or that of the problem that the
 * last line holds. */
enum result ingest_lines(struct direct *direct, struct err *err);
/* One: 201 new, 200 there already or updated, 409 when what is in the vault speaks against it. */
enum result ingest_record(struct direct *direct, struct err *err);
enum result ingest_contact(struct direct *direct, struct err *err);
/* In the place of the contact that the path names. */
enum result ingest_contact_again(struct direct *direct, struct err *err);

#endif
