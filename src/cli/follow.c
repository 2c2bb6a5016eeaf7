/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/follow.h"

#include <string.h>
#include <time.h>

#include "cli/reply.h"
#include "shim/json_parse.h"
#include "store/job.h"

#define FIRST_MS 50 /* between two looks, longer each time */
#define LAST_MS 1000

enum result follow_id(struct asked *asked, const struct buf *body, const char **id, struct err *err)
{
	const struct json *job;
	struct err ignored;
	struct id parsed;
	enum result r = json_parse_once(body->data != NULL ? body->data : "", body->len, &asked->call->pool, &job, err);

	if (r != OK)
		return r;
	*id = json_get_text(job, "id");
	if (*id != NULL && id_parse(JOB_PREFIX, *id, &parsed, &ignored) == OK)
		return OK;
	err_set(err, ERR_IO, "what answers there has begun no job");
	return err_where(err, "%s", asked->server.url);
}

static enum result look(struct asked *asked, const char *id, const struct json **job, struct err *err)
{
	const char *end = pool_printf(&asked->call->pool, "/jobs/%s", id);

	return end != NULL ? reply_document(asked, "GET", end, NULL, job, err) : err_no_memory(err);
}

static enum result go_without(const char *id, struct err *err)
{
	err_set(err, ERR_INTERRUPTED, "it is waited for no more; %s goes on", id);
	return err_mend(err, "`lethe job show %s` says how far it is, `lethe job cancel %s` stops it", id, id);
}

static void wait_ms(long ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

enum result follow_outcome(struct asked *asked, const struct json *job, const struct json **answer, struct err *err)
{
	const char *state = json_get_text(job, "state");

	*answer = json_get(job, "answer");
	if (state != NULL && strcmp(state, "cancelled") == 0)
		return err_set(err, ERR_INTERRUPTED, "the job was cancelled");
	if (*answer == NULL || (*answer)->type != JSON_OBJECT) {
		err_set(err, ERR_GONE, "the job has ended, but what was answered is kept no more");
		return err_mend(err, "somebody was erased or deleted since: ask again");
	}
	if (state != NULL && strcmp(state, "done") == 0)
		return OK;
	return reply_problem(asked, *answer, (int)json_get_int(job, "status", 0), err);
}

enum result follow(struct asked *asked, const char *id, const char *what, const struct json **answer, struct err *err)
{
	struct call_progress progress;
	const struct json *job = NULL;
	bool ended = false, stop = false;
	enum result r = OK;

	call_progress_begin(asked->call, &progress, what);
	for (long ms = FIRST_MS; r == OK && !ended && !stop; ms = ms < LAST_MS / 2 ? 2 * ms : LAST_MS) {
		r = look(asked, id, &job, err);
		ended = r == OK && json_get_text(job, "ended") != NULL;
		if (r == OK && !ended) {
			stop = call_progress_show(&progress, json_get_int(job, "done", 0), json_get_int(job, "total", 0));
			wait_ms(ms);
		}
	}
	call_progress_end(&progress);
	if (stop || r == ERR_INTERRUPTED)
		return go_without(id, err);
	return r == OK ? follow_outcome(asked, job, answer, err) : r;
}
