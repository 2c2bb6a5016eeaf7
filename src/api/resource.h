/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The resources of the HTTP API: which operation answers a method of a path,
 * and which of its words each part of the request is.
 *
 * From this one table come the router, the check of what is sent, the OpenAPI
 * document and the command line that asks a daemon (`lethe --server`): the
 * operation is the same function that runs at the command line, and gets the
 * same words.
 */
#ifndef LETHE_API_RESOURCE_H
#define LETHE_API_RESOURCE_H

#include "access/permission.h"
#include "net/method.h"

/* Where a word stands in the request. Options that are not in the table (files, questions) are the command line's alone. */
enum word_place { IN_PATH, IN_QUERY, IN_BODY };

/* As JSON; in a path or query the same as text. A SECRET is text that a command line has no word for. A LIST is an array of strings, joined by commas for the operation. A TIME
 * may be a day, which is its beginning; an INSTANT may not. */
enum word_type { WORD_TEXT, WORD_SECRET, WORD_INT, WORD_FLAG, WORD_DAY, WORD_TIME, WORD_INSTANT, WORD_CHOICE, WORD_LIST };

struct word {
	const char *name;    /* as in the request: "min_duration"; the option is "min-duration" */
	enum word_type type;
	enum word_place place;
	bool required;
	int operand;         /* its place among the operation's operands, from 1; 0: an option */
	const char *choices; /* "owner|admin|agent": of a CHOICE, and of a LIST's members; NULL: any */
	const char *about;   /* half a line */
};

enum resource_flow {
	RESOURCE_READ,  /* 200 */
	RESOURCE_WRITE, /* 200, once it is on disk */
	RESOURCE_MAKE,  /* the same, but 201: there is a new thing */
};

struct resource {
	enum method method;
	const char *path;      /* "/v1/accounts/{account}/holds" */
	const char *operation; /* "hold add" */
	enum permission permission;
	enum resource_flow flow;
	const struct word *words;
	size_t word_count;
	const char *fixed;     /* an option that every request has: "--yes"; NULL: none */
	const char *answer;    /* schema of the document, or of each line: "Hold" */
};
extern const struct resource resources[];
extern const size_t resource_count;

/* Operations that no resource answers, and why: they need the machine itself. */
struct local_operation { const char *operation, *why; };
extern const struct local_operation local_operations[];
extern const size_t local_operation_count;

#endif
