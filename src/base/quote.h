/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bad input, made fit to stand in an error text: cut to 48 bytes, and control
 * characters and broken UTF-8 replaced by '?', so that it cannot steer a
 * terminal.
 */
#ifndef LETHE_BASE_QUOTE_H
#define LETHE_BASE_QUOTE_H

#include <stddef.h>

#define QUOTE_MAX 56

/* "'text'" or "'start of a long te..'"; returns `out`. */
char *quote(const char *text, size_t len, char out[QUOTE_MAX]);

#endif
