/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * retention history.
 */
#include <inttypes.h>
#include <string.h>

#include "api/operations.h"
#include "api/paging.h"
#include "retention/history.h"
#include "store/job.h"

#define COUNT 20 /* unless --limit says otherwise */

struct listing {
	struct call *call;
	struct paging page;
	int64_t count, unfinished;
};

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
	if (!paging_take(&listing->page))
		return OK;
	listing->page.id = sweep->job;
	listing->count++;
	listing->unfinished += sweep->end == PAST_UNFINISHED;
	say_sweep(listing->call, sweep);
	print_sweep(listing->call, sweep);
	return OK;
}

static enum result show_sweeps(struct listing *listing, uint32_t account, struct err *err)
{
	struct call *call = listing->call;
	struct paging *page = &listing->page;
	const struct id before = page->id;
	enum result r;

	paging_open(call, "sweeps");
	r = history_list(&call->vault->read, account, page->begun ? &before : NULL, (int64_t)paging_ask(page, PAGING_MAX + 1),
			 show_sweep, listing, err);
	r = paging_close(call, page, account, "", r, err);
	return r;
}

enum result op_retention_history(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct listing listing = {.call = call};
	struct account account;
	enum result r = paging_parse(call, argc, argv, COUNT, &listing.page, &account, err);

	(void)partly;
	if (r == OK)
		r = show_sweeps(&listing, account.number, err);
	if (r != OK)
		return r;
	if (listing.count == 0 && !listing.page.begun)
		call_say(call, "Nothing was ever swept in this account.\n");
	if (listing.unfinished > 0)
		call_say(call,
			 "What is unfinished is finished by the next command that writes, such as `lethe retention "
			 "run`.\n");
	return OK;
}
