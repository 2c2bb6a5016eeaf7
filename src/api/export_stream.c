/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/export_stream.h"

#include <string.h>

#include "export/export.h"
#include "net/spool.h"
#include "privacy/person.h"

#define ZIP_MAX ((uint64_t)1024 * 1024 * 1024 * 1024) /* bytes: the disk ends it before */

static enum result to_spool(void *arg, const void *data, size_t len, struct err *err)
{
	return spool_write(arg, data, len, err);
}

static bool is_gone(void *arg, int64_t done, int64_t total)
{
	(void)done, (void)total;
	return response_gone(arg);
}

static void answer(struct direct *direct, struct id person, const struct export_result *result, struct spool *spool)
{
	struct response *response = direct->response;
	char id[ID_TEXT_MAX];

	id_format(PERSON_PREFIX, person, id);
	response_type(response, "application/zip");
	response_header(response, "Content-Disposition",
			pool_printf(direct->request->pool, "attachment; filename=\"%s.zip\"", id));
	response_header(response, "Lethe-Audit-Leaf",
			pool_printf(direct->request->pool, "%llu", (unsigned long long)result->leaf));
	if (result->left_out + result->media_left_out > 0)
		response_header(response, "Lethe-Partly", "true");
	spool_answer(spool, response);
}

enum result export_stream(struct direct *direct, struct err *err)
{
	const char *others = direct_query(direct, "others");
	struct export_request request = {.show_others = others != NULL && strcmp(others, "show") == 0,
					 .now = direct->request->now, .progress = is_gone,
					 .progress_arg = direct->response, .write = to_spool};
	struct export_result result;
	struct spool *spool = NULL;
	enum result r = person_find_one(&direct->view->read, direct->account, request_parameter(direct->request, "person"),
					direct->request->pool, &request.person, err);

	if (r == OK)
		r = spool_new(direct->view->dir, ZIP_MAX, &spool, err);
	request.write_arg = spool;
	if (r == OK)
		r = export_person(direct->view, direct->account, &request, &result, err);
	if (r == OK)
		answer(direct, request.person, &result, spool);
	else
		spool_free(spool);
	return r;
}
