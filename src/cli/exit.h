/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LETHE_CLI_EXIT_H
#define LETHE_CLI_EXIT_H

#include "base/err.h"

/* Exit codes, documented in lethe(1). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,      /* none of the others: a bug, no memory */
	EXIT_USAGE = 2,       /* command line or input is wrong */
	EXIT_NOT_FOUND = 3,
	EXIT_REFUSED = 4,     /* denied, exists already, in a state that does not allow it, held, unsupported */
	EXIT_PARTLY = 5,      /* done, but something was left out and is reported: rejected lines, held records; or a warning was said */
	EXIT_BUSY = 6,
	EXIT_CORRUPT = 7,     /* a check or a proof failed */
	EXIT_IO = 8,          /* the system refused: disk full, permissions */
	EXIT_GONE = 9,        /* its key is destroyed */
	EXIT_INTERRUPTED = 130,
};
enum exit_code exit_code_of(enum result result);

#endif
