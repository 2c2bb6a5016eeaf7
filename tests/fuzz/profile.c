/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Profiles from any bytes: in what is taken every default is within its bounds;
 * what is refused says what is wrong and where.
 */
#include <string.h>

#include "law/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_kind(const struct profile *p, enum record_kind kind)
{
	char text[BOUND_TEXT_MAX];
	struct bound bound;
	struct err err;

	INVARIANT(profile_bound(p, NULL, kind, &bound, &err) == OK);
	INVARIANT(bound_allows(&bound, profile_keep(p, kind), &err) == OK);
	for (size_t i = 0; i < p->plan_count; i++) {
		INVARIANT(profile_bound(p, p->plans[i], kind, &bound, &err) == OK);
		INVARIANT(bound_allows(&bound, profile_keep(p, kind), &err) == OK);
		INVARIANT(strlen(bound_text(&bound, text)) > 0);
		if (bound_allows(&bound, (struct span){.days = 17}, &err) != OK)
			INVARIANT(err.what[0] && err.mend[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile profile;
	struct pool pool;
	struct err err;

	pool_init(&pool, (size_t)64 << 20);
	if (profile_parse("file", (const char *)data, size, &pool, &profile, &err) == OK) {
		for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
			check_kind(&profile, (enum record_kind)kind);
	} else {
		INVARIANT(err.what[0] && (err.code == ERR_NO_MEMORY || strncmp(err.where, "file", 4) == 0));
	}
	pool_free(&pool);
	return 0;
}
