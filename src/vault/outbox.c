/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "shim/json_parse.h"
#include "store/account.h"
#include "store/contact.h"
#include "store/leaf.h"

#define PACKED_LEN 17 /* kind, id */

/* Whoever deletes, erases or decides says so; one act can be two events. */
static const struct { const char *act; enum event_type type; } told[] = {
    {"account.create", EVENT_ACCOUNT_CREATED},
    {"account.set", EVENT_ACCOUNT_UPDATED},
    {"account.sso", EVENT_ACCOUNT_UPDATED},
    {"account.cancel", EVENT_ACCOUNT_CANCELLED},
    {"account.reopen", EVENT_ACCOUNT_REOPENED},
    {"account.delete.begin", EVENT_ACCOUNT_ENDING},
    {"contact.delete", EVENT_CONTACT_DELETED},
    {"contact.undelete", EVENT_CONTACT_RESTORED},
    {"hold.add", EVENT_HOLD_ADDED},
    {"hold.release", EVENT_HOLD_RELEASED},
    {"job.end", EVENT_JOB_ENDED},
    {"job.file", EVENT_JOB_STARTED},
    {"obligation.add", EVENT_OBLIGATION_CHANGED},
    {"obligation.end", EVENT_OBLIGATION_CHANGED},
    {"person.anonymise", EVENT_PERSON_ERASED},
    {"person.anonymise", EVENT_JOB_DONE},
    {"person.anonymise.begin", EVENT_JOB_STARTED},
    {"person.anonymise.failed", EVENT_JOB_FAILED},
    {"person.erase", EVENT_PERSON_ERASED},
    {"person.erase", EVENT_JOB_DONE},
    {"person.erase.begin", EVENT_JOB_STARTED},
    {"person.erase.failed", EVENT_JOB_FAILED},
    {"person.link", EVENT_PERSON_LINKED},
    {"person.restrict", EVENT_PERSON_RESTRICTED},
    {"person.unlink", EVENT_PERSON_UNLINKED},
    {"person.unrestrict", EVENT_PERSON_UNRESTRICTED},
    {"policy.remove", EVENT_POLICY_CHANGED},
    {"policy.set", EVENT_POLICY_CHANGED},
    {"policy.undo", EVENT_POLICY_CHANGED},
    {"record.anonymise", EVENT_RECORD_ANONYMISED},
    {"record.anonymise", EVENT_JOB_DONE},
    {"record.anonymise.begin", EVENT_JOB_STARTED},
    {"record.anonymise.failed", EVENT_JOB_FAILED},
    {"retention.begin", EVENT_JOB_STARTED},
    {"retention.failed", EVENT_JOB_FAILED},
    {"retention.run", EVENT_RETENTION_DONE},
    {"retention.run", EVENT_JOB_DONE},
    {"retention.warn", EVENT_RETENTION_EXPIRING},
    {"user.add", EVENT_USER_ADDED},
    {"user.invite", EVENT_USER_INVITED},
    {"user.remove", EVENT_USER_REMOVED},
    {"user.remove", EVENT_JOB_DONE},
    {"user.remove.begin", EVENT_JOB_STARTED},
    {"user.remove.failed", EVENT_JOB_FAILED},
    {"webhook.disable", EVENT_WEBHOOK_DISABLED},
};

/* ---- making ---- */

enum result outbox_act(struct db *data, const char *act, uint32_t account, uint64_t seq, struct instant at,
		       struct err *err)
{
	struct event_row row = {.account = account, .seq = seq};
	enum result r = OK;

	if (account == 0)
		return OK;
	for (size_t i = 0; i < sizeof told / sizeof told[0] && r == OK; i++) {
		if (strcmp(told[i].act, act) != 0)
			continue;
		row.type = told[i].type;
		row.id = id_new(at);
		r = event_insert(data, &row, err);
		row.n++;
	}
	return r;
}

enum result outbox_add(struct outbox_list *list, int kind, struct id id, struct err *err)
{
	unsigned char *at;

