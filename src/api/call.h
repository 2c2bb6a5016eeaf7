/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One operation being carried out, for whoever asked: a person at a terminal,
 * a program that reads JSON, a request over HTTP.
 *
 * An operation is a function that reads its words, opens its account, calls
 * the domain, and says the outcome twice: as text for people and as one JSON
 * document; whoever asked gets the one they wanted.  What differs between
 * those who ask is in struct caller.
 */
#ifndef LETHE_API_CALL_H
#define LETHE_API_CALL_H

#include "access/giving.h"
#include "base/json.h"
#include "crypto/secret.h"
#include "store/kind.h"
#include "vault/accounts.h"

struct client_reach;
struct outside;

#define CALL_GIVEN_MAX 64
#define CALL_LOCK_WAIT_MS 2000 /* for another process that writes, or makes a vault */

/* How an operation reaches whoever asked. NULL: nothing is done, the answer is no. */
struct caller {
	void *arg;
	/* Text for people, harmless on a terminal. */
	void (*say)(void *arg, const char *text, size_t len);
	/* The same beside the answer: a rejected line, what a question is about. */
	void (*remark)(void *arg, const char *text, size_t len);
	/* A question that wants a yes, to a person. */
	bool (*can_ask)(void *arg);
	bool (*ask)(void *arg, const char *question);
	/* A secret that is asked for as `prompt`, or is in what `file` names; with `confirm` asked for twice. */
	enum result (*secret)(void *arg, const char *file, const char *prompt, bool confirm, struct secret *out,
			      struct err *err);
	/* Long work: how far it is. total 0: unknown; done -1: it has ended. */
	void (*progress)(void *arg, const char *what, int64_t done, int64_t total);
	bool (*interrupted)(void *arg); /* shall it stop? */
	/* The JSON document, whole; then what was said must have arrived. */
	enum result (*flush)(void *arg, const char *json, size_t len, struct err *err);
};

struct call {
	const char *command;     /* "person export" */
	const char *data_dir;    /* --data, LETHE_DATA, or ./lethe-data */
	const char *region;      /* --region, or NULL */
	const char *secret_file; /* --secret-file, LETHE_SECRET_FILE, or NULL */
	const char *account;     /* --account, LETHE_ACCOUNT, or NULL */
	const char *who;         /* opaque id of who asks: "os:1000" */
	const struct client_reach *reach; /* where to webhooks may be; NULL: whoever delivers decides */
	const struct outside *outside; /* what a daemon has (api/outside.h); NULL: none asks */
	const struct actor *actor; /* who was let in, and what they may; NULL: somebody at the machine, who may all */
	bool json;               /* the document is wanted, not the text */
	bool terminal;           /* the text goes to a terminal */
	bool whole;              /* lists are wanted as at the machine, not by pages */
	bool confidential;       /* the answer reaches nobody but who asked: a secret may be in it */
	const char *handed_out;  /* what of the answer is a secret, shown once (api/handout.h); in `pool`, NULL: nothing */
	const char *next;        /* cursor of the page after the one that was shown, in `pool`; NULL: there is none */
	char made[ID_TEXT_MAX];  /* the id of what is there now and was not; "": nothing */
	struct instant now;      /* --now, or the clock */
	const struct caller *caller;
	struct { const char *name, *value; } given[CALL_GIVEN_MAX]; /* the options read so far */
	size_t given_count;
	struct pool pool;        /* lives as long as the call */
	const struct id *job;    /* it is carried out as this one (api/work.h), and may keep a file with it; NULL: it is none */
	struct duration keeps;   /* for how long */
	struct vault *const *views; /* of the regions, open already and staying open; NULL: call_open* opens */
	size_t view_count;
	const struct account *found; /* what `account` says, in `region`, looked up already; NULL: call_open_account does */
	struct vault *vault;     /* what call_open* opened */
	struct giving_watch giving; /* of call_may_give */
	struct buf out;          /* the document */
	struct json_writer w;    /* over out */
};

/* Empties it: the caller's words are then set. `caller` is borrowed. */
void call_begin(struct call *call, const struct caller *caller, struct instant now);
void call_end(struct call *call);

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
/* Does every command take it, whatever its own options are? */
bool call_is_global(const char *option);

