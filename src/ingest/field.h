/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the readers of every import format share: times, digests, parties,
 * and the nearest known word to a misspelt one.  Pure: nothing here opens a
 * file or reads the clock.
 */
#ifndef LETHE_INGEST_FIELD_H
#define LETHE_INGEST_FIELD_H

#include "crypto/primitives.h"
#include "ingest/intake.h"

/* Longest texts taken, in bytes. */
#define FIELD_WORD_MAX 200   /* names, ids, numbers, tags */
#define FIELD_SOURCE_MAX 64
#define FIELD_PATH_MAX 4000
#define FIELD_SECONDS_MAX (366 * 24 * 3600) /* longest duration */

/* RFC 3339 with an offset, or a local "YYYY-MM-DD HH:MM:SS[.fraction]" ('T' also) when context->zone is set.
 * Sets out->at and out->doubtful_time. ERR_INPUT without `where`: before 1970, after context->latest, no zone, not a
 * time. */
MUST_CHECK enum result field_time(const struct intake_context *context, const char *text, size_t len,
				  struct intake *out, struct err *err);
/* Seconds, cut to milliseconds by rounding: ERR_INPUT when negative, not finite or over FIELD_SECONDS_MAX. */
MUST_CHECK enum result field_seconds(double seconds, int64_t *out_ms, struct err *err);
/* ERR_INPUT when empty or only blanks, longer than `max` bytes, or holding a control character (NUL included). */
MUST_CHECK enum result field_word(const char *text, size_t len, size_t max, struct err *err);

/* "sha256:" and 64 hexadecimal digits: the source id of what has none. NULL: no memory. */
const char *field_digest(struct pool *pool, const void *data, size_t len);

/* What a bare party text is: "sip:.." is EXTERNAL, what looks like an e-mail address EMAIL, all else PHONE. */
enum identity_kind field_party_kind(const char *text);
/* Without the "tel:" before it and blanks behind that. */
const char *field_without_scheme(const char *text);
/* Do two phone numbers have the same digits, whatever stands between them? False when either has none. */
bool field_same_number(const char *a, const char *b);
/* Appends a party. ERR_INPUT beyond INTAKE_PARTIES_MAX. The texts are borrowed from the pool. */
MUST_CHECK enum result field_add_party(struct intake *out, struct intake_party party, struct err *err);
/* Forgets the parties that are the account's own number (out->number): it is no person of the outside, and its key must
 * not become part of the record's. Then ERR_INPUT when no one is left by whom the record could be found or erased. */
MUST_CHECK enum result field_check_parties(struct intake *out, struct err *err);

/* Appends a label. ERR_INPUT beyond LABELS_MAX. The name is borrowed from the pool. */
MUST_CHECK enum result field_add_label(struct intake *out, enum label_kind kind, const char *name, struct err *err);

/* The word among `words` that `given` is most likely a misspelling of; NULL when none is near. */
const char *field_nearest(const char *given, const char *const *words, size_t count);

#endif
