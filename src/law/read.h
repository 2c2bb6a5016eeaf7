/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Strict reading of the data files below law/: every member is known, of its
 * type and in its bounds; what is not is refused with its file, its line and
 * its path. All functions return r->err->code after filling r->err, `where`
 * included, when they fail.
 */
#ifndef LETHE_LAW_READ_H
#define LETHE_LAW_READ_H

#include "base/json.h"
#include "base/time.h"

#define LAW_FILE_MAX ((size_t)1 << 20)

/* One file being read. All borrowed; what is read lives in `pool`. */
struct law_reader {
	const char *file; /* its name, for errors */
	const char *text;
	size_t len;
	struct pool *pool;
	struct err *err;
};

/* A value and the way to it. The top has no `above`; an element of an array no `member`. */
struct law_at {
	const struct law_at *above;
	const char *member;
	size_t element;
	const struct json *value; /* NULL: left out */
};

/* Parses; the top must be an object. */
MUST_CHECK enum result law_read(struct law_reader *r, struct law_at *top);

struct law_at law_member(const struct law_at *object, const char *name);
struct law_at law_element(const struct law_at *array, size_t index, const struct json *value);

/* Adds file, line and path to the error that r->err holds. */
enum result law_fault(struct law_reader *r, const struct law_at *at);
#ifdef __clang_analyzer__ /* as in base/err.h: it does not return OK */
#define law_fault(...) (law_fault(__VA_ARGS__), ERR_INTERNAL)
#endif

/* It is there and of that type. */
MUST_CHECK enum result law_want(struct law_reader *r, const struct law_at *at, enum json_type type);
/* It is an object, and each of its members is among `names`. */
MUST_CHECK enum result law_object(struct law_reader *r, const struct law_at *at, const char *const *names,
				  size_t count);
/* It is an array with something in it. */
MUST_CHECK enum result law_array(struct law_reader *r, const struct law_at *at);
/* A string with something in it, without control characters. */
MUST_CHECK enum result law_text(struct law_reader *r, const struct law_at *at, const char **out);
/* As law_text; NULL when it is left out. */
MUST_CHECK enum result law_text_if(struct law_reader *r, const struct law_at *at, const char **out);
MUST_CHECK enum result law_flag(struct law_reader *r, const struct law_at *at, bool *out);
MUST_CHECK enum result law_span(struct law_reader *r, const struct law_at *at, struct span *out);
MUST_CHECK enum result law_date(struct law_reader *r, const struct law_at *at, struct date *out);
/* One of the words; `*out` is its place among them. NULL words are gaps. */
MUST_CHECK enum result law_word(struct law_reader *r, const struct law_at *at, const char *what,
				const char *const *words, size_t count, size_t *out);
/* An array of them, none twice; bit i of `*out` is word i. */
MUST_CHECK enum result law_words(struct law_reader *r, const struct law_at *at, const char *what,
				 const char *const *words, size_t count, uint32_t *out);
/* An array of strings as law_text takes them. */
MUST_CHECK enum result law_texts(struct law_reader *r, const struct law_at *at, const char *const **out,
				 size_t *count);

/* An array of kinds (store/kind.h); bit `kind` of `*out`. */
MUST_CHECK enum result law_kinds(struct law_reader *r, const struct law_at *at, uint32_t *out);

#endif
