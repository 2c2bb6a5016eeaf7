/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/region.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum result region_path(char out[VAULT_PATH_MAX], const char *dir, const char *name, struct err *err)
{
	int len = snprintf(out, VAULT_PATH_MAX, "%s/%s", dir, name);

	if (len < 0 || len >= VAULT_PATH_MAX)
		return err_set(err, ERR_INPUT, "the path of the data folder is too long");
	return OK;
}

enum result region_check(const char *region, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (region[0] == '\0' || strlen(region) > VAULT_REGION_MAX || strspn(region, allowed) != strlen(region)) {
		err_set(err, ERR_INPUT, "'%.40s' is no name for a region", region);
		return err_mend(err, "use up to %d lower-case letters, digits and '-', such as eu-west",
				VAULT_REGION_MAX);
	}
	return OK;
}

enum result region_dir(const struct vault_options *options, char out[VAULT_PATH_MAX], struct err *err)
{
	const char *region = options->region != NULL ? options->region : VAULT_DEFAULT_REGION;
	char relative[VAULT_REGION_MAX + 16];
	enum result r = region_check(region, err);

	if (r != OK)
		return r;
	snprintf(relative, sizeof relative, "regions/%s", region);
	return region_path(out, options->data_dir, relative, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum result region_list(const char *data_dir, char (*out)[VAULT_REGION_MAX + 1], size_t max, size_t *count,
			struct err *err)
{
	char path[VAULT_PATH_MAX];
	struct dirent *entry;
	struct err ignored;
	DIR *dir;
	enum result r = region_path(path, data_dir, "regions", err);

	*count = 0;
	if (r != OK)
		return r;
	dir = opendir(path);
	if (dir == NULL && errno == ENOENT)
		return OK;
	if (dir == NULL)
		return err_sys(err, "cannot read %s", path);
	while (r == OK && (entry = readdir(dir)) != NULL) {
		if (region_check(entry->d_name, &ignored) != OK)
			continue;
		if (*count == max)
			r = err_set(err, ERR_LIMIT, "more than %zu regions", max);
		else
			snprintf(out[(*count)++], VAULT_REGION_MAX + 1, "%.*s", VAULT_REGION_MAX, entry->d_name);
	}
	closedir(dir);
	qsort(out, *count, sizeof out[0], by_name);
	return r;
}
