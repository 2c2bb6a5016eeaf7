/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <string.h>

#include "base/id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *prefix, const char *text)
{
	char written[ID_TEXT_MAX];
	struct err err;
	struct id id;

	if (id_parse(prefix, text, &id, &err) == OK)
		INVARIANT(strcmp(id_format(prefix, id, written), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[100];

	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check("call", text);
	check("", text);
	return 0;
}
