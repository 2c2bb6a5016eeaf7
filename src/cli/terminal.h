/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whoever asks by way of the command line: text on standard output, remarks,
 * questions and a progress bar on standard error, Ctrl-C.
 */
#ifndef LETHE_CLI_TERMINAL_H
#define LETHE_CLI_TERMINAL_H

#include "api/call.h"

extern const struct caller terminal;

/* On standard error: three lines, or one line of JSON when `json` is asked for. */
void terminal_error(bool json, const struct err *err);

#endif
