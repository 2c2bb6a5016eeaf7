/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A path of a blob from any bytes: what is taken is written again exactly as it was, and stays inside the store.
 */
#include <stdint.h>
#include <string.h>

#include "blob/blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[256], again[BLOB_PATH_MAX];
	struct blob_name name;
	struct err err;

	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (blob_path_parse(text, &name, &err) != OK) {
		INVARIANT(err.code == ERR_INPUT && err.what[0]);
		return 0;
	}
	INVARIANT(strcmp(blob_path(&name, again), text) == 0);
	INVARIANT(text[0] != '/' && !strstr(text, ".."));
	return 0;
}
