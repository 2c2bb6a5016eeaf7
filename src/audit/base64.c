/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "audit/base64.h"

#include <sodium.h>

void base64_add(struct buf *buf, const void *data, size_t len)
{
	size_t text_len = BASE64_LEN(len);
	char *text = buf_extend(buf, text_len + 1);

	if (!text)
		return;
	sodium_bin2base64(text, text_len + 1, data, len, sodium_base64_VARIANT_ORIGINAL);
	buf->len--; /* libsodium's terminator, which is the buffer's too */
}

bool base64_read(const char *text, size_t text_len, void *out, size_t max, size_t *len)
{
	const char *end;

	return sodium_base642bin(out, max, text, text_len, NULL, len, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       end == text + text_len;
}

bool base64_read_exactly(const char *text, size_t text_len, void *out, size_t len)
{
	size_t got;

	return text_len == BASE64_LEN(len) && base64_read(text, text_len, out, len, &got) && got == len;
}
