/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Text as people write it: folding for comparison, UTF-8 checks. ICU underneath.
 */
#ifndef LETHE_BASE_TEXT_H
#define LETHE_BASE_TEXT_H

#include <stdbool.h>
#include "base/pool.h"

bool text_is_utf8(const char *text, size_t len);
/* NFKD, marks stripped, case folded, invisible characters (soft hyphens, zero-width joiners) dropped, runs of white
 * space to one space, trimmed: "  Zoë  MÜLLER" -> "zoe muller". NUL counts as white space.
 * NULL when memory ran out or the text is not UTF-8. */
char *text_fold(struct pool *pool, const char *text, size_t len);
/* Case-folded and trimmed, marks kept, for e-mail addresses: NFC. NULL as above. */
char *text_fold_email(struct pool *pool, const char *text, size_t len);
/* Composed (NFC), and else as it is: what looks the same and was typed on another keyboard becomes the same bytes. NULL
 * as above. */
char *text_compose(struct pool *pool, const char *text, size_t len);
/* Looks like local@domain: one '@', something on both sides, a dot in the domain, neither white
 * space nor < > , ; anywhere, valid UTF-8, at most 254 bytes. */
bool text_is_email(const char *text, size_t len);

#endif
