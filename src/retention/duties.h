/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Obligations that an account is under, and what they keep of a record that
 * would otherwise be gone: the fields they name, sealed under the key of a duty
 * (store/duty.h) until the first of them ends, then cut down again for those
 * that still run.
 *
 * A record's day is that of the law's country: in Rome a call at 23:30Z in
 * winter is one of the day after.  What was cut down is covered by the
 * obligations it was cut for (its payload names them: vault/cut.h), whatever
 * became of the columns that told so, and by those that were added since, as far
 * as what is left tells.
 */
#ifndef LETHE_RETENTION_DUTIES_H
#define LETHE_RETENTION_DUTIES_H

#include "law/obligation.h"
#include "store/duty.h"
#include "store/hold.h"
#include "store/record.h"
#include "vault/vault.h"

#define DUTIES_MAX 64 /* obligations that apply to one account */
#define DUTY_ZONES_MAX 16
#define DUTY_CODES_MAX ((size_t)4096)

struct zone;

/* An obligation that applies, with what its tags are here. */
struct duty_law {
	const struct obligation *law;
	const int64_t *tags;     /* labels; those of its tags that nothing has are not among them */
	size_t tag_count;
	struct zone *zone;       /* of its country; NULL: UTC */
};
/* Those in force at `now`, by code. Not to be shared by threads. */
struct duty_set {
	uint32_t account;
	struct instant now;
	struct date today;
	struct duty_law *laws;   /* in the pool */
	size_t count;
	struct { const char *country; struct zone *zone; } zones[DUTY_ZONES_MAX];
	size_t zone_count;
};
/* ERR_UNSUPPORTED when the account is under an obligation this program does not know: what it keeps would be deleted.
 * duties_free also after an error. */
MUST_CHECK enum result duties_load(struct session *session, uint32_t account, struct instant now, struct pool *pool,
				   struct duty_set *out, struct err *err);
void duties_free(struct duty_set *set);
/* Can they be loaded? For who begins a job that will need them. */
MUST_CHECK enum result duties_known(struct session *session, uint32_t account, struct instant now, struct err *err);
/* The name of the tz database by which a country's law counts its days; NULL: none is known. */
const char *duties_zone_of(const char *country);

/* The obligations that still run for a record. */
struct duty_cover {
	const struct obligation *laws[DUTIES_MAX]; /* by code */
	struct date ends[DUTIES_MAX];              /* the first day on which it runs no longer */
	size_t count;                              /* 0: none runs, and nothing below is set */
	uint32_t fields;                           /* enum obligation_field: all that they name, and that is still there */
	struct date changes;                       /* when the first of them ends */
	struct date over;                          /* when the last of them ends */
};
/* Pure. `codes` NULL: it is whole. Else it was cut down, for these obligations and to the fields `left`. */
void duties_cover(const struct duty_set *set, const struct record_row *row, const char *codes, uint32_t left,
		  struct duty_cover *out);
/* To what a row as it is stored was cut: `*codes` and `*left` for duties_cover. It is opened when it is under a hold's key.
 * `*duty` is the duty it is under, its number 0 when it is under none. ERR_GONE, ERR_CORRUPT when it must be opened and
 * cannot be. */
MUST_CHECK enum result duties_cut_of(struct session *session, const struct duty_set *set, const struct record_row *row,
				     struct pool *pool, const char **codes, uint32_t *left, struct duty_row *duty,
				     struct err *err);
/* Both. */
MUST_CHECK enum result duties_cover_row(struct session *session, const struct duty_set *set,
					const struct record_row *row, struct pool *pool, struct duty_cover *out,
					struct duty_row *duty, struct err *err);
/* Could any record of this kind and day be covered? false spares looking at the records. Pure. */
bool duties_touch_period(const struct duty_set *set, enum record_kind kind, struct date day);
/* Does a duty end now: has its day come, or was one of its obligations ended? Pure. */
bool duties_due(const struct duty_set *set, const struct duty_row *duty);
/* Is the obligation one of those the duty was made for? Pure. */
bool duties_names(const struct duty_row *duty, const char *code);

/* Their codes, with a space between; in the pool. */
MUST_CHECK enum result duties_codes(const struct duty_cover *cover, struct pool *pool, const char **out,
				    struct err *err);
/* Inside a write transaction: the duty for what is covered so; found, or made without its key. */
MUST_CHECK enum result duties_take(struct session *session, const struct duty_set *set, const struct duty_cover *cover,
				   struct pool *pool, struct duty_row *out, struct err *err);

/* Of whom nothing may lead to the record any more. */
struct duty_leaving { const int64_t *identities; size_t count; };
/* Inside a write transaction, while the record's old keys still open it: cuts it down to cover->fields, seals it under the
 * key of the duty for that (made when it is the first), lists it as held there and no longer where it was. Media go
 * unless all is kept; party rows of identities that are gone or in `leaving` (may be NULL) go. ERR_CORRUPT and ERR_GONE
 * leave the record as it was. One that is under that duty already is left there (duties_leave). */
MUST_CHECK enum result duties_keep(struct session *session, const struct duty_set *set, const struct duty_cover *cover,
				   struct record_row *row, enum held_cause cause, struct instant due,
				   const struct duty_leaving *leaving, struct pool *pool, struct err *err);
/* A record under a duty, which stays there: takes out of its columns and party rows who is in `leaving`. */
MUST_CHECK enum result duties_leave(struct session *session, struct record_row *row,
				    const struct duty_leaving *leaving, struct err *err);
/* Nothing is listed under it any more: its key and its row go, with the leaf duty.end. */
MUST_CHECK enum result duties_end(struct session *session, const struct duty_row *duty, struct id job,
				  struct instant now, struct err *err);

#endif
