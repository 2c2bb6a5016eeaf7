/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the commands about policies share: their options, and a policy in words.
 */
#ifndef LETHE_API_POLICY_WORDS_H
#define LETHE_API_POLICY_WORDS_H

#include "api/call.h"
#include "retention/policy_change.h"

struct policy_options {
	struct scope_given scope;
	const char *plan, *grace, *policy;
};
/* Which of them a command takes besides a scope. */
enum policy_options_of {
	POLICY_OPTIONS_SCOPE,  /* none */
	POLICY_OPTIONS_CHANGE, /* plan, grace */
	POLICY_OPTIONS_PLAN,   /* policy, grace; a scope only with policy */
};
MUST_CHECK enum result policy_options_parse(struct call *call, struct policy_options *out, enum policy_options_of of,
					    int *argc, char **argv, int operands, struct err *err);
MUST_CHECK enum result policy_read_kind(const char *name, enum record_kind *out, struct err *err);
/* `span` NULL: a removal. `name` is read as a kind. */
MUST_CHECK enum result policy_read_request(struct call *call, const struct policy_options *options, const char *name,
					   const char *span, struct policy_request *out, struct err *err);

/* `retention plan --policy`. */
MUST_CHECK enum result policy_plan_show(struct call *call, const struct account *account,
					const struct policy_options *options, struct err *err);

/* "calls in queue Sales", cleaned, in call->pool. */
MUST_CHECK enum result policy_what(struct call *call, const struct account *account, const struct policy *policy,
				   const struct scope_given *words, const char **out, struct err *err);
/* "90 days", "without end"; returns `out`. */
char *policy_keep_text(const struct policy *policy, char out[TIME_TEXT_MAX]);
/* Members of the object that is open: kind, version, scope, keep, removed, set, begins, set_by. */
MUST_CHECK enum result policy_members(struct call *call, const struct account *account, const struct policy *policy,
				      const struct scope_given *words, struct err *err);
/* "days": what goes on each, and what is kept of it; with the kind of each if `kinds`. */
void policy_print_days(struct json_writer *w, const struct policy_effect *effect, bool kinds);

#endif
