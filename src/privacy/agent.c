/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/agent.h"

#include <string.h>

#include "shim/json_parse.h"
#include "store/party.h"
#include "store/period.h"

#define PAYLOAD_MAX ((size_t)16 * 1024 * 1024)

static bool is_one_of(int64_t identity, const int64_t *identities, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (identities[i] == identity)
			return true;
	}
	return false;
}

bool agent_only(const struct record_row *row, const int64_t *identities, size_t count)
{
	bool met = false;

	for (size_t i = 0; i < row->party_count; i++) {
		if (!is_one_of(row->parties[i].identity, identities, count))
			continue;
		if (row->parties[i].roles != ROLE_AGENT)
			return false;
		met = true;
	}
	return met;
}

/* The payload's object without its member "agent". */
static enum result write_without_agent(const char *text, size_t len, struct pool *pool, struct buf *out,
				       struct err *err)
{
	const struct json *tree;
	struct json_writer w;
	enum result r = json_parse_once(text, len, pool, &tree, err);

	if (r != OK)
		return r;
	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	for (const struct json *member = tree->first; member != NULL; member = member->next) {
		if (strcmp(member->name, "agent") != 0)
			json_node(&w, member->name, member);
	}
	json_end_object(&w);
	return buf_ok(out, "a payload", err);
}

static enum result reseal(struct session *session, struct record_row *row, struct pool *pool, struct err *err)
{
	const char *text;
	struct key key;
	struct buf out;
	size_t len;
	enum result r = seal_record_key(session->ring, row, &key, err);

	if (r != OK)
		return r;
	buf_init(&out, PAYLOAD_MAX);
	r = open_payload(&key, row, pool, &text, &len, err);
	if (r == OK)
		r = write_without_agent(text, len, pool, &out, err);
	if (r == OK)
		r = seal_payload(&key, row, out.data, out.len, pool, err);
	buf_free(&out);
	key_wipe(&key);
	return r;
}

static enum result take_out(struct session *session, struct record_row *row, const int64_t *identities, size_t count,
			    struct err *err)
{
	struct party_key gone[PARTIES_MAX];
	size_t gone_count = 0, kept = 0;
	int64_t deleted;

	for (size_t i = 0; i < row->party_count; i++) {
		if (!is_one_of(row->parties[i].identity, identities, count))
			row->parties[kept++] = row->parties[i];
		else
			gone[gone_count++] = (struct party_key){
			    .month = date_month_index(instant_date(id_time(row->id))),
			    .identity = row->parties[i].identity,
			    .kind = row->kind,
			    .id = row->id};
	}
	row->party_count = kept;
	return party_delete(session->data, row->account, gone, gone_count, &deleted, err);
}

enum result agent_leave(struct session *session, struct record_row *row, const int64_t *identities, size_t count,
			struct pool *pool, struct err *err)
{
	struct period delta = {.kind = row->kind, .day = instant_date(id_time(row->id))};
	size_t before = row->payload_len;
	enum result r = reseal(session, row, pool, err);

	if (r == ERR_GONE || r == ERR_CORRUPT)
		r = OK;
	if (r == OK)
		r = take_out(session, row, identities, count, err);
	if (r == OK)
		r = record_reseal(session->data, row, err);
	delta.bytes = (int64_t)row->payload_len - (int64_t)before;
	return r == OK ? period_add(session->data, row->account, &delta, err) : r;
}
