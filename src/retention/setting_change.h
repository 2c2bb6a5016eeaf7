/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Changing a setting safely.
 *
 * Under a profile that lets go only of what is billed, rules can be in force
 * that delete nothing yet: what is not billed waits.  So saying that more is
 * billed (`billed_until`), or taking another profile, can make due what no dry
 * run of a policy showed.  Such a change is stored only with the digest of its
 * own (retention/policy_effect.h).  It has no grace: nothing that was said to be
 * billed is to be said otherwise later.
 */
#ifndef LETHE_RETENTION_SETTING_CHANGE_H
#define LETHE_RETENTION_SETTING_CHANGE_H

#include "retention/policy_effect.h"
#include "retention/settings.h"

struct setting_request {
	const char *name, *value; /* "none" unsets it */
	const char *plan;         /* digest of the dry run, looked at where the setting can make something due; NULL: none */
};

/* The dry run. Of a setting that makes nothing due, an effect without records and digest. ERR_INPUT and ERR_NOT_FOUND as
 * settings_set. */
MUST_CHECK enum result setting_plan(struct session *session, const struct account *account,
				    const struct setting_request *request, struct instant now, struct pool *pool,
				    struct policy_effect *out, struct err *err);
/* ERR_UNSEEN without the digest that is needed; ERR_CHANGED when it no longer fits, or rules or billing changed in
 * between. */
MUST_CHECK enum result setting_change(struct vault *vault, const struct account *account,
				      const struct setting_request *request, struct instant now, struct pool *pool,
				      struct policy_effect *out, struct err *err);

#endif
