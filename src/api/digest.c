/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/digest.h"

#include <string.h>

#include "audit/base64.h"

static enum result malformed(struct err *err)
{
	err_set(err, ERR_INPUT, "this is no digest");
	return err_mend(err, "write it as RFC 9530 has it: sha-256=:base64 of the 32 bytes:");
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static bool is_key(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_-.*", text[i]) == NULL)
			return false;
	}
	return len > 0 && text[0] >= 'a' && text[0] <= 'z';
}

/* One "name=:base64:"; *at is left behind it. */
static enum result read_member(const char **at, bool *given, struct hash *out, struct err *err)
{
	const char *name = *at, *value, *end;
	size_t len = strcspn(name, "=");

	if (!is_key(name, len) || name[len] != '=' || name[len + 1] != ':')
		return malformed(err);
	value = name + len + 2;
	end = strchr(value, ':');
	if (end == NULL)
		return malformed(err);
	*at = end + 1;
	if (len != strlen("sha-256") || memcmp(name, "sha-256", len) != 0)
		return OK; /* another algorithm is not ours to check */
	if (*given || !base64_read_exactly(value, (size_t)(end - value), out->bytes, sizeof out->bytes))
		return malformed(err);
	*given = true;
	return OK;
}

enum result digest_read(const char *value, bool *given, struct hash *out, struct err *err)
{
	const char *at = value != NULL ? skip_blanks(value) : NULL;
	enum result r = OK;

	*given = false;
	while (at != NULL && r == OK) {
		r = read_member(&at, given, out, err);
		if (r != OK)
			break;
		at = skip_blanks(at);
		if (*at == '\0')
			return OK;
		if (*at++ != ',')
			return malformed(err);
		at = skip_blanks(at);
	}
	return r;
}

void digest_write(struct buf *out, const struct hash *hash)
{
	buf_add_str(out, "sha-256=:");
	base64_add(out, hash->bytes, sizeof hash->bytes);
	buf_add_str(out, ":");
}
