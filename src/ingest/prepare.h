/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From what a reader understood to what a batch holds: identifiers normalised
 * and blinded, ids derived, media sealed.  The reading thread's half of an import.
 */
#ifndef LETHE_INGEST_PREPARE_H
#define LETHE_INGEST_PREPARE_H

#include "ingest/batch.h"
#include "ingest/intake.h"
#include "ingest/mediafile.h"
#include "shim/phone.h"

struct prepare {
	struct vault *vault;
	const struct import_options *options;
	struct key index_key; /* the account's; wiped by prepare_end */
	struct phone_cache *phones;
	struct pool *scratch; /* of one line; borrowed */
	struct mediafile_folder folder;
};

MUST_CHECK enum result prepare_begin(struct prepare *p, struct err *err);
void prepare_end(struct prepare *p);
/* Adds it to the batch, which must have room. ERR_INPUT: the line is bad, and the batch as it was. */
MUST_CHECK enum result prepare_add(struct prepare *p, const struct intake *in, struct batch *batch, struct err *err);

#endif
