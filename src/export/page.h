/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Records on pages, newest first: a kind with few of them stands in
 * index.html; one with many has pages of its own, html/calls-2024.html,
 * html/calls-2024-2.html .., none of which is too long to open.
 */
#ifndef LETHE_EXPORT_PAGE_H
#define LETHE_EXPORT_PAGE_H

#include "export/job.h"

#define PAGE_RECORDS_MAX 2000 /* on one page */
#define PAGE_INLINE_MAX 100   /* of a kind, in index.html itself */

/* One page: the items from `last` down to `first`, all of one year. */
struct page {
	enum record_kind kind;
	size_t first, last;
	int year, part; /* part from 1 */
};
/* The newest page of a kind, then those before it. `*page` zeroed but for kind to begin; false at the end. */
bool page_next(const struct job *job, struct page *page);
char *page_path(const struct page *page, char out[ZIP_NAME_MAX]);
bool page_is_inline(const struct job *job, enum record_kind kind);

/* Writes every page under html/. */
MUST_CHECK enum result page_export(struct job *job, struct err *err);
/* The records of a page into job->out, flushing; `up` leads to the media: "" or "../". */
MUST_CHECK enum result page_records(struct job *job, const struct page *page, const char *up, struct err *err);
/* "calls-2024-05": the anchor of a month. */
char *page_anchor(enum record_kind kind, struct instant at, char out[ZIP_NAME_MAX]);
/* "campaign_results", for names of files. */
const char *page_kind_file(enum record_kind kind);

#endif
