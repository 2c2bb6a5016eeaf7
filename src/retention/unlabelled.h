/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names of queues, campaigns and tags that no record has any more.
 */
#ifndef LETHE_RETENTION_UNLABELLED_H
#define LETHE_RETENTION_UNLABELLED_H

#include "vault/vault.h"

/* Inside a write transaction: deletes the labels that no record has, no policy or hold names or ever named, no aggregate is
 * of, and no obligation that applies goes by. `*gone` counts them. Costs what is unused. */
MUST_CHECK enum result unlabelled_delete(struct session *session, uint32_t account, struct instant now, int64_t *gone,
					 struct err *err);

#endif
