/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * retention history.
 */
#include <inttypes.h>
#include <string.h>

#include "base/quote.h"
#include "api/operations.h"
#include "retention/history.h"
#include "store/job.h"

#define COUNT 20 /* unless --count says otherwise */
#define COUNT_DIGITS 9

struct listing {
	struct call *call;
	int64_t count, unfinished;
};

static enum result read_count(const char *text, int64_t *out, struct err *err)
{
	size_t len = strlen(text);
	char shown[QUOTE_MAX];

	*out = 0;
	for (size_t i = 0; i < len && i < COUNT_DIGITS; i++)
		*out = *out * 10 + text[i] - '0';
	if (len >= 1 && len <= COUNT_DIGITS && strspn(text, "0123456789") == len && *out > 0)
		return OK;
	err_set(err, ERR_INPUT, "%s is no number of sweeps", quote(text, len, shown));
	err_where(err, "--count");
	return err_mend(err, "write just the number, such as --count 100");
}

static bool is_true(const struct json *object, const char *name)
{
	const struct json *member = json_get(object, name);

	return member != NULL && member->type == JSON_BOOL && member->boolean;
}

/* "whole", or why not. */
static const char *end_name(const struct past_sweep *sweep)
{
	if (sweep->end == PAST_UNFINISHED)
		return "unfinished";
	if (sweep->end == PAST_FAILED)
		return "failed";
	if (is_true(sweep->statement, "stopped"))
		return "stopped";
	return is_true(sweep->statement, "spent") ? "budget spent" : "whole";
}

static bool left_any(const struct json *left)
{
	for (const struct json *member = left != NULL ? left->first : NULL; member != NULL; member = member->next) {
		if (member->type == JSON_BOOL ? member->boolean : member->integer != 0)
			return true;
	}
	return false;
}

/* ---- text ---- */

static void say_kind(struct call *call, const struct json *done)
{
	int64_t records = json_get_int(done, "records", 0), held = json_get_int(done, "held", 0);
	const char *name = json_get_text(done, "kind");
	char count[32], media[32], bytes[32], kept[32];

	if (name == NULL || (records == 0 && held == 0))
		return;
	call_say(call, "    %-15s  %10s deleted (media: %s; %s)", call_clean(call, name), call_count(records, count),
		 call_count(json_get_int(done, "media", 0), media),
		 call_bytes((uint64_t)json_get_int(done, "bytes", 0), bytes));
	if (held > 0)
		call_say(call, ", %s kept by holds and obligations", call_count(held, kept));
	call_say(call, "\n");
}

static void say_contacts(struct call *call, const struct json *statement)
{
	int64_t gone = json_get_int(statement, "contacts", 0) + json_get_int(statement, "purged", 0);
	int64_t kept = json_get_int(statement, "purged_kept", 0);
	char count[32], more[32];

	if (gone == 0 && kept == 0)
		return;
	call_say(call, "    %-15s  %10s deleted", "contact", call_count(gone, count));
	if (kept > 0)
		call_say(call, ", %s kept by holds", call_count(kept, more));
	call_say(call, "\n");
}

static void say_left(struct call *call, const struct json *left)
{
	char count[32];

	if (!left_any(left)) {
		call_say(call, "    looked again: nothing is left of it\n");
		return;
	}
	call_say(call, "    looked again, still found:");
	for (const struct json *member = left->first; member != NULL; member = member->next) {
		if (member->type == JSON_INT && member->integer != 0)
			call_say(call, " %s %s", call_count(member->integer, count), call_clean(call, member->name));
		else if (member->type == JSON_BOOL && member->boolean)
			call_say(call, " a database's log");
	}
	call_say(call, "\n");
}

static void say_sweep(struct call *call, const struct past_sweep *sweep)
{
	const struct json *kinds = json_get(sweep->statement, "kinds");
	char job[ID_TEXT_MAX], started[TIME_TEXT_MAX];

	call_say(call, "%s  %s  %-12s  lethe %s", id_format(JOB_PREFIX, sweep->job, job),
		 instant_format(sweep->started, started), end_name(sweep), call_clean(call, sweep->command));
	if (sweep->end == PAST_DONE)
		call_say(call, "  leaf %" PRId64, sweep->leaf);
	call_say(call, "\n");
	for (const struct json *kind = kinds != NULL ? kinds->first : NULL; kind != NULL; kind = kind->next)
		say_kind(call, kind);
	if (sweep->end == PAST_DONE)
		say_contacts(call, sweep->statement);
	if (sweep->end == PAST_DONE)
		say_left(call, json_get(sweep->statement, "left"));
}

/* ---- JSON ---- */

static void print_sweep(struct call *call, const struct past_sweep *sweep)
{
	struct json_writer *w = &call->w;

	json_begin_object(w, NULL);
	json_id(w, "job", JOB_PREFIX, sweep->job);
	json_string(w, "state", end_name(sweep));
	json_string(w, "command", sweep->command);
	json_instant(w, "started", sweep->started);
	if (sweep->end == PAST_UNFINISHED)
		json_null(w, "ended");
	else
		json_instant(w, "ended", sweep->ended);
	if (sweep->end == PAST_DONE) {
		json_int(w, "leaf", sweep->leaf);
		json_node(w, "statement", sweep->statement);
	} else {
		json_null(w, "leaf");
		json_null(w, "statement");
	}
	json_end_object(w);
}

static enum result show_sweep(void *arg, const struct past_sweep *sweep, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing->count++;
	listing->unfinished += sweep->end == PAST_UNFINISHED;
	say_sweep(listing->call, sweep);
	print_sweep(listing->call, sweep);
	return OK;
}

enum result op_retention_history(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *count = NULL;
	const struct call_option options[] = {{"count", &count, NULL}};
	struct listing listing = {.call = call};
	struct account account;
	int64_t wanted = COUNT;
	enum result r = call_parse(call, options, 1, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK && count != NULL)
		r = read_count(count, &wanted, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_begin_array(&call->w, "sweeps");
	r = history_list(&call->vault->read, account.number, wanted, show_sweep, &listing, err);
	json_end_array(&call->w);
	json_end_object(&call->w);
	if (r == OK && listing.count == 0)
		call_say(call, "Nothing was ever swept in this account.\n");
	if (r == OK && listing.unfinished > 0)
		call_say(call,
			 "What is unfinished is finished by the next command that writes, such as `lethe retention "
			 "run`.\n");
	return r;
}
