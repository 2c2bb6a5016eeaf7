/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Internal to src/api/openapi*.c.
 */
#ifndef LETHE_API_OPENAPI_RUN_H
#define LETHE_API_OPENAPI_RUN_H

#include "api/resource.h"
#include "base/json.h"

#define OPENAPI_NAME_MAX 96

/* The files that are built in, each an object: schemas by name, the others by "POST /v1/..". */
struct openapi_known { const struct json *schemas, *said, *examples; };

/* What `all` has of a resource; NULL: nothing. */
const struct json *openapi_of_resource(const struct json *all, const struct resource *resource);
bool openapi_is_door(const struct resource *resource);
/* Does what it is asked with come as a stream, or what it answers? */
bool openapi_is_stream(const struct resource *resource);
/* Is what it answers told apart from what it was by an ETag? */
bool openapi_has_etag(const struct resource *resource);
/* What is done is done once, if the request has a key. */
bool openapi_takes_key(const struct resource *resource);
bool openapi_takes_body(const struct resource *resource);
bool openapi_has_word(const struct resource *resource, const char *name);

/* The schema of a word of a request, as member `name` of the open object; in a body with its description. */
void openapi_word(struct json_writer *w, const char *name, const struct word *word);
/* {"$ref": "#/components/<where>/<what>"}, as member `name` of the open object. */
void openapi_ref(struct json_writer *w, const char *name, const char *where, const char *what);

/* Member "responses" of an operation. */
void openapi_answers(struct json_writer *w, const struct resource *resource, const struct openapi_known *known);
/* Members "headers", "responses" and "examples" of the components, to which the answers refer. */
void openapi_answer_parts(struct json_writer *w);

#endif
