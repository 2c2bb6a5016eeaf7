/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Profiles: what published policies of real systems promise, and one of our own
 * recommendation, as defaults and bounds for an account. Data of
 * law/profiles/<name>.json, built in; each rule carries its source.
 *
 * A profile is an offer: what an account does with it stands in its own
 * policies and settings. What a profile does not speak of is not set.
 */
#ifndef LETHE_LAW_PROFILE_H
#define LETHE_LAW_PROFILE_H

#include "base/pool.h"
#include "base/time.h"
#include "store/kind.h"

/* ---- how long kinds of records are kept ---- */

enum bound_type {
	BOUND_NONE,    /* any span */
	BOUND_FIXED,   /* this one only */
	BOUND_MIN,     /* never shorter */
	BOUND_MAX,     /* never longer */
	BOUND_CHOICES, /* one of these */
};

/* Which spans an account may choose, with what an error needs to say. Texts live in the profile's pool. */
struct bound {
	enum bound_type type;
	const struct span *spans; /* one of FIXED, MIN and MAX; `count` of CHOICES */
	size_t count;
	const char *profile, *plan; /* plan NULL: it holds for every plan that has none of its own */
	enum record_kind kind;
	const char *source;
};

/* Who changes the period. */
enum profile_change {
	CHANGE_ACCOUNT, /* "account": the account itself */
	CHANGE_SUPPORT, /* "support": on request of an admin of the account */
};

struct profile_rule {
	bool set;           /* false: the profile does not speak of this kind */
	struct span keep;   /* the default; 0 days: nothing is stored beyond the call */
	enum profile_change changed_by;
	struct bound bound; /* without a plan */
	const struct bound *plans; /* of the plans that have one of their own */
	size_t plan_count;
	const char *source;
};

/* ---- periods that are not about records ---- */

enum profile_term_id {
	TERM_ACCOUNT_DATA_AFTER_CANCELLATION,
	TERM_ERASURE_COMPLETE_WITHIN,  /* everywhere, from the request or the end of the period */
	TERM_BACKUPS_KEPT,
	TERM_SUBPROCESSOR_OBJECTION,
	TERM_USERS_IDLE,               /* without sign-in; see DUTY_IDLE_USERS_WITHOUT_ACCOUNT */
	TERM_LOG_ACTIVITY,
	TERM_LOG_API_ACCESS,
	TERM_LOG_WEBHOOK_DELIVERY,
};
#define TERM_COUNT 8
struct profile_term {
	bool set;
	struct span span;
	const char *source;
};

/* What holds or does not. */
enum profile_duty_id {
	DUTY_ERASE_ONCE_BILLED,           /* what is not billed yet is erased only after it is */
	DUTY_METADATA_KEPT_FOR_TELECOM_LAW, /* obligations prevail over an erasure request, which is told so */
	DUTY_IDLE_USERS_WITHOUT_ACCOUNT,    /* an idle user goes when no account is left to them: the later of both */
	DUTY_ANONYMISE_ON_REQUEST,
};
#define DUTY_COUNT 4
struct profile_duty {
	bool set;
	const char *source;
};

/* ---- things that are no records ---- */

enum profile_thing_id {
	THING_CONTACTS, THING_CONTACT_LISTS, THING_TAGS, THING_AGENTS, THING_GREETINGS, THING_CUSTOMER_DATA,
};
#define THING_COUNT 6
enum profile_life {
	LIFE_NOT_SET,
	LIFE_UNTIL_DELETED,  /* "until_deleted": by the account */
	LIFE_ACCOUNT_ACTIVE, /* "account_active": while it is */
	LIFE_ACCOUNT_OPEN,   /* "account_open": until it is closed */
};
struct profile_thing {
	enum profile_life life;
	const char *source;
};

/* What people of the account can delete themselves. */
enum profile_way { WAY_HAND = 1, WAY_API = 2 };
struct profile_self_service {
	bool set;
	uint32_t kinds;  /* bit `kind` */
	uint32_t things; /* bit `thing` */
	uint32_t ways;   /* enum profile_way */
	const char *source;
};

/* ---- switches ---- */

