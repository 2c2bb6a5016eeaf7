/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Passwords that are tried first: the commonest ones, common words with digits and signs around them, the same thing
 * again and again, and runs of the alphabet or of digits.
 */
#ifndef LETHE_ACCESS_KNOWN_H
#define LETHE_ACCESS_KNOWN_H

#include <stdbool.h>

#define KNOWN_WORD_MAX 64

/* `folded` as by text_fold: "Password1234" is known by "password1234". */
bool known_password(const char *folded);

#endif
