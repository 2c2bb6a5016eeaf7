/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Obligations: laws that forbid deleting some fields of a kind for some time,
 * with their citation. Data of law/obligations/<country>.json, built in.
 *
 * A law stands there only where its article names the period; what was left out
 * on purpose stands in the notes. None of it is legal advice: who must keep
 * what depends on who they are, so an account says which obligations it is
 * under. Where several cover a record, each field is kept until the last end.
 */
#ifndef LETHE_LAW_OBLIGATION_H
#define LETHE_LAW_OBLIGATION_H

#include "base/pool.h"
#include "base/time.h"
#include "store/kind.h"

/* What of a record must stay. The words of the file are those of obligation_field_name(). */
enum obligation_field {
	OBLIGATION_FROM = 1,       /* the party it came from */
	OBLIGATION_TO = 2,         /* the parties it went to */
	OBLIGATION_TIME = 4,       /* when it began */
	OBLIGATION_DURATION = 8,
	OBLIGATION_DIRECTION = 16,
	OBLIGATION_STATUS = 32,    /* answered, missed .. */
	OBLIGATION_NUMBER = 64,    /* the account's own number */
	OBLIGATION_AGENT = 128,    /* who of the account it was with */
	OBLIGATION_ALL = 256,      /* the whole record with its payload and media; then no other is set */
};
#define OBLIGATION_FIELDS 9

/* What the period is counted from. */
enum obligation_from {
	OBLIGATION_FROM_RECORD,     /* "record": the record's day */
	OBLIGATION_FROM_YEAR_END,   /* "year_end": 31 December of its year */
	OBLIGATION_FROM_GST_RETURN, /* "gst_return": when India's annual GST return of its financial year (1 April to 31
				     * March) is due: the 31 December after (CGST Act s. 44, CGST Rules r. 80) */
};

/* Whom it binds. */
enum obligation_subject {
	OBLIGATION_TELECOM_OPERATOR, /* "telecom_operator": a provider of public electronic communications services */
	OBLIGATION_ANY_BUSINESS,     /* "any_business": whoever must keep books there */
	OBLIGATION_PRIVATE_COMPANY,  /* "private_company" */
	OBLIGATION_PUBLIC_COMPANY,   /* "public_company" */
};
#define OBLIGATION_SUBJECTS 4

/* Texts live in the pool it was read into. */
struct obligation {
	const char *code;    /* "it-dlgs196-132-telephone": begins with the country in lower case; unique */
	const char *country; /* ISO 3166-1: "IT" */
	const char *law;     /* official title and number */
	const char *article;
	const char *text;    /* one sentence: what it demands */
	const char *url;     /* an official source */
	const char *note;    /* how it was read, or NULL */
	enum obligation_subject applies_to;
	uint32_t kinds;           /* bit `kind` */
	uint32_t statuses;        /* bit `status`; 0: whatever the status. STATUS_NONE is the word "unknown" */
	const char *const *tags;  /* a record must have one of them; count 0: whatever the tags */
	size_t tag_count;
	uint32_t fields;          /* enum obligation_field */
	struct span period;       /* finite, not zero */
	enum obligation_from from;
	const char *checked_by;   /* who read the article */
	struct date checked_on;
	const char *checked_against; /* what was read in place of the page at `url`, or NULL */
};

/* Of a country: what was left out, and why. */
struct obligation_note {
	const char *country, *text;
};

struct obligations {
	const struct obligation *list; /* by country, in the order of its file */
	size_t count;
	const struct obligation_note *notes;
	size_t note_count;
};

/* All that are built in. ERR_NO_MEMORY; any other is a fault of our files, which the tests exclude. */
MUST_CHECK enum result obligations_load(struct pool *pool, struct obligations *out, struct err *err);
/* Adds what one file says to `all`. ERR_INPUT names file, line and path; `all` is then as it was. */
MUST_CHECK enum result obligations_parse(const char *file, const char *text, size_t len, struct pool *pool,
					 struct obligations *all, struct err *err);
/* NULL when there is none of that code. */
const struct obligation *obligation_find(const struct obligations *all, const char *code);

/* The day from which on it may go: the one after the last that it must be there. For the day a period is counted from
 * is not counted, and the period ends with the last hour of its last day (Reg. 1182/71 art. 3(1), 3(2)(c); national rules
 * are the same): 30 days from 1 June last through 1 July, and end on 2 July. `day` is the record's calendar day in the
 * account's time zone: the UTC day may be another one, and at the end of a year that is a year's difference. */
struct date obligation_end(const struct obligation *o, struct date day);
/* Does it bind a record of this kind, status and these tags? */
bool obligation_covers(const struct obligation *o, enum record_kind kind, enum record_status status,
		       const char *const *tags, size_t tag_count);

/* `field` is one bit. */
const char *obligation_field_name(enum obligation_field field);       /* "from", .. "all" */
const char *obligation_from_name(enum obligation_from from);          /* "record", "year_end", "gst_return" */
const char *obligation_subject_name(enum obligation_subject subject); /* "telecom_operator", .. */

#endif
