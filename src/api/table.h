/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table of operations, as a command line sees it.
 */
#ifndef LETHE_API_TABLE_H
#define LETHE_API_TABLE_H

#include "api/call.h"

/* Global options before the command's name: `*used` words were taken. */
MUST_CHECK enum result call_parse_first(struct call *call, int argc, char **argv, int *used, struct err *err);

/* The command of exactly that name, or NULL. */
const struct operation *table_find(const char *name);
/* The command that argv begins with, and how many words its name has. ERR_INPUT names the nearest known one. */
MUST_CHECK enum result table_match(int argc, char **argv, const struct operation **out, int *words, struct err *err);
/* `lethe help`, of everything or of the command or first word named. */
MUST_CHECK enum result table_help(int argc, char **argv, struct err *err);

#endif
