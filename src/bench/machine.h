/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a reader must know of the machine to judge rates.
 */
#ifndef LETHE_BENCH_MACHINE_H
#define LETHE_BENCH_MACHINE_H

#include <stdint.h>

struct machine {
	char processor[100], kernel[100], sqlite[32], openssl[32];
	char filesystem[32]; /* of the folder measured in: "ext4", "tmpfs", or its magic number */
	int processors;
	int64_t memory;      /* bytes */
	double load;         /* of the last minute, before anything was measured */
};

/* What cannot be found out is "" or 0. */
void machine_read(const char *dir, struct machine *out);

#endif
