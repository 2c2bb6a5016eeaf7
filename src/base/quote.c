/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <unicode/utf8.h>

#define SHOWN_MAX 48

/* C1 controls steer terminals as C0 ones do. */
static bool printable(UChar32 c)
{
	return c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0);
}

char *quote(const char *text, size_t len, char out[QUOTE_MAX])
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t at = 0, used = 0;

	out[used++] = '\'';
	while (at < len && at < SHOWN_MAX) {
		size_t start = at;
		UChar32 c;

		U8_NEXT(bytes, at, len, c);
		if (at > SHOWN_MAX) {
			at = start;
			break;
		}
		if (printable(c)) {
			memcpy(out + used, bytes + start, at - start);
			used += at - start;
		} else {
			out[used++] = '?';
		}
	}
	if (at < len) {
		memcpy(out + used, "..", 2);
		used += 2;
	}
	out[used++] = '\'';
	out[used] = '\0';
	return out;
}
