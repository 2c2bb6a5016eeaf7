/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ingest/late.h"

#include "vault/cut.h"

#define LAWS_POOL_MAX ((size_t)64 * 1024 * 1024)

void late_free(struct late *late)
{
	if (!late->loaded)
		return;
	duties_free(&late->duties);
	pool_free(&late->pool);
	late->loaded = false;
}

static enum result load(struct commit *c, struct late *late, struct err *err)
{
	if (late->loaded)
		return OK;
	pool_init(&late->pool, LAWS_POOL_MAX);
	late->loaded = true;
	return duties_load(c->session, c->batch->account, c->batch->now, &late->pool, &late->duties, err);
}

enum result late_judge(struct commit *c, struct late *late, const struct policy_set *policies,
		       const struct record_row *row, struct ruling *out, struct err *err)
{
	const struct verdict_rules rules = {
	    .policies = policies, .holds = &c->holds, .duties = &late->duties, .now = c->batch->now};
	const struct verdict_case of_row = {.row = row};
	enum result r = load(c, late, err);

	if (r == OK)
		verdict_of(&rules, &of_row, out);
	return r;
}

/* ---- cutting ---- */

/* As the row would be, with the place of each handle for its identity. */
static void fill_row(const struct batch_record *record, struct record_row *row)
{
	*row = (struct record_row){.kind = record->kind, .id = record->id, .direction = record->direction,
				   .status = record->status, .duration_ms = record->duration_ms};
	for (size_t i = 0; i < record->handle_count; i++) {
		const struct handle *handle = &record->handles[i];
		int64_t place = (int64_t)i + 1;

		if (handle->kind == IDENTITY_NUMBER)
			row->number = place;
		if (handle->kind == IDENTITY_AGENT)
			row->agent = place;
		if (handle->roles != 0)
			row->parties[row->party_count++] = (struct party){place, handle->roles};
	}
}

static unsigned roles_left(const struct record_row *row, int64_t place)
{
	for (size_t i = 0; i < row->party_count; i++) {
		if (row->parties[i].identity == place)
			return row->parties[i].roles;
	}
	return 0;
}

static enum result cut_handles(struct commit *c, const struct batch_record *record, const struct record_row *row,
			       struct batch_record *out, struct err *err)
{
	struct handle *handles = pool_alloc(&c->batch->pool, (record->handle_count + 1) * sizeof *handles);

	if (handles == NULL)
		return err_no_memory(err);
	out->handles = handles;
	out->handle_count = 0;
	for (size_t i = 0; i < record->handle_count; i++) {
		int64_t place = (int64_t)i + 1;
		unsigned roles = roles_left(row, place);

		if (roles == 0 && row->number != place && row->agent != place)
			continue;
		handles[out->handle_count] = record->handles[i];
		handles[out->handle_count++].roles = roles;
	}
	return OK;
}

enum result late_cut(struct commit *c, const struct ruling *ruling, const struct batch_record *record,
		     const struct batch_record **out, struct err *err)
{
	struct batch_record *cut = pool_alloc(&c->batch->pool, sizeof *cut);
	struct record_row row;
	const char *codes;
	enum result r;

	*out = record;
	if ((ruling->cover.fields & OBLIGATION_ALL) != 0)
		return OK;
	if (cut == NULL)
		return err_no_memory(err);
	*out = cut;
	*cut = *record;
	fill_row(record, &row);
	r = duties_codes(&ruling->cover, &c->batch->pool, &codes, err);
	if (r == OK)
		r = cut_record(&row, ruling->cover.fields, codes, &cut->payload, &cut->payload_len, &c->batch->pool, err);
	if (r == OK)
		r = cut_handles(c, record, &row, cut, err);
	cut->direction = row.direction;
	cut->status = row.status;
	cut->duration_ms = row.duration_ms;
	cut->label_count = cut->media_count = 0;
	return r == OK ? batch_drop_media(c->batch, record->media, record->media_count, err) : r;
}

/* ---- under which key ---- */

enum result late_keeper(struct commit *c, const struct late *late, const struct ruling *ruling, int64_t *keeper,
			struct err *err)
{
	struct duty_row duty = {.duty = 0};
	struct key key;
	enum result r = OK;

	if (ruling->fate == FATE_CUT)
		r = duties_take(c->session, &late->duties, &ruling->cover, &c->batch->pool, &duty, err);
	*keeper = ruling->fate == FATE_CUT ? duty.duty : ruling->scope->row.hold;
	if (r == OK)
		r = keyring_get_or_make(c->session->ring, c->batch->account, KEY_HOLD, *keeper, &key, err);
	if (r == OK)
		key_wipe(&key);
	return r;
}
