/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/erase_duties.h"

#include <stdio.h>
#include <string.h>

#include "vault/cut.h"
#include "vault/reseal.h"

#define LAWS_MAX ((size_t)16 * 1024 * 1024)

enum result erase_duties_check(struct session *session, const struct duty_cover *cover, const struct record_row *row,
			       struct pool *pool, struct err *err)
{
	const char *payload;
	char id[ID_TEXT_MAX];
	size_t len;
	enum result r = (cover->fields & OBLIGATION_ALL) != 0
			    ? reseal_check(session, row, pool, err)
			    : open_record(session->ring, row, pool, &payload, &len, err);

	if (r == ERR_CORRUPT) {
		err_where(err, "%s", id_format(kind_prefix(row->kind), row->id, id));
		err_mend(err, "an obligation covers it and it cannot be kept; nothing was erased: "
			      "restore a backup, or end the obligation (`lethe obligation show`), and erase then");
	}
	return r == ERR_GONE ? OK : r;
}

static struct erased_law *law_of(struct erase_state *state, const char *code)
{
	for (size_t i = 0; i < state->law_count; i++) {
		if (strcmp(state->laws[i].code, code) == 0)
			return &state->laws[i];
	}
	if (state->law_count == ERASE_LAWS_MAX)
		return NULL;
	snprintf(state->laws[state->law_count].code, ERASE_CODE_MAX, "%s", code);
	return &state->laws[state->law_count++];
}

static void count(struct erase_state *state, enum record_kind kind, const struct duty_cover *cover)
{
	state->obliged[kind]++;
	for (size_t i = 0; i < cover->count; i++) {
		struct erased_law *law = law_of(state, cover->laws[i]->code);

		if (law == NULL)
			continue;
		law->records++;
		if (law->records == 1 || cover->ends[i].days > law->until.days)
			law->until = cover->ends[i];
	}
}

enum result erase_duties_keep(struct session *session, const struct duty_set *set, const struct duty_cover *cover,
			      struct record_row *row, struct erase_state *state, struct pool *pool, bool *kept,
			      struct err *err)
{
	const struct duty_leaving leaving = {state->identities, state->identity_count};
	enum result r = duties_keep(session, set, cover, row, HELD_ERASED, state->started, &leaving, pool, err);

	*kept = r == OK;
	if (r == OK)
		count(state, row->kind, cover);
	return r == ERR_GONE || r == ERR_CORRUPT ? OK : r;
}

static void state_law(struct json_writer *w, const struct obligations *all, const struct erased_law *law)
{
	const struct obligation *known = obligation_find(all, law->code);

	json_begin_object(w, NULL);
	json_string(w, "code", law->code);
	if (known != NULL) {
		char fields[CUT_FIELDS_MAX];

		json_string(w, "law", known->law);
		json_string(w, "article", known->article);
		json_string(w, "fields", cut_fields_text(known->fields, fields));
	}
	json_int(w, "records", law->records);
	json_date(w, "until", law->until);
	json_end_object(w);
}

enum result erase_duties_state(struct json_writer *w, const struct erase_result *result, struct err *err)
{
	struct obligations all;
	struct pool pool;
	enum result r;

	if (result->law_count == 0)
		return OK;
	pool_init(&pool, LAWS_MAX);
	r = obligations_load(&pool, &all, err);
	if (r == OK) {
		json_begin_object(w, "obliged");
		json_begin_object(w, "records");
		for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
			if (result->obliged[kind] > 0)
				json_int(w, kind_name((enum record_kind)kind), result->obliged[kind]);
		}
		json_end_object(w);
		json_string(w, "why", "a law forbids to delete these fields of them; all else is gone");
		json_string(w, "rule", "A6");
		json_string(w, "source", "GDPR article 17(3)(b)");
		json_begin_array(w, "laws");
		for (size_t i = 0; i < result->law_count; i++)
			state_law(w, &all, &result->laws[i]);
		json_end_array(w);
		json_end_object(w);
	}
	pool_free(&pool);
	return r;
}
