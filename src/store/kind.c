/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store/kind.h"

#include <stddef.h>
#include <string.h>

#include "base/quote.h"

static const struct {
	const char *name, *plural, *prefix;
} kinds[KIND_COUNT] = {
    [KIND_CALL] = {"call", "calls", "call"},
    [KIND_RECORDING] = {"recording", "recordings", "rec"},
    [KIND_VOICEMAIL] = {"voicemail", "voicemails", "vm"},
    [KIND_TRANSCRIPT] = {"transcript", "transcripts", "tr"},
    [KIND_MESSAGE] = {"message", "messages", "msg"},
    [KIND_CHAT] = {"chat", "chats", "chat"},
    [KIND_FORM] = {"form", "forms", "form"},
    [KIND_SESSION] = {"session", "sessions", "ses"},
    [KIND_NOTE] = {"note", "notes", "note"},
    [KIND_DOCUMENT] = {"document", "documents", "doc"},
    [KIND_DELIVERY] = {"delivery", "deliveries", "dlv"},
    [KIND_CAMPAIGN_RESULT] = {"campaign_result", "campaign results", "res"},
};

static const char *const directions[] = {
    [DIRECTION_NONE] = "",
    [DIRECTION_INBOUND] = "inbound",
    [DIRECTION_OUTBOUND] = "outbound",
    [DIRECTION_INTERNAL] = "internal",
};

static const char *const statuses[] = {
    [STATUS_NONE] = "",
    [STATUS_ANSWERED] = "answered",
    [STATUS_MISSED] = "missed",
    [STATUS_BUSY] = "busy",
    [STATUS_FAILED] = "failed",
    [STATUS_CANCELLED] = "cancelled",
    [STATUS_VOICEMAIL] = "voicemail",
    [STATUS_QUEUED] = "queued",
    [STATUS_SENT] = "sent",
    [STATUS_DELIVERED] = "delivered",
    [STATUS_UNDELIVERED] = "undelivered",
    [STATUS_RECEIVED] = "received",
    [STATUS_READ] = "read",
    [STATUS_COMPLETED] = "completed",
    [STATUS_CONGESTION] = "congestion",
};

static const char *const identity_kinds[] = {
    [IDENTITY_PHONE] = "phone",	  [IDENTITY_EMAIL] = "email",	[IDENTITY_EXTERNAL] = "external",
    [IDENTITY_AGENT] = "agent", [IDENTITY_NUMBER] = "number",
};

const char *kind_name(enum record_kind kind)
{
	INVARIANT(kind >= KIND_FIRST && kind <= KIND_LAST);
	return kinds[kind].name;
}

const char *kind_plural(enum record_kind kind)
{
	INVARIANT(kind >= KIND_FIRST && kind <= KIND_LAST);
	return kinds[kind].plural;
}

const char *kind_prefix(enum record_kind kind)
{
	INVARIANT(kind >= KIND_FIRST && kind <= KIND_LAST);
	return kinds[kind].prefix;
}

bool kind_parse(const char *name, enum record_kind *out)
{
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (strcmp(name, kinds[kind].name) == 0) {
			*out = (enum record_kind)kind;
			return true;
		}
	}
	return false;
}

bool kind_of_prefix(const char *text, enum record_kind *out)
{
	size_t len = strcspn(text, "_");

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (strlen(kinds[kind].prefix) == len && strncmp(text, kinds[kind].prefix, len) == 0) {
			*out = (enum record_kind)kind;
			return true;
		}
	}
	return false;
}

enum result kind_read_id(const char *text, enum record_kind *kind, struct id *out, struct err *err)
{
	char shown[QUOTE_MAX];

	if (kind_of_prefix(text, kind) && id_parse(kind_prefix(*kind), text, out, err) == OK)
		return OK;
	err_set(err, ERR_INPUT, "%s is no id of a record", quote(text, strlen(text), shown));
	return err_mend(err, "it begins with its kind, as in call_01h455vb4pex5vsknk084sn02q");
}

const char *role_name(enum party_role role)
{
	switch (role) {
	case ROLE_FROM:
		return "from";
	case ROLE_TO:
		return "to";
	case ROLE_PARTICIPANT:
		return "participant";
	case ROLE_MENTIONED:
		return "mentioned";
	case ROLE_AGENT:
		return "agent";
	}
	return "";
}

const char *identity_kind_name(enum identity_kind kind)
{
	INVARIANT(kind >= IDENTITY_PHONE && kind <= IDENTITY_NUMBER);
	return identity_kinds[kind];
}

bool identity_kind_is_external(enum identity_kind kind)
{
	return kind == IDENTITY_PHONE || kind == IDENTITY_EMAIL || kind == IDENTITY_EXTERNAL;
}

/* The first entry of each vocabulary is the empty word for "none", which is never given by name. */
static int find_word(const char *const *words, int count, const char *name)
{
	for (int i = 1; i < count; i++) {
		if (strcmp(words[i], name) == 0)
			return i;
	}
	return 0;
}

const char *direction_name(enum direction direction)
{
	INVARIANT(direction >= DIRECTION_NONE && direction <= DIRECTION_INTERNAL);
	return directions[direction];
}

bool direction_parse(const char *name, enum direction *out)
{
	*out = (enum direction)find_word(directions, DIRECTION_INTERNAL + 1, name);
	return *out != DIRECTION_NONE;
}

const char *status_name(enum record_status status)
{
	INVARIANT(status >= STATUS_NONE && status <= STATUS_CONGESTION);
	return statuses[status];
}

bool status_parse(const char *name, enum record_status *out)
{
	*out = (enum record_status)find_word(statuses, STATUS_CONGESTION + 1, name);
	return *out != STATUS_NONE;
}
