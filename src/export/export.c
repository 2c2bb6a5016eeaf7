/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/export.h"

#include <stdlib.h>

#include "export/data.h"
#include "export/index.h"
#include "export/manifest.h"
#include "export/media.h"
#include "export/page.h"
#include "export/table.h"

#define POOL_MAX ((size_t)64 * 1024 * 1024)
#define SCRATCH_MAX ((size_t)1024 * 1024 * 1024) /* one record, parsed */
#define DOCUMENT_MAX ((size_t)64 * 1024 * 1024)  /* one payload */
#define TEXT_MAX ((size_t)256 * 1024 * 1024)     /* one record, written out */

/* As person_note_read, and says which leaf it is and whether others are shown. */
static enum result note_export(struct job *job, struct err *err)
{
	struct act act;

	act_begin(&act, "person.export", job->account->number, job->request->now);
	act_id(&act, "person", PERSON_PREFIX, job->person.id);
	act_int(&act, "records", (int64_t)job->count);
	if (job->request->show_others)
		act_word(&act, "others", "show");
	else
		act_word(&act, "others", "mask");
	return vault_note_numbered(job->session, &act, &job->leaf, err);
}

static enum result create_zip(struct job *job, struct err *err)
{
	const struct export_request *request = job->request;

	if (request->path == NULL)
		return zip_create_to(request->write, request->write_arg, request->now, &job->zip, err);
	return zip_create(request->path, request->now, &job->zip, err);
}

static enum result write_parts(struct job *job, struct err *err)
{
	enum result r = media_export(job, err);

	if (r == OK)
		r = data_export(job, err);
	if (r == OK)
		r = table_export(job, err);
	if (r == OK)
		r = page_export(job, err);
	if (r == OK)
		r = index_export(job, err);
	return r == OK ? manifest_export(job, err) : r;
}

static void report(const struct job *job, struct export_result *out)
{
	size_t files;

	(void)zip_entries(job->zip, &files);
	*out = (struct export_result){.left_out = job_left_count(job), .files = (int64_t)files, .leaf = job->leaf};
	out->contacts = (int64_t)(job->person.contact_count - job->left_contact_count);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		out->records += job_kind_count(job, (enum record_kind)kind);
	for (size_t i = 0; i < job->media_count; i++) {
		bool in = medium_is_in((enum medium_state)job->media[i].state);

		out->media += in;
		out->media_left_out += !in;
	}
	if (!job->request->show_others)
		out->others_masked = mask_others(job->mask) + mask_agents(job->mask);
}

static enum result run(struct job *job, struct export_result *out, struct err *err)
{
	enum result r = json_parser_new(DOCUMENT_MAX, &job->parser, err);

	if (r == OK)
		r = job_load(job, err);
	if (r == OK)
		r = mask_new(job->account, &job->person, job->request->show_others, &job->mask, err);
	if (r == OK)
		r = create_zip(job, err);
	if (r == OK)
		r = note_export(job, err);
	if (r == OK)
		r = write_parts(job, err);
	if (r != OK)
		return r;
	report(job, out);
	return zip_finish(job->zip, &out->bytes, err);
}

enum result export_person(struct vault *vault, const struct account *account, const struct export_request *request,
			  struct export_result *out, struct err *err)
{
	struct job *job = calloc(1, sizeof *job);
	enum result r;

	*out = (struct export_result){0};
	if (job == NULL)
		return err_no_memory(err);
	job->session = &vault->read;
	job->blobs = vault->blobs;
	job->vault = vault->id;
	job->account = account;
	job->request = request;
	pool_init(&job->pool, POOL_MAX);
	pool_init(&job->scratch, SCRATCH_MAX);
	buf_init(&job->out, TEXT_MAX);
	r = run(job, out, err);
	zip_free(job->zip);
	mask_free(job->mask);
	json_parser_free(job->parser);
	buf_free(&job->out);
	pool_free(&job->scratch);
	pool_free(&job->pool);
	free(job->items);
	free(job->media);
	free(job);
	return r;
}
