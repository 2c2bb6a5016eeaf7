/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What goes from the reading thread to the writer thread at once: records and
 * contacts, normalised and blinded, and the media sealed for them.  One thread
 * has it at a time.
 */
#ifndef LETHE_INGEST_BATCH_H
#define LETHE_INGEST_BATCH_H

#include "ingest/import.h"
#include "store/label.h"

#define BATCH_ROWS_MAX 10000
#define BATCH_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define BATCH_MEDIA_MAX 256
#define BATCH_MEDIA_BYTES_MAX ((uint64_t)256 * 1024 * 1024)

/* What became of a line once its batch is on disk. */
enum taken {
	TAKEN_NEW,
	TAKEN_CUT,     /* new, but past its time: only what obligations name */
	TAKEN_UPDATED, /* a contact */
	TAKEN_KNOWN,   /* it is there already, the same */
	TAKEN_DIFFERS, /* a record that is there already with other content, which stays */
	TAKEN_ERASED,  /* not: of somebody who was erased after that time */
	TAKEN_EXPIRED, /* not: the policy in force would delete it at once */
	TAKEN_HELD,    /* not: a legal hold keeps the contact as it is */
	TAKEN_DELETED, /* not: the contact was deleted here */
};

/* One identifier, not yet resolved. */
struct handle {
	struct blind blind;
	enum identity_kind kind;
	unsigned roles;   /* 0: the account's own number, or of a contact */
	const char *text; /* normalised */
};

/* A queue, campaign or tag, not yet numbered. */
struct batch_label {
	struct blind blind;
	enum label_kind kind;
	const char *name;
};

struct batch_record {
	enum record_kind kind;
	struct id id;
	size_t order; /* of its line: the first of two with one id wins */
	enum direction direction;
	enum record_status status;
	int64_t duration_ms;
	const struct handle *handles;
	size_t handle_count;
	const struct batch_label *labels;
	size_t label_count;
	const char *payload;
	size_t payload_len;
	struct media_row *media; /* `key` is still to be sealed */
	size_t media_count;
	size_t first_key;        /* of its media, in batch->keys */
	bool is_known;           /* it is in the vault: nothing was sealed for it */
	uint32_t file;           /* where it stands, for the reading thread alone: which of the files imported .. */
	uint64_t line_number;
	const char *line;        /* .. and as what; NULL: the payload is the line */
	size_t line_len;
};

struct batch_contact {
	struct id id;
	size_t order; /* the last of two with one id wins */
	const struct handle *handles;
	size_t handle_count;
	const struct blind *names;
	size_t name_count;
	const char *payload;
	size_t payload_len;
	struct blind digest;
};

struct sealer;

struct batch {
	struct vault *vault;
	struct sealer *sealer; /* borrowed; used by the batch that is being stored */
	uint32_t account;
	size_t rows_max;
	struct instant now;
	struct pool pool; /* of all it points to */
	struct batch_record *records;
	struct batch_contact *contacts;
	size_t record_count, contact_count, party_count, bytes;
	struct key *keys; /* locked memory, BATCH_MEDIA_MAX + INTAKE_MEDIA_MAX */
	size_t key_count;
	uint64_t media_bytes;
	struct blob_batch *blobs; /* NULL until there is one */
	struct import_result counts;
	unsigned char taken_records[BATCH_ROWS_MAX], taken_contacts[BATCH_ROWS_MAX]; /* enum taken, by `order` */
	const struct batch_record **differing; /* in the vault already, with other content */
	size_t differing_count;
	struct vault_ticket ticket;
	bool in_flight;
};

MUST_CHECK enum result batch_new(struct vault *vault, const struct import_options *options, struct sealer *sealer,
				 struct batch **out, struct err *err);
void batch_free(struct batch *batch); /* must not be in flight; NULL is fine */
/* Empties it, and takes its media back. */
void batch_reset(struct batch *batch);
bool batch_is_full(const struct batch *batch);
bool batch_is_empty(const struct batch *batch);
/* A copy that lives as long as the batch's content; NULL: no memory. */
const void *batch_copy(struct batch *batch, const void *data, size_t len);
/* Hands it to the writer thread. */
void batch_submit(struct batch *batch);
/* Waits until it is on disk and adds its counts to `total`. Whatever comes of it, batch_reset it before its next use. */
MUST_CHECK enum result batch_wait(struct batch *batch, struct import_result *total, struct err *err);
/* Takes back the media of a record that is not stored. */
MUST_CHECK enum result batch_drop_media(struct batch *batch, const struct media_row *media, size_t count,
					struct err *err);
struct blob_name batch_blob_name(const struct media_row *media);

#endif
