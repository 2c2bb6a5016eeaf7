/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From argv to the command that runs, and back to an exit code.
 */
#ifndef LETHE_CLI_DISPATCH_H
#define LETHE_CLI_DISPATCH_H

#include "cli/cli.h"

/* All of main but crypto_init. argv[0] is the program. */
enum exit_code dispatch(int argc, char **argv);

/* Global options before the command's name: `*used` words were taken. */
MUST_CHECK enum result cli_parse_first(struct cli *cli, int argc, char **argv, int *used, struct err *err);

/* The command of exactly that name, or NULL. */
const struct cli_command *table_find(const char *name);
/* The command that argv begins with, and how many words its name has. ERR_INPUT names the nearest known one. */
MUST_CHECK enum result table_match(int argc, char **argv, const struct cli_command **out, int *words, struct err *err);
/* `lethe help`, of everything or of the command or first word named. */
MUST_CHECK enum result table_help(int argc, char **argv, struct err *err);

#endif
