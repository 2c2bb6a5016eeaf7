/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where a region's data are: DATA/regions/<name>.
 */
#ifndef LETHE_VAULT_REGION_H
#define LETHE_VAULT_REGION_H

#include "vault/vault.h"

/* "dir/name". ERR_INPUT when that is too long for a path. */
MUST_CHECK enum result region_path(char out[VAULT_PATH_MAX], const char *dir, const char *name, struct err *err);
/* Is it a name for one? ERR_INPUT. */
MUST_CHECK enum result region_check(const char *region, struct err *err);
/* The folder of the one that is meant, whether it is there or not. */
MUST_CHECK enum result region_dir(const struct vault_options *options, char out[VAULT_PATH_MAX], struct err *err);
/* Names of the regions under a data folder, sorted. None is OK; ERR_LIMIT: more than `max`. */
MUST_CHECK enum result region_list(const char *data_dir, char (*out)[VAULT_REGION_MAX + 1], size_t max, size_t *count,
				   struct err *err);

#endif
