/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Mails that are or were to be sent: to whom, and of which events. What they say is made as they are sent.
 */
#ifndef LETHE_STORE_MAIL_H
#define LETHE_STORE_MAIL_H

#include "base/id.h"
#include "base/pool.h"
#include "db/db.h"

#define MAIL_PREFIX "mail"

/* Stored: only add. */
enum mail_state { MAIL_WAITING = 1, MAIL_SENT = 2, MAIL_FAILED = 3 };
#define MAIL_STATE_LAST 3

struct mail_row {
	uint32_t account;
	struct id id;              /* mail_ */
	int64_t user;
	int template;              /* enum mail_template of notify/template.h, from 1 */
	struct id first, last;     /* events */
	enum mail_state state;
	int attempts;
	struct instant next;       /* waiting: not before */
	int status;                /* what the server answered last; 0: nothing */
};

/* Inserts, or replaces that of the id. */
MUST_CHECK enum result mail_put(struct db *db, const struct mail_row *row, struct err *err);
/* ERR_NOT_FOUND. */
MUST_CHECK enum result mail_get(struct db *db, uint32_t account, struct id id, struct mail_row *out, struct err *err);
/* Those after `after`, in order, up to max. */
MUST_CHECK enum result mail_list(struct db *db, uint32_t account, struct id after, struct mail_row *out, size_t max,
				 size_t *count, struct err *err);
/* What waits and may go from some moment of `from` to `until` on, what waited longest first. */
MUST_CHECK enum result mail_due(struct db *db, uint32_t account, struct instant from, struct instant until,
				struct mail_row *out, size_t max, size_t *count, struct err *err);
/* Up to max of those made before `before`. */
MUST_CHECK enum result mail_delete_before(struct db *db, uint32_t account, struct instant before, int64_t max,
					  int64_t *deleted, struct err *err);
MUST_CHECK enum result mail_clear(struct db *db, uint32_t account, struct err *err); /* for a restore */

#endif
