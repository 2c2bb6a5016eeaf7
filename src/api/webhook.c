/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <string.h>

#include "api/handout.h"
#include "api/operations.h"
#include "api/paging.h"
#include "notify/webhook.h"

#define COUNT 50 /* deliveries, unless --limit says otherwise */
#define PAGE 50

/* What may be reached the daemon's settings say. At the machine only the form is looked at: it is the daemon that
 * delivers, and judges then. */
static const struct client_reach *reach_of(const struct call *call)
{
	static const struct client_reach any = {.plain = true, .inside = true};

	return call->reach != NULL ? call->reach : &any;
}

static enum result read_id(const char *text, struct id *out, struct err *err)
{
	if (id_parse(WEBHOOK_PREFIX, text, out, err) == OK)
		return OK;
	return err_mend(err, "give the webhook's id, whk_..: `lethe webhook list` shows it");
}

static enum result read_event(const char *text, struct id *out, struct err *err)
{
	if (id_parse(EVENT_PREFIX, text, out, err) == OK)
		return OK;
	return err_mend(err, "give the event's id, evt_..: `lethe event list` shows it");
}

/* An operation on the webhook that its first operand names. */
static enum result begin(struct call *call, const struct call_option *options, size_t count, int argc, char **argv,
			 int most, bool write, struct account *account, struct id *id, struct err *err)
{
	enum result r = call_parse(call, options, count, &argc, argv, 1, most, err);

	if (r == OK)
		r = read_id(argv[0], id, err);
	return r == OK ? call_open_account(call, write, account, err) : r;
}

/* ---- adding, and new secrets ---- */

static enum result say_secret(struct call *call, const char *done, struct id id, const char *url,
			      struct handout *handout, const char *secret, struct err *err)
{
	char text[ID_TEXT_MAX];
	enum result r;

	call_say(call, "%s %s.\n", done, id_format(WEBHOOK_PREFIX, id, text));
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", WEBHOOK_PREFIX, id);
	if (url != NULL)
		json_string(&call->w, "url", url);
	r = handout_give(call, handout, "secret", secret, err);
	json_end_object(&call->w);
	if (r == OK && handout->path == NULL)
		call_say(call, "The receiver verifies by it that it is us. It is shown this once.\n");
	return r;
}

static enum result add(struct call *call, const struct webhook_new *new, struct handout *handout, struct err *err)
{
	char secret[WEBHOOK_SECRET_MAX];
	struct account account;
	struct err ignored;
	struct id id;
	enum result r = call_open_account(call, true, &account, err);

	if (r == OK)
		r = webhook_add(call->vault, account.number, reach_of(call), new, call->now, &id, secret, err);
	if (r != OK)
		return r;
	id_format(WEBHOOK_PREFIX, id, call->made);
	r = say_secret(call, "Added", id, new->url, handout, secret, err);
	if (r != OK && webhook_remove(call->vault, account.number, id, call->now, &ignored) != OK)
		err_mend(err, "the webhook is there, and nobody has its secret: `lethe webhook rotate` makes another");
	webhook_secret_wipe(secret);
	return r;
}

