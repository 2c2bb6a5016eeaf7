/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a blob driver gives to blob.c.  Private to src/blob.
 *
 * A driver puts `struct blob_store` first in a struct of its own.  blob.c keeps
 * batches, names and the form of journals; a driver moves bytes.  A blob that
 * is being written has a token, unique to the store; `path` is what blob_path
 * makes.  Every member is required unless it says optional.
 */
#ifndef LETHE_BLOB_DRIVER_H
#define LETHE_BLOB_DRIVER_H

#include "blob/blob.h"

#define BLOB_TOKEN_MAX 48

/* Called for each journal left behind. `text` is its content, perhaps torn. */
typedef enum result blob_journal_visit(void *arg, const char *token, const char *text, size_t len, struct err *err);

struct blob_driver {
	void (*close)(struct blob_store *store);

	/* Writing: begin makes an empty incoming object; finish makes it durable and closes it, failed or not. */
	enum result (*begin)(struct blob_store *store, const char *token, void **writing, struct err *err);
	enum result (*write)(struct blob_store *store, void *writing, const void *data, size_t len, struct err *err);
	enum result (*finish)(struct blob_store *store, void *writing, struct err *err);
	void (*abandon)(struct blob_store *store, void *writing);
	/* Removes an incoming object; none is OK. */
	enum result (*discard)(struct blob_store *store, const char *token, struct err *err);

	/* Incoming object to its name. ERR_EXISTS, and nothing changed, when the name is taken. */
	enum result (*publish)(struct blob_store *store, const char *token, const char *path, struct err *err);
	/* Makes what was published as `path`, or removed from it, durable. Optional: when publish is durable
	 * by itself. */
	enum result (*sync_path)(struct blob_store *store, const char *path, struct err *err);

	/* Journals: written durably, removed, listed. */
	enum result (*journal_write)(struct blob_store *store, const char *token, const void *text, size_t len,
				     struct err *err);
	enum result (*journal_remove)(struct blob_store *store, const char *token, struct err *err);
	enum result (*journal_each)(struct blob_store *store, blob_journal_visit *visit, void *arg, struct err *err);
	/* Before recovery reads journals: makes durable what an interrupted process left half durable. Optional. */
	enum result (*settle_disk)(struct blob_store *store, struct err *err);
	/* Removes every incoming object. */
	enum result (*clear_incoming)(struct blob_store *store, struct err *err);

	/* Reading. read is exact: ERR_CORRUPT past the end. */
	enum result (*open)(struct blob_store *store, const char *path, void **reading, uint64_t *size,
			    struct err *err);
	enum result (*read)(void *reading, uint64_t offset, void *out, size_t len, struct err *err);
	void (*end)(void *reading);

	/* As blob.h; `removed` tells whether it was there. */
	enum result (*remove)(struct blob_store *store, const char *path, bool *removed, struct err *err);
	enum result (*sync_removed)(struct blob_store *store, struct err *err);
	enum result (*walk)(struct blob_store *store, blob_visit *visit, void *arg, struct err *err);
};

struct blob_store { const struct blob_driver *driver; };

#endif
