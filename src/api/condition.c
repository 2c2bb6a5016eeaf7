/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/condition.h"

#include <string.h>

#include "api/direct.h"
#include "store/leaf.h"

bool condition_asked(const struct resource *resource, const struct request *request)
{
	return resource->flow != RESOURCE_READ && (request_header(request, "if-match") != NULL ||
						   request_header(request, "if-none-match") != NULL);
}

/* A list that has to be told of what cannot be what was read. */
static bool asks_for_more(const struct resource *resource)
{
	for (size_t i = 0; i < resource->word_count; i++) {
		if (resource->words[i].place == IN_QUERY && resource->words[i].required)
			return true;
	}
	return false;
}

static const struct resource *read_at(const char *path, size_t len)
{
	for (size_t i = 0; i < resource_count; i++) {
		if (resources[i].method == METHOD_GET && strlen(resources[i].path) == len &&
		    memcmp(resources[i].path, path, len) == 0 && direct_find(&resources[i]) == NULL &&
		    !asks_for_more(&resources[i]))
			return &resources[i];
	}
	return NULL;
}

const struct resource *condition_subject(const struct resource *resource)
{
	const struct resource *found = NULL;
	size_t len = strlen(resource->path);

	while (len > 0 && (found = read_at(resource->path, len)) == NULL) {
		while (len > 0 && resource->path[len - 1] != '/')
			len--;
		len -= len > 0;
	}
	return found;
}

enum result condition_etag(struct vault *view, uint32_t account, const void *document, size_t len, struct pool *pool,
			   const char **out, struct err *err)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * BLIND_LEN + 3];
	struct blind tag;
	enum result r = keyring_blind(view->read.ring, account, BLIND_ETAG, document, len, &tag, err);

	if (r != OK)
		return r;
	text[0] = text[2 * BLIND_LEN + 1] = '"';
	text[2 * BLIND_LEN + 2] = '\0';
	for (int i = 0; i < BLIND_LEN; i++) {
		text[1 + 2 * i] = digits[tag.bytes[i] >> 4];
		text[2 + 2 * i] = digits[tag.bytes[i] & 15];
	}
	*out = pool_strdup(pool, text);
	return *out != NULL ? OK : err_no_memory(err);
}

enum result condition_begin(struct condition_guard *guard, struct vault *view, uint32_t account, struct err *err)
{
	*guard = (struct condition_guard){.account = account};
	return leaf_tree_size(view->read.data, &guard->since, err);
}

enum result condition_holds(struct session *session, struct condition_guard *guard, struct err *err)
{
	enum result r = leaf_has_deed(session->data, guard->account, guard->since, &guard->changed, err);

	if (r == OK && guard->changed)
		r = err_set(err, ERR_BUSY, "something was changed meanwhile");
	return r;
}
