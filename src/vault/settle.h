/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Settling what a crash left in a vault, before anybody writes to it again.
 */
#ifndef LETHE_VAULT_SETTLE_H
#define LETHE_VAULT_SETTLE_H

#include "vault/vault.h"

/* Journalled blobs whose rows were not committed go; so do blobs listed as trash, and what is left of kept files; a rotation under way goes on. */
MUST_CHECK enum result settle(struct vault *vault, struct instant now, struct err *err);

#endif
