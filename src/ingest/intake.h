/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One thing to take in, as its source said it: checked and read, not yet
 * resolved to identities, sealed or stored.  Readers of each format
 * (jsonl.c, asterisk.c) produce it; import.c consumes it.
 */
#ifndef LETHE_INGEST_INTAKE_H
#define LETHE_INGEST_INTAKE_H

#include "base/json.h"
#include "base/pool.h"
#include "base/time.h"
#include "base/zone.h"
#include "store/column.h"
#include "store/kind.h"
#include "store/label.h"

#define INTAKE_PARTIES_MAX 64
#define INTAKE_MEDIA_MAX 16
#define INTAKE_FUTURE_MS (INT64_C(24) * 3600 * 1000) /* clocks differ, and a zone may be wrong by hours; not by more */
#define INTAKE_LINE_MAX ((size_t)4 * 1024 * 1024) /* the longest line or CSV row read */

enum intake_type { INTAKE_RECORD, INTAKE_CONTACT };

/* All text lives in the pool given to the reader and is NUL-terminated. */
struct intake_party {
	enum party_role role;
	enum identity_kind kind;  /* what the source says it is: PHONE (to be normalised), EMAIL, EXTERNAL */
	const char *text;         /* as given */
	const char *name;         /* what the source calls them, or NULL; kept in the payload only */
};

struct intake_media {
	const char *path;         /* relative paths are relative to the folder of the file imported */
	const char *content_type; /* NULL: by extension */
	const char *name;         /* file name for people; NULL: last part of path */
};

struct intake_label {
	enum label_kind kind;
	const char *name;
};

struct intake {
	enum intake_type type;
	enum record_kind kind;       /* records only */
	const char *source;          /* system it comes from: part of the deterministic id */
	const char *source_id;       /* id there; when the source has none, a digest of the line */
	struct instant at;           /* records only: occurred_at */
	enum direction direction;
	enum record_status status;
	int64_t duration_ms;         /* -1: none */
	const char *number;          /* the account's own number, as given, or NULL */
	const char *agent_id;        /* the source's id of the agent, or NULL */
	const char *agent_name;
	struct intake_party parties[INTAKE_PARTIES_MAX]; /* contacts: their identities */
	size_t party_count;
	struct intake_media media[INTAKE_MEDIA_MAX];
	size_t media_count;
	struct intake_label labels[LABELS_MAX]; /* records only: queue, campaign, tags */
	size_t label_count;
	const char *contact_name;    /* contacts only; indexed for search */
	const char *payload;         /* JSON object: everything the source said, to be sealed */
	size_t payload_len;
	const struct id *as;         /* contacts: the one it takes the place of; NULL: that of source and source_id */
	bool doubtful_time;          /* a local time that its zone skips or repeats */
};

/* What a reader needs to know of the import. */
struct intake_context {
	const char *default_source; /* "import" unless --source */
	struct zone *zone;          /* for local times; NULL: a time without offset is an error */
	struct instant latest;      /* later times are in the future, and errors; 0: all are taken */
};

/* A fault names the field: err->where is "field 'duration'". The importer adds file and line. */

#endif
