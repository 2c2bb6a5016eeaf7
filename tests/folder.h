/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A test's own folder, below $TMPDIR or else /tmp. Both return 0, or -1 and errno: what a cmocka fixture returns.
 */
#ifndef LETHE_TESTS_FOLDER_H
#define LETHE_TESTS_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

/* Makes a new one whose name begins with lethe-`name`; its path goes to `path`, of `size` bytes. */
static inline int folder_make(char *path, size_t size, const char *name)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(path, size, "%s/lethe-%s-XXXXXX", tmp != NULL ? tmp : "/tmp", name);
	return mkdtemp(path) != NULL ? 0 : -1;
}

static inline int folder_remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* With all that is in it; links are not followed. */
static inline int folder_remove(const char *path)
{
	return nftw(path, folder_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
