/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Receipts: a signed statement of what was done that anybody can check with
 * the public key alone, offline.
 *
 * {"lethe_receipt":1,
 *  "statement":{..},                       what was done; opaque ids only
 *  "leaf":"..canonical JSON..",            the audit leaf; its "statement" is sha256 of the canonical statement
 *  "index":12,"proof":["base64", ..],      its inclusion in
 *  "checkpoint":"..signed note.."}         this tree
 */
#ifndef LETHE_AUDIT_RECEIPT_H
#define LETHE_AUDIT_RECEIPT_H

#include "audit/merkle.h"
#include "audit/note.h"
#include "base/json.h"

/* SHA-256 of the canonical form of `statement`, as lower-case hex, for the leaf's "statement" member. */
MUST_CHECK enum result receipt_digest(const struct json *statement, char out[65], struct err *err);
/* Writes the receipt as indented JSON. */
MUST_CHECK enum result receipt_write(const struct json *statement, const char *leaf, size_t leaf_len, uint64_t index,
				     const struct merkle_proof *proof, const char *checkpoint, struct buf *out,
				     struct err *err);
/* Checks everything; on OK `*statement` (in `pool`) is what was signed, `*at` the checkpoint. ERR_CORRUPT
 * says which link fails. */
MUST_CHECK enum result receipt_verify(const char *text, size_t len, const struct note_key *key, struct pool *pool,
				      const struct json **statement, struct checkpoint *at, struct err *err);

#endif
