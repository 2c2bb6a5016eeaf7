/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A new vault.
 *
 * It is made in a folder beside its own and renamed into place: who dies in
 * between leaves nothing that anybody takes for a vault.
 */
#ifndef LETHE_VAULT_INIT_H
#define LETHE_VAULT_INIT_H

#include "vault/vault.h"

/* Makes the folder, both databases, the root's first epoch, the vault's own keys, lethe.pub. ERR_EXISTS; ERR_BUSY while
 * another process makes one in the same data folder. */
MUST_CHECK enum result init_vault(const struct vault_options *options, const struct root_options *root, struct instant now,
				  struct err *err);

#endif
