/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The fixture of a group of tests that need nothing but the libraries.
 */
#ifndef LETHE_TESTS_CRYPTO_READY_H
#define LETHE_TESTS_CRYPTO_READY_H

#include "crypto/primitives.h"

static inline int crypto_ready(void **state)
{
	struct err err;

	(void)state;
	return crypto_init(&err) == OK ? 0 : -1;
}

#endif
