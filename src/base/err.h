/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Results and errors.
 *
 * A function that can fail returns `enum result`; OK is zero.  It takes a
 * `struct err *` last, owned by the caller, and fills it when it fails: what
 * went wrong, where (file and line, a path, a field), and how to mend it.
 * `err` is never NULL.  After OK its content is unspecified.
 *
 * An error text may quote bad input (a number, a name), so it goes to the
 * person who gave the input and never to the log: see log.h.
 */
#ifndef LETHE_BASE_ERR_H
#define LETHE_BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum result {
	OK = 0,
	ERR_INPUT,       /* what was given is malformed or out of bounds */
	ERR_NOT_FOUND,   /* no such thing in this account */
	ERR_EXISTS,      /* it is there already */
	ERR_DENIED,      /* the caller may not (file mode, wrong passphrase, wrong key) */
	ERR_WRONG_STATE, /* what it is about is in a state that does not allow it */
	ERR_HELD,        /* a legal hold, an obligation or a restriction stands in the way */
	ERR_UNSEEN,      /* it would delete something: it wants to be told what was seen of that */
	ERR_CHANGED,     /* what was seen is not so any more */
	ERR_GONE,        /* it was there; its key has been destroyed */
	ERR_CORRUPT,     /* stored bytes fail their tag or their invariant */
	ERR_IO,          /* the system refused: open, read, write, sync */
	ERR_FULL,        /* no space left, or a quota */
	ERR_BUSY,        /* another process holds the vault */
	ERR_LIMIT,       /* a named maximum was reached */
	ERR_NO_MEMORY,
	ERR_INTERRUPTED, /* asked to stop; what is done is whole */
	ERR_UNSUPPORTED,
	ERR_INTERNAL,    /* a bug of ours */
};

struct err {
	enum result code;
	int system; /* the errno of the system's refusal, else 0: what a log may say of it */
	char what[400];
	char where[300];
	char mend[300];
};

/* Sets code and text, clears all else, returns `code`. */
enum result err_set(struct err *err, enum result code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As err_set with ": strerror(errno)" appended; ENOSPC, EDQUOT and ENOMEM choose their own code, all else ERR_IO. */
enum result err_sys(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Say where; returns err->code, so that a caller can `return err_where(err, ..)`. */
enum result err_where(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Say how to mend it; returns err->code. */
enum result err_mend(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Say how to mend what the system refused with `system` (an errno), where there is something that holds for every call;
 * else leaves `mend` as it is; either way it is kept in `system`. Returns err->code. */
enum result err_mend_sys(struct err *err, int system);
/* ERR_IO: what pthread_create() answered. */
enum result err_no_thread(struct err *err, int system);
/* Shorthand for ERR_NO_MEMORY. */
enum result err_no_memory(struct err *err);
#ifdef __clang_analyzer__ /* it reads one file at a time: tell it that none of these returns OK */
#define err_set(err, code, ...) (err_set((err), (code), __VA_ARGS__), (code))
#define err_sys(...) (err_sys(__VA_ARGS__), ERR_IO)
#define err_where(...) (err_where(__VA_ARGS__), ERR_INTERNAL)
#define err_mend(...) (err_mend(__VA_ARGS__), ERR_INTERNAL)
#define err_no_thread(...) (err_no_thread(__VA_ARGS__), ERR_IO)
#define err_no_memory(err) (err_no_memory(err), ERR_NO_MEMORY)
#endif

/* Stable lower-case name, for JSON and for tests: "input", "not_found", .. */
const char *result_name(enum result code);

/* A broken invariant of ours, never of input: prints and aborts, in every build. */
#define INVARIANT(cond) ((cond) ? (void)0 : invariant_failed(#cond, __FILE__, __LINE__))
__attribute__((noreturn)) void invariant_failed(const char *cond, const char *file, int line);

#endif
