/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/file.h"
#include "cli/commands.h"
#include "privacy/erasures.h"
#include "retention/history.h"
#include "shim/json_parse.h"
#include "store/job.h"

/* ---- which there are ---- */

struct listing { struct cli *cli; int64_t count, unfinished; };

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
	struct json_writer *w = &listing->cli->w;
	char job[ID_TEXT_MAX], person[ID_TEXT_MAX], started[TIME_TEXT_MAX];

	(void)err;
	listing->count++;
	listing->unfinished += erasure->end == ERASURE_UNFINISHED;
	cli_say(listing->cli, "%s  %s  %-10s  %s%s%s\n", id_format(JOB_PREFIX, erasure->job, job),
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

static enum result list(struct cli *cli, const struct account *account, struct err *err)
{
	struct listing listing = {.cli = cli};
	enum result r;

	json_begin_object(&cli->w, NULL);
	json_begin_array(&cli->w, "erasures");
	r = erasures_list(&cli->vault->read, account->number, show_erasure, &listing, err);
	json_end_array(&cli->w);
	json_end_object(&cli->w);
	if (r == OK && listing.count == 0)
		cli_say(cli, "Nobody has been erased from this account.\n");
	if (r == OK && listing.unfinished > 0)
		cli_say(cli, "What is unfinished is finished by the next command that writes, such as `lethe retention "
			     "run`.\n");
	return r;
}

/* ---- one of them ---- */

static enum result print(struct cli *cli, const char *job, const char *text, struct err *err)
{
	const struct json *receipt;
	enum result r = json_parse_once(text, strlen(text), &cli->pool, &receipt, err);

	if (r != OK)
		return r;
	json_begin_object(&cli->w, NULL);
	json_string(&cli->w, "job", job);
	json_node(&cli->w, "receipt", receipt);
	json_end_object(&cli->w);
	return OK;
}

/* Of an erasure or of a sweep. */
typedef enum result receipt_of(struct vault *vault, const struct account *account, struct id job, struct pool *pool,
			       const char **receipt, struct err *err);

static enum result show_receipt(struct cli *cli, const struct account *account, receipt_of *again,
				const char *job, const char *out, struct err *err)
{
	const char *receipt = NULL;
	struct id id;
	enum result r = id_parse(JOB_PREFIX, job, &id, err);

	if (r == OK)
		r = again(cli->vault, account, id, &cli->pool, &receipt, err);
	if (r == OK && out != NULL)
		r = file_write_atomic(out, receipt, strlen(receipt), 0644, err);
	if (r != OK)
		return r;
	if (out != NULL)
		cli_say(cli, "Receipt: %s\n", out);
	else
		cli_say(cli, "%s\n", receipt);
	return cli->json ? print(cli, job, receipt, err) : OK;
}

enum result cmd_person_receipt(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *out = NULL;
	const struct cli_option options[] = {{"out", &out, NULL}};
	struct account account;
	enum result r = cli_parse(cli, options, 1, &argc, argv, 0, 1, err);

	(void)partly;
	if (r == OK && argc == 0 && out != NULL) {
		err_set(err, ERR_INPUT, "JOB is missing");
		return err_mend(err, "`lethe person receipt` alone lists the erasures with their jobs");
	}
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	if (r != OK)
		return r;
	return argc == 0 ? list(cli, &account, err) : show_receipt(cli, &account, erasures_receipt, argv[0], out, err);
}

enum result cmd_retention_receipt(struct cli *cli, int argc, char **argv, bool *partly, struct err *err)
{
	const char *out = NULL;
	const struct cli_option options[] = {{"out", &out, NULL}};
	struct account account;
	enum result r = cli_parse(cli, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = cli_open_account(cli, false, &account, err);
	return r == OK ? show_receipt(cli, &account, history_receipt, argv[0], out, err) : r;
}
