/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file of settings, from any bytes without NUL: what is taken is within its bounds, what is not is said with its place.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *nothing(const char *name)
{
	(void)name;
	return NULL;
}

static void check(const struct settings *settings)
{
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = &setting_rows[i];

		INVARIANT(settings->text[i] != NULL && strchr(settings->text[i], '\n') == NULL);
		INVARIANT(settings->source[i] == SETTING_DEFAULT || settings->line[i] > 0);
		if (row->type == SETTING_NUMBER)
			INVARIANT(settings->number[i] >= row->least && settings->number[i] <= row->most);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings_from from = {.file = "lethe.conf", .environment = nothing};
	struct settings settings;
	struct pool pool;
	struct err err;
	char *text;

	if (memchr(data, '\0', size))
		return 0;
	text = strndup((const char *)data, size);
	if (!text)
		return 0;
	from.text = text;
	pool_init(&pool, (size_t)16 * 1024 * 1024);
	if (settings_read(&from, &pool, &settings, &err) == OK)
		check(&settings);
	else
		INVARIANT(err.what[0] && err.mend[0] && strncmp(err.where, "lethe.conf:", strlen("lethe.conf:")) == 0);
	pool_free(&pool);
	free(text);
	return 0;
}
