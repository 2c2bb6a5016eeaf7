/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where --out FILE goes: a new file of mode 0600, or standard output if that
 * is no terminal.  A file that could not be written whole is no file.
 */
#ifndef LETHE_API_OUTFILE_H
#define LETHE_API_OUTFILE_H

#include "api/call.h"

struct outfile {
	const struct call *call;
	const char *path; /* "-": standard output */
	int fd;
	uint64_t written;
};

/* `path` is borrowed. ERR_EXISTS. ERR_INPUT: NULL, or "-" and it is a terminal. */
MUST_CHECK enum result outfile_open(const struct call *call, const char *path, struct outfile *out, struct err *err);
/* `arg` is the outfile. ERR_INTERRUPTED: whoever asked wants it no more. */
MUST_CHECK enum result outfile_write(void *arg, const void *data, size_t len, struct err *err);
/* `r` says how it went; what is returned does too. */
MUST_CHECK enum result outfile_close(struct outfile *out, enum result r, struct err *err);

#endif
