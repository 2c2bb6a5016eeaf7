/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Named time zones (IANA names, through ICU).
 */
#ifndef LETHE_BASE_ZONE_H
#define LETHE_BASE_ZONE_H

#include "base/time.h"

struct zone;

/* "Europe/Copenhagen", "UTC". ERR_INPUT when ICU does not know the name (it would fall back to GMT silently). */
MUST_CHECK enum result zone_open(const char *name, struct zone **out, struct err *err);
void zone_close(struct zone *zone);
/* Local wall-clock time to UTC. A time that a DST change skips moves forward by the gap; of two that it repeats, the
 * earlier is taken. `*doubtful` (may be NULL) is set in both cases. Not thread safe per zone. */
MUST_CHECK enum result zone_to_utc(struct zone *zone, const struct civil *local, struct instant *out, bool *doubtful,
				   struct err *err);
/* What the clocks on the wall show at an instant. ERR_INPUT outside the years 1 to 9999. Not thread safe per zone. */
MUST_CHECK enum result zone_local(struct zone *zone, struct instant at, struct civil *out, struct err *err);

#endif
