/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Importing files: read, normalised, resolved to identities, sealed, stored.
 *
 * The calling thread reads a batch while the writer thread stores the one
 * before, with a third that seals for it.  A batch is one transaction with one audit leaf: it is there whole
 * or not at all.  Ids follow from (source, source id), so importing the same
 * file again changes nothing, and goes on where an import was interrupted.
 */
#ifndef LETHE_INGEST_IMPORT_H
#define LETHE_INGEST_IMPORT_H

#include "base/zone.h"
#include "ingest/lines.h"
#include "vault/accounts.h"

/* AUTO: by the name, ".csv" or else JSON Lines. */
enum import_format { IMPORT_AUTO = 0, IMPORT_JSONL, IMPORT_ASTERISK };
bool import_format_parse(const char *name, enum import_format *out);
/* The name of a source, as a line's own is checked. */
MUST_CHECK enum result import_check_source(const char *source, struct err *err);

/* Lines that were sent: they name no files, and what is not taken is told of and set aside nowhere. */
struct import_input {
	lines_read *read; /* ingest/lines.h */
	void *arg;
	const char *name; /* as of a file: by its end AUTO knows the format */
	uint64_t size;    /* in bytes */
	const char *no_contacts; /* why contacts are not taken; NULL: they are */
};

struct import_options {
	const struct account *account;
	enum import_format format;
	const char *source;     /* for lines that name none; NULL: "import" */
	struct zone *zone;      /* for local times; NULL: a time without offset is a fault of its line */
	const char *media_root; /* where media paths start; NULL: the folder of each file, and no absolute paths */
	const char *rejects;    /* NULL: see rejects.h */
	const struct import_input *input; /* instead of files; NULL: there are files */
	bool strict;            /* end at the first bad line */
	size_t batch_rows;      /* of a batch at most; 0: BATCH_ROWS_MAX */
	struct instant now;
	void *arg;              /* for what follows; each may be NULL */
	bool (*stop)(void *arg);
	void (*progress)(void *arg, uint64_t done, uint64_t total); /* bytes; total 0: not known */
	/* why->where is the field. ERR_EXISTS: the record is there already with other content. */
	void (*bad_line)(void *arg, const char *file, uint64_t line, const struct err *why);
};

/* What is in the vault now, and what is not and why. Only whole batches count, but for lines, rejected, input_bytes. */
struct import_result {
	int64_t lines, rejected, input_bytes;
	int64_t records[KIND_COUNT];   /* new */
	int64_t contacts_new, contacts_updated, contacts_unchanged;
	int64_t duplicates;            /* records that were there already */
	int64_t differs;               /* .. but with other content: they were left as they were */
	int64_t refused_erased;        /* of erased persons, from before their erasure */
	int64_t expired;               /* the policy in force would delete them at once */
	int64_t cut;                   /* of the new ones: past their time, and cut down to what obligations name */
	int64_t contacts_held;         /* not updated: a legal hold keeps them as they are */
	int64_t contacts_deleted;      /* not taken: they were deleted here, and stay so */
	int64_t identities;            /* new */
	int64_t linked;                /* persons made one with another by a contact */
	int64_t shared;                /* identifiers left unlinked: a contact of another name has them too */
	int64_t fell_back;             /* identifiers that are no phone number or e-mail address: kept as external */
	int64_t doubtful_times;        /* local times that their zone skips or repeats */
	int64_t media, media_bytes, payload_bytes;
	char rejects[256];             /* the file of rejected lines, the first one when there are several; "" */
	size_t rejects_files;
};

/* Imports the files in turn, or options->input; "-" is standard input. `out` is right whatever is returned.
 * ERR_INTERRUPTED: stopped between batches. ERR_INPUT with `strict`: the bad line; its batch is not written, the
 * batches before it are. A batch that fails (ERR_FULL ..) is not there at all. */
MUST_CHECK enum result import_files(struct vault *vault, const struct import_options *options,
				    const char *const *paths, size_t count, struct import_result *out,
				    struct err *err);

#endif
