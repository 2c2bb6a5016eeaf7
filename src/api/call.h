/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The frame every subcommand stands in: options, output, exit codes, opening
 * the vault.  The only place that reads the clock.
 */
#ifndef LETHE_API_CALL_H
#define LETHE_API_CALL_H

#include <stdio.h>
#include "base/json.h"
#include "store/kind.h"
#include "vault/accounts.h"

/* Exit codes, documented in lethe(1). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,      /* none of the others: a bug, no memory */
	EXIT_USAGE = 2,       /* command line or input is wrong */
	EXIT_NOT_FOUND = 3,
	EXIT_REFUSED = 4,     /* denied, exists already, unsupported */
	EXIT_PARTLY = 5,      /* done, but something was left out and is reported: rejected lines, held records; or a warning was said */
	EXIT_BUSY = 6,
	EXIT_CORRUPT = 7,     /* a check or a proof failed */
	EXIT_IO = 8,          /* the system refused: disk full, permissions */
	EXIT_GONE = 9,        /* its key is destroyed */
	EXIT_INTERRUPTED = 130,
};
enum exit_code exit_code_of(enum result result);

#define CALL_GIVEN_MAX 64
#define CALL_LOCK_WAIT_MS 2000 /* for another process that writes, or makes a vault */

/* One invocation. */
struct call {
	const char *command;     /* "person export" */
	const char *data_dir;    /* --data, LETHE_DATA, or ./lethe-data */
	const char *region;      /* --region, or NULL */
	const char *secret_file; /* --secret-file, LETHE_SECRET_FILE, or NULL */
	const char *account;     /* --account, LETHE_ACCOUNT, or NULL */
	bool json;               /* --json */
	struct instant now;      /* --now, or the clock */
	struct { const char *name, *value; } given[CALL_GIVEN_MAX]; /* the options read so far */
	size_t given_count;
	struct pool pool;        /* lives as long as the command */
	struct vault *vault;     /* opened by call_open*, closed by main */
	struct buf out;          /* JSON to be printed at the end */
	struct json_writer w;    /* over out */
};

/* A command's own options; the global ones are accepted everywhere. */
struct call_option {
	const char *name;     /* without the dashes */
	const char **value;   /* set to the argument; or */
	bool *flag;           /* set to true */
};

/* Reads options wherever they stand and leaves the operands in argv[0..*argc). ERR_INPUT names the option, also one
 * that is given twice with different values.
 * Fails when there are fewer than `least` or more than `most` operands (most < 0: any number). */
MUST_CHECK enum result call_parse(struct call *call, const struct call_option *options, size_t count, int *argc,
				 char **argv, int least, int most, struct err *err);

/* Opens the region (--region, or the only one there is; ERR_INPUT when there are several) into call->vault; for writing
 * also finishes jobs that a crash left. */
MUST_CHECK enum result call_open(struct call *call, bool write, struct err *err);
/* Opens whichever region has the account of --account, and finds it. Without --account: the only one there is. */
MUST_CHECK enum result call_open_account(struct call *call, bool write, struct account *out, struct err *err);
/* The same for the account that an operand names, whatever --account says. */
MUST_CHECK enum result call_open_named(struct call *call, const char *name, bool write, struct account *out,
				      struct err *err);

/* One subcommand: returns a result; what it prints goes to stdout. EXIT_PARTLY is asked for with *partly. */
typedef enum result call_run(struct call *call, int argc, char **argv, bool *partly, struct err *err);
struct operation {
	const char *name;    /* "person export" or "check" */
	const char *usage;   /* what follows the name */
	const char *summary; /* half a line */
	call_run *run;
	const char *help;    /* paragraphs of `lethe help NAME` */
};
extern const struct operation operations[];
extern const size_t operation_count;

/* Who runs it, as what is set says by whom: "os:1000", the operating system's user number. In call->pool. */
MUST_CHECK enum result call_who(struct call *call, const char **out, struct err *err);

/* Text for people on stdout; nothing under --json. Control characters other than line end and tab, and characters
 * that turn the direction of writing, come out as '?'. */
void call_say(struct call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prints what was said, and under --json the document, which must be whole and is the only one. It must have arrived: a
 * full disk under `> file` is an error like any other. Done at the end of every command; before it by one that may go on
 * only when it was heard. */
MUST_CHECK enum result call_flush(struct call *call, struct err *err);
/* A value from outside for call_say: the same, and line ends and tabs too, so that it cannot pretend to be another
 * line of ours. In call->pool; NULL comes out as "". */
const char *call_clean(struct call *call, const char *text);
/* "1,234 calls", "2.1 MB": into `out` of 32 bytes. */
char *call_count(int64_t n, char out[32]);
char *call_bytes(uint64_t n, char out[32]);
/* "calls", for one "call". */
const char *call_kind(enum record_kind kind, int64_t n);
/* On stderr: three lines, or one line of JSON under --json. */
void call_print_error(const struct call *call, const struct err *err);

/* Is there somebody to ask? A terminal, and no program that reads the answer. */
bool call_can_ask(const struct call *call);
/* After the question is on stderr: did they type yes? Ctrl-C ends the program while it waits. */
bool call_said_yes(void);

/* Ctrl-C: asked between steps of long work. The first press asks to stop; a second one ends at once. */
bool call_interrupted(void);

/* A progress bar on a terminal, nothing in a pipe. total 0: unknown. */
struct call_progress { const char *what; int64_t shown_ms; bool on; };
void call_progress_begin(struct call_progress *progress, const char *what);
void call_progress_show(struct call_progress *progress, int64_t done, int64_t total);
void call_progress_end(struct call_progress *progress);

#endif
