/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Acts: what the audit log says. One leaf per act, in the transaction of the
 * act itself.
 *
 * As with the log (base/log.h), a leaf cannot take personal data: names are
 * literals and values are integers, opaque ids, instants, digests and literal words.
 *
 *	struct act act;
 *	act_begin(&act, "person.erase", account, now);
 *	act_id(&act, "person", "per", person);
 *	act_int(&act, "records", n);
 *	r = act_append(&act, session, &seq, err);
 *
 * What others are told of an act is made with its leaf: vault/outbox.h.
 */
#ifndef LETHE_VAULT_ACT_H
#define LETHE_VAULT_ACT_H

#include "base/buf.h"
#include "base/id.h"
#include "base/log.h"
#include "db/db.h"
#include "store/kind.h"

#define ACT_FIELDS_MAX 64
#define ACT_NAME_MAX 48
#define ACT_TEXT_MAX 72
#define ACT_LEAF_MAX 8192

struct act_field { char name[ACT_NAME_MAX]; bool is_int; int64_t integer; char text[ACT_TEXT_MAX]; };

struct act {
	uint32_t account;
	struct instant at;
	size_t count;
	struct act_field fields[ACT_FIELDS_MAX];
};

/* `name` and every other name and word here are literals. */
#define act_begin(act, name, account, at) act_begin_((act), LOG_LITERAL(name), (account), (at))
#define act_int(act, name, value) act_int_((act), LOG_LITERAL(name), "", (value))
#define act_int_of_kind(act, name, kind, value) act_int_((act), LOG_LITERAL(name "."), kind_name(kind), (value))
#define act_id(act, name, prefix, id) act_id_((act), LOG_LITERAL(name), LOG_LITERAL(prefix), (id))
#define act_record(act, name, kind, id) act_id_((act), LOG_LITERAL(name), kind_prefix(kind), (id))
#define act_word(act, name, word) act_word_((act), LOG_LITERAL(name), LOG_LITERAL(word))
#define act_instant(act, name, at) act_instant_((act), LOG_LITERAL(name), (at))
/* `hex` is a digest in lower-case hex; anything else is a bug (INVARIANT). */
#define act_digest(act, name, hex) act_digest_((act), LOG_LITERAL(name), (hex))

void act_begin_(struct act *act, const char *name, uint32_t account, struct instant at);
void act_int_(struct act *act, const char *name, const char *suffix, int64_t value);
void act_id_(struct act *act, const char *name, const char *prefix, struct id id);
void act_word_(struct act *act, const char *name, const char *word);
void act_instant_(struct act *act, const char *name, struct instant at);
void act_digest_(struct act *act, const char *name, const char *hex);

/* Who acts on this thread: leaves begun on it name them as "by" until said otherwise; at first, and with nobody(), whoever
 * runs the program, as "uid". What is handed to vault_write is done by who hands it over. `prefix` is a literal. */
#define ACT_REASON_MAX 64
struct act_by { char text[ID_TEXT_MAX]; char reason[ACT_REASON_MAX + 1]; };
#define act_by_set(prefix, id) act_by_set_(LOG_LITERAL(prefix), (id))
void act_by_set_(const char *prefix, struct id id);
void act_by_nobody(void);
/* Why, as "reason", until the next nobody(): a reference to where that is said (the number of a case), [A-Za-z0-9._-], so that
 * nothing personal gets into the log. False: it is none. */
MUST_CHECK bool act_by_reason(const char *reference);
struct act_by act_by_now(void);
void act_by_take(const struct act_by *by); /* what act_by_now gave, also on another thread */

/* Writes the leaf: canonical JSON (RFC 8785), members sorted. */
MUST_CHECK enum result act_write(const struct act *act, struct buf *out, struct err *err);
/* Appends it inside the open transaction of `data`. `seq` may be NULL. */
MUST_CHECK enum result act_append(const struct act *act, struct db *data, uint64_t *seq, struct err *err);
/* The same in a transaction of its own: for reads, which change nothing else. */
MUST_CHECK enum result act_append_alone(const struct act *act, struct db *data, uint64_t *seq, struct err *err);

#endif
