/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lists by pages: --limit and --cursor.
 *
 * A cursor says after which row the next page begins, never how many were
 * before it: so nothing that stays is left out or shown twice while rows come
 * and go.  It is base64url of
 *
 *     version (1) | number (8) | id (16) | mark (16)
 *
 * where the mark is an HMAC, under the account's index key, of all that and of
 * the list and its options: a cursor of another account or another question
 * is refused.  It does not grow old.
 */
#ifndef LETHE_API_PAGING_H
#define LETHE_API_PAGING_H

#include "api/call.h"

#define PAGING_MAX 1000   /* rows of a page */
#define PAGING_HTTP 100   /* unless the request says otherwise */
#define PAGING_ALL INT64_MAX

struct paging {
	const char *limit_text, *cursor_text;
	int64_t left;  /* rows that the page may still have; PAGING_ALL: no page, the whole list */
	bool begun;    /* there was a cursor: what follows is where it points */
	int64_t number;
	struct id id;
	bool more;     /* there is another page, after number and id as they are now */
};
#define PAGING_OPTIONS(p) {"limit", &(p).limit_text, NULL}, {"cursor", &(p).cursor_text, NULL}

/* What the cursor points to, and how many there are to be: `fallback` unless said, over HTTP PAGING_HTTP at most, but
 * for a command line. `also` is what is asked for besides the options with values, a literal; "" for nothing. ERR_INPUT
 * names --limit or --cursor. */
MUST_CHECK enum result paging_begin(struct call *call, struct paging *paging, uint32_t account, int64_t fallback,
				    const char *also, struct err *err);
/* The beginning of a list of the account's that takes no other options, and no operands: reads them, opens the vault to read. */
MUST_CHECK enum result paging_parse(struct call *call, int argc, char **argv, int64_t fallback, struct paging *paging,
				    struct account *account, struct err *err);
/* What is no list has no pages: ERR_INPUT when they were asked for of `what`. */
MUST_CHECK enum result paging_refuse(const struct paging *paging, const char *what, struct err *err);
/* How many rows to read next: one more than may be shown tells whether there is another page. At most `max`. */
size_t paging_ask(const struct paging *paging, size_t max);
/* May this row be shown? Counts it; false: paging->more. */
bool paging_take(struct paging *paging);
/* The document of a list, up to its rows: an object whose member `name` is an array. */
void paging_open(struct call *call, const char *name);
/* Its end, after the rows or what kept them from being shown, `r`. */
MUST_CHECK enum result paging_close(struct call *call, const struct paging *paging, uint32_t account, const char *also,
				    enum result r, struct err *err);
/* Of it, where more stands behind the rows: the member "next" of the open object, and a line for people. Number and id are
 * those of the last row shown. */
MUST_CHECK enum result paging_end(struct call *call, const struct paging *paging, uint32_t account, const char *also,
				  struct err *err);

/* The two halves, for tests and fuzzers: `mark_of` is what the mark is made over besides the position. */
#define PAGING_CURSOR_LEN 56 /* characters */
void paging_write(const struct key *key, const char *mark_of, int64_t number, struct id id,
		  char out[PAGING_CURSOR_LEN + 1]);
bool paging_read(const struct key *key, const char *mark_of, const char *text, size_t len, int64_t *number,
		 struct id *id);

#endif
