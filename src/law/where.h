/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * On which line of a JSON text a value stands. The tree of base/json.h knows no
 * places; this one goes through the text again, when there is an error to tell.
 */
#ifndef LETHE_LAW_WHERE_H
#define LETHE_LAW_WHERE_H

#include <stddef.h>

/* A step down from the top: the member of an object, or (member NULL) the element of an array. */
struct where_step {
	const char *member;
	size_t element;
};

/* The line (from 1) that the name of the member, or the element, begins on; where a step is not to be found, that of
 * the last one that was. `text` must be JSON: what json_parse() took. */
size_t where_line(const char *text, size_t len, const struct where_step *steps, size_t count);
size_t where_line_of_byte(const char *text, size_t len, size_t at);

#endif
