/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/link.h"

#include <string.h>

#include "store/account.h"

#define LINK_MAX ((size_t)16 * 1024)

/* RFC 3986: all but the unreserved characters. */
static void add_escaped(struct buf *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			buf_add(out, text, 1);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

static void add_param(struct buf *out, bool *first, const char *name, const char *value)
{
	buf_add_str(out, *first ? "?" : "&");
	*first = false;
	add_escaped(out, name);
	buf_add_str(out, "=");
	add_escaped(out, value);
}

/* Without the parameter `leave` (NULL: with all). */
static void write_target(struct buf *out, const struct target *target, const char *leave, bool *first)
{
	for (size_t i = 0; i < target->segment_count; i++) {
		buf_add_str(out, "/");
		add_escaped(out, target->segments[i]);
	}
	for (size_t i = 0; i < target->param_count; i++) {
		if (leave == NULL || strcmp(target->params[i].name, leave) != 0)
			add_param(out, first, target->params[i].name, target->params[i].value);
	}
}

void link_target(struct buf *out, const struct target *target)
{
	bool first = true;

	write_target(out, target, NULL, &first);
}

static void write_link(struct buf *out, const struct target *target, const char *cursor)
{
	bool first = true;

	buf_add_str(out, "<");
	write_target(out, target, "cursor", &first);
	add_param(out, &first, "cursor", cursor);
	buf_add_str(out, ">; rel=\"next\"");
}

enum result link_next(struct response *response, const struct request *request, const char *cursor, struct err *err)
{
	struct buf link;
	enum result r;

	buf_init(&link, LINK_MAX);
	write_link(&link, &request->target, cursor);
	buf_add(&link, "", 1);
	r = buf_ok(&link, "the address of the next page", err);
	if (r == OK)
		response_header(response, "Link", link.data);
	buf_free(&link);
	return r;
}

/* Is `path` that of a list, and `at` that of what is in it? */
static bool is_member(const char *list, const char *at)
{
	size_t len = strlen(list);

	return strncmp(list, at, len) == 0 && at[len] == '/' && at[len + 1] == '{' && strchr(at + len + 1, '/') == NULL;
}

bool link_made_is_read(const struct resource *resource)
{
	for (size_t i = 0; i < resource_count; i++) {
		const char *path = resources[i].path;

		if (resources[i].method == METHOD_GET &&
		    (resource->method == METHOD_POST ? is_member(resource->path, path) : strcmp(resource->path, path) == 0))
			return true;
	}
	return false;
}

enum result link_made(struct response *response, const struct resource *resource, const struct id *account, const char *made,
		      struct err *err)
{
	static const char in_account[] = "/v1/accounts/{account}";
	const char *where;
	char id[ID_TEXT_MAX];

	if (account != NULL && strncmp(resource->path, in_account, strlen(in_account)) == 0)
		where = pool_printf(response->pool, "/v1/accounts/%s%s/%s", id_format(ACCOUNT_PREFIX, *account, id),
				    resource->path + strlen(in_account), made);
	else
		where = pool_printf(response->pool, "%s/%s", resource->path, made);
	if (where == NULL)
		return err_no_memory(err);
	response_header(response, "Location", where);
	return OK;
}