	if (list->count == list->room) {
		size_t room = list->room > 0 ? list->room * 2 : 64;
		unsigned char *grown = realloc(list->packed, room * PACKED_LEN);

		if (grown == NULL)
			return err_no_memory(err);
		list->packed = grown;
		list->room = room;
	}
	at = list->packed + list->count++ * PACKED_LEN;
	at[0] = (unsigned char)kind;
	memcpy(at + 1, id.bytes, sizeof id.bytes);
	return OK;
}

enum result outbox_put(struct db *data, const struct outbox_list *list, enum event_type type, uint32_t account,
		       uint64_t seq, int *n, struct instant at, struct err *err)
{
	enum result r = OK;

	for (size_t done = 0; done < list->count && r == OK; done += EVENT_IDS_MAX) {
		size_t count = list->count - done < EVENT_IDS_MAX ? list->count - done : EVENT_IDS_MAX;
		const struct event_row row = {.account = account, .seq = seq, .n = (*n)++, .type = type, .id = id_new(at),
					      .ids = list->packed + done * PACKED_LEN, .ids_len = count * PACKED_LEN};

		r = event_insert(data, &row, err);
	}
	return r;
}

void outbox_free(struct outbox_list *list)
{
	free(list->packed);
	*list = (struct outbox_list){.packed = NULL};
}

/* ---- what it says ---- */

bool outbox_ids_whole(const struct event_row *row)
{
	bool whole = row->ids_len % PACKED_LEN == 0 && row->ids_len <= (size_t)EVENT_IDS_MAX * PACKED_LEN;

	for (size_t i = 0; whole && i < row->ids_len; i += PACKED_LEN)
		whole = row->ids[i] <= KIND_LAST && (row->ids[i] == OUTBOX_CONTACT) == (row->ids[0] == OUTBOX_CONTACT);
	return whole;
}

static void write_ids(struct json_writer *w, const struct event_row *row)
{
	json_begin_array(w, row->ids[0] == OUTBOX_CONTACT ? "contacts" : "records");
	for (size_t i = 0; i < row->ids_len; i += PACKED_LEN) {
		struct id id;

		memcpy(id.bytes, row->ids + i + 1, sizeof id.bytes);
		json_id(w, NULL, row->ids[i] == OUTBOX_CONTACT ? CONTACT_PREFIX : kind_prefix(row->ids[i]), id);
	}
	json_end_array(w);
}

/* Said beside it, or of no use outside. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {"account", "at", "uid"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static enum result write_leaf(struct json_writer *w, struct db *data, const struct event_row *row, struct pool *pool,
			      struct err *err)
{
	const struct json *body;
	struct leaf leaf;
	enum result r = leaf_get(data, row->seq, pool, &leaf, err);

	if (r == ERR_NOT_FOUND || (r == OK && leaf.account != row->account))
		return err_set(err, ERR_CORRUPT, "the leaf of an event is not there");
	if (r != OK || leaf.body_len == 0)
		return r;
	r = json_parse_once(leaf.body, leaf.body_len, pool, &body, err);
	for (const struct json *member = r == OK ? body->first : NULL; member != NULL; member = member->next) {
		if (!is_left_out(member->name))
			json_node(w, member->name, member);
	}
	return r;
}

static enum result write_data(struct json_writer *w, struct db *data, const struct event_row *row, struct pool *pool,
			      struct err *err)
{
	if (row->ids_len == 0)
		return write_leaf(w, data, row, pool, err);
	if (!outbox_ids_whole(row))
		return err_set(err, ERR_CORRUPT, "the ids of an event are damaged");
	write_ids(w, row);
	return OK;
}

enum result outbox_write(struct db *data, const struct event_row *row, struct id account, struct pool *pool,
			 struct buf *out, struct err *err)
{
	struct json_writer w;
	enum result r;

	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	json_id(&w, "id", EVENT_PREFIX, row->id);
	json_string(&w, "type", event_type_name(row->type));
	json_instant(&w, "timestamp", id_time(row->id));
	json_id(&w, "account", ACCOUNT_PREFIX, account);
	json_begin_object(&w, "data");
	r = write_data(&w, data, row, pool, err);
	json_end_object(&w);
	json_end_object(&w);
	return r == OK ? buf_ok(out, "an event", err) : r;
}
