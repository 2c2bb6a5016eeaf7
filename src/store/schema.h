/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tables, as numbered migrations; each is applied once, by the program.
 * The data (vault.db) and the keys (keys.db) are two databases: see
 * docs/architecture.md, "The life of a key".
 */
#ifndef LETHE_STORE_SCHEMA_H
#define LETHE_STORE_SCHEMA_H

#include "db/db.h"

MUST_CHECK enum result schema_migrate_vault(struct db *db, struct err *err);
MUST_CHECK enum result schema_migrate_keys(struct db *db, struct err *err);

#endif
