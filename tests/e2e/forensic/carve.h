/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every key that can be unwrapped from any byte of a file: not what the key
 * store's tables say, but 60 bytes at each offset, tried as a wrapped key of
 * every account, class, number and epoch at once.
 */
#ifndef LETHE_TESTS_E2E_FORENSIC_CARVE_H
#define LETHE_TESTS_E2E_FORENSIC_CARVE_H

#include "base/id.h"
#include "crypto/root.h"

struct carved {
	uint32_t account, epoch;
	int class;       /* 0: an account's key; else enum key_class */
	int64_t number;
	struct key key;
};

/* Account keys that the root opens, from any offset: to be called for every file before carve_keys. */
void carve_accounts(struct root *root, struct id vault, const unsigned char *data, size_t len);
/* All other keys, under each account key found so far. */
void carve_keys(struct id vault, const unsigned char *data, size_t len);
/* NULL when it was found nowhere. */
const struct key *carved_find(uint32_t account, int class, int64_t number);
size_t carved_list(const struct carved **out);

#endif
