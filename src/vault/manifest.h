/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a backup consists of, as its manifest.json says it.
 *
 *     DIR/vault.db        the data at one moment
 *         keys.db         only when asked for: opens this backup for one epoch, so it is to be kept elsewhere
 *         blobs/          the sealed media that vault.db names, as in a vault
 *         blobs.txt       one line each, "<bytes> <path>", in the order of vault.db's media
 *         checkpoint      of vault.db's audit log, a signed note
 *         lethe.pub       the key that checkpoint and manifest verify with
 *         manifest.json   counts, and size and SHA-256 of each file above
 *         manifest.sig    Ed25519 over "lethe/manifest/1\n" and the bytes of manifest.json, in hex
 */
#ifndef LETHE_VAULT_MANIFEST_H
#define LETHE_VAULT_MANIFEST_H

#include "audit/note.h"
#include "vault/vault.h"

#define MANIFEST_FILES_MAX 8
#define MANIFEST_BLOBS "blobs.txt"
#define MANIFEST_LINE_MAX (BLOB_PATH_MAX + 24)

struct manifest_file { char name[24]; uint64_t bytes; struct hash hash; };

struct manifest {
	struct id vault;
	char region[VAULT_REGION_MAX + 1];
	struct instant created;
	bool with_keys;
	uint64_t log_size;            /* leaves in the audit log of its vault.db */
	int64_t accounts, identities, contacts, records, media;
	int64_t blobs;                /* that are in the backup */
	uint64_t blob_bytes;
	int64_t blobs_removed;        /* an erasure or sweep removed them while the backup was made */
	int64_t blobs_missing;        /* the vault itself lacked them */
	struct manifest_file files[MANIFEST_FILES_MAX];
	size_t file_count;
};

/* Called while long files are read; true stops with ERR_INTERRUPTED. */
struct manifest_progress { bool (*show)(void *arg, uint64_t done, uint64_t total); void *arg; };

/* Notes size and SHA-256 of DIR/name. */
MUST_CHECK enum result manifest_add_file(struct manifest *manifest, const char *dir, const char *name, struct err *err);
/* Writes and signs it; `*digest` is the SHA-256 of manifest.json. */
MUST_CHECK enum result manifest_write(const struct manifest *manifest, struct session *session, const char *dir,
				      struct hash *digest, struct err *err);
/* Reads it; checks nothing but its form. ERR_NOT_FOUND when DIR is no backup. */
MUST_CHECK enum result manifest_read(const char *dir, struct manifest *out, struct err *err);
/* Its signature by this vault's key, every file's size and SHA-256, every blob's size, the checkpoint's signature; that
 * the checkpoint is of vault.db is for who opens that. `progress` may be NULL. ERR_CORRUPT names the file. */
MUST_CHECK enum result manifest_verify(const struct manifest *manifest, struct session *session,
				       const char *dir, const struct manifest_progress *progress,
				       struct checkpoint *at, struct err *err);

/* "DIR/name" in `out`; ERR_INPUT when it is too long. */
MUST_CHECK enum result manifest_path(const char *dir, const char *name, char out[VAULT_PATH_MAX], struct err *err);
/* Lower-case hex of a hash. */
char *manifest_hex(const struct hash *hash, char out[65]);
/* One blob from a store into a batch of another: bytes as they are, synced when it returns. */
MUST_CHECK enum result manifest_copy_blob(struct blob_file *from, uint64_t size, const struct blob_name *name,
					  struct blob_batch *to, struct err *err);

#endif
