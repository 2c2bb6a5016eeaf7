/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The life of an account: active, cancelled, being deleted.
 *
 * A cancelled one takes nothing in any more; what it has can be read and
 * exported, and it can be reopened, for 90 days (or what its profile says).
 * Then a retention run ends it. Deleting it is the controller's wish: within
 * 30 days, and only once each item of a checklist was asserted by somebody.
 * Neither ends an account that a legal hold or an obligation is on.
 */
#ifndef LETHE_PRIVACY_ACCOUNT_LIFE_H
#define LETHE_PRIVACY_ACCOUNT_LIFE_H

#include "vault/accounts.h"

enum account_state { ACCOUNT_ACTIVE, ACCOUNT_CANCELLED, ACCOUNT_DELETING };
const char *account_state_name(enum account_state state); /* "cancelled" */

#define DELETE_LIMIT_DAYS 30
enum account_item { ITEM_EXPORTS, ITEM_NUMBERS, ITEM_CAMPAIGNS, ITEM_INVOICES };
#define ITEM_COUNT 4
const char *account_item_name(enum account_item item);   /* "exports": as it is written */
const char *account_item_title(enum account_item item);  /* "exports were offered" */
bool account_item_parse(const char *name, enum account_item *out);

#define LIFE_BY_MAX 64
struct account_life {
	enum account_state state;
	struct instant since;  /* of cancelled and deleting */
	struct span keep;      /* how long a cancelled one is kept */
	struct date due;       /* cancelled: ends from that day on; deleting: the day by which it should have */
	struct { bool asserted; struct instant at; char by[LIFE_BY_MAX]; } items[ITEM_COUNT];
	int asserted;          /* how many */
	int64_t holds, obligations, duties; /* in the way: active holds, obligations that apply, what they keep still */
	char names[400];       /* of what is in the way: ids of holds, codes of obligations */
};
MUST_CHECK enum result account_life_read(struct session *session, const struct account *account,
					 struct account_life *out, struct err *err);
/* Is a cancelled account past its time? What is in the way is another matter. */
bool account_life_due(const struct account_life *life, struct instant now);
bool account_life_blocked(const struct account_life *life);
/* ERR_HELD says what is in the way of ending it, and how to mend that. */
MUST_CHECK enum result account_life_may_end(const struct account_life *life, struct err *err);
/* ERR_WRONG_STATE when it is not active: it takes nothing in. */
MUST_CHECK enum result account_life_takes_in(struct session *session, uint32_t account, struct err *err);

/* By whom: an opaque id, such as "os:1000". ERR_EXISTS when it is in that state already; ERR_WRONG_STATE to reopen one that is past
 * its time. */
MUST_CHECK enum result account_cancel(struct vault *vault, const struct account *account, struct instant now,
				      struct err *err);
MUST_CHECK enum result account_reopen(struct vault *vault, const struct account *account, struct instant now,
				      struct err *err);
MUST_CHECK enum result account_delete_begin(struct vault *vault, const struct account *account, struct instant now,
					    struct err *err);
/* ERR_WRONG_STATE when it is not being deleted. Asserting again notes the later one. */
MUST_CHECK enum result account_assert(struct vault *vault, const struct account *account, enum account_item item,
				      const char *by, struct instant now, struct err *err);

#endif
