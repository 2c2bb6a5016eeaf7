/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/response.h"

#include <string.h>
#include <strings.h>

#include "net/field.h"

void response_init(struct response *response, struct pool *pool)
{
	*response = (struct response){.status = 200, .pool = pool};
	response->last = &response->headers;
	buf_init(&response->body, RESPONSE_BODY_MAX);
}

static void drop_reader(struct response *response)
{
	if (response->read && response->read_free)
		response->read_free(response->read_arg);
	response->read = NULL;
}

void response_free(struct response *response)
{
	drop_reader(response);
	buf_free(&response->body);
}

static struct response_header *find(const struct response *response, const char *name)
{
	struct response_header *at = response->headers;

	while (at && strcasecmp(at->name, name) != 0)
		at = at->next;
	return at;
}

void response_why(struct response *response, const struct err *err)
{
	atomic_store(&response->why, err ? (int)err->code : (int)OK);
	atomic_store(&response->why_system, err ? err->system : 0);
}

/* The value in the pool; NULL after a failure. */
static const char *own(struct response *response, const char *name, const char *value)
{
	const char *copy = NULL;

	if (!value) {
		response->no_memory = true;
	} else if (field_is_token(name, strlen(name)) && field_value_is_clean(value, strlen(value)) && *value != '\0') {
		copy = pool_strdup(response->pool, value);
		response->no_memory |= !copy;
	}
	if (!copy)
		response->failed = true;
	return copy;
}

void response_header_literal_(struct response *response, const char *name, const char *value)
{
	struct response_header *header = pool_alloc(response->pool, sizeof *header);

	if (!header) {
		response->failed = response->no_memory = true;
		return;
	}
	*header = (struct response_header){.name = name, .value = value};
	*response->last = header;
	response->last = &header->next;
}

void response_header_add(struct response *response, const char *name, const char *value)
{
	const char *copy = own(response, name, value), *name_copy = pool_strdup(response->pool, name);

	if (!name_copy)
		response->failed = response->no_memory = true;
	if (copy && name_copy)
		response_header_literal_(response, name_copy, copy);
}

void response_header(struct response *response, const char *name, const char *value)
{
	struct response_header *header = find(response, name);
	const char *copy;

	if (!header) {
		response_header_add(response, name, value);
		return;
	}
	copy = own(response, name, value);
	if (copy)
		header->value = copy;
}

void response_header_remove(struct response *response, const char *name)
{
	struct response_header **at = &response->headers;

	while (*at)
		if (strcasecmp((*at)->name, name) == 0)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	response->last = at;
}

const char *response_get_header(const struct response *response, const char *name)
{
	const struct response_header *header = find(response, name);

	return header ? header->value : NULL;
}

void response_type(struct response *response, const char *media_type)
{
	response_header(response, "Content-Type", media_type);
}

void response_etag(struct response *response, const char *etag)
{
	INVARIANT(!etag || field_etag_valid(etag));
	response_header(response, "ETag", etag);
	response->etag = response_get_header(response, "ETag");
}

void response_reader(struct response *response, response_read *read, void (*free)(void *arg), void *arg, uint64_t size)
{
	drop_reader(response);
	response->read = read;
	response->read_free = free;
	response->read_arg = arg;
	response->read_size = size;
}
