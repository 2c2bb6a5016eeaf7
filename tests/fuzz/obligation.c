/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files of obligations from any bytes: what is taken is whole and computes an
 * end after the record's day; what is refused says what is wrong and where.
 */
#include <string.h>

#include "law/obligation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct obligation *o)
{
	struct date day = date_from_civil(2024, 2, 29);

	INVARIANT(o->code && o->law && o->article && o->text && o->url && o->checked_by);
	INVARIANT(o->kinds && o->fields && !(o->kinds & 1));
	INVARIANT(!(o->fields & OBLIGATION_ALL) || o->fields == OBLIGATION_ALL);
	INVARIANT(obligation_end(o, day).days > day.days + 1);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		bool covered = obligation_covers(o, (enum record_kind)kind, STATUS_NONE, o->tags, o->tag_count);

		INVARIANT(!covered || o->kinds & UINT32_C(1) << kind);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct obligations all = {0};
	struct pool pool;
	struct err err;

	pool_init(&pool, (size_t)64 << 20);
	if (obligations_parse("file", (const char *)data, size, &pool, &all, &err) == OK) {
		INVARIANT(all.count > 0);
		for (size_t i = 0; i < all.count; i++) {
			check(&all.list[i]);
			INVARIANT(obligation_find(&all, all.list[i].code) == &all.list[i]);
		}
	} else {
		INVARIANT(err.what[0] && (err.code == ERR_NO_MEMORY || strncmp(err.where, "file", 4) == 0));
		INVARIANT(all.count == 0 && all.note_count == 0);
	}
	pool_free(&pool);
	return 0;
}
