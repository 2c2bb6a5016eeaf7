/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "export/manifest.h"

#include <stdio.h>

#include "export/data.h"

static void put_counts(const struct job *job, struct json_writer *w)
{
	json_begin_object(w, "records");
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		int64_t count = job_kind_count(job, (enum record_kind)kind);

		if (count > 0)
			json_int(w, kind_name((enum record_kind)kind), count);
	}
	json_end_object(w);
	json_int(w, "contacts", (int64_t)(job->person.contact_count - job->left_contact_count));
	json_int(w, "kept_for_legal_hold", job->held);
}

static void put_masked(const struct job *job, struct json_writer *w)
{
	bool masked = !job->request->show_others;

	json_begin_object(w, "masked");
	json_int(w, "people", masked ? mask_others(job->mask) : 0);
	json_int(w, "agents", masked ? mask_agents(job->mask) : 0);
	json_string(w, "not_rewritten", "subject, text, turns[].text, what a form's visitor filled in, file names, sound");
	json_end_object(w);
}

static void put_head(const struct job *job, struct json_writer *w)
{
	json_string(w, "format", "lethe/person-export-manifest/1");
	json_instant(w, "generated", job->request->now);
	json_id(w, "vault", "vault", job->vault);
	json_id(w, "account", ACCOUNT_PREFIX, job->account->id);
	json_id(w, "person", PERSON_PREFIX, job->person.id);
	json_int(w, "audit_leaf", (int64_t)job->leaf);
	json_begin_object(w, "options");
	json_string(w, "others", job->request->show_others ? "show" : "mask");
	json_end_object(w);
}

static const char *hex(const struct hash *hash, char out[2 * HASH_LEN + 1])
{
	for (size_t i = 0; i < HASH_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", hash->bytes[i]);
	return out;
}

static enum result put_files(struct job *job, struct json_writer *w, struct err *err)
{
	char text[2 * HASH_LEN + 1];
	enum result r = OK;
	size_t count;

	json_begin_array(w, "files");
	(void)zip_entries(job->zip, &count);
	for (size_t i = 0; i < count && r == OK; i++) {
		const struct zip_entry *entry = &zip_entries(job->zip, &count)[i];

		json_begin_object(w, NULL);
		json_string(w, "name", entry->name);
		json_int(w, "size", (int64_t)entry->size);
		json_string(w, "sha256", hex(&entry->hash, text));
		json_end_object(w);
		r = job_text_flush(job, err);
	}
	json_end_array(w);
	return r;
}

/* How each file of media came to be what it is, when that is not "as it was". */
static enum result put_media(struct job *job, struct json_writer *w, struct err *err)
{
	char path[ZIP_NAME_MAX];
	enum result r = OK;

	json_begin_array(w, "media");
	for (size_t i = 0; i < job->media_count && r == OK; i++) {
		const struct medium *medium = &job->media[i];

		if (!medium_is_in((enum medium_state)medium->state))
			continue;
		json_begin_object(w, NULL);
		json_string(w, "file", medium_path(job, medium, path));
		json_string(w, "state", medium_word((enum medium_state)medium->state));
		json_end_object(w);
		r = job_text_flush(job, err);
	}
	json_end_array(w);
	return r;
}

enum result manifest_export(struct job *job, struct err *err)
{
	struct json_writer w;
	enum result r = job_text_begin(job, "manifest.json", err);

	if (r != OK)
		return r;
	json_writer_init(&w, &job->out, 1);
	json_begin_object(&w, NULL);
	put_head(job, &w);
	put_counts(job, &w);
	put_masked(job, &w);
	r = data_left_out(job, &w, err);
	if (r == OK)
		r = put_media(job, &w, err);
	if (r == OK)
		r = put_files(job, &w, err);
	json_end_object(&w);
	buf_add_char(&job->out, '\n');
	return r == OK ? job_text_end(job, err) : r;
}