enum result op_webhook_add(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *types = NULL, *out = NULL;
	const struct call_option options[] = {{"events", &types, NULL}, {"out", &out, NULL}};
	struct webhook_new new = {.made_by = call->who};
	struct handout handout = {.fd = -1};
	enum result r = call_parse(call, options, 2, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = handout_begin(call, out, &handout, err);
	if (r == OK) {
		new.url = argv[0];
		new.types = types != NULL ? types : "";
		r = add(call, &new, &handout, err);
	}
	handout_end(&handout);
	return r;
}

enum result op_webhook_rotate(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *out = NULL;
	bool at_once = false;
	const struct call_option options[] = {{"out", &out, NULL}, {"at-once", NULL, &at_once}};
	char secret[WEBHOOK_SECRET_MAX];
	struct handout handout = {.fd = -1};
	struct account account;
	struct id id;
	enum result r = begin(call, options, 2, argc, argv, 1, true, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = handout_begin(call, out, &handout, err);
	if (r == OK)
		r = webhook_rotate(call->vault, account.number, id, at_once, call->now, secret, err);
	if (r == OK) {
		r = say_secret(call, at_once ? "A new secret alone signs what goes to" :
					       "A new secret signs, and for a day the old one too, what goes to",
			       id, NULL, &handout, secret, err);
		webhook_secret_wipe(secret);
	}
	handout_end(&handout);
	return r;
}

/* ---- looking ---- */

static void print_webhook(struct call *call, const struct webhook_row *row, const char *url)
{
	struct json_writer *w = &call->w;
	char text[TIME_TEXT_MAX], rest[TIME_TEXT_MAX];
	bool old = row->old_secret_len > 0 && call->now.ms < row->old_until.ms;

	json_begin_object(w, NULL);
	json_id(w, "id", WEBHOOK_PREFIX, row->id);
	json_string(w, "url", url);
	json_string(w, "state", webhook_state_name(row->state));
	json_begin_array(w, "events");
	for (const char *at = row->types; *at != '\0';) {
		size_t len = strcspn(at, ",");

		json_string_n(w, NULL, at, len);
		at += len + (at[len] == ',');
	}
	json_end_array(w);
	json_string(w, "made_by", row->made_by);
	json_instant(w, "created", row->created);
	json_string(w, "failing_since", row->failing_since.ms != 0 ? instant_format(row->failing_since, text) : NULL);
	json_string(w, "rest_until", call->now.ms < row->rest_until.ms ? instant_format(row->rest_until, rest) : NULL);
	json_string(w, "old_secret_until", old ? instant_format(row->old_until, text) : NULL);
	json_end_object(w);
}

static void say_webhook(struct call *call, const struct webhook_row *row, const char *url)
{
	char id[ID_TEXT_MAX], since[TIME_TEXT_MAX], rest[TIME_TEXT_MAX];

	call_say(call, "%s  %-8s  %s\n", id_format(WEBHOOK_PREFIX, row->id, id), webhook_state_name(row->state),
		 call_clean(call, url));
	call_say(call, "  told of: %s%s%s\n", *row->types != '\0' ? row->types : "everything",
		 row->failing_since.ms != 0 ? "; nothing was delivered since " : "",
		 row->failing_since.ms != 0 ? instant_format(row->failing_since, since) : "");
	if (row->state == WEBHOOK_ENABLED && call->now.ms < row->rest_until.ms)
		call_say(call, "  left alone until %s: it did not answer, or asked for it\n", instant_format(row->rest_until, rest));
}

static enum result show(struct call *call, const struct webhook_row *row, struct err *err)
{
	const char *url;
	enum result r = webhook_url(&call->vault->read, row, &call->pool, &url, err);

	if (r != OK)
		return r;
	say_webhook(call, row, url);
	print_webhook(call, row, url);
	return OK;
}

/* There are so few that each page begins with all of them. */
static enum result show_page(struct call *call, uint32_t account, struct paging *page, size_t *count, struct err *err)
{
	struct webhook_row rows[WEBHOOKS_AN_ACCOUNT];
	enum result r = webhook_list(call->vault->read.data, account, page->id, &call->pool, rows, WEBHOOKS_AN_ACCOUNT, count,
				     err);

	for (size_t i = 0; r == OK && i < *count && paging_take(page); i++) {
		page->id = rows[i].id;
		r = show(call, &rows[i], err);
	}
	return r;
}

enum result op_webhook_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct paging page = {0};
	struct account account;
	size_t count = 0;
	enum result r = paging_parse(call, argc, argv, PAGING_ALL, &page, &account, err);

	(void)partly;
	if (r == OK)
		r = webhook_note_read(&call->vault->read, account.number, call->now, err);
	if (r != OK)
		return r;
	paging_open(call, "webhooks");
	r = show_page(call, account.number, &page, &count, err);
	r = paging_close(call, &page, account.number, "", r, err);
	if (r == OK && count == 0 && !page.begun)
		call_say(call, "There are no webhooks yet: `lethe webhook add` makes one.\n");
	return r;
}

enum result op_webhook_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct webhook_row row;
	struct id id;
	enum result r = begin(call, NULL, 0, argc, argv, 1, false, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = webhook_get(call->vault->read.data, account.number, id, &call->pool, &row, err);
	if (r == ERR_NOT_FOUND)
		return err_mend(err, "`lethe webhook list` shows those there are");
	if (r == OK)
		r = webhook_note_read(&call->vault->read, account.number, call->now, err);
	return r == OK ? show(call, &row, err) : r;
}

/* ---- what went to it ---- */

static void say_delivery(struct call *call, const struct delivery_row *row)
{
	char event[ID_TEXT_MAX], at[TIME_TEXT_MAX], next[TIME_TEXT_MAX];

	call_say(call, "%s  %-9s  ", id_format(EVENT_PREFIX, row->event, event), delivery_state_name(row->state));
	if (row->attempts == 0) {
		call_say(call, "not tried yet\n");
		return;
	}
	call_say(call, "%d attempt%s, the last at %s: ", row->attempts, row->attempts == 1 ? "" : "s",
		 instant_format(row->last, at));
	if (row->status != 0)
		call_say(call, "%d", row->status);
	else
		call_say(call, "%s", delivery_fault_name(row->fault));
	call_say(call, row->state == DELIVERY_WAITING ? "; again from %s\n" : "%s\n",
		 row->state == DELIVERY_WAITING ? instant_format(row->next, next) : "");
}

static void print_delivery(struct call *call, const struct delivery_row *row)
{
	struct json_writer *w = &call->w;
	char text[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_id(w, "event", EVENT_PREFIX, row->event);
	json_string(w, "state", delivery_state_name(row->state));
	json_int(w, "attempts", row->attempts);
	json_string(w, "last", row->attempts > 0 ? instant_format(row->last, text) : NULL);
	json_int(w, "status", row->status);
	json_string(w, "fault", row->fault != DELIVERY_FINE ? delivery_fault_name(row->fault) : NULL);
	json_int(w, "took_ms", row->took_ms);
	json_string(w, "next", row->state == DELIVERY_WAITING ? instant_format(row->next, text) : NULL);
	json_end_object(w);
}

static enum result read_before(const char *text, struct paging *page, struct err *err)
{
	if (page->begun)
		return OK;
	memset(page->id.bytes, 0xff, sizeof page->id.bytes);
	return text == NULL || read_event(text, &page->id, err) == OK ? OK : err_where(err, "--before");
}

static enum result show_deliveries(struct call *call, uint32_t account, struct id webhook, struct paging *page,
				   size_t *shown, struct err *err)
{
	struct delivery_row rows[PAGE];
	size_t count, ask;
	enum result r;

	do {
		ask = paging_ask(page, PAGE);
		r = delivery_back(call->vault->read.data, account, webhook, page->id, rows, ask, &count, err);
		for (size_t i = 0; i < count && r == OK && paging_take(page); i++) {
			page->id = rows[i].event;
			say_delivery(call, &rows[i]);
			print_delivery(call, &rows[i]);
			++*shown;
		}
	} while (r == OK && count == ask && !page->more);
	return r;
}

enum result op_webhook_deliveries(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *before = NULL;
	struct paging page = {0};
	const struct call_option options[] = {{"before", &before, NULL}, PAGING_OPTIONS(page)};
	char also[ID_TEXT_MAX] = "";
	struct account account;
	struct webhook_row row;
	size_t shown = 0;
	struct id id;
	enum result r = begin(call, options, 3, argc, argv, 1, false, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = paging_begin(call, &page, account.number, COUNT, id_format(WEBHOOK_PREFIX, id, also), err);
	if (r == OK)
		r = read_before(before, &page, err);
	if (r == OK)
		r = webhook_get(call->vault->read.data, account.number, id, &call->pool, &row, err);
	if (r == ERR_NOT_FOUND)
		return err_mend(err, "`lethe webhook list` shows those there are");
	if (r != OK)
		return r;
	paging_open(call, "deliveries");
	r = show_deliveries(call, account.number, id, &page, &shown, err);
	r = paging_close(call, &page, account.number, also, r, err);
	if (r == OK && shown == 0 && !page.begun)
		call_say(call, "Nothing was to be delivered to it.\n");
	return r;
}

/* ---- changing ---- */

static void print_done(struct call *call, struct id id)
{
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", WEBHOOK_PREFIX, id);
	json_end_object(&call->w);
}

enum result op_webhook_remove(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	char text[ID_TEXT_MAX];
	struct id id;
	enum result r = begin(call, NULL, 0, argc, argv, 1, true, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = webhook_remove(call->vault, account.number, id, call->now, err);
	if (r != OK)
		return r;
	call_say(call, "Removed %s: nothing goes to it any more.\n", id_format(WEBHOOK_PREFIX, id, text));
	print_done(call, id);
	return OK;
}

static enum result enable(struct call *call, int argc, char **argv, bool on, struct err *err)
{
	struct account account;
	char text[ID_TEXT_MAX];
	struct id id;
	enum result r = begin(call, NULL, 0, argc, argv, 1, true, &account, &id, err);

	if (r == OK)
		r = webhook_enable(call->vault, account.number, id, on, call->now, err);
	if (r != OK)
		return r;
	id_format(WEBHOOK_PREFIX, id, text);
	if (on)
		call_say(call, "%s is told again, from where it stopped.\n", text);
	else
		call_say(call, "%s is told nothing until it is enabled again.\n", text);
	print_done(call, id);
	return OK;
}

enum result op_webhook_enable(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	(void)partly;
	return enable(call, argc, argv, true, err);
}

enum result op_webhook_disable(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	(void)partly;
	return enable(call, argc, argv, false, err);
}

enum result op_webhook_test(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	char text[ID_TEXT_MAX];
	struct id id, event;
	enum result r = begin(call, NULL, 0, argc, argv, 1, true, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = webhook_test(call->vault, account.number, id, call->now, &event, err);
	if (r != OK)
		return r;
	call_say(call, "The daemon delivers %s (webhook.test); `lethe webhook deliveries` shows what came of it.\n",
		 id_format(EVENT_PREFIX, event, text));
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", WEBHOOK_PREFIX, id);
	json_id(&call->w, "event", EVENT_PREFIX, event);
	json_end_object(&call->w);
	return OK;
}

enum result op_webhook_replay(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct id id, event;
	int64_t count = 0;
	int words = argc;
	enum result r = call_parse(call, NULL, 0, &words, argv, 1, 2, err);

	(void)partly;
	if (r == OK)
		r = read_id(argv[0], &id, err);
	if (r == OK && words == 2)
		r = read_event(argv[1], &event, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = webhook_replay(call->vault, account.number, id, words == 2 ? &event : NULL, call->now, &count, err);
	if (r != OK)
		return r;
	call_say(call, count == 1 ? "%" PRId64 " event is delivered again.\n" : "%" PRId64 " events are delivered again.\n",
		 count);
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", WEBHOOK_PREFIX, id);
	json_int(&call->w, "events", count);
	json_end_object(&call->w);
	return OK;
}
