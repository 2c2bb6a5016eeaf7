/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Cutting a record down to the fields that obligations name (law/obligation.h).
 *
 *     field       of the payload (docs/import.md)      plain column        party rows
 *     from, to    from, to: phone, email or id only    -                   of that role
 *     time        time                                 - (it is in the id)
 *     duration    duration                             duration
 *     direction   direction                            direction
 *     status      status                               status
 *     number      number                               number
 *     agent       agent: its id only                   agent               of that role
 *     all         everything, media too                every one           every one
 *
 * All else goes: names, words, files, labels.  Where from or to is kept and the
 * record has nobody there, the account's own number is that end of it, and is
 * kept as well.  A payload that was cut says by which obligations, in the member
 * CUT_MARK, so that it is known whatever key it is under.
 */
#ifndef LETHE_VAULT_CUT_H
#define LETHE_VAULT_CUT_H

#include "base/json.h"
#include "law/obligation.h"
#include "store/record.h"

#define CUT_MARK "obliged_by"

/* Cuts the row's columns and parties and writes what is left of its payload, both in place of what was; nothing is
 * sealed or stored. `codes` with a space between. ERR_CORRUPT when the payload is no JSON object. */
MUST_CHECK enum result cut_record(struct record_row *row, uint32_t fields, const char *codes, const char **payload,
				  size_t *len, struct pool *pool, struct err *err);
/* By which obligations it was cut, with a space between, and which fields are left; NULL: it was not. */
MUST_CHECK enum result cut_read(const char *payload, size_t len, struct pool *pool, const char **codes, uint32_t *left,
				struct err *err);
/* Does the row with that payload hold no more than the fields? `*what` names what is too much; NULL: nothing. */
MUST_CHECK enum result cut_check(const struct record_row *row, uint32_t fields, const char *payload, size_t len,
				 struct pool *pool, const char **what, struct err *err);
/* "from, to, time" */
#define CUT_FIELDS_MAX 96
char *cut_fields_text(uint32_t fields, char out[CUT_FIELDS_MAX]);

#endif
