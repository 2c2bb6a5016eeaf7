/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Finishing what a crash interrupted: erasures, anonymisations, ends of users and accounts, and sweeps; and clearing away
 * a restore, which changes nothing before its last step.
 */
#ifndef LETHE_PRIVACY_RESUME_H
#define LETHE_PRIVACY_RESUME_H

#include "store/job.h"
#include "vault/vault.h"

/* Called once after a vault is opened for writing. */
MUST_CHECK enum result resume_jobs(struct vault *vault, struct instant now, struct err *err);
/* Goes on with one job of that type (not a sweep) that did not come to its end; `*found` false when there is none. */
MUST_CHECK enum result resume_next(struct vault *vault, enum job_type type, struct instant now, bool *found,
				   struct err *err);
/* Goes on with what this process began and failed half-way with (vault/unfinished.h): erasures, anonymisations, ends of users and
 * accounts; `*done` of them. After the first that fails again the others wait too. A sweep is gone on with by the account's next. */
MUST_CHECK enum result resume_unfinished(struct vault *vault, struct instant now, int64_t *done, struct err *err);

#endif
