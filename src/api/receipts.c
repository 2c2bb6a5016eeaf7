/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/file.h"
#include "api/operations.h"
#include "api/paging.h"
#include "privacy/erasures.h"
#include "retention/history.h"
#include "shim/json_parse.h"
#include "store/job.h"

/* ---- which there are ---- */

struct listing {
	struct call *call;
	struct paging *page;
	int64_t count, unfinished;
};

static const char *end_name(enum erasure_end end)
{
	switch (end) {
	case ERASURE_DONE:
		return "done";
	case ERASURE_FAILED:
		return "failed";
	case ERASURE_UNFINISHED:
		break;
	}
	return "unfinished";
}

static enum result show_erasure(void *arg, const struct erasure *erasure, struct err *err)
{
	struct listing *listing = arg;
	struct json_writer *w = &listing->call->w;
	char job[ID_TEXT_MAX], person[ID_TEXT_MAX], started[TIME_TEXT_MAX];

	(void)err;
	if (!paging_take(listing->page))
		return OK;
	listing->page->id = erasure->job;
	listing->count++;
	listing->unfinished += erasure->end == ERASURE_UNFINISHED;
	call_say(listing->call, "%s  %s  %-10s  %s%s%s\n", id_format(JOB_PREFIX, erasure->job, job),
		 instant_format(erasure->started, started), end_name(erasure->end),
		 id_format(PERSON_PREFIX, erasure->person, person), erasure->reference[0] != '\0' ? "  " : "",
		 erasure->reference);
	json_begin_object(w, NULL);
	json_string(w, "job", job);
	json_string(w, "person", person);
	json_string(w, "reference", erasure->reference[0] != '\0' ? erasure->reference : NULL);
	json_string(w, "state", end_name(erasure->end));
	json_string(w, "started", started);
	if (erasure->end == ERASURE_UNFINISHED)
		json_null(w, "ended");
	else
		json_instant(w, "ended", erasure->ended);
	json_end_object(w);
	return OK;
}

static enum result list_page(struct listing *listing, uint32_t account, struct err *err)
{
	struct id after = listing->page->id;
	size_t count, ask;
	enum result r;

	do {
		ask = paging_ask(listing->page, ERASURES_PAGE);
		r = erasures_page(&listing->call->vault->read, account, &after, ask, show_erasure, listing, &count, err);
	} while (r == OK && count == ask && !listing->page->more);
	return r;
}

static enum result list(struct call *call, const struct account *account, struct paging *page, struct err *err)
{
	struct listing listing = {.call = call, .page = page};
	enum result r = paging_begin(call, page, account->number, PAGING_ALL, "", err);

	if (r != OK)
		return r;
	paging_open(call, "erasures");
	r = list_page(&listing, account->number, err);
	r = paging_close(call, page, account->number, "", r, err);
	if (r == OK && listing.count == 0 && !page->begun)
		call_say(call, "Nobody has been erased from this account.\n");
	if (r == OK && listing.unfinished > 0)
		call_say(call,
			 "What is unfinished is finished by the next command that writes, such as `lethe retention "
			 "run`.\n");
	return r;
}

/* ---- one of them ---- */

static enum result print(struct call *call, const char *job, const char *text, struct err *err)
{
	const struct json *receipt;
	enum result r = json_parse_once(text, strlen(text), &call->pool, &receipt, err);

	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "job", job);
	json_node(&call->w, "receipt", receipt);
	json_end_object(&call->w);
	return OK;
}

/* Of an erasure or of a sweep. */
typedef enum result receipt_of(struct vault *vault, const struct account *account, struct id job, struct pool *pool,
			       const char **receipt, struct err *err);

static enum result show_receipt(struct call *call, const struct account *account, receipt_of *again, const char *job,
				const char *out, struct err *err)
{
	const char *receipt = NULL;
	struct id id;
	enum result r = id_parse(JOB_PREFIX, job, &id, err);

	if (r == OK)
		r = again(call->vault, account, id, &call->pool, &receipt, err);
	if (r == OK && out != NULL)
		r = file_write_atomic(out, receipt, strlen(receipt), 0644, err);
	if (r != OK)
		return r;
	if (out != NULL)
		call_say(call, "Receipt: %s\n", out);
	else
		call_say(call, "%s\n", receipt);
	return call->json ? print(call, job, receipt, err) : OK;
}

enum result op_person_receipt(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *out = NULL;
	struct paging page = {0};
	const struct call_option options[] = {{"out", &out, NULL}, PAGING_OPTIONS(page)};
	struct account account;
	enum result r = call_parse(call, options, 3, &argc, argv, 0, 1, err);

	(void)partly;
	if (r == OK && argc == 0 && out != NULL) {
		err_set(err, ERR_INPUT, "JOB is missing");
		return err_mend(err, "`lethe person receipt` alone lists the erasures with their jobs");
	}
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r != OK)
		return r;
	return argc == 0 ? list(call, &account, &page, err)
			 : show_receipt(call, &account, erasures_receipt, argv[0], out, err);
}

enum result op_retention_receipt(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *out = NULL;
	const struct call_option options[] = {{"out", &out, NULL}};
	struct account account;
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	return r == OK ? show_receipt(call, &account, history_receipt, argv[0], out, err) : r;
}
