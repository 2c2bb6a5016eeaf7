/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <dirent.h>
#include <cmocka.h>

#include "law/embed.h"

#define FILE_MAX 65536

static void assert_same_bytes(const struct law_file *file)
{
	static char bytes[FILE_MAX];
	size_t len = (size_t)(file->end - file->text);
	FILE *in = fopen(file->path, "rb");

	assert_non_null(in);
	assert_int_equal(fread(bytes, 1, sizeof bytes, in), len);
	fclose(in);
	assert_memory_equal(bytes, file->text, len);
	assert_int_equal(*file->end, '\0');
}

/* Of *.json in the folder, each of which must be one of the files. */
static size_t count_files(const char *folder, const struct law_file *files, size_t count)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t found = 0;
	char path[400];

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		size_t i = 0;

		if (!strstr(entry->d_name, ".json"))
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		while (i < count && strcmp(files[i].path, path) != 0)
			i++;
		if (i == count)
			fail_msg("%s is not built in: see src/law/embed.c", path);
		found++;
	}
	closedir(dir);
	return found;
}

static void what_is_built_in_are_the_files_byte_for_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAW_OBLIGATION_FILES; i++)
		assert_same_bytes(&law_obligation_files[i]);
	for (size_t i = 0; i < LAW_PROFILE_FILES; i++)
		assert_same_bytes(&law_profile_files[i]);
	assert_same_bytes(&law_holidays_file);
}

static void every_file_is_built_in(void **state)
{
	(void)state;
	assert_int_equal(count_files("law/obligations", law_obligation_files, LAW_OBLIGATION_FILES),
			 LAW_OBLIGATION_FILES);
	assert_int_equal(count_files("law/profiles", law_profile_files, LAW_PROFILE_FILES), LAW_PROFILE_FILES);
	assert_int_equal(count_files("law", &law_holidays_file, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_built_in_are_the_files_byte_for_byte),
	    cmocka_unit_test(every_file_is_built_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
