/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * job list, show, cancel, fetch, drop.
 */
#include <string.h>

#include "api/import_refused.h"
#include "api/operations.h"
#include "api/outfile.h"
#include "api/paging.h"
#include "api/work.h"
#include "api/work_file.h"
#include "store/job.h"
#include "vault/act.h"

#define PAGE 64

/* The job that a command names, and whose it is. */
static enum result parse_one(struct call *call, int argc, char **argv, bool write, uint32_t *account, struct id *id,
			     struct err *err)
{
	bool platform = false;
	const struct call_option options[] = {{"operator", NULL, &platform}};
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	if (r == OK)
		r = id_parse(JOB_PREFIX, argv[0], id, err);
	return r == OK ? call_open_owner(call, platform, write, account, err) : r;
}

/* ---- show ---- */

static void say_work(struct call *call, const struct work_row *row)
{
	char id[ID_TEXT_MAX], created[TIME_TEXT_MAX], done[32], total[32];

	call_say(call, "%s  %s  %-9s  lethe %s", id_format(JOB_PREFIX, row->id, id), instant_format(row->created, created),
		 work_state_name(row->state), call_clean(call, row->operation));
	if (row->state == WORK_RUNNING && row->total > 0)
		call_say(call, "  %s of %s", call_count(row->done, done), call_count(row->total, total));
	call_say(call, "%s\n", row->cancel && row->ended.ms == 0 ? "  stopping" : "");
}

static void print(struct call *call, const struct work_row *row)
{
	say_work(call, row);
	json_begin_object(&call->w, NULL);
	work_print(&call->w, row);
	json_end_object(&call->w);
}

/* Why lines were refused quotes them: that is for who sent them, and for who may read records. */
static bool may_read_lines(const struct call *call, const struct work_row *row)
{
	struct actor actor = call_actor(call);

	return strcmp(row->made_by, actor.who) == 0 || access_may(&actor, MAY_RECORD_READ, row->account) == ACCESS_YES;
}

static enum result note_shown(struct call *call, const struct work_row *row, struct err *err)
{
	struct act act;

	act_begin(&act, "job.show", row->account, call->now);
	act_id(&act, "job", JOB_PREFIX, row->id);
	return vault_note(&call->vault->read, &act, err);
}

static enum result print_answer(struct call *call, const struct work_row *row, const struct json *answer, struct err *err)
{
	bool quotes = strcmp(row->operation, "import") == 0 && import_refused_any(answer);
	enum result r = OK;

	if (answer == NULL) {
		json_null(&call->w, "answer");
	} else if (quotes && !may_read_lines(call, row)) {
		import_refused_bare(&call->w, "answer", answer);
	} else {
		if (quotes)
			r = note_shown(call, row, err);
		json_node(&call->w, "answer", answer);
	}
	return r;
}

static enum result print_whole(struct call *call, const struct work_row *row, struct err *err)
{
	const struct json *answer;
	enum result r = work_open_answer(&call->vault->read, row, &call->pool, &answer, err);

	if (r != OK)
		return r;
	say_work(call, row);
	json_begin_object(&call->w, NULL);
	work_print(&call->w, row);
	r = print_answer(call, row, answer, err);
	json_end_object(&call->w);
	return r;
}

enum result op_job_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct work_row row;
	struct id id;
	uint32_t account;
	enum result r = parse_one(call, argc, argv, false, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = work_get(call->vault->read.data, account, id, &call->pool, &row, err);
	if (r == ERR_NOT_FOUND)
		return err_mend(err, "`lethe job list` shows those there are");
	return r == OK ? print_whole(call, &row, err) : r;
}

/* ---- list ---- */

static enum result show_all(struct call *call, uint32_t account, struct paging *page, struct err *err)
{
	struct work_row rows[PAGE];
	size_t count, ask;
	enum result r;

