/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The baseline of media: OpenSSL's own benchmark, `openssl speed`.
 */
#ifndef LETHE_BENCH_SPEED_H
#define LETHE_BENCH_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include "bench/child.h"

/* AES-256-GCM over blocks of that size. ERR_NOT_FOUND when the program `openssl` is not installed. */
MUST_CHECK enum result speed_run(size_t block, bool decrypt, double seconds, struct sample *out, struct err *err);
/* Reads its machine-readable output (-mr): bytes per second. ERR_CORRUPT. */
MUST_CHECK enum result speed_parse(const char *text, double *out, struct err *err);

#endif
