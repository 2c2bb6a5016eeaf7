/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One export under way: what every part of it shares.
 */
#ifndef LETHE_EXPORT_JOB_H
#define LETHE_EXPORT_JOB_H

#include "export/export.h"
#include "export/view.h"
#include "export/zip.h"
#include "privacy/user.h"
#include "retention/holds.h"
#include "retention/policies.h"
#include "shim/json_parse.h"
#include "store/media.h"

#define JOB_MEDIA_MAX 256  /* files of one record */
#define JOB_SOURCES_MAX 32 /* systems that records come from, by name */
#define JOB_STEPS 4        /* walks over the records: media, JSON, CSV, pages */

/* Why something is left out. */
enum left { LEFT_NOT, LEFT_GONE, LEFT_CORRUPT, LEFT_REMOVED };
const char *left_word(enum left left); /* "key_destroyed", for machines */
const char *left_text(enum left left); /* for people */

struct item { struct id id; unsigned char kind, left; };

enum medium_state { MEDIUM_COPIED, MEDIUM_CONVERTED, MEDIUM_NOT_CONVERTED, MEDIUM_MISSING, MEDIUM_DAMAGED };
const char *medium_word(enum medium_state state);
const char *medium_text(enum medium_state state);
bool medium_is_in(enum medium_state state);

#define MEDIUM_EXT_MAX 9
struct medium {
	uint32_t item; /* index */
	unsigned char n, state, format;
	bool only; /* the record's only one: its name goes without n */
	char ext[MEDIUM_EXT_MAX];
};

struct job {
	struct session *session;
	struct blob_store *blobs;
	struct id vault;
	const struct account *account;
	const struct export_request *request;
	struct person person;
	struct pool pool;    /* lives as long as the job */
	struct pool scratch; /* one record */
	struct record_row row; /* that record */
	struct mask *mask;
	struct json_parser *parser;
	struct zip *zip;
	struct buf out;      /* text of the entry that is being written, not yet in the ZIP */
	struct user_shown *users; /* of the account, who the person is */
	size_t user_count;
	struct item *items;  /* by kind, then time */
	size_t count, first[KIND_COUNT + 1]; /* items of a kind: first[kind] .. first[kind + 1] */
	struct medium *media; /* by item, then n */
	size_t media_count, media_cap;
	unsigned char *contact_left; /* of each contact of the person: enum left */
	size_t left_contact_count;
	const char *sources[JOB_SOURCES_MAX];
	size_t source_count;
	struct policy_set policies;
	struct hold_set holds;
	struct obligations laws; /* read when the first is met */
	const struct hold_row *restriction; /* the oldest of the person themself; NULL: none */
	int64_t held;        /* records that only a legal hold still keeps */
	int64_t done;        /* steps */
	uint64_t leaf;
};

/* The person and the ids of their records. */
MUST_CHECK enum result job_load(struct job *job, struct err *err);
/* Opens one record into `out`, which lives until the next. `*there` false: it is left out, and why is noted. Counts as
 * a step of progress; ERR_INTERRUPTED when asked to stop. */
MUST_CHECK enum result job_view(struct job *job, size_t index, struct view *out, bool *there, struct err *err);
/* The row only, in job->row, as job_view. */
MUST_CHECK enum result job_row(struct job *job, size_t index, bool *there, struct err *err);
MUST_CHECK enum result job_step(struct job *job, struct err *err);
/* How far it is; ERR_INTERRUPTED when asked to stop. */
MUST_CHECK enum result job_show(const struct job *job, struct err *err);
/* The kind's own rule; version 0 and without end when none was set. */
void job_policy(const struct job *job, enum record_kind kind, struct policy *out);
/* A contact of the person, likewise; no step. */
MUST_CHECK enum result job_contact(struct job *job, size_t index, struct contact_view *out, bool *there,
				   struct err *err);

/* An entry of text: begin; append to job->out and flush now and then; end. */
MUST_CHECK enum result job_text_begin(struct job *job, const char *name, struct err *err);
MUST_CHECK enum result job_text_flush(struct job *job, struct err *err); /* writes when there is enough */
MUST_CHECK enum result job_text_end(struct job *job, struct err *err);

/* Records of a kind that are in the export (after the first walk that opens them). */
int64_t job_kind_count(const struct job *job, enum record_kind kind);
int64_t job_left_count(const struct job *job);
/* The earliest and latest record of a kind; of all with kind 0. False when there is none. */
bool job_range(const struct job *job, enum record_kind kind, struct instant *first, struct instant *last);
/* Media of one item: returns the first, `*count` of them. */
const struct medium *job_media_of(const struct job *job, size_t index, size_t *count);
MUST_CHECK enum result job_add_medium(struct job *job, struct medium medium, struct err *err);
/* "media/rec_01h4..-2.wav"; returns `out`. */
char *medium_path(const struct job *job, const struct medium *medium, char out[ZIP_NAME_MAX]);

#endif
