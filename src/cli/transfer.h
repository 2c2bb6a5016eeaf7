/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Commands whose files come from a daemon or go to it: the same words, the
 * same output as at the machine.
 */
#ifndef LETHE_CLI_TRANSFER_H
#define LETHE_CLI_TRANSFER_H

#include "cli/asked.h"

/* Words as the command line has them; server and token are known. */
typedef enum result transfer_run(struct asked *asked, bool *partly, struct err *err);
/* NULL: the command is none of them. */
transfer_run *transfer_find(const char *command);

transfer_run transfer_import; /* transfer_import.c */

/* Options of the machine's own are refused: --data and the like. */
MUST_CHECK enum result transfer_parse(struct asked *asked, const struct call_option *options, size_t count, int least, int most,
				      struct err *err);

#endif