enum profile_switch_id {
	SWITCH_RECORDING,
	SWITCH_CONSENT_TRACKING,
	SWITCH_PHI_PROTECTION,
	SWITCH_TAMPER_EVIDENT_AUDIT,
	SWITCH_TRACK_ENCRYPTION,    /* each party's track of a recording under a key of its own */
	SWITCH_SPOKEN_DO_NOT_CALL,  /* "do not call" said in a call marks the contact */
	SWITCH_ZERO_RETENTION,      /* a period of 0: nothing is stored beyond the call */
};
#define SWITCH_COUNT 7
enum switch_state { SWITCH_NOT_SET, SWITCH_OFF, SWITCH_ON, SWITCH_ALWAYS };
enum switch_scope { SWITCH_BY_ACCOUNT = 1, SWITCH_BY_FLOW = 2, SWITCH_BY_API_CALL = 4, SWITCH_BY_AGENT = 8 };
struct profile_switch {
	enum switch_state state; /* as an account begins with it; ALWAYS cannot be turned off */
	uint32_t scopes;         /* enum switch_scope: where it can be set; 0 of ALWAYS */
	const char *source;
};

/* What consent tracking asks, keeps, and says to who refuses. Texts are defaults; an account writes its own. */
enum consent_field { CONSENT_KEEPS_TIME = 1, CONSENT_KEEPS_NUMBER = 2, CONSENT_KEEPS_TEXT = 4 };
struct profile_consent {
	bool set;
	bool before_recording;  /* asked as the flow starts, and agreed before recording goes on */
	uint32_t keeps;         /* enum consent_field; the text is exactly what was presented */
	const char *ask;
	const char *refused;    /* said before the call ends */
	const char *source;
};

/* What replaces what PHI protection finds, before it is written. The live call is not touched. */
enum mask_place { MASK_TRANSCRIPTS = 1, MASK_LOGS = 2 };
struct profile_masks {
	bool set;
	const char *phone, *email, *card;
	uint32_t places; /* enum mask_place */
	const char *source;
};

/* ---- the profile ---- */

/* Texts live in the pool it was read into. */
struct profile {
	const char *name;  /* "exotel" */
	const char *title; /* "Exotel" */
	const char *text;  /* a sentence about it */
	const char *const *plans;
	size_t plan_count;
	struct profile_rule rules[KIND_COUNT];
	struct profile_term terms[TERM_COUNT];
	struct profile_duty duties[DUTY_COUNT];
	struct profile_thing things[THING_COUNT];
	struct profile_self_service self_service;
	struct profile_switch switches[SWITCH_COUNT];
	struct profile_consent consent;
	struct profile_masks masks;
};

struct profiles {
	const struct profile *list[8]; /* by name */
	size_t count;
};

/* All that are built in. ERR_NO_MEMORY; any other is a fault of our files, which the tests exclude. */
MUST_CHECK enum result profiles_load(struct pool *pool, struct profiles *out, struct err *err);
/* ERR_INPUT names file, line and path. */
MUST_CHECK enum result profile_parse(const char *file, const char *text, size_t len, struct pool *pool,
				     struct profile *out, struct err *err);
/* ERR_NOT_FOUND says which there are. */
MUST_CHECK enum result profile_find(const struct profiles *all, const char *name, const struct profile **out,
				    struct err *err);

/* The default of a kind; unlimited where the profile does not speak of it. */
struct span profile_keep(const struct profile *p, enum record_kind kind);
/* The plan's own bound of the kind, else the one without a plan; BOUND_NONE where the profile does not speak of it.
 * `plan` NULL: none. ERR_NOT_FOUND for a plan that the profile does not have: says which it has. */
MUST_CHECK enum result profile_bound(const struct profile *p, const char *plan, enum record_kind kind,
				     struct bound *out, struct err *err);
/* May the span be chosen? ERR_INPUT says the bound, its source and what may be chosen. Spans are compared by their
 * worst case over all start dates (span_within of base/time.h): a year, which can be 366 days, is not within 365 days. */
MUST_CHECK enum result bound_allows(const struct bound *bound, struct span span, struct err *err);
/* "at most 180 days", "30 days, 60 days or unlimited", "any period"; returns `out`. */
#define BOUND_TEXT_MAX 240
char *bound_text(const struct bound *bound, char out[BOUND_TEXT_MAX]);

/* The words of the files: "users_idle", "erase_once_billed", "contact_lists", "until_deleted", "phi_protection", "off".
 * Of LIFE_NOT_SET and SWITCH_NOT_SET "". */
const char *profile_term_name(enum profile_term_id term);
const char *profile_duty_name(enum profile_duty_id duty);
const char *profile_thing_name(enum profile_thing_id thing);
const char *profile_life_name(enum profile_life life);
const char *profile_switch_name(enum profile_switch_id which);
const char *switch_state_name(enum switch_state state);
const char *switch_scope_name(enum switch_scope scope); /* one bit: "account", "flow", "api_call", "agent" */
const char *profile_change_name(enum profile_change change);

#endif
