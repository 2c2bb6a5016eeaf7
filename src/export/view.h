/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One record as it is shown: opened, taken apart, others masked.  Every output
 * (JSON, CSV, HTML) is written from this, so that none shows what another masks.
 */
#ifndef LETHE_EXPORT_VIEW_H
#define LETHE_EXPORT_VIEW_H

#include "export/mask.h"
#include "store/record.h"

#define VIEW_PARTIES_MAX 80
#define VIEW_REST_MAX 32

struct view_party { enum party_role role; struct shown shown; };

/* Texts and trees live in the pool given to view_read, or in the mask; NULL: the record has no such thing. */
struct view {
	const struct record_row *row; /* borrowed */
	const char *by_law;           /* which law keeps what is left of it, which fields, until when; NULL: none. By job_view */
	bool held, restricted;        /* a legal hold covers it; a restriction does. Set by job_view */
	struct instant at;
	struct view_party parties[VIEW_PARTIES_MAX];
	size_t party_count;
	bool has_agent;
	struct shown agent;
	const char *number, *source, *source_id, *call, *subject, *text, *language, *queue, *campaign, *url, *referrer;
	const struct json *turns, *fields, *tags, *custom;
	const struct json *media;               /* names and types, in the order of n */
	const struct json *rest[VIEW_REST_MAX]; /* members that are none of the above */
	size_t rest_count;
};
/* `payload` is what the source said. */
MUST_CHECK enum result view_read(struct mask *mask, const struct record_row *row, const struct json *payload,
				 struct pool *pool, struct view *out, struct err *err);
/* What the source called file `n`, and its type; "" when it said neither. */
const char *view_media_name(const struct view *view, int n);
const char *view_media_type(const struct view *view, int n);
/* "Ann Holst, +4520000289"; "other person 1, +45 •• •• •• 12". In the pool; NULL: no memory. */
const char *shown_text(const struct shown *shown, struct pool *pool);
/* The record is from the person themself. */
bool view_from_self(const struct view *view);

/* A contact of the person, its other handles masked. */
struct contact_view {
	struct id id;
	struct instant updated;
	struct instant deleted; /* ms 0: it is not. This and the next two set by job_contact */
	struct date gone_on;
	bool held;              /* only a hold's key keeps it */
	const char *name, *company, *source, *source_id;
	struct shown handles[VIEW_PARTIES_MAX];
	size_t handle_count;
	const struct json *tags, *lists, *custom;
};
MUST_CHECK enum result contact_view_read(struct mask *mask, struct id id, struct instant updated,
					 const struct json *payload, struct pool *pool, struct contact_view *out,
					 struct err *err);

#endif
