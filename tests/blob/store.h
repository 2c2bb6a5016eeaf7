/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A blob store of its own for every test, in a folder. After cmocka.h.
 */
#ifndef LETHE_TESTS_BLOB_STORE_H
#define LETHE_TESTS_BLOB_STORE_H

#include <limits.h>

#include "blob/blob.h"
#include "folder.h"

static char folder[PATH_MAX];
static struct blob_store *store;
static struct err err;

static inline const char *path_of(const char *relative)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", folder, relative);
	return path;
}

static inline int make_store(void **state)
{
	(void)state;
	if (folder_make(folder, sizeof folder, "blob") != 0)
		return -1;
	return blob_open_folder(folder, true, &store, &err);
}

static inline int remove_store(void **state)
{
	(void)state;
	blob_close(store);
	return folder_remove(folder);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)

#endif
