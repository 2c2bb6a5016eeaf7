/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a record or a contact, for whoever deletes: the disposition
 * (retention/disposition.h), asked with the facts that the row and the
 * account's rules give.  Nothing is deleted but what it lets go.
 *
 *     sweeps                     verdict_of, of records under their period's key; verdict_of_period, of a whole day
 *     what keepers kept, their   verdict_row
 *     releases and ends
 *     imports                    verdict_of, of what arrives past its time
 *     erasures                   verdict_row, of a record whose person is erased
 *     deleted contacts           verdict_of_contact
 *     why                        verdict_facts, verdict_contact_facts, and the texts that go with them
 */
#ifndef LETHE_RETENTION_VERDICT_H
#define LETHE_RETENTION_VERDICT_H

#include "retention/disposition.h"
#include "retention/keepers.h"
#include "retention/policies.h"

/* By what is decided; all of one account. Pointers are borrowed. */
struct verdict_rules {
	const struct policy_set *policies; /* NULL: nothing but what is listed as expired or erased ever goes */
	const struct hold_set *holds;      /* NULL: only ruling.fate STAYS or not is to be known: is its own time over? */
	const struct duty_set *duties;     /* NULL: likewise */
	struct instant now;                /* its UTC day counts */
	const struct id *only;             /* not NULL: this record goes as what is past its time does; no policy is asked */
};

/* A record and what its row does not tell. */
struct verdict_case {
	const struct record_row *row;
	const struct held_row *held; /* as it is listed under the keeper whose key it is under; NULL: under its period's */
	const char *codes;           /* it was cut down, for these obligations .. */
	uint32_t left;               /* .. to these fields. codes NULL: it is whole */
	bool key_gone;               /* nobody can open it */
	bool erased;                 /* its person is being erased, .. */
	struct instant erased_at;    /* .. since then */
};

enum fate {
	FATE_STAYS, /* as it is, under the key it is under */
	FATE_GOES,
	FATE_HELD,  /* would go, but a hold or a restriction keeps all that is left of it, under its key */
	FATE_CUT,   /* would go, but obligations keep what they name, under the key of a duty */
};
struct ruling {
	enum fate fate;
	const struct hold_scope *scope; /* of FATE_HELD; in rules->holds */
	struct duty_cover cover;        /* of FATE_CUT */
	enum held_cause cause;          /* of all but FATE_STAYS: why it would go, .. */
	struct instant due;             /* .. and since when */
};

/* What disposition() is asked with. It points into itself, the rules and the case. */
struct verdict_facts {
	struct disposition_facts facts;
	struct duty_cover cover;
	struct disposition_obligation laws[DUTIES_MAX]; /* by cover.laws, without citations */
	const struct hold_scope *hold, *restriction;    /* the oldest that cover it */
};
/* Pure, and so are the next two. */
void verdict_facts(const struct verdict_rules *rules, const struct verdict_case *c, struct verdict_facts *out);
void verdict_of(const struct verdict_rules *rules, const struct verdict_case *c, struct ruling *out);
/* Of all records of that day that are under the period's keys, without a look at them. false: they may differ, and each
 * must be asked; `out` is not to be used then. Asks with the facts of the day: its rules that keep longest and shortest,
 * which no record's rule is beyond; a day that a hold or an obligation may cover anything of has no verdict of its own. */
bool verdict_of_period(const struct verdict_rules *rules, enum record_kind kind, struct date day, struct ruling *out);

/* Have records of that day that are under the period's keys and alike (retention/alike.h) the same verdict, unless a hold
 * names somebody in them (holds_name)? */
bool verdict_goes_by_sort(const struct verdict_rules *rules, enum record_kind kind, struct date day);

/* A contact: holds and restrictions decide of it, why it was kept, and whether somebody deleted it; no policy does, and
 * no obligation speaks of it. */
struct verdict_contact {
	const struct contact_row *row;
	const struct held_row *held; /* as it is listed under the hold whose key it is under; NULL: under its own */
	bool key_gone;
};
/* Pure. out->cover is empty. */
void verdict_contact_facts(const struct verdict_rules *rules, const struct verdict_contact *c,
			   struct verdict_facts *out);
void verdict_of_contact(const struct verdict_rules *rules, const struct verdict_contact *c, struct ruling *out);

/* A row as it is stored, with what must be read to know: into `c`, which points to `row`, `held` and the pool. */
MUST_CHECK enum result verdict_case_of(struct session *session, const struct verdict_rules *rules,
				       const struct record_row *row, struct pool *pool, struct held_row *held,
				       struct verdict_case *c, struct err *err);
/* A row as it is stored: reads what the row does not tell, and asks again when it would stay and nobody can open it. `held`
 * NULL: it is looked up when the row is under a keeper's key. `erased_at` NULL: its person is not being erased. Of what was
 * handed to a hold and fails its tag nobody can see to what it was cut: no obligation has anything of it to keep. */
MUST_CHECK enum result verdict_row(struct session *session, const struct verdict_rules *rules,
				   const struct record_row *row, const struct held_row *held,
				   const struct instant *erased_at, struct pool *pool, struct ruling *out,
				   struct err *err);
/* The same for who counts: of a row that is under its period's key, whether there is a key left is not asked. */
MUST_CHECK enum result verdict_look(struct session *session, const struct verdict_rules *rules,
				    const struct record_row *row, struct pool *pool, struct ruling *out,
				    struct err *err);
/* Is there still a key to open it with? */
MUST_CHECK enum result verdict_opens(struct session *session, const struct record_row *row, bool *opens,
				     struct err *err);
/* Inside a write transaction, while its old keys still open it: carries out FATE_HELD and FATE_CUT as holds_keep and
 * duties_keep do. `leaving` may be NULL. No-op for any other. */
MUST_CHECK enum result verdict_keep(struct session *session, const struct verdict_rules *rules,
				    const struct ruling *ruling, struct record_row *row,
				    const struct duty_leaving *leaving, struct pool *pool, struct err *err);

#endif
