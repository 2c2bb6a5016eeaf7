/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/direct.h"

#include <string.h>

#include "access/rights_now.h"
#include "api/import_upload.h"
#include "api/ingest.h"
#include "api/media.h"
#include "api/work_file.h"
#include "api/work_watch.h"
#include "base/clock.h"
#include "ingest/intake.h"
#include "ingest/media_add.h"

#define A "/v1/accounts/{account}"
#define ANY_SIZE ((uint64_t)INT64_MAX)
#define RIGHTS_MAX ((size_t)64 * 1024)

static const char *const lines[] = {"application/x-ndjson", "application/jsonl", NULL};
static const char *const files[] = {"application/x-ndjson", "application/jsonl", "text/csv", NULL};
static const char *const document[] = {"application/json", NULL};

/* clang-format off: tables are read by their columns */
static const struct direct_resource table[] = {
    {METHOD_POST, A "/ingest", true, ANY_SIZE, lines, "application/x-ndjson", false, ingest_lines},
    {METHOD_POST, A "/imports", true, ANY_SIZE, files, "application/json", true, import_upload},
    {METHOD_POST, A "/records", false, INTAKE_LINE_MAX, document, "application/json", false, ingest_record},
    {METHOD_POST, A "/contacts", false, INTAKE_LINE_MAX, document, "application/json", false, ingest_contact},
    {METHOD_PUT, A "/contacts/{contact}", false, INTAKE_LINE_MAX, document, "application/json", false, ingest_contact_again},
    {METHOD_PUT, A "/records/{record}/media/{n}", true, MEDIA_ADD_BYTES_MAX, NULL, "application/json", false, media_put},
    {METHOD_GET, A "/records/{record}/media/{n}", true, 0, NULL, "*/*", false, media_get},
    {METHOD_GET, A "/jobs/{job}/result", true, 0, NULL, "*/*", false, work_file_send},
    {METHOD_GET, A "/jobs/{job}/events", true, 0, NULL, "text/event-stream", false, work_watch},
    {METHOD_GET, "/v1/jobs/{job}/events", true, 0, NULL, "text/event-stream", false, work_watch},
};
/* clang-format on */

const struct direct_resource *direct_find(const struct resource *resource)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].method == resource->method && strcmp(table[i].path, resource->path) == 0)
			return &table[i];
	}
	return NULL;
}

const char *direct_query(const struct direct *direct, const char *name)
{
	const char *value = NULL;
	struct err ignored;

	return target_param(&direct->request->target, name, &value, &ignored) == OK ? value : NULL;
}

enum result direct_may_still(const struct direct *direct, int64_t begun, struct err *err)
{
	struct instant now = {direct->request->now.ms + (monotonic_ms() - begun)};
	struct actor actor = *direct->actor;
	struct pool pool;
	enum result r;

	pool_init(&pool, RIGHTS_MAX);
	r = rights_now(&direct->view->read, now, &pool, &actor, err);
	pool_free(&pool);
	return r;
}
