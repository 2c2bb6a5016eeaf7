/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Queues, campaigns and tags by name. Names are compared folded, and kept as
 * they were first written.
 */
#ifndef LETHE_VAULT_LABELS_H
#define LETHE_VAULT_LABELS_H

#include "store/label.h"
#include "vault/vault.h"

#define LABEL_NAME_MAX 200

const char *label_kind_name(enum label_kind kind); /* "queue", "campaign", "tag" */
bool label_kind_parse(const char *name, enum label_kind *out);
/* The blind index of a label, for threads without a keyring: see blind_with. ERR_INPUT for a name that is empty or too
 * long. */
MUST_CHECK enum result labels_blind(const struct key *index_key, enum label_kind kind, const char *name,
				    struct pool *pool, struct blind *out, struct err *err);
/* 0 when nothing was ever labelled so. */
MUST_CHECK enum result labels_find(struct session *session, uint32_t account, enum label_kind kind, const char *name,
				   struct pool *pool, int64_t *out, struct err *err);
/* Inside a write transaction: finds it or makes it. */
MUST_CHECK enum result labels_take(struct session *session, uint32_t account, enum label_kind kind,
				   const struct blind *blind, const char *name, struct pool *pool, int64_t *out,
				   struct err *err);
/* The same by its name. */
MUST_CHECK enum result labels_make(struct session *session, uint32_t account, enum label_kind kind, const char *name,
				   struct pool *pool, int64_t *out, struct err *err);
/* How many records have each label is counted anew, account by account in transactions of their own. */
MUST_CHECK enum result labels_recount(struct session *session, struct err *err);
/* The leaf of a read of names, on disk before any is shown. Outside the writer. */
MUST_CHECK enum result labels_note_read(struct session *session, uint32_t account, struct instant now, struct err *err);
/* Its name, in the pool. ERR_NOT_FOUND. */
MUST_CHECK enum result labels_name(struct session *session, uint32_t account, int64_t label, struct pool *pool,
				   enum label_kind *kind, const char **out, struct err *err);

#endif
