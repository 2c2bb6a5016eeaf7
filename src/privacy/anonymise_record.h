/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Anonymising one record while others of its day stay.
 *
 *     1  the intent is committed as a job, with what the record says in plain columns
 *     2  the rest of the day is sealed anew under the key of the day's next part (retention/partial.h)
 *     3  the old part's key goes, and with it the record's row, links and media: it is unreadable in every copy
 *     4  what it said is added to what waits in the aggregates, the act is logged, the job closed
 *
 * The person stays, and so the record counts as nobody's: it is shown with
 * others, and makes no group.  A crash at any point is gone on with by
 * record_anonymise_resume.
 */
#ifndef LETHE_PRIVACY_ANONYMISE_RECORD_H
#define LETHE_PRIVACY_ANONYMISE_RECORD_H

#include "privacy/aggregates.h"
#include "store/job.h"
#include "vault/accounts.h"

struct record_anonymised {
	struct id job;
	struct aggregates_shown shown;
	uint64_t leaf;
};

/* ERR_NOT_FOUND. ERR_HELD when a hold, a restriction or an obligation keeps it, ERR_WRONG_STATE when it is not billed yet and a
 * profile wants that: nothing was changed. ERR_CORRUPT when another record of its day cannot be sealed anew. */
MUST_CHECK enum result record_anonymise(struct vault *vault, const struct account *account, enum record_kind kind,
					struct id id, struct instant now, struct record_anonymised *out,
					struct err *err);
/* Goes on with this one, which runs and which nobody is at. OK too when it had to be given up. */
MUST_CHECK enum result record_anonymise_go_on(struct vault *vault, const struct job *job, struct instant now,
					      struct err *err);

#endif
