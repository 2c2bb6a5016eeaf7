/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A command line as a request: which resource answers it, by what its words
 * are, and the target and body that they make.
 */
#ifndef LETHE_CLI_ASKED_H
#define LETHE_CLI_ASKED_H

#include "api/call.h"
#include "api/resource.h"
#include "cli/ask.h"

#define ASKED_OPTIONS_MAX 40
#define ASKED_NAME_MAX 48
#define ASKED_TARGET_MAX ((size_t)64 * 1024)
#define ASKED_BODY_MAX ((size_t)8 * 1024 * 1024)

/* What the words of the command line say, once they are told apart. */
struct asked_option { char name[ASKED_NAME_MAX]; const char *value; bool flag, given; };
struct asked {
	struct call *call;
	const struct operation *command;
	struct ask_server server;
	struct asked_option options[ASKED_OPTIONS_MAX]; /* all that any resource of the command takes */
	size_t option_count;
	int argc; /* operands */
	char **argv;
	const struct resource *resource;
};

/* Whether any resource answers the command; learns which options these take. */
bool asked_begin(struct asked *asked);
/* Reads the words and finds the resource. ERR_INPUT as call_parse; ERR_UNSUPPORTED: an option that only the machine's own
 * command has. */
MUST_CHECK enum result asked_read(struct asked *asked, struct err *err);
/* ERR_INPUT: an option that is about the machine was given, such as --data. */
MUST_CHECK enum result asked_check_globals(const struct asked *asked, struct err *err);
/* NULL: no resource of the command takes it. `name` as on the command line, without the dashes. */
struct asked_option *asked_option(struct asked *asked, const char *name);
/* "min_duration" is --min-duration. */
void asked_option_name(const char *word, char out[ASKED_NAME_MAX]);
void asked_target(struct asked *asked, struct buf *out);
/* False: there is none. */
bool asked_body(struct asked *asked, struct buf *out);
/* Appends text as a segment of a path, or a value of a query. */
void asked_encode(struct buf *out, const char *text);

#endif
