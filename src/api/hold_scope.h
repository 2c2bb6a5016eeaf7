/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The scope of a hold on the command line: its options read, and shown again.
 */
#ifndef LETHE_API_HOLD_SCOPE_H
#define LETHE_API_HOLD_SCOPE_H

#include "api/call.h"
#include "retention/holds.h"

struct hold_words {
	const char *person, *number, *business_number, *user, *queue, *campaign, *tag, *kinds, *from, *until;
	const char *custodian, *matter, *reason, *reason_file;
};
#define HOLD_SCOPE_OPTIONS(w) \
	{"person", &(w).person, NULL}, {"number", &(w).number, NULL}, {"business-number", &(w).business_number, NULL}, \
	{"user", &(w).user, NULL}, {"queue", &(w).queue, NULL}, {"campaign", &(w).campaign, NULL}, \
	{"tag", &(w).tag, NULL}, {"kind", &(w).kinds, NULL}, {"from", &(w).from, NULL}, {"until", &(w).until, NULL}, \
	{"custodian", &(w).custodian, NULL}, {"matter", &(w).matter, NULL}, {"reason", &(w).reason, NULL}, \
	{"reason-file", &(w).reason_file, NULL}

/* What needs no vault: kinds, times, texts. */
MUST_CHECK enum result hold_scope_words(struct call *call, const struct hold_words *words, struct hold_request *out,
					struct err *err);
/* What is looked up in it. ERR_NOT_FOUND names the option. */
MUST_CHECK enum result hold_scope_find(struct call *call, const struct account *account, const struct hold_words *words,
				       struct hold_request *out, struct err *err);
/* Opens names and numbers: the read has been noted. say: for people, a line each; print: members of the open object. */
MUST_CHECK enum result hold_scope_say(struct call *call, const struct hold_row *row, struct err *err);
MUST_CHECK enum result hold_scope_print(struct call *call, const struct hold_row *row, struct err *err);

#endif
