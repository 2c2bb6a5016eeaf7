/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/request.h"

#include <string.h>

#include "net/flow.h"

const char *request_header(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return NULL;
}

const char *request_parameter(const struct request *request, const char *name)
{
	return router_value(request->router, &request->match, name);
}

enum result request_read(struct request *request, void *out, size_t len, size_t *got, struct err *err)
{
	enum result r;

	*got = 0;
	r = request->input ? flow_read(request->input, out, len, got, err) : OK;
	if (r == OK && request->digest != NULL)
		sha256_update(request->digest, out, *got);
	return r;
}

enum result request_condition(const struct request *request, const char *etag, enum condition *out, struct err *err)
{
	const char *match = request_header(request, "if-match"), *none = request_header(request, "if-none-match");
	bool listed = true, reads = request->method == METHOD_GET || request->method == METHOD_HEAD;
	enum result r = OK;

	*out = CONDITION_GO;
	if (match)
		r = field_etag_listed(match, etag, ETAG_STRONG, &listed, err);
	if (r)
		return err_where(err, "If-Match");
	if (!listed) {
		*out = CONDITION_FAILED;
		return OK;
	}
	listed = false;
	if (none)
		r = field_etag_listed(none, etag, ETAG_WEAK, &listed, err);
	if (r)
		return err_where(err, "If-None-Match");
	if (listed)
		*out = reads ? CONDITION_NOT_MODIFIED : CONDITION_FAILED;
	return OK;
}
