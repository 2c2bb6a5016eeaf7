/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/method.h"

#include <string.h>

static const char *const names[] = {
    [METHOD_GET] = "GET",     [METHOD_HEAD] = "HEAD",     [METHOD_POST] = "POST",       [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "OTHER",
};

enum method method_parse(const char *text)
{
	for (int i = 0; i < METHOD_COUNT; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum method)i;
	return METHOD_OTHER;
}

const char *method_name(enum method method)
{
	return names[method];
}
