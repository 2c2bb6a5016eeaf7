/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything there is on a person, as a ZIP: the copy of GDPR articles 15 and
 * 20.  What is in it: docs/export.md.
 *
 * No plaintext touches the disk but the ZIP itself: each part of it is made by
 * a walk of its own over the records, so nothing is spooled.  In memory are one
 * record at a time, 20 bytes for each record, 200 for each file.
 */
#ifndef LETHE_EXPORT_EXPORT_H
#define LETHE_EXPORT_EXPORT_H

#include "vault/accounts.h"

struct export_request {
	struct id person;
	const char *path;   /* of the ZIP; must not exist. NULL: it is handed to `write` as it is made */
	enum result (*write)(void *arg, const void *data, size_t len, struct err *err);
	void *write_arg;
	bool show_others;   /* false: others' numbers, addresses, names are masked */
	struct instant now;
	bool (*progress)(void *arg, int64_t done, int64_t total); /* in records; true asks to stop. NULL: none */
	void *progress_arg;
};

struct export_result {
	int64_t records, contacts, media, files; /* that are in it; files include manifest.json */
	int64_t left_out;        /* records and contacts that could not be opened */
	int64_t media_left_out;
	int64_t others_masked;   /* people and agents */
	uint64_t bytes;          /* of the ZIP */
	uint64_t leaf;           /* of the audit log: person.export */
};

/* Reads with vault->read; the vault need not be writable. The audit leaf is committed before any data are read. On
 * any failure nothing is left at path: ERR_EXISTS, ERR_NOT_FOUND (the person), ERR_INTERRUPTED, ERR_FULL .. */
MUST_CHECK enum result export_person(struct vault *vault, const struct account *account,
				     const struct export_request *request, struct export_result *out,
				     struct err *err);

#endif
