/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Opening a file that belongs to a record.
 */
#ifndef LETHE_VAULT_MEDIA_OPEN_H
#define LETHE_VAULT_MEDIA_OPEN_H

#include "blob/blob.h"
#include "crypto/stream.h"
#include "vault/vault.h"

/* Lives without the session it was opened with. Zeroed: none. */
struct media_open {
	struct blob_file *file;
	struct stream_reader *reader;
};

/* ERR_GONE: its key was destroyed. ERR_NOT_FOUND: it has been deleted meanwhile. ERR_CORRUPT: the file is
 * not in storage, or damaged. */
MUST_CHECK enum result media_open(struct session *session, struct blob_store *blobs, const struct record_row *record,
				  const struct media_row *media, struct media_open *out, struct err *err);
void media_close(struct media_open *open);

#endif
