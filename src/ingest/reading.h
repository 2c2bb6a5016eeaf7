/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Typed reading of one JSON value of a line of Lethe JSON Lines: the value is
 * checked, and what is wrong with it is said together with its place.
 */
#ifndef LETHE_INGEST_READING_H
#define LETHE_INGEST_READING_H

#include "base/json.h"
#include "ingest/field.h"

/* One line being read. All borrowed. */
struct reading {
	const struct intake_context *context;
	struct pool *pool;
	struct intake *out;
	struct err *err;
};

/* Where in the line: field[index].member. Written out only when something is wrong there. */
struct place {
	const char *field;
	size_t index;       /* PLACE_NO_INDEX: not in an array */
	const char *member; /* or NULL */
};
#define PLACE_NO_INDEX SIZE_MAX

static inline struct place place_field(const char *field)
{
	return (struct place){field, PLACE_NO_INDEX, NULL};
}

static inline struct place place_item(const char *field, size_t index)
{
	return (struct place){field, index, NULL};
}

static inline struct place place_member(struct place place, const char *member)
{
	return (struct place){place.field, place.index, member};
}

/* All return r->err->code after filling r->err, `where` included, when they fail. */

/* Adds the place to the error that r->err holds. */
enum result reading_fault(struct reading *r, struct place place);
/* "a string is expected here, not a number" */
enum result reading_wrong_type(struct reading *r, struct place place, const struct json *value, const char *wanted);
/* "unknown status 'anwsered'; did you mean 'answered'?" */
enum result reading_unknown(struct reading *r, struct place place, const char *what, const char *given,
			  const char *const *words, size_t count, const char *mend);
#ifdef __clang_analyzer__ /* as in base/err.h: none of these returns OK */
#define reading_fault(...) (reading_fault(__VA_ARGS__), ERR_INTERNAL)
#define reading_wrong_type(...) (reading_wrong_type(__VA_ARGS__), ERR_INTERNAL)
#define reading_unknown(...) (reading_unknown(__VA_ARGS__), ERR_INTERNAL)
#endif

/* Is it there? A member that is null counts as left out. */
bool reading_given(const struct json *value);
/* A one-line string of 1 to `max` bytes. `*out` is borrowed from the tree. */
MUST_CHECK enum result reading_word(struct reading *r, struct place place, const struct json *value, size_t max,
				  const char **out);
MUST_CHECK enum result reading_seconds(struct reading *r, struct place place, const struct json *value,
				       int64_t *out_ms);
/* Refuses members of `object` that are not among `names`. */
MUST_CHECK enum result reading_members(struct reading *r, struct place place, const struct json *object,
				     const char *const *names, size_t count);

#endif
