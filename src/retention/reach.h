/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a hold reaches: before it is made, and before it is released.
 *
 * Only looks: deletes and stores nothing, opens no payload.  A scope of a person,
 * an identity or a user is walked along their records; any other by the days it
 * touches.
 */
#ifndef LETHE_RETENTION_REACH_H
#define LETHE_RETENTION_REACH_H

#include "retention/holds.h"

/* May be NULL. True ends it with ERR_INTERRUPTED. */
typedef bool reach_stop(void *arg);

struct reach_kind {
	int64_t records;
	int64_t kept;  /* of these, would be gone already but for other holds or an obligation */
	int64_t due;   /* of these, go with the next run unless they are held */
	struct instant oldest, newest; /* when records > 0 */
};
struct reach { struct reach_kind kinds[KIND_COUNT]; };

/* Of a scope that is no hold yet: holds_scope_of. */
MUST_CHECK enum result reach_preview(struct session *session, const struct hold_scope *scope, struct instant now,
				     reach_stop *stop, void *arg, struct reach *out, struct err *err);

/* When this active hold ends: of what only it kept, and what is past its time since, what the next run deletes, and what
 * obligations keep on, cut down to the fields they name. */
struct reach_end { int64_t records[KIND_COUNT], cut[KIND_COUNT]; int64_t contacts; };
MUST_CHECK enum result reach_release(struct session *session, const struct hold_row *hold, struct instant now,
				     reach_stop *stop, void *arg, struct reach_end *out, struct err *err);

#endif
