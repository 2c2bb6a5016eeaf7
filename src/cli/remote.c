/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/remote.h"

#include <stdlib.h>
#include <string.h>

#include "cli/asked.h"
#include "cli/interrupt.h"
#include "cli/reply.h"
#include "cli/transfer.h"
#include "cli/whom.h"

/* ---- which daemon ---- */

static enum result take_value(const char *name, int argc, char **argv, int *at, const char **value, struct err *err)
{
	const char *equals = strchr(argv[*at], '=');

	if (equals == NULL && *at + 1 >= argc) {
		err_set(err, ERR_INPUT, "--%s needs a value", name);
		return err_mend(err, "write --%s VALUE", name);
	}
	*value = equals != NULL ? equals + 1 : argv[++*at];
	return OK;
}

static bool is_option(const char *word, const char *name)
{
	size_t len = strlen(name);

	return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, len) == 0 &&
	       (word[2 + len] == '\0' || word[2 + len] == '=');
}

enum result remote_options(int *argc, char **argv, struct remote *out, struct err *err)
{
	const struct { const char *name, *variable; const char **value; } options[] = {
	    {"server", "LETHE_SERVER", &out->server},
	    {"token-file", "LETHE_TOKEN_FILE", &out->token_file},
	    {"ca", "LETHE_CA", &out->ca_file},
	};
	bool ended = false, given = false;
	int kept = 0;

	for (size_t i = 0; i < 3; i++) {
		*options[i].value = getenv(options[i].variable);
		if (*options[i].value != NULL && **options[i].value == '\0')
			*options[i].value = NULL;
	}
	for (int at = 0; at < *argc; at++) {
		size_t i = 0;

		ended = ended || strcmp(argv[at], "--") == 0;
		while (i < 3 && (ended || !is_option(argv[at], options[i].name)))
			i++;
		if (i == 3)
			argv[kept++] = argv[at];
		else if (take_value(options[i].name, *argc, argv, &at, options[i].value, err) != OK)
			return err->code;
		given = given || i < 3;
	}
	*argc = kept;
	if (!given || out->server != NULL)
		return OK;
	err_set(err, ERR_INPUT, "which daemon is to be asked is not said");
	return err_mend(err, "add --server URL, or set LETHE_SERVER");
}

/* ---- asking ---- */

static enum result not_remote(const struct operation *command, struct err *err)
{
	for (size_t i = 0; i < local_operation_count; i++) {
		if (strcmp(local_operations[i].operation, command->name) != 0)
			continue;
		err_set(err, ERR_UNSUPPORTED, "`lethe %s` is not asked of a daemon: %s", command->name,
			local_operations[i].why);
		return err_mend(err, "run it at the machine, without --server or LETHE_SERVER");
	}
	err_set(err, ERR_UNSUPPORTED, "`lethe %s` is not asked of a daemon", command->name);
	return err_mend(err, "run it at the machine, without --server or LETHE_SERVER");
}

/* What the operation would ask a person, the daemon has nobody to ask. */
static enum result confirm(struct asked *asked, struct err *err)
{
	const struct asked_option *dry = asked_option(asked, "dry-run");

	if (asked->resource->fixed == NULL || strcmp(asked->resource->fixed, "--yes") != 0 ||
	    asked_option(asked, "yes")->given || (dry != NULL && dry->given))
		return OK;
	if (!call_can_ask(asked->call)) {
		err_set(err, ERR_DENIED, "there is nobody to ask whether to do it");
		return err_mend(err, "add --yes");
	}
	if (call_ask(asked->call, "%s, at %s? ", asked->command->summary, asked->server.url))
		return OK;
	return err_set(err, ERR_INTERRUPTED, "nothing was done");
}

static enum result print(struct asked *asked, struct buf *body, struct err *err)
{
	struct call *call = asked->call;

	if (body->data == NULL)
		return OK;
	if (call->json)
		return call->caller->flush(call->caller->arg, body->data, body->len, err);
	body->len = call_harmless(body->data, body->len, true);
	call->caller->say(call->caller->arg, body->data, body->len);
	if (body->len > 0 && body->data[body->len - 1] != '\n') /* a document, which is all that the command has */
		call->caller->say(call->caller->arg, "\n", 1);
	return OK;
}

static enum result do_it(struct asked *asked, bool *partly, struct err *err)
{
	struct ask_request request = {.method = method_name(asked->resource->method), .json = asked->call->json,
				      .stop = interrupt_asked};
	struct buf target, sent, body;
	struct ask_answer answer;
	enum result r;

	buf_init(&target, ASKED_TARGET_MAX);
	buf_init(&sent, ASKED_BODY_MAX);
	buf_init(&body, REPLY_MAX);
	asked_target(asked, &target);
	request.body = asked_body(asked, &sent) ? sent.data : NULL;
	request.target = target.data;
	r = buf_ok(&target, "the request", err);
	if (r == OK)
		r = buf_ok(&sent, "the request", err);
	if (r == OK)
		r = reply_get(asked, &request, request.json ? "application/json" : "text/plain", &body, &answer, err);
	if (r == OK) {
		*partly = answer.partly;
		r = print(asked, &body, err);
	}
	buf_free(&target);
	buf_free(&sent);
	buf_free(&body);
	return r;
}

/* A token of an account says which: the daemon takes "-" for it. */
static void take_account(struct call *call, const struct secret *token)
{
	static const char of_account[] = "lethe_a";

	if (call->account == NULL && token->len > strlen(of_account) && strncmp(token->text, of_account, strlen(of_account)) == 0)
		call->account = "-";
}

static enum result read_token(struct asked *asked, const struct remote *remote, struct err *err)
{
	enum result r;

	if (remote->token_file == NULL) {
		err_set(err, ERR_INPUT, "the daemon lets nobody in without a token");
		return err_mend(err, "add --token-file FILE, or set LETHE_TOKEN_FILE; `lethe token create` makes one");
	}
	r = secret_read(remote->token_file, "Token", false, &asked->server.token, err);
	if (r == OK)
		take_account(asked->call, &asked->server.token);
	return r;
}

static enum result run_resource(struct asked *asked, bool *partly, struct err *err)
{
	enum result r = asked_read(asked, err);

	if (r == OK)
		r = confirm(asked, err);
	if (r == OK)
		r = whom_find(asked, err);
	return r == OK ? do_it(asked, partly, err) : r;
}

enum result remote_run(struct call *call, const struct remote *remote, const struct operation *command, int argc,
		       char **argv, bool *partly, struct err *err)
{
	struct asked asked = {.call = call, .command = command, .argc = argc, .argv = argv,
			      .server = {.url = remote->server, .ca_file = remote->ca_file}};
	transfer_run *transfer = transfer_find(command->name);
	enum result r;

	if (transfer == NULL && !asked_begin(&asked))
		return not_remote(command, err);
	r = read_token(&asked, remote, err);
	if (r == OK)
		r = transfer != NULL ? transfer(&asked, partly, err) : run_resource(&asked, partly, err);
	secret_wipe(&asked.server.token);
	return r;
}