/* Opens the region (--region, or the only one there is; ERR_INPUT when there are several) into call->vault; for writing
 * also finishes jobs that a crash left. */
MUST_CHECK enum result call_open(struct call *call, bool write, struct err *err);
/* Opens whichever region has the account of --account, and finds it. Without --account: the only one there is. */
MUST_CHECK enum result call_open_account(struct call *call, bool write, struct account *out, struct err *err);
/* What --operator of the platform's own is under: VAULT_ACCOUNT of the region; else the number of the account, as above. */
MUST_CHECK enum result call_open_owner(struct call *call, bool platform, bool write, uint32_t *account, struct err *err);
/* The same for the account that an operand names, whatever --account says. */
MUST_CHECK enum result call_open_named(struct call *call, const char *name, bool write, struct account *out,
				      struct err *err);

/* An operation. `*partly`: it is done, but something was left out and is said. */
typedef enum result operation_run(struct call *call, int argc, char **argv, bool *partly, struct err *err);
struct operation {
	const char *name;    /* "person export" or "check" */
	const char *usage;   /* what follows the name */
	const char *summary; /* half a line */
	operation_run *run;
	const char *help;    /* paragraphs of `lethe help NAME` */
};
extern const struct operation operations[];
extern const size_t operation_count;

/* Text for people; nothing when JSON is wanted. Control characters other than line end and tab, and characters that turn
 * the direction of writing, come out as '?'. */
typedef void call_speak(struct call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
call_speak call_say;
/* The same beside the answer, whether or not JSON is wanted. */
call_speak call_remark;
/* A text that is the answer, as it is: a receipt. Under JSON it has to be the document. */
void call_write(struct call *call, const char *text);
/* Hands out what was said, and under JSON the document, which must be whole and is the only one. It must have arrived: a
 * full disk under `> file` is an error like any other. Done at the end of every operation; before it by one that may go
 * on only when it was heard. */
MUST_CHECK enum result call_flush(struct call *call, struct err *err);
/* A value from outside for call_say: the same, and line ends and tabs too, so that it cannot pretend to be another
 * line of ours. In call->pool; NULL comes out as "". */
const char *call_clean(struct call *call, const char *text);
/* In place: what text_clean does to a whole text. Returns the new length. */
size_t call_harmless(char *text, size_t len, bool keep_lines);
/* The number of something, counted from 0, such as "17"; `of` and `mend` are literals: "an identity", how to find its number. */
MUST_CHECK enum result call_number(const char *text, const char *of, const char *mend, int64_t *out, struct err *err);
/* "1,234 calls", "2.1 MB": into `out` of 32 bytes. */
char *call_count(int64_t n, char out[32]);
char *call_bytes(uint64_t n, char out[32]);
/* "calls", for one "call". */
const char *call_kind(enum record_kind kind, int64_t n);

/* Is there somebody to ask? A person at a terminal, and no program that reads the answer. */
bool call_can_ask(const struct call *call);
/* Did they say yes? */
bool call_ask(struct call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A password, a code: never a word of the command. ERR_UNSUPPORTED when it cannot be asked for; else as secret_read. */
MUST_CHECK enum result call_secret(struct call *call, const char *file, const char *prompt, bool confirm,
				   struct secret *out, struct err *err);
/* Who acts. */
struct actor call_actor(const struct call *call);
/* May they change who has that role in the account that is open, or how somebody who has it is let in? Asked again when the
 * first thing is written (access/giving.h). */
MUST_CHECK enum result call_may_give(struct call *call, uint32_t account, enum access_role role, struct err *err);
/* How somebody is let in themselves they change by their present password, and not as an admin: who got hold of a session
 * alone must not make another way in of it. ERR_DENIED when `user` is whose session it is. */
MUST_CHECK enum result call_not_oneself(const struct call *call, const struct user_row *user, struct err *err);

/* Asked between steps of long work: shall it stop? */
bool call_interrupted(const struct call *call);
/* How far long work is. total 0: unknown. _show tells whether to stop. */
struct call_progress { struct call *call; const char *what; };
void call_progress_begin(struct call *call, struct call_progress *progress, const char *what);
bool call_progress_show(const struct call_progress *progress, int64_t done, int64_t total);
void call_progress_end(const struct call_progress *progress);

#endif
