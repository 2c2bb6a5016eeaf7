/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A ZIP written as a stream: X.zip.part until it is whole and on disk, then X.zip.
 * Knows the SHA-256 of every entry, for the manifest.
 */
#ifndef LETHE_EXPORT_ZIP_H
#define LETHE_EXPORT_ZIP_H

#include "base/time.h"
#include "crypto/primitives.h"

#define ZIP_NAME_MAX 96
#define ZIP_SIZE_UNKNOWN UINT64_MAX

struct zip_entry { char name[ZIP_NAME_MAX]; uint64_t size; struct hash hash; };

struct zip;

/* Makes `path`.part, mode 0600, readable by nobody else. ERR_EXISTS when `path` is there or `path`.part is. `now`
 * dates the entries. */
MUST_CHECK enum result zip_create(const char *path, struct instant now, struct zip **out, struct err *err);
/* The same, handed to `write` as it is made: there is no file, and nothing to sync. What `write` fails with ends it. */
typedef enum result zip_sink(void *arg, const void *data, size_t len, struct err *err);
MUST_CHECK enum result zip_create_to(zip_sink *write, void *arg, struct instant now, struct zip **out, struct err *err);
/* One entry at a time. `text` is deflated, all else stored. `size` in bytes, or ZIP_SIZE_UNKNOWN. */
MUST_CHECK enum result zip_begin(struct zip *zip, const char *name, uint64_t size, bool text, struct err *err);
MUST_CHECK enum result zip_write(struct zip *zip, const void *data, size_t len, struct err *err);
/* ERR_INTERNAL when it got other than `size` bytes. */
MUST_CHECK enum result zip_end(struct zip *zip, struct err *err);
/* What is finished so far, in order. Valid until the next zip_end. */
const struct zip_entry *zip_entries(const struct zip *zip, size_t *count);
/* Closes, syncs, renames to `path` (never over a file that has come there since), syncs the folder. `*bytes` is the
 * size of the file. The part is removed when any of it fails. */
MUST_CHECK enum result zip_finish(struct zip *zip, uint64_t *bytes, struct err *err);
/* Removes the part unless zip_finish did its work; NULL is fine. */
void zip_free(struct zip *zip);

#endif
