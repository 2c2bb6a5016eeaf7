/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "retention/erasing.h"

#include <string.h>

#include "shim/json_parse.h"
#include "store/job.h"

#define PAGE 16
#define PAGE_MAX ((size_t)16 * 1024 * 1024) /* of PAGE jobs, parsed */

static enum result parse(const char *text, struct pool *pool, const struct json **out, struct err *err)
{
	return json_parse_once(text, strlen(text), pool, out, err);
}

/* ---- jobs that run ---- */

/* Does it say what becomes of the row? */
typedef enum result match(const struct job *job, const struct record_row *row, struct pool *pool, struct erasing *out,
			  struct err *err);

static bool is_outside(const struct record_row *row, int64_t identity)
{
	for (size_t i = 0; i < row->party_count; i++) {
		if (row->parties[i].identity == identity)
			return row->parties[i].roles != ROLE_AGENT;
	}
	return false;
}

static enum result match_person(const struct job *job, const struct record_row *row, struct pool *pool,
				struct erasing *out, struct err *err)
{
	const struct json *args, *result, *identities;
	enum result r = parse(job->args, pool, &args, err);

	if (r == OK)
		r = parse(job->result, pool, &result, err);
	if (r != OK || json_get_int(result, "phase", ERASE_HOLDS) == ERASE_BACK)
		return r;
	identities = json_get(args, "identities");
	for (const struct json *at = identities != NULL ? identities->first : NULL; at != NULL; at = at->next)
		out->found |= is_outside(row, at->integer);
	out->anonymise = json_get_int(args, "anonymous", 0) != 0;
	return OK;
}

static bool names(const struct json *args, enum record_kind kind, struct id id)
{
	const char *record = json_get_text(args, "record");
	enum record_kind named;
	struct err ignored;
	struct id at;

	return record != NULL && kind_of_prefix(record, &named) && named == kind &&
	       id_parse(kind_prefix(kind), record, &at, &ignored) == OK && id_compare(at, id) == 0;
}

static enum result match_record(const struct job *job, const struct record_row *row, struct pool *pool,
				struct erasing *out, struct err *err)
{
	const struct json *args;
	enum result r = parse(job->args, pool, &args, err);

	out->anonymise = out->alone = true;
	out->found = r == OK && names(args, row->kind, row->id);
	return r;
}

static enum result find_running(struct session *session, const struct record_row *row, enum job_type type,
				match *matches, struct erasing *out, struct err *err)
{
	struct job jobs[PAGE], after = {.started = {INT64_MIN}};
	struct pool pool;
	size_t count;
	enum result r;

	pool_init(&pool, PAGE_MAX);
	do {
		pool_reset(&pool);
		r = job_list_running(session->data, row->account, type, after.started, after.id, &pool, jobs, PAGE,
				     &count, err);
		for (size_t i = 0; r == OK && i < count && !out->found; i++) {
			*out = (struct erasing){.since = jobs[i].started};
			r = matches(&jobs[i], row, &pool, out, err);
		}
		if (r == OK && count > 0)
			after = jobs[count - 1];
	} while (r == OK && count == PAGE && !out->found);
	pool_free(&pool);
	return r;
}

enum result erasing_find(struct session *session, const struct record_row *row, struct erasing *out, struct err *err)
{
	enum result r;

	*out = (struct erasing){.found = false};
	r = find_running(session, row, JOB_ERASE, match_person, out, err);
	if (r == OK && !out->found)
		r = find_running(session, row, JOB_RECORD, match_record, out, err);
	return r;
}

/* ---- who is being erased ---- */

static enum result is_person(const struct job *job, struct id person, struct pool *pool, bool *is, struct err *err)
{
	const struct json *args, *result;
	const char *text;
	char wanted[ID_TEXT_MAX];
	enum result r = parse(job->args, pool, &args, err);

	if (r == OK)
		r = parse(job->result, pool, &result, err);
	if (r != OK)
		return r;
	text = json_get_text(args, "person");
	*is = text != NULL && strcmp(text, id_format(PERSON_PREFIX, person, wanted)) == 0 &&
	      json_get_int(result, "phase", ERASE_HOLDS) != ERASE_BACK;
	return OK;
}

static enum result deny_moving(struct err *err)
{
	err_set(err, ERR_WRONG_STATE, "the person is being erased or anonymised: no identity leaves or joins them meanwhile");
	return err_mend(err, "wait until that has come to its end");
}

enum result erasing_refuse(struct session *session, uint32_t account, struct id person, struct err *err)
{
	struct job jobs[PAGE], after = {.started = {INT64_MIN}};
	struct pool pool;
	bool is = false;
	size_t count;
	enum result r;

	pool_init(&pool, PAGE_MAX);
	do {
		pool_reset(&pool);
		r = job_list_running(session->data, account, JOB_ERASE, after.started, after.id, &pool, jobs, PAGE, &count, err);
		for (size_t i = 0; r == OK && i < count && !is; i++) {
			after = jobs[i];
			r = is_person(&jobs[i], person, &pool, &is, err);
		}
	} while (r == OK && count == PAGE && !is);
	pool_free(&pool);
	return r == OK && is ? deny_moving(err) : r;
}

/* ---- one that is done ---- */

static enum result is_of(struct session *session, uint32_t account, struct id job_id, enum record_kind kind,
			 struct id id, bool *was, struct instant *at, struct err *err)
{
	const struct json *args, *result;
	struct pool pool;
	struct job job;
	enum result r;

	pool_init(&pool, PAGE_MAX);
	r = job_get(session->data, account, job_id, &pool, &job, err);
	if (r == OK)
		r = parse(job.args, &pool, &args, err);
	if (r == OK)
		r = parse(job.result, &pool, &result, err);
	if (r == OK && names(args, kind, id)) {
		*was = job.state == JOB_DONE && json_get(result, "leaf") != NULL;
		*at = job.ended;
	}
	pool_free(&pool);
	return r;
}

enum result erasing_was_anonymised(struct session *session, uint32_t account, enum record_kind kind, struct id id,
				   bool *was, struct instant *at, struct err *err)
{
	struct id jobs[PAGE], before;
	size_t count;
	enum result r;

	*was = false;
	memset(&before, 0xff, sizeof before);
	do {
		r = job_back_of_type(session->data, account, JOB_RECORD, before, jobs, PAGE, &count, err);
		for (size_t i = 0; r == OK && i < count && !*was; i++) {
			before = jobs[i];
			r = is_of(session, account, before, kind, id, was, at, err);
		}
	} while (r == OK && count == PAGE && !*was);
	return r;
}
