/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of what a keeper kept that keeps it no longer: a hold that was
 * released, a duty that ends. The verdict hands it to another hold, or to
 * obligations, cut down to the fields they name; what none keeps is due. What
 * was put aside (vault/aside.h) goes to another hold, or back to its day.
 */
#ifndef LETHE_RETENTION_HANDOVER_H
#define LETHE_RETENTION_HANDOVER_H

#include "retention/verdict.h"

/* By what it is decided: what was kept had expired or was erased, so no policy is asked. */
struct verdict_rules handover_rules(const struct keepers *keepers, struct instant now);

/* The verdict on one thing that is listed so. A contact (`row` not filled) is held or goes; one that is not there, or is
 * kept elsewhere by now, stays: it is only listed still. So does what was put aside and can go back. */
MUST_CHECK enum result handover_look(struct session *session, const struct verdict_rules *rules,
				     const struct held_row *held, struct pool *pool, struct record_row *row,
				     struct ruling *out, struct err *err);
/* Inside a write transaction: carries it out but for FATE_GOES, which is left where it is, and puts back what was aside. ERR_CORRUPT when it is to be kept
 * on and fails its tag: nothing of it was changed. */
MUST_CHECK enum result handover_one(struct session *session, const struct verdict_rules *rules,
				    const struct held_row *held, struct pool *pool, struct record_row *row,
				    struct ruling *out, struct err *err);

/* What handover_one would do today with each thing that a keeper has listed. Reads only; `row` is not filled for a contact. */
typedef enum result handover_visit(void *arg, const struct held_row *held, const struct record_row *row,
				   const struct ruling *ruling, struct err *err);
MUST_CHECK enum result handover_walk(struct session *session, const struct keepers *keepers, int64_t keeper,
				     handover_visit *visit, void *arg, struct err *err);

/* All that is listed under a released hold. ERR_CORRUPT when what another hold covers fails its tag. */
MUST_CHECK enum result handover_all(struct session *session, const struct verdict_rules *rules, int64_t hold,
				    struct handed *out, struct err *err);

#endif
