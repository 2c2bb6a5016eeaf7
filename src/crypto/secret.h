/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asking for a passphrase or a PIN: from a file, from standard input, or at
 * the terminal with echo off.  Never from argv or the environment.
 */
#ifndef LETHE_CRYPTO_SECRET_H
#define LETHE_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

#define SECRET_MAX 512

/* On the caller's stack; wipe with secret_wipe. */
struct secret {
	char text[SECRET_MAX + 1]; /* NUL-terminated */
	size_t len;
};

/* The first line, without its end, of `file`; of standard input for "-" (no more than that line is taken from it);
 * for NULL of the terminal, asked for as `prompt` ("Passphrase of this region") and with `confirm` asked for twice.
 * ERR_INPUT: empty, too long, or not the same twice. ERR_UNSUPPORTED: no terminal. ERR_INTERRUPTED: a signal came
 * while asking; echo is on again. */
MUST_CHECK enum result secret_read(const char *file, const char *prompt, bool confirm, struct secret *out,
				   struct err *err);
/* Characters, not bytes, of what is UTF-8. */
size_t secret_characters(const struct secret *secret);
void secret_wipe(struct secret *secret);

#endif
