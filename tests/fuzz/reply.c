/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a daemon may answer a command line, from any bytes: the first two are the status, the third says which media type.
 * Whatever it is, it is the document that was wanted or an error with a text.
 */
#include <stdint.h>
#include <string.h>

#include "api/table.h"
#include "cli/follow.h"
#include "cli/reply.h"
#include "shim/json_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_said(enum result r, const struct err *err)
{
	INVARIANT(r == OK || (err->code == r && err->what[0] != '\0'));
}

static void read_answer(struct asked *asked, const struct ask_answer *answer, const struct buf *body)
{
	struct err err;
	enum result r = reply_read(asked, answer, "application/json", body, &err);

	is_said(r, &err);
	INVARIANT(r != OK || (answer->status / 100 == 2 && strcmp(answer->type, "application/json") == 0));
}

static void read_job(struct asked *asked, const struct buf *body)
{
	const struct json *tree, *answer = NULL;
	const char *id = NULL;
	struct err err;
	enum result r = follow_id(asked, body, &id, &err);

	is_said(r, &err);
	INVARIANT(r != OK || strncmp(id, "job_", 4) == 0);
	if (body->data == NULL || json_parse_once(body->data, body->len, &asked->call->pool, &tree, &err) != OK)
		return;
	r = follow_outcome(asked, tree, &answer, &err);
	is_said(r, &err);
	INVARIANT(r != OK || (answer != NULL && answer->type == JSON_OBJECT));
	is_said(reply_problem(asked, tree, 400, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"application/json", "application/problem+json", "text/plain", ""};
	struct ask_answer answer = {0};
	struct call call;
	struct asked asked = {.call = &call, .server = {.url = "https://lethe.example"}};
	struct buf body;

	if (size < 3)
		return 0;
	answer.status = (data[0] << 8 | data[1]) % 1000;
	strncpy(answer.type, types[data[2] % 4], sizeof answer.type - 1);
	call_begin(&call, NULL, (struct instant){0});
	asked.command = table_find("hold add");
	INVARIANT(asked_begin(&asked));
	buf_init(&body, size);
	buf_add(&body, (const char *)data + 3, size - 3);
	read_answer(&asked, &answer, &body);
	read_job(&asked, &body);
	buf_free(&body);
	call_end(&call);
	return 0;
}