	if (!page->begun)
		memset(&page->id, 0xff, sizeof page->id);
	do {
		ask = paging_ask(page, PAGE);
		r = work_list(call->vault->read.data, account, page->id, &call->pool, rows, ask, &count, err);
		if (r == OK && count == 0 && !page->begun)
			call_say(call, "There is no job.\n");
		for (size_t i = 0; r == OK && i < count && paging_take(page); i++) {
			page->id = rows[i].id;
			page->begun = true;
			print(call, &rows[i]);
		}
	} while (r == OK && count == ask && !page->more);
	return r;
}

enum result op_job_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	bool platform = false;
	struct paging page = {0};
	const struct call_option options[] = {{"operator", NULL, &platform}, PAGING_OPTIONS(page)};
	uint32_t account = 0;
	enum result r = call_parse(call, options, 3, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = call_open_owner(call, platform, false, &account, err);
	if (r == OK)
		r = paging_begin(call, &page, account, PAGING_ALL, "", err);
	if (r != OK)
		return r;
	paging_open(call, "jobs");
	r = show_all(call, account, &page, err);
	r = paging_close(call, &page, account, "", r, err);
	return r;
}

/* ---- cancel ---- */

enum result op_job_cancel(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct work_row row;
	struct id id;
	uint32_t account;
	enum result r = parse_one(call, argc, argv, true, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = work_cancel(call->vault, account, id, call->now, &call->pool, &row, err);
	if (r == OK && row.state == WORK_CANCELLED)
		r = kept_end(call->vault, account, id, call->now, err);
	if (r == OK)
		print(call, &row);
	return r;
}

/* ---- fetch ---- */

static enum result fetch(struct call *call, uint32_t account, struct id id, const char *path, uint64_t *bytes,
			 struct err *err)
{
	struct outfile out;
	struct kept_file file;
	enum result r = outfile_open(call, path, &out, err);

	*bytes = 0;
	if (r != OK)
		return r;
	r = work_file_open(call->vault, account, id, call->now, &call->pool, &file, err);
	if (r == OK)
		r = stream_read(file.reader, 0, stream_reader_size(file.reader), outfile_write, &out, err);
	kept_close(&file);
	*bytes = out.written;
	return outfile_close(&out, r, err);
}

enum result op_job_fetch(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *path = NULL;
	const struct call_option options[] = {{"out", &path, NULL}};
	struct account account;
	uint64_t bytes;
	struct id id;
	char size[32];
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = id_parse(JOB_PREFIX, argv[0], &id, err);
	if (r == OK)
		r = call_open_account(call, false, &account, err);
	if (r == OK)
		r = fetch(call, account.number, id, path, &bytes, err);
	if (r != OK || strcmp(path, "-") == 0)
		return r;
	call_say(call, "%s: %s\n", call_clean(call, path), call_bytes(bytes, size));
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "file", path);
	json_int(&call->w, "bytes", (int64_t)bytes);
	json_end_object(&call->w);
	return OK;
}

/* ---- drop ---- */

static enum result drop(struct call *call, uint32_t account, struct id id, struct work_row *row, struct err *err)
{
	enum result r = work_get(call->vault->read.data, account, id, &call->pool, row, err);

	if (r == OK && (row->file_key == 0 || row->ended.ms == 0)) {
		err_set(err, ERR_NOT_FOUND, "the job has no file, or it is kept no more");
		return err_mend(err, "`lethe job cancel` stops one that has not ended");
	}
	return r == OK ? kept_end(call->vault, account, id, call->now, err) : r;
}

enum result op_job_drop(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct account account;
	struct work_row row;
	struct id id;
	enum result r = call_parse(call, NULL, 0, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = id_parse(JOB_PREFIX, argv[0], &id, err);
	if (r == OK)
		r = call_open_account(call, true, &account, err);
	if (r == OK)
		r = drop(call, account.number, id, &row, err);
	if (r == OK)
		print(call, &row);
	return r;
}
