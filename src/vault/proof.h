/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signed proofs from the audit log: checkpoints and receipts.
 */
#ifndef LETHE_VAULT_PROOF_H
#define LETHE_VAULT_PROOF_H

#include "audit/receipt.h"
#include "vault/vault.h"

/* The key that verifies this vault's checkpoints; its name is the log's origin, "lethe/<vault id>". */
MUST_CHECK enum result proof_key(struct session *session, struct id vault, struct note_key *out, struct err *err);
/* The same into the file `path`, as `lethe verify` reads it, unless it is there. */
MUST_CHECK enum result proof_write_key(struct session *session, struct id vault, const char *path, struct err *err);
/* A signed checkpoint over all leaves there are. */
MUST_CHECK enum result proof_checkpoint(struct session *session, struct id vault, struct checkpoint *at,
					struct buf *note, struct err *err);
/* Digest of a statement written as JSON text, for the leaf; see audit/receipt.h. */
MUST_CHECK enum result proof_digest(const char *statement, size_t len, char out[65], struct err *err);
/* The receipt of the act in leaf `seq`, whose "statement" digest must be that of `statement` (JSON text).
 * ERR_GONE when the leaf is pruned. */
MUST_CHECK enum result proof_receipt(struct session *session, struct id vault, const char *statement, size_t len,
				     uint64_t seq, struct buf *out, struct err *err);

#endif
