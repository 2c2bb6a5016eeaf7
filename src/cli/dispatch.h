/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From argv to the command that runs, and back to an exit code.
 */
#ifndef LETHE_CLI_DISPATCH_H
#define LETHE_CLI_DISPATCH_H

#include "cli/exit.h"

/* All of main but crypto_init. argv[0] is the program. */
enum exit_code dispatch(int argc, char **argv);

#endif
