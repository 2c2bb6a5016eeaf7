/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks: who is told of an account's events over HTTP. Added, changed,
 * removed; each change with its leaf.
 *
 * The URL may carry a secret of its own, so it is sealed, as the signing
 * secrets are.  What goes to a webhook is in notify/deliver.h.
 */
#ifndef LETHE_NOTIFY_WEBHOOK_H
#define LETHE_NOTIFY_WEBHOOK_H

#include "net/client.h"
#include "notify/signature.h"
#include "store/event.h"
#include "store/webhook.h"
#include "vault/accounts.h"

#define WEBHOOKS_AN_ACCOUNT 50
#define WEBHOOK_TYPES_MAX 1000                  /* bytes of the list */
#define WEBHOOK_OVERLAP_MS INT64_C(86400000)    /* how long the old secret signs too: a day */

/* "person.erased,hold.*" : each a type or a first word and '*'. ERR_INPUT names what is none. */
MUST_CHECK enum result webhook_types_check(const char *types, struct err *err);
bool webhook_wants(const char *types, enum event_type type);

struct webhook_new {
	const char *url;
	const char *types;    /* "": all */
	const char *made_by;  /* an opaque id */
};
/* From now on it is told. The secret is in `secret`, and nowhere else in the clear. ERR_INPUT, ERR_DENIED (the URL),
 * ERR_LIMIT. */
MUST_CHECK enum result webhook_add(struct vault *vault, uint32_t account, const struct client_reach *reach,
				   const struct webhook_new *new, struct instant now, struct id *id,
				   char secret[WEBHOOK_SECRET_MAX], struct err *err);
/* All below: ERR_NOT_FOUND. */
MUST_CHECK enum result webhook_remove(struct vault *vault, uint32_t account, struct id id, struct instant now,
				      struct err *err);
/* A new secret; the old one signs too for WEBHOOK_OVERLAP_MS, unless `at_once`. */
MUST_CHECK enum result webhook_rotate(struct vault *vault, uint32_t account, struct id id, bool at_once,
				      struct instant now, char secret[WEBHOOK_SECRET_MAX], struct err *err);
/* Enabled, it goes on where it stopped, as far as events are still there. */
MUST_CHECK enum result webhook_enable(struct vault *vault, uint32_t account, struct id id, bool enable,
				      struct instant now, struct err *err);
/* An event webhook.test for it alone. */
MUST_CHECK enum result webhook_test(struct vault *vault, uint32_t account, struct id id, struct instant now,
				    struct id *event, struct err *err);
/* An event once more, delivered or not; with `event` NULL all that failed. `*count` is how many. ERR_NOT_FOUND: also
 * when the event is past its time. */
MUST_CHECK enum result webhook_replay(struct vault *vault, uint32_t account, struct id id, const struct id *event,
				      struct instant now, int64_t *count, struct err *err);

/* What is sealed in the row, in the pool. */
MUST_CHECK enum result webhook_url(struct session *session, const struct webhook_row *row, struct pool *pool,
				   const char **out, struct err *err);
/* `*old` NULL unless it signs too at `now`. */
MUST_CHECK enum result webhook_secrets(struct session *session, const struct webhook_row *row, struct instant now,
				       struct pool *pool, const char **secret, const char **old, struct err *err);
/* The leaf of a read of URLs, on disk before any is shown. */
MUST_CHECK enum result webhook_note_read(struct session *session, uint32_t account, struct instant now,
					 struct err *err);

#endif
