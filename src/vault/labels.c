/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/labels.h"

#include <string.h>

#include "base/text.h"
#include "store/account.h"

#define RECOUNT_POOL_MAX ((size_t)256 * 1024 * 1024)

const char *label_kind_name(enum label_kind kind)
{
	static const char *const names[] = {[LABEL_QUEUE] = "queue", [LABEL_CAMPAIGN] = "campaign", [LABEL_TAG] = "tag"};

	INVARIANT(kind >= LABEL_QUEUE && kind <= LABEL_TAG);
	return names[kind];
}

bool label_kind_parse(const char *name, enum label_kind *out)
{
	for (int kind = LABEL_QUEUE; kind <= LABEL_TAG; kind++) {
		*out = (enum label_kind)kind;
		if (strcmp(label_kind_name(*out), name) == 0)
			return true;
	}
	return false;
}

/* The blind index's vocabularies are apart by a number. */
static int blind_kind(enum label_kind kind)
{
	return BLIND_QUEUE + (int)kind - LABEL_QUEUE;
}

static enum result fold(enum label_kind kind, const char *name, struct pool *pool, const char **out, struct err *err)
{
	size_t len = strlen(name);

	*out = "";
	if (len <= LABEL_NAME_MAX && text_is_utf8(name, len))
		*out = text_fold(pool, name, len);
	if (*out == NULL)
		return err_no_memory(err);
	if (**out != '\0')
		return OK;
	err_set(err, ERR_INPUT, "the name of a %s is UTF-8 of 1 to %d bytes, blanks and marks aside",
		label_kind_name(kind), LABEL_NAME_MAX);
	return err_mend(err, "give it a name that people can read");
}

enum result labels_blind(const struct key *index_key, enum label_kind kind, const char *name, struct pool *pool,
			 struct blind *out, struct err *err)
{
	const char *folded;
	enum result r = fold(kind, name, pool, &folded, err);

	if (r == OK)
		*out = blind_with(index_key, blind_kind(kind), folded, strlen(folded));
	return r;
}

static enum result find_blind(struct session *session, uint32_t account, enum label_kind kind, const char *name,
			      struct pool *pool, struct blind *out, struct err *err)
{
	const char *folded;
	enum result r = fold(kind, name, pool, &folded, err);

	return r == OK ? keyring_blind(session->ring, account, blind_kind(kind), folded, strlen(folded), out, err) : r;
}

enum result labels_find(struct session *session, uint32_t account, enum label_kind kind, const char *name,
			struct pool *pool, int64_t *out, struct err *err)
{
	struct blind blind;
	enum result r = find_blind(session, account, kind, name, pool, &blind, err);

	return r == OK ? label_find(session->data, account, &blind, out, err) : r;
}

/* What binds the sealed name to its label. */
static struct id place_of(int64_t label)
{
	struct id id = {{0}};

	for (size_t i = 0; i < 8; i++)
		id.bytes[15 - i] = (unsigned char)((uint64_t)label >> (8 * i));
	return id;
}

enum result labels_take(struct session *session, uint32_t account, enum label_kind kind, const struct blind *blind,
			const char *name, struct pool *pool, int64_t *out, struct err *err)
{
	struct label_row row = {.account = account, .kind = kind, .blind = *blind};
	enum result r = label_find(session->data, account, blind, out, err);

	if (r != OK || *out != 0)
		return r;
	r = counter_next(session->keys, account, "label", &row.label, err);
	if (r == OK)
		r = seal_data(session->ring, account, "label", place_of(row.label), name, pool, &row.name, &row.name_len,
			      err);
	if (r == OK)
		r = label_insert(session->data, &row, err);
	*out = row.label;
	return r;
}

enum result labels_make(struct session *session, uint32_t account, enum label_kind kind, const char *name,
			struct pool *pool, int64_t *out, struct err *err)
{
	struct blind blind;
	enum result r = find_blind(session, account, kind, name, pool, &blind, err);

	return r == OK ? labels_take(session, account, kind, &blind, name, pool, out, err) : r;
}

enum result labels_name(struct session *session, uint32_t account, int64_t label, struct pool *pool,
			enum label_kind *kind, const char **out, struct err *err)
{
	struct label_row row;
	enum result r = label_get(session->data, account, label, pool, &row, err);

	if (r != OK)
		return r;
	*kind = row.kind;
	return open_data(session->ring, account, "label", place_of(label), row.name, row.name_len, pool, out, err);
}

static enum result recount_one(struct session *session, uint32_t account, struct err *err)
{
	struct pool pool;
	enum result r = db_begin(session->data, err);

	if (r != OK)
		return r;
	pool_init(&pool, RECOUNT_POOL_MAX);
	r = label_recount(session->data, account, &pool, err);
	pool_free(&pool);
	if (r == OK)
		return db_commit(session->data, err);
	db_rollback(session->data);
	return r;
}

enum result labels_recount(struct session *session, struct err *err)
{
	uint32_t account = 0;
	size_t count = 1;
	enum result r = OK;

	while (r == OK && count > 0) {
		r = account_list(session->data, account, &account, 1, &count, err);
		if (r == OK && count > 0)
			r = recount_one(session, account, err);
	}
	return r;
}

enum result labels_note_read(struct session *session, uint32_t account, struct instant now, struct err *err)
{
	struct act act;

	act_begin(&act, "label.list", account, now);
	return vault_note(session, &act, err);
}
