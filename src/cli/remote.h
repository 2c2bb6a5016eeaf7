/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * `lethe --server URL --token-file FILE ..`: the same commands, done by a
 * daemon.  The table of resources says which request a command line is; the
 * daemon answers with the text or the document that the command prints.
 */
#ifndef LETHE_CLI_REMOTE_H
#define LETHE_CLI_REMOTE_H

#include "api/call.h"

struct remote {
	const char *server; /* NULL: the command is for this machine */
	const char *token_file, *ca_file;
};

/* Takes --server, --token-file and --ca out of argv, wherever they stand before "--"; what is not there is as
 * LETHE_SERVER, LETHE_TOKEN_FILE and LETHE_CA say. ERR_INPUT: one has no value, or is given without --server. */
MUST_CHECK enum result remote_options(int *argc, char **argv, struct remote *out, struct err *err);

/* Asks the daemon for the command and prints its answer; argv is what follows the command's name. Errors are the
 * daemon's own, as the command would say them here. ERR_UNSUPPORTED: the command, or an option of it, is the machine's own. */
MUST_CHECK enum result remote_run(struct call *call, const struct remote *remote, const struct operation *command,
				  int argc, char **argv, bool *partly, struct err *err);

#endif
