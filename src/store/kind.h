/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The fixed vocabularies of the plain columns.  Their numbers are stored: never
 * change one, only add.
 */
#ifndef LETHE_STORE_KIND_H
#define LETHE_STORE_KIND_H

#include "base/id.h"

enum record_kind {
	KIND_CALL = 1,
	KIND_RECORDING = 2,
	KIND_VOICEMAIL = 3,
	KIND_TRANSCRIPT = 4,
	KIND_MESSAGE = 5,
	KIND_CHAT = 6,
	KIND_FORM = 7,
	KIND_SESSION = 8,
	KIND_NOTE = 9,
	KIND_DOCUMENT = 10,
	KIND_DELIVERY = 11,
	KIND_CAMPAIGN_RESULT = 12,
};
#define KIND_FIRST KIND_CALL
#define KIND_LAST KIND_CAMPAIGN_RESULT
#define KIND_COUNT (KIND_LAST + 1) /* for arrays indexed by kind; 0 is unused */

const char *kind_name(enum record_kind kind);   /* "campaign_result" */
const char *kind_plural(enum record_kind kind); /* "campaign results", for people */
/* Of ids: "call", "rec", "vm", "tr", "msg", "chat", "form", "ses", "note", "doc", "dlv", "res". */
const char *kind_prefix(enum record_kind kind);
bool kind_parse(const char *name, enum record_kind *out);
bool kind_of_prefix(const char *text, enum record_kind *out); /* of a record id: "msg_01h4.." */
/* An id of a record as somebody gives it; ERR_INPUT says how one looks. */
MUST_CHECK enum result kind_read_id(const char *text, enum record_kind *kind, struct id *out, struct err *err);

/* A party's roles in one record, as a bit set. */
enum party_role { ROLE_FROM = 1, ROLE_TO = 2, ROLE_PARTICIPANT = 4, ROLE_MENTIONED = 8, ROLE_AGENT = 16 };
const char *role_name(enum party_role role);

enum identity_kind {
	IDENTITY_PHONE = 1,    /* E.164 */
	IDENTITY_EMAIL = 2,
	IDENTITY_EXTERNAL = 3, /* what a source calls a person, and what could not be normalised */
	IDENTITY_AGENT = 4,    /* somebody who works for the account: no part of a record's key */
	IDENTITY_NUMBER = 5,   /* a number of the account's own: no part of a record's key */
};
const char *identity_kind_name(enum identity_kind kind);
bool identity_kind_is_external(enum identity_kind kind); /* does it belong to a data subject outside? */

enum direction { DIRECTION_NONE = 0, DIRECTION_INBOUND = 1, DIRECTION_OUTBOUND = 2, DIRECTION_INTERNAL = 3 };
const char *direction_name(enum direction direction); /* "" for none */
bool direction_parse(const char *name, enum direction *out);

enum record_status {
	STATUS_NONE = 0, STATUS_ANSWERED, STATUS_MISSED, STATUS_BUSY, STATUS_FAILED, STATUS_CANCELLED, STATUS_VOICEMAIL,
	STATUS_QUEUED, STATUS_SENT, STATUS_DELIVERED, STATUS_UNDELIVERED, STATUS_RECEIVED, STATUS_READ,
	STATUS_COMPLETED, STATUS_CONGESTION,
};
const char *status_name(enum record_status status); /* "" for none */
bool status_parse(const char *name, enum record_status *out);

#endif
