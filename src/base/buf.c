/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){.max = max};
}

/* realloc would leave the old copy, with whatever was in it, on the heap. */
static bool grow(struct buf *buf, size_t need)
{
	size_t cap = buf->cap > 0 ? buf->cap : 256;
	char *data;

	while (cap < need)
		cap *= 2;
	data = malloc(cap);
	buf->no_memory = data == NULL;
	if (data == NULL)
		return false;
	if (buf->data != NULL) {
		memcpy(data, buf->data, buf->len);
		explicit_bzero(buf->data, buf->len);
		free(buf->data);
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

void *buf_extend(struct buf *buf, size_t len)
{
	char *at;

	if (buf->failed)
		return NULL;
	if (len > buf->max - buf->len || (buf->cap < buf->len + len + 1 && !grow(buf, buf->len + len + 1))) {
		buf->failed = true;
		return NULL;
	}
	at = buf->data + buf->len;
	buf->len += len;
	buf->data[buf->len] = '\0';
	return at;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	void *at = buf_extend(buf, len);

	if (at != NULL && len > 0)
		memcpy(at, data, len);
}

void buf_add_str(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	if (buf->failed || buf->len + 1 >= buf->cap || buf->len >= buf->max) {
		buf_add(buf, &c, 1);
		return;
	}
	buf->data[buf->len++] = c;
	buf->data[buf->len] = '\0';
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	void *at;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	if ((size_t)len < sizeof small) {
		buf_add(buf, small, (size_t)len);
		return;
	}
	/* vsnprintf writes its terminator on the byte buf_extend keeps for one. */
	at = buf_extend(buf, (size_t)len);
	if (at == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(at, (size_t)len + 1, fmt, ap);
	va_end(ap);
}

enum result buf_ok(const struct buf *buf, const char *what, struct err *err)
{
	if (!buf->failed)
		return OK;
	if (buf->no_memory)
		return err_no_memory(err);
	return err_set(err, ERR_LIMIT, "%s is larger than its maximum of %zu bytes", what, buf->max);
}

char *buf_to_pool(struct buf *buf, const char *what, struct pool *pool, struct err *err)
{
	char *out = NULL;

	if (buf_ok(buf, what, err) == OK) {
		out = pool_strndup(pool, buf->data != NULL ? buf->data : "", buf->len);
		if (out == NULL)
			err_no_memory(err);
	}
	buf_free(buf);
	return out;
}

void buf_reset(struct buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->len);
	buf->len = 0;
	buf->failed = buf->no_memory = false;
}

void buf_free(struct buf *buf)
{
	buf_reset(buf);
	free(buf->data);
	buf->data = NULL;
	buf->cap = 0;
}
