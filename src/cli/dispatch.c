/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/table.h"
#include "api/version.h"
#include "cli/interrupt.h"
#include "cli/remote.h"
#include "cli/terminal.h"

static const char *from_environment(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : fallback;
}

static void begin(struct call *call)
{
	call_begin(call, &terminal, instant_now());
	call->data_dir = from_environment("LETHE_DATA", call->data_dir);
	call->secret_file = from_environment("LETHE_SECRET_FILE", NULL);
	call->account = from_environment("LETHE_ACCOUNT", NULL);
	call->who = pool_printf(&call->pool, "os:%u", (unsigned)getuid());
	call->terminal = isatty(STDOUT_FILENO) != 0;
	call->confidential = call->terminal;
	umask(077); /* nothing we write is for others, unless it says so */
	interrupt_watch();
}

static bool asks_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static enum result run_command(struct call *call, const struct remote *remote, int argc, char **argv, bool *partly,
			       struct err *err)
{
	const struct operation *command;
	int words;
	enum result r = table_match(argc, argv, &command, &words, err);

	if (r != OK)
		return r;
	if (asks_help(argc - words, argv + words))
		return table_help(words, argv, err);
	call->command = command->name;
	if (remote->server != NULL)
		return remote_run(call, remote, command, argc - words, argv + words, partly, err);
	return command->run(call, argc - words, argv + words, partly, err);
}

static enum result run(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct remote remote = {.server = NULL};
	int used;
	enum result r = remote_options(&argc, argv, &remote, err);

	if (r != OK)
		return r;
	if (argc > 0 && (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "version") == 0)) {
		printf("lethe %s\n", LETHE_VERSION);
		return OK;
	}
	if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0))
		return table_help(0, NULL, err);
	r = call_parse_first(call, argc, argv, &used, err);
	argc -= used;
	argv += used;
	if (r != OK)
		return r;
	if (argc == 0) {
		err_set(err, ERR_INPUT, "no command is named");
		return err_mend(err, "`lethe help` shows what there is");
	}
	if (strcmp(argv[0], "help") == 0)
		return table_help(argc - 1, argv + 1, err);
	if (asks_help(argc, argv) && argc == 2)
		return table_help(1, argv, err);
	return run_command(call, &remote, argc, argv, partly, err);
}

/* An error met before the options were read should still answer a program that asked for JSON. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return true;
	}
	return false;
}

enum exit_code dispatch(int argc, char **argv)
{
	struct call call;
	struct err err;
	bool partly = false;
	enum exit_code code;
	enum result r;

	begin(&call);
	r = call.who != NULL ? OK : err_no_memory(&err);
	if (r == OK)
		r = run(&call, argc - 1, argv + 1, &partly, &err);
	if (r == OK)
		r = call_flush(&call, &err);
	if (r != OK) {
		call.json = call.json || wants_json(argc - 1, argv + 1);
		terminal_error(call.json, &err);
	}
	code = r == OK && partly ? EXIT_PARTLY : exit_code_of(r);
	call_end(&call);
	return code;
}
