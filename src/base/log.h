/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The log: one line of JSON per event on standard error.
 *
 * It cannot take personal data: an event name and field names are string
 * literals (checked by LOG_LITERAL), and values are integers, our own opaque
 * ids, instants, result codes and members of fixed vocabularies.  There is no
 * way to log a char * that came from outside.
 */
#ifndef LETHE_BASE_LOG_H
#define LETHE_BASE_LOG_H

#include "base/id.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_field {
	const char *name; /* a literal */
	enum { LOG_F_INT, LOG_F_ID, LOG_F_INSTANT, LOG_F_RESULT, LOG_F_WORD } type;
	int64_t integer;
	const char *word; /* a literal: prefix of an id, or a fixed word */
	struct id id;
};

/* "" s "" compiles for a string literal only. */
#define LOG_LITERAL(s) ("" s "")
#define LOG_INT(n, v) ((struct log_field){.name = LOG_LITERAL(n), .type = LOG_F_INT, .integer = (int64_t)(v)})
#define LOG_ID(n, prefix, v) ((struct log_field){.name = LOG_LITERAL(n), .type = LOG_F_ID, .word = LOG_LITERAL(prefix), .id = (v)})
#define LOG_INSTANT(n, v) ((struct log_field){.name = LOG_LITERAL(n), .type = LOG_F_INSTANT, .integer = (v).ms})
#define LOG_RESULT(n, v) ((struct log_field){.name = LOG_LITERAL(n), .type = LOG_F_RESULT, .integer = (int64_t)(v)})
#define LOG_WORD(n, v) ((struct log_field){.name = LOG_LITERAL(n), .type = LOG_F_WORD, .word = LOG_LITERAL(v)})

/* Usage: log_event(LOG_WARNING, "import.rejected", LOG_INT("lines", n), LOG_RESULT("why", code)); at least one field. */
#define log_event(level, event, ...) \
	log_write((level), LOG_LITERAL(event), (const struct log_field[]){__VA_ARGS__}, \
		  sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count);
void log_set_level(enum log_level least); /* default LOG_WARNING */
/* For tests: the descriptor lines go to; default 2. */
void log_set_fd(int fd);

#endif
