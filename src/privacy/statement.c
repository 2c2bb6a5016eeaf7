/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/statement.h"

#include "base/json.h"
#include "privacy/anonymise.h"
#include "privacy/erase_duties.h"

#include "store/account.h"
#include "vault/rotate.h"

static void add_kinds(struct json_writer *w, const char *name, const int64_t counts[KIND_COUNT])
{
	json_begin_object(w, name);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		if (counts[kind] > 0)
			json_int(w, kind_name((enum record_kind)kind), counts[kind]);
	}
	json_end_object(w);
}

static void add_destroyed(struct json_writer *w, const struct erase_result *result)
{
	json_begin_object(w, "destroyed");
	json_int(w, "identity_keys", result->identities);
	json_int(w, "identities", result->identities);
	json_int(w, "contacts", result->contacts);
	add_kinds(w, "records", result->removed.records);
	json_int(w, "media", result->removed.media);
	json_int(w, "media_bytes", result->removed.media_bytes);
	json_end_object(w);
}

static bool kept_any(const struct erase_result *result)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (result->kept[kind] > 0)
			return true;
	}
	return false;
}

static void add_kept(struct json_writer *w, const struct erase_result *result)
{
	json_begin_object(w, "kept");
	if (kept_any(result)) {
		add_kinds(w, "records", result->kept);
		json_int(w, "contacts", result->kept[0]);
		json_string(w, "why", "legal hold");
		json_string(w, "rule", "A6");
		json_string(w, "source", "GDPR article 17(3)(e)");
		json_string(w, "until", "the hold is released");
	}
	json_end_object(w);
	if (result->left_by_agent > 0) {
		json_begin_object(w, "agent_taken_out");
		json_int(w, "records", result->left_by_agent);
		json_string(w, "how", "records of other people stay, under a pseudonym; free text is not rewritten");
		json_end_object(w);
	}
}

static void add_left(struct json_writer *w, const struct erase_left *left)
{
	json_begin_object(w, "left");
	json_int(w, "keys", left->keys);
	json_int(w, "identities", left->identities);
	json_int(w, "contacts", left->contacts);
	json_int(w, "records", left->records);
	json_int(w, "blobs", left->blobs);
	json_end_object(w);
}

static const char *covers(enum root_promise promise, bool overdue)
{
	if (promise == ROOT_CANNOT_FORGET)
		return "this vault only: its root cannot forget, so a copy of data and keys made before opens with "
		       "the same secret";
	if (overdue)
		return "every older copy once `lethe keys rotate` has run, which is overdue";
	if (promise == ROOT_FORGETS_OUTSIDE)
		return "every copy of data and keys that does not include the root's own keys";
	return "every copy of data and keys, whole-machine images included";
}

/* A copy of data and keys opens until its epoch ends, if the root can forget. */
enum result statement_copies(struct json_writer *w, struct vault *vault, struct instant ended,
			     struct instant *unreadable_by, struct err *err)
{
	enum root_promise promise = root_promise(vault->shared->root);
	struct instant due;
	bool overdue;
	int days;
	enum result r = rotate_due(&vault->read, &due, &days, err);

	if (r != OK)
		return r;
	overdue = due.ms < ended.ms;
	json_begin_object(w, "copies");
	json_string(w, "root", root_provider(vault->shared->root));
	json_int(w, "epoch_days", days);
	if (promise == ROOT_CANNOT_FORGET || overdue) {
		json_null(w, "unreadable_by");
	} else {
		*unreadable_by = due;
		json_instant(w, "unreadable_by", due);
	}
	json_string(w, "covers", covers(promise, overdue));
	json_end_object(w);
	return OK;
}

enum result statement_of_erasure(struct vault *vault, uint32_t account, const char *reference, struct instant now,
				 struct erase_result *result, struct buf *out, struct err *err)
{
	struct account_row row;
	struct json_writer w;
	struct pool pool;
	enum result r;

	pool_init(&pool, 65536);
	r = account_get(vault->read.data, account, &pool, &row, err);
	pool_free(&pool);
	if (r != OK)
		return r;
	json_writer_init(&w, out, 0);
	json_begin_object(&w, NULL);
	json_string(&w, "act", result->anonymise ? "person.anonymise" : "person.erase");
	json_string(&w, "rule", "A6");
	json_id(&w, "vault", "vault", vault->id);
	json_string(&w, "region", vault->region);
	json_id(&w, "account", ACCOUNT_PREFIX, row.id);
	json_id(&w, "person", PERSON_PREFIX, result->person);
	json_id(&w, "job", "job", result->job);
	if (reference[0] != '\0')
		json_string(&w, "reference", reference);
	json_instant(&w, "started", result->started);
	json_instant(&w, "ended", now);
	add_destroyed(&w, result);
	if (result->anonymise)
		anonymise_write(&w, result->aggregated, &result->shown);
	add_kept(&w, result);
	r = erase_duties_state(&w, result, err);
	add_left(&w, &result->left);
	if (r == OK)
		r = statement_copies(&w, vault, result->ended, &result->unreadable_by, err);
	json_end_object(&w);
	return r == OK ? buf_ok(out, "a statement", err) : r;
}
