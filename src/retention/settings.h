/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The settings of an account that people set, by one table: name, type, range,
 * what holds when nothing was set.  Each change leaves a leaf, account.set.
 */
#ifndef LETHE_RETENTION_SETTINGS_H
#define LETHE_RETENTION_SETTINGS_H

#include "law/profile.h"
#include "store/setting.h"
#include "vault/accounts.h"

#define SETTING_DAYS_MAX 8

enum setting_type {
	SETTING_INT,     /* least to most */
	SETTING_GRACE,   /* the same, and no longer than what the profile says of what is deleted */
	SETTING_DAYS,    /* "30,7,1": up to SETTING_DAYS_MAX numbers, each least to most, falling */
	SETTING_DATE,    /* "2026-03-01" */
	SETTING_CALENDAR, /* a code of law/holidays.json: "DE-BY" */
	SETTING_ZONE,    /* "Europe/Copenhagen" */
	SETTING_PROFILE, /* one that is built in */
	SETTING_SWITCH,  /* "on" or "off" */
	SETTING_PLAN,    /* one of the account's profile */
};

struct setting_rule {
	const char *name;
	enum setting_type type;
	int64_t least, most;
	const char *fallback; /* NULL: not set */
	const char *help;     /* half a line */
};
extern const struct setting_rule setting_rules[];
extern const size_t setting_rule_count;

/* Its value as stored, else its fallback, which may be NULL. `name` is in the table: INVARIANT. */
MUST_CHECK enum result settings_get(struct session *session, uint32_t account, const char *name, struct pool *pool,
				    const char **out, struct err *err);
/* Of a SETTING_INT or SETTING_GRACE. */
MUST_CHECK enum result settings_int(struct session *session, uint32_t account, const char *name, struct pool *pool,
				    int64_t *out, struct err *err);
/* Checks it and stores it with its leaf, whatever it makes due: what people set goes through retention/setting_change.h.
 * "none" unsets what has no fallback, and else goes back to it. ERR_INPUT says
 * what may be set, and to what. */
MUST_CHECK enum result settings_set(struct vault *vault, const struct account *account, const char *name,
				    const char *value, struct instant now, struct pool *pool, struct err *err);
/* The same inside a write transaction; and only the check. */
MUST_CHECK enum result settings_change(struct session *session, uint32_t account, const char *name, const char *value,
				       struct instant now, struct pool *pool, struct err *err);
MUST_CHECK enum result settings_check(struct session *session, uint32_t account, const char *name, const char *value,
				      struct pool *pool, struct err *err);
/* Inside a write transaction: for a value that is known to be good; empty unsets it. */
MUST_CHECK enum result settings_put(struct session *session, uint32_t account, const char *name, const char *value,
				    struct instant now, struct err *err);

/* The account's profile, NULL when it has none, and its plan, NULL when it has none. */
MUST_CHECK enum result settings_profile(struct session *session, uint32_t account, struct pool *pool,
					const struct profile **profile, const char **plan, struct err *err);
/* What the account may choose for a kind; BOUND_NONE without a profile. */
MUST_CHECK enum result settings_bound(struct session *session, uint32_t account, enum record_kind kind,
				      struct pool *pool, struct bound *out, struct err *err);

#endif
