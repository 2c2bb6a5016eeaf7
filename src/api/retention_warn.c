/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * retention warn: printed first, and only then remembered as said.
 */
#include <string.h>
#include <unistd.h>

#include "api/operations.h"
#include "retention/warn.h"

/* What there is to say of one account. */
struct said {
	struct account account;
	struct warnings warnings;
	enum result result; /* not OK: it failed, and the others are said */
	struct err err;
	struct said *next;
};

/* ---- finding ---- */

/* One account's damage is not to keep the others from being warned. */
static enum result find_one(struct call *call, struct said *said, struct err *err)
{
	enum result r =
	    warnings_find(&call->vault->read, said->account.number, call->now, &call->pool, &said->warnings, err);

	said->result = OK;
	if (r != ERR_CORRUPT && r != ERR_UNSUPPORTED)
		return r;
	said->result = r;
	said->err = *err;
	return OK;
}

static enum result find_all(struct call *call, struct said **first, struct err *err)
{
	struct said **end = first;
	uint32_t number = 0;
	size_t count;
	enum result r;

	*first = NULL;
	while ((r = account_list(call->vault->read.data, number, &number, 1, &count, err)) == OK && count > 0) {
		struct said *said = pool_alloc(&call->pool, sizeof *said);

		if (said == NULL)
			return err_no_memory(err);
		*said = (struct said){.next = NULL};
		r = accounts_get(&call->vault->read, number, &call->pool, &said->account, err);
		if (r == OK)
			r = find_one(call, said, err);
		if (r != OK)
			return r;
		*end = said;
		end = &said->next;
	}
	return r;
}

/* ---- saying ---- */

static bool of_contacts(const struct warning *warning)
{
	return warning->kind == (enum record_kind)HELD_CONTACT;
}

static void print_event(struct call *call, const struct account *account, const struct warning *warning)
{
	struct json_writer *w = &call->w;

	json_begin_object(w, NULL);
	json_string(w, "type", "retention.expiring");
	json_instant(w, "time", call->now);
	json_id(w, "account", ACCOUNT_PREFIX, account->id);
	json_begin_object(w, "data");
	json_string(w, "kind", of_contacts(warning) ? "contact" : kind_name(warning->kind));
	json_int(w, "lead_days", warning->lead);
	json_date(w, "first_day", warning->first);
	json_date(w, "last_day", warning->last);
	json_int(w, "records", warning->goes.records);
	json_int(w, "media", warning->goes.media);
	json_int(w, "bytes", warning->goes.bytes);
	json_int(w, "cut_down", warning->cut);
	json_end_object(w);
	json_end_object(w);
}

static void say_event(struct call *call, const struct warning *warning)
{
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX], count[32], bytes[32];
	bool one = warning->first.days == warning->last.days;

	date_format(warning->first, first);
	date_format(warning->last, last);
	if (of_contacts(warning)) {
		call_say(call,
			 "Within %d day%s, %s %s%s%s: %s deleted contact%s can be brought back no longer (`lethe "
			 "contact list "
			 "--deleted`).\n",
			 warning->lead, warning->lead == 1 ? "" : "s", one ? "on" : "from", first, one ? "" : " to ",
			 one ? "" : last, call_count(warning->goes.records, count),
			 warning->goes.records == 1 ? "" : "s");
		return;
	}
	call_say(call, "Within %d day%s, %s %s%s%s:", warning->lead, warning->lead == 1 ? "" : "s", one ? "on" : "from",
		 first, one ? "" : " to ", one ? "" : last);
	if (warning->goes.records > 0)
		call_say(call, " %s %s go%s (%s)%s", call_count(warning->goes.records, count),
			 call_kind(warning->kind, warning->goes.records), warning->goes.records == 1 ? "es" : "",
			 call_bytes((uint64_t)warning->goes.bytes, bytes), warning->cut > 0 ? ", and" : ".\n");
	if (warning->cut > 0)
		call_say(call, " %s %s cut down to what obligations name.\n", call_count(warning->cut, count),
			 call_kind(warning->kind, warning->cut));
}

static void say_account(struct call *call, const struct said *said, bool *partly)
{
	if (said->warnings.count == 0)
		return;
	call_say(call, "%s\n", call_clean(call, said->account.name));
	for (size_t i = 0; i < said->warnings.count; i++) {
		print_event(call, &said->account, &said->warnings.list[i]);
		say_event(call, &said->warnings.list[i]);
	}
	*partly = true;
}

static void print_failed(struct call *call, const struct said *said)
{
	json_begin_array(&call->w, "failed");
	for (; said != NULL; said = said->next) {
		if (said->result == OK)
			continue;
		json_begin_object(&call->w, NULL);
		json_id(&call->w, "account", ACCOUNT_PREFIX, said->account.id);
		json_string(&call->w, "what", said->err.what);
		json_end_object(&call->w);
	}
	json_end_array(&call->w);
}

static void say_all(struct call *call, const struct said *first, bool *partly)
{
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "events");
	for (const struct said *said = first; said != NULL; said = said->next)
		say_account(call, said, partly);
	json_end_array(&call->w);
	print_failed(call, first);
	json_end_object(&call->w);
	if (*partly)
		call_say(call, "What is to stay longer can be exported before, held, or kept by another policy;\n"
			       "`lethe retention forecast` says more of each day.\n");
	else if (call->terminal)
		call_say(call, "Nothing goes soon that was not said before.\n");
}

/* ---- the command ---- */

/* Printed and not remembered is said again; remembered and not printed would be lost. */
static enum result say_and_mark(struct call *call, const struct said *first, bool *partly, struct err *err)
{
	enum result r;

	say_all(call, first, partly);
	r = call_flush(call, err);
	for (const struct said *said = first; said != NULL && r == OK; said = said->next)
		r = warnings_mark(call->vault, said->account.number, &said->warnings, call->now, err);
	for (const struct said *said = first; said != NULL && r == OK; said = said->next) {
		r = said->result;
		if (r != OK)
			*err = said->err;
	}
	return r;
}

enum result op_retention_warn(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	bool all = false;
	const struct call_option options[] = {{"all", NULL, &all}};
	struct said one = {.next = NULL}, *first = &one;
	enum result r = call_parse(call, options, 1, &argc, argv, 0, 0, err);

	if (r == OK)
		r = all ? call_open(call, true, err) : call_open_account(call, true, &one.account, err);
	if (r == OK)
		r = all ? find_all(call, &first, err) : find_one(call, &one, err);
	return r == OK ? say_and_mark(call, first, partly, err) : r;
}
