/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whom and what a record of a batch names: its identifiers and labels, looked up
 * by their blind indexes, and made where nobody was called so yet.
 */
#ifndef LETHE_INGEST_LOOKUP_H
#define LETHE_INGEST_LOOKUP_H

#include "ingest/commit.h"

/* Labels are few, and each is in many records: those met in a batch are remembered, by their blind index. Zeroed: none. */
#define LOOKUP_LABELS 512
struct lookup_label { struct blind blind; int64_t label; }; /* label 0: none */
struct lookup_labels { struct lookup_label places[LOOKUP_LABELS]; };

/* Of one record, in the order in which it has them. */
struct lookup {
	struct entry entries[PARTIES_MAX];
	bool found[PARTIES_MAX];
	int64_t labels[LABELS_MAX]; /* 0: nothing was labelled so yet */
	bool all_found;
};

MUST_CHECK enum result lookup_find(struct commit *c, struct lookup_labels *labels, const struct batch_record *record,
				   struct lookup *out, struct err *err);
/* What was not found is made; `all_found` stays as it is. */
MUST_CHECK enum result lookup_make(struct commit *c, struct lookup_labels *labels, const struct batch_record *record,
				   struct lookup *found, struct err *err);
/* Was somebody in it erased after it happened? It must not come back. */
bool lookup_is_of_erased(const struct batch_record *record, const struct lookup *found);

/* Makes the identity of one handle that was not found: vault/directory.h says of whom, and what `*whose` is. */
MUST_CHECK enum result lookup_identity(struct commit *c, const struct handle *handle, const struct id *person,
				       struct entry *entry, struct id *whose, struct err *err);

#endif
