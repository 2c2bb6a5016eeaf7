/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who is the person and who is somebody else; how somebody else is shown.
 *
 * A copy must not harm the rights of others (GDPR 15(4)).  Masked, a phone
 * number keeps its country code and last two digits, an e-mail address its
 * first letter and domain; names and external ids become "other person 1",
 * agents "agent 1": the same throughout one export.  Free text is not rewritten.
 */
#ifndef LETHE_EXPORT_MASK_H
#define LETHE_EXPORT_MASK_H

#include "base/json.h"
#include "privacy/person.h"

#define MASK_SCRUB_MAX 200 /* texts of others looked for in one record's custom fields */

struct mask;

/* `person` and `account` are borrowed. With `show` nobody is masked, but who is who is still known. */
MUST_CHECK enum result mask_new(const struct account *account, const struct person *person, bool show,
				struct mask **out, struct err *err);
void mask_free(struct mask *mask); /* NULL is fine */

/* How one party is shown. `name` NULL: none is known. */
struct shown {
	enum identity_kind kind;
	const char *value, *name;
	bool self;   /* the person the export is about */
	bool ours;   /* the account's own number, which is nobody's */
	bool masked;
};
/* `text` as the source gave it, `name` what the source calls them or NULL, `number` the account's own number in that
 * record or NULL. Texts live in `pool` or in the mask. */
MUST_CHECK enum result mask_party(struct mask *mask, enum identity_kind kind, const char *text, const char *name,
				  const char *number, struct pool *pool, struct shown *out, struct err *err);
/* "agent 1" when masked. */
MUST_CHECK enum result mask_agent(struct mask *mask, const char *id, const char *name, struct pool *pool,
				  struct shown *out, struct err *err);

/* Texts of one record that stand for others, to be replaced where they turn up in its custom fields. */
struct scrub {
	struct mask *mask;
	size_t count;
	struct { const char *text, *instead; } terms[MASK_SCRUB_MAX];
};
void scrub_begin(struct scrub *scrub, struct mask *mask);
/* What of `shown` was written as `text` and `name`; nothing when it is not masked. */
void scrub_add(struct scrub *scrub, const struct shown *shown, const char *text, const char *name);
/* A copy of the tree with those texts replaced; with `whole` also strings that are a phone number or an e-mail address
 * of somebody else from end to end. The tree itself when nothing is masked. */
MUST_CHECK enum result scrub_tree(struct scrub *scrub, const struct json *tree, bool whole, struct pool *pool,
				  const struct json **out, struct err *err);

bool mask_shows(const struct mask *mask);
/* Distinct others and agents met so far; of those masked. */
int64_t mask_others(const struct mask *mask);
int64_t mask_agents(const struct mask *mask);

#endif
