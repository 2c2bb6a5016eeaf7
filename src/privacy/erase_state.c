/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_state.h"

#include <stdio.h>
#include <string.h>

#include "shim/json_parse.h"

#define STATE_MAX ((size_t)64 * 1024)

static void write_args(const struct erase_state *state, struct json_writer *w)
{
	json_begin_object(w, NULL);
	json_id(w, "person", PERSON_PREFIX, state->person);
	json_string(w, "reference", state->reference);
	if (state->anonymise)
		json_int(w, "anonymous", state->anonymous);
	json_begin_array(w, "identities");
	for (size_t i = 0; i < state->identity_count; i++)
		json_int(w, NULL, state->identities[i]);
	json_end_array(w);
	json_end_object(w);
}

static void write_kinds(struct json_writer *w, const char *name, const int64_t counts[KIND_COUNT])
{
	json_begin_array(w, name);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		json_int(w, NULL, counts[kind]);
	json_end_array(w);
}

static void write_anonymised(const struct erase_state *state, struct json_writer *w)
{
	write_kinds(w, "aggregated", state->aggregated);
	json_int(w, "people_at_least", state->shown.k);
	json_begin_array(w, "shown");
	for (int step = 0; step < COARSEN_STEPS; step++)
		json_int(w, NULL, state->shown.records[step]);
	json_end_array(w);
	json_begin_array(w, "waits");
	for (int kind = 0; kind < KIND_COUNT; kind++)
		json_int(w, NULL, state->shown.waits[kind]);
	json_end_array(w);
}

static void write_result(const struct erase_state *state, struct json_writer *w)
{
	json_begin_object(w, NULL);
	json_int(w, "phase", state->phase);
	json_int(w, "keys", state->keys_destroyed);
	json_int(w, "contacts", state->contacts);
	json_int(w, "left_by_agent", state->left_by_agent);
	write_kinds(w, "records", state->removed.records);
	json_int(w, "media", state->removed.media);
	json_int(w, "media_bytes", state->removed.media_bytes);
	json_int(w, "parties", state->removed.parties);
	write_kinds(w, "kept", state->kept);
	write_kinds(w, "obliged", state->obliged);
	if (state->anonymise)
		write_anonymised(state, w);
	json_begin_array(w, "laws");
	for (size_t i = 0; i < state->law_count; i++) {
		json_begin_object(w, NULL);
		json_string(w, "code", state->laws[i].code);
		json_int(w, "records", state->laws[i].records);
		json_int(w, "until", state->laws[i].until.days);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

static enum result write_text(const struct erase_state *state,
			      void (*write)(const struct erase_state *, struct json_writer *),
			      struct pool *pool, const char **out, struct err *err)
{
	struct json_writer w;
	struct buf buf;

	buf_init(&buf, STATE_MAX);
	json_writer_init(&w, &buf, 0);
	write(state, &w);
	*out = buf_to_pool(&buf, "the state of an erasure", pool, err);
	return *out != NULL ? OK : err->code;
}

enum result erase_state_write(const struct erase_state *state, struct pool *pool, struct job *job, struct err *err)
{
	enum result r;

	*job = (struct job){.account = state->account,
			    .id = state->job,
			    .type = JOB_ERASE,
			    .state = JOB_RUNNING,
			    .started = state->started};
	r = write_text(state, write_args, pool, &job->args, err);
	return r == OK ? write_text(state, write_result, pool, &job->result, err) : r;
}

static void read_kinds(const struct json *object, const char *name, int64_t out[KIND_COUNT])
{
	const struct json *array = json_get(object, name), *item = array != NULL ? array->first : NULL;

	for (int kind = 0; kind < KIND_COUNT && item != NULL; kind++, item = item->next)
		out[kind] = item->integer;
}

static bool read_args(const struct json *args, struct erase_state *out, struct err *err)
{
	const char *person = json_get_text(args, "person"), *reference = json_get_text(args, "reference");
	const struct json *identities = json_get(args, "identities");

	if (person == NULL || identities == NULL || identities->len > PERSON_IDENTITIES_MAX)
		return false;
	snprintf(out->reference, sizeof out->reference, "%s", reference != NULL ? reference : "");
	out->anonymous = json_get_int(args, "anonymous", 0);
	out->anonymise = out->anonymous != 0;
	for (const struct json *item = identities->first; item != NULL; item = item->next)
		out->identities[out->identity_count++] = item->integer;
	return id_parse(PERSON_PREFIX, person, &out->person, err) == OK;
}

static void read_laws(const struct json *array, struct erase_state *out)
{
	for (const struct json *law = array != NULL ? array->first : NULL; law != NULL && out->law_count < ERASE_LAWS_MAX;
	     law = law->next) {
		const char *code = json_get_text(law, "code");
		struct erased_law *to = &out->laws[out->law_count++];

		snprintf(to->code, sizeof to->code, "%s", code != NULL ? code : "");
		to->records = json_get_int(law, "records", 0);
		to->until = (struct date){(int32_t)json_get_int(law, "until", 0)};
	}
}

static void read_anonymised(const struct json *result, struct erase_state *out)
{
	const struct json *shown = json_get(result, "shown"), *waits = json_get(result, "waits");
	const struct json *item = shown != NULL ? shown->first : NULL;

	read_kinds(result, "aggregated", out->aggregated);
	out->shown.k = json_get_int(result, "people_at_least", 0);
	for (int step = 0; step < COARSEN_STEPS && item != NULL; step++, item = item->next)
		out->shown.records[step] = item->integer;
	item = waits != NULL ? waits->first : NULL;
	for (int kind = 0; kind < KIND_COUNT && item != NULL; kind++, item = item->next)
		out->shown.waits[kind] = item->integer != 0;
}

static void read_result(const struct json *result, struct erase_state *out)
{
	out->phase = (enum erase_phase)json_get_int(result, "phase", ERASE_HOLDS);
	out->keys_destroyed = json_get_int(result, "keys", 0);
	out->contacts = json_get_int(result, "contacts", 0);
	out->left_by_agent = json_get_int(result, "left_by_agent", 0);
	read_kinds(result, "records", out->removed.records);
	out->removed.media = json_get_int(result, "media", 0);
	out->removed.media_bytes = json_get_int(result, "media_bytes", 0);
	out->removed.parties = json_get_int(result, "parties", 0);
	read_kinds(result, "kept", out->kept);
	read_kinds(result, "obliged", out->obliged);
	read_anonymised(result, out);
	read_laws(json_get(result, "laws"), out);
}

enum result erase_state_read(const struct job *job, struct pool *pool, struct erase_state *out, struct err *err)
{
	const struct json *args, *result;
	enum result r = json_parse_once(job->args, strlen(job->args), pool, &args, err);

	*out = (struct erase_state){.account = job->account, .job = job->id, .started = job->started};
	if (r == OK)
		r = json_parse_once(job->result, strlen(job->result), pool, &result, err);
	if (r == OK && read_args(args, out, err)) {
		read_result(result, out);
		return OK;
	}
	return err_set(err, ERR_CORRUPT, "the job of an unfinished erasure cannot be read");
}
