/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whom a command is about: a number or a name goes into no path, so the daemon
 * is asked for the id first.
 */
#ifndef LETHE_CLI_WHOM_H
#define LETHE_CLI_WHOM_H

#include "cli/asked.h"

/* Puts ids in place of what else names a person or a user. ERR_NOT_FOUND, ERR_INPUT (several fit): as the command says. */
MUST_CHECK enum result whom_find(struct asked *asked, struct err *err);

/* A person's id in the place of *word, which says who in any way. */
MUST_CHECK enum result whom_person(struct asked *asked, char **word, struct err *err);

#endif
