/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is looked for: a text in every spelling and encoding in which it might
 * have been kept, or a piece of a file's bytes.
 */
#ifndef LETHE_TESTS_E2E_FORENSIC_NEEDLE_H
#define LETHE_TESTS_E2E_FORENSIC_NEEDLE_H

#include <stddef.h>

/* "@FILE": pieces of that file. "+4520998877": also its digits, national and grouped spellings.
 * Anything else: as it is, in lower and in upper case. Each as UTF-8, Latin-1, UTF-16 both ways, JSON escapes,
 * percent escapes, hexadecimal and base64 at all three alignments. Ends the program when it cannot. */
void needles_add(const char *pattern);
/* Prints "found ENCODING of PATTERN in PLACE" for each that is in `data`, once per place. */
void needles_look(const void *data, size_t len, const char *place);
/* How many were found so far. */
size_t needles_found(void);
size_t needles_count(void);

#endif
