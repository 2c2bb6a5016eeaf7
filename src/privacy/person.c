/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "privacy/identities.h"
#include "retention/erasing.h"
#include "vault/directory.h"
#include "vault/normal.h"

/* ---- finding ---- */

struct found { struct id *ids; size_t max, count; };

static enum result add_found(struct found *found, struct id person, struct err *err)
{
	for (size_t i = 0; i < found->count; i++) {
		if (id_compare(found->ids[i], person) == 0)
			return OK;
	}
	if (found->count == found->max)
		return err_set(err, ERR_LIMIT, "more than %zu persons fit; say more of whom you mean", found->max);
	found->ids[found->count++] = person;
	return OK;
}

/* By one way of reading what was typed. */
static enum result find_as(struct session *session, const struct account *account, enum identity_kind kind,
			   const char *who, struct pool *pool, struct found *found, struct err *err)
{
	struct identity_row row;
	bool exists;
	enum result r = identities_read_as(session, account, kind, who, pool, &exists, &row, err);

	return r == OK && exists ? add_found(found, row.person, err) : r;
}

/* A contact's persons: those its identities belong to now. */
static enum result add_of_contact(struct session *session, uint32_t account, struct id id, struct pool *pool,
				  struct found *found, struct err *err)
{
	struct contact_row contact;
	struct identity_row row;
	enum result r = contact_get(session->data, account, id, pool, &contact, err);

	for (size_t i = 0; r == OK && i < contact.party_count; i++) {
		r = identity_get(session->data, account, contact.parties[i].identity, pool, &row, err);
		if (r == OK)
			r = add_found(found, row.person, err);
		else if (r == ERR_NOT_FOUND)
			r = OK;
	}
	return r;
}

static enum result find_by_name(struct session *session, const struct account *account, const char *who,
				struct pool *pool, struct found *found, struct err *err)
{
	const char *words[CONTACT_NAMES_MAX];
	struct blind blinds[CONTACT_NAMES_MAX];
	struct id contacts[PERSON_FOUND_MAX];
	size_t count = normal_name_words(pool, who, words, CONTACT_NAMES_MAX), contact_count;
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++)
		r = keyring_blind(session->ring, account->number, BLIND_NAME_WORD, words[i], strlen(words[i]),
				  &blinds[i], err);
	if (r == OK)
		r = contact_find_name(session->data, account->number, blinds, count, contacts, PERSON_FOUND_MAX,
				      &contact_count, err);
	for (size_t i = 0; r == OK && i < contact_count; i++)
		r = add_of_contact(session, account->number, contacts[i], pool, found, err);
	return r;
}

static enum result find_by_id(struct session *session, const struct account *account, struct id id,
			      struct pool *pool, struct found *found, struct err *err)
{
	struct identity_row one;
	size_t count;
	enum result r = identity_of_person(session->data, account->number, id, pool, &one, 1, &count, err);

	if (r == ERR_LIMIT || (r == OK && count > 0))
		return add_found(found, id, err);
	return r;
}

enum result person_find(struct session *session, const struct account *account, const char *who, struct pool *pool,
			struct id *out, size_t max, size_t *count, struct err *err)
{
	struct found found = {.ids = out, .max = max};
	struct id id;
	enum result r = OK;

	if (!text_is_utf8(who, strlen(who)))
		return err_set(err, ERR_INPUT, "what to look for is not UTF-8");
	if (id_parse(PERSON_PREFIX, who, &id, err) == OK) {
		r = find_by_id(session, account, id, pool, &found, err);
		*count = found.count;
		return r;
	}
	for (int kind = IDENTITY_PHONE; r == OK && kind <= IDENTITY_NUMBER; kind++)
		r = find_as(session, account, (enum identity_kind)kind, who, pool, &found, err);
	if (r == OK && found.count == 0)
		r = find_by_name(session, account, who, pool, &found, err);
	*count = found.count;
	return r;
}

static enum result several(const struct id *ids, size_t count, struct err *err)
{
	char text[ID_TEXT_MAX], list[200] = "";
	size_t used = 0;

	for (size_t i = 0; i < count && used + sizeof text + 2 < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, " %s",
					 id_format(PERSON_PREFIX, ids[i], text));
	err_set(err, ERR_INPUT, "%zu persons fit", count);
	return err_mend(err, "name one by its id:%s%s", list, used / 31 < count ? " .." : "");
}

enum result person_find_one(struct session *session, const struct account *account, const char *who, struct pool *pool,
			    struct id *out, struct err *err)
{
	struct id ids[PERSON_FOUND_MAX];
	size_t count;
	enum result r = person_find(session, account, who, pool, ids, PERSON_FOUND_MAX, &count, err);

	if (r != OK)
		return r;
	if (count == 0) {
		err_set(err, ERR_NOT_FOUND, "nobody in this account is known by '%.100s'", who);
		return err_mend(err, "try another spelling, number, e-mail address or the words of a contact's name");
	}
	if (count > 1)
		return several(ids, count, err);
	*out = ids[0];
	return OK;
}

/* ---- loading ---- */

#define CONTACT_BATCH 256
struct contact_list { struct id *ids; size_t count, cap; };

static enum result add_contact(struct contact_list *list, struct id id, struct pool *pool, struct err *err)
{
	if (list->count == list->cap) {
		size_t cap = list->cap == 0 ? 16 : 2 * list->cap;
		struct id *more = pool_alloc(pool, cap * sizeof *more);

		if (more == NULL)
			return err_no_memory(err);
		if (list->count > 0)
			memcpy(more, list->ids, list->count * sizeof *more);
		list->ids = more;
		list->cap = cap;
	}
	list->ids[list->count++] = id;
	return OK;
}

static enum result list_contacts(struct session *session, uint32_t account, int64_t identity, struct pool *pool,
				 struct contact_list *list, struct err *err)
{
	struct id ids[CONTACT_BATCH], after = {{0}};
	size_t count;
	enum result r;

	do {
		r = contact_list_identity(session->data, account, identity, after, ids, CONTACT_BATCH, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = add_contact(list, ids[i], pool, err);
		if (r == OK && count > 0)
			after = ids[count - 1];
	} while (r == OK && count == CONTACT_BATCH);
	return r;
}

static int compare_ids(const void *a, const void *b)
{
	return id_compare(*(const struct id *)a, *(const struct id *)b);
}

/* A contact is listed once for each identity of the person in it. */
static void keep_one_of_each(struct contact_list *list)
{
	size_t kept = 0;

	if (list->count > 1)
		qsort(list->ids, list->count, sizeof *list->ids, compare_ids);
	for (size_t i = 0; i < list->count; i++) {
		if (kept == 0 || id_compare(list->ids[kept - 1], list->ids[i]) != 0)
			list->ids[kept++] = list->ids[i];
	}
	list->count = kept;
}

static enum result part_deleted(struct session *session, uint32_t account, const struct contact_list *all,
				struct pool *pool, struct person *out, struct err *err)
{
	struct contact_list there = {0}, deleted = {0};
	bool is_deleted;
	enum result r = OK;

	for (size_t i = 0; i < all->count && r == OK; i++) {
		r = contact_in_deleted(session->data, account, all->ids[i], &is_deleted, err);
		if (r == OK)
			r = add_contact(is_deleted ? &deleted : &there, all->ids[i], pool, err);
	}
	out->contacts = there.ids;
	out->contact_count = there.count;
	out->deleted = deleted.ids;
	out->deleted_count = deleted.count;
	return r;
}

enum result person_load(struct session *session, const struct account *account, struct id id, struct pool *pool,
			struct person *out, struct err *err)
{
	struct identity_row rows[PERSON_IDENTITIES_MAX];
	struct contact_list contacts = {0};
	enum result r;

	*out = (struct person){.id = id};
	r = identity_of_person(session->data, account->number, id, pool, rows, PERSON_IDENTITIES_MAX,
			       &out->identity_count, err);
	if (r == OK && out->identity_count == 0)
		r = err_set(err, ERR_NOT_FOUND, "no such person in this account");
	for (size_t i = 0; r == OK && i < out->identity_count; i++) {
		struct person_identity *identity = &out->identities[i];

		*identity = (struct person_identity){rows[i].identity, rows[i].kind, NULL, rows[i].created};
		r = open_identity(session->ring, &rows[i], pool, &identity->value, err);
		if (r == OK)
			r = list_contacts(session, account->number, rows[i].identity, pool, &contacts, err);
	}
	keep_one_of_each(&contacts);
	return r == OK ? part_deleted(session, account->number, &contacts, pool, out, err) : r;
}

/* ---- walking ---- */

#define LANE_BATCH 256
struct walk_lane {
	int64_t identity;
	struct party_key last; /* of the batch before */
	struct party_key keys[LANE_BATCH];
	size_t at, count;
	bool ended;
};

/* Makes sure the lane's next key is there, unless it has ended. */
static enum result fill_lane(struct session *session, uint32_t account, struct walk_lane *lane, struct err *err)
{
	enum result r;

	if (lane->at < lane->count || lane->ended)
		return OK;
	if (lane->count > 0)
		lane->last = lane->keys[lane->count - 1];
	r = party_list(session->data, account, lane->identity, &lane->last, lane->keys, LANE_BATCH, &lane->count, err);
	lane->at = 0;
	lane->ended = lane->count == 0;
	return r;
}

enum result person_walk_begin(struct session *session, const struct account *account, const struct person *person,
			      struct pool *pool, struct person_walk *out, struct err *err)
{
	enum result r = OK;

	*out = (struct person_walk){.account = account->number, .lane_count = person->identity_count};
	out->lanes = pool_alloc(pool, person->identity_count * sizeof *out->lanes);
	if (out->lanes == NULL)
		return err_no_memory(err);
	for (size_t i = 0; i < out->lane_count && r == OK; i++) {
		out->lanes[i].identity = person->identities[i].identity;
		r = fill_lane(session, out->account, &out->lanes[i], err);
	}
	return r;
}

static bool before(const struct party_key *a, const struct party_key *b)
{
	struct party_key x = *a, y = *b;

	x.identity = y.identity = 0;
	return party_key_compare(&x, &y) < 0;
}

static bool same_record(const struct party_key *a, const struct party_key *b)
{
	return a->kind == b->kind && id_compare(a->id, b->id) == 0;
}

enum result person_walk_next(struct session *session, struct person_walk *walk, struct party_key *out, bool *more,
			     struct err *err)
{
	const struct party_key *least = NULL;
	enum result r = OK;

	for (size_t i = 0; i < walk->lane_count; i++) {
		const struct walk_lane *lane = &walk->lanes[i];

		if (!lane->ended && (least == NULL || before(&lane->keys[lane->at], least)))
			least = &lane->keys[lane->at];
	}
	*more = least != NULL;
	if (least == NULL)
		return OK;
	*out = *least;
	for (size_t i = 0; i < walk->lane_count && r == OK; i++) {
		struct walk_lane *lane = &walk->lanes[i];

		if (!lane->ended && same_record(&lane->keys[lane->at], out)) {
			lane->at++;
			r = fill_lane(session, walk->account, lane, err);
		}
	}
	return r;
}

enum result person_load_counts(struct session *session, const struct account *account, struct person *person,
			       struct err *err)
{
	struct person_walk walk;
	struct party_key key;
	struct pool pool;
	bool more;
	enum result r;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	r = person_walk_begin(session, account, person, &pool, &walk, err);
	while (r == OK && (r = person_walk_next(session, &walk, &key, &more, err)) == OK && more) {
		struct instant at = id_time(key.id);

		person->records[key.kind]++;
		if (person->first.ms == 0 || at.ms < person->first.ms)
			person->first = at;
		if (at.ms > person->last.ms)
			person->last = at;
	}
	pool_free(&pool);
	return r;
}

/* ---- linking ---- */

struct linking {
	uint32_t account;
	struct id a, b;
	struct instant now;
};

static enum result link(struct session *session, void *arg, struct err *err)
{
	struct linking *linking = arg;
	struct identity_row rows[PERSON_IDENTITIES_MAX];
	struct pool pool;
	struct act act;
	size_t count, theirs;
	enum result r;

	pool_init(&pool, (size_t)4 * 1024 * 1024);
	r = identity_of_person(session->data, linking->account, linking->a, &pool, rows, PERSON_IDENTITIES_MAX, &theirs,
			       err);
	if (r == OK)
		r = identity_of_person(session->data, linking->account, linking->b, &pool, rows, PERSON_IDENTITIES_MAX,
				       &count, err);
	if (r == OK && (count == 0 || theirs == 0))
		r = err_set(err, ERR_NOT_FOUND, "no such person in this account");
	/* With more than that nobody could show, hold or erase them. */
	if (r == OK && theirs + count > PERSON_IDENTITIES_MAX)
		r = err_set(err, ERR_LIMIT, "together they would have %zu identities; a person has at most %d",
			    theirs + count, PERSON_IDENTITIES_MAX);
	if (r == OK)
		r = erasing_refuse(session, linking->account, linking->a, err);
	if (r == OK)
		r = erasing_refuse(session, linking->account, linking->b, err);
	for (size_t i = 0; r == OK && i < count; i++)
		r = identity_move(session->data, linking->account, rows[i].identity, linking->a, err);
	pool_free(&pool);
	directory_clear(session->directory);
	if (r != OK)
		return r;
	act_begin(&act, "person.link", linking->account, linking->now);
	act_id(&act, "person", PERSON_PREFIX, linking->a);
	act_id(&act, "other", PERSON_PREFIX, linking->b);
	act_int(&act, "identities", (int64_t)count);
	return act_append(&act, session->data, NULL, err);
}

enum result person_link(struct vault *vault, const struct account *account, struct id a, struct id b,
			struct instant now, bool *changed, struct err *err)
{
	struct linking linking = {.account = account->number, .a = a, .b = b, .now = now};

	*changed = id_compare(a, b) != 0;
	return *changed ? vault_write(vault, link, &linking, err) : OK;
}

enum result person_unlink(struct vault *vault, const struct account *account, struct id person, int64_t identity,
			  struct instant now, struct id *out, struct err *err)
{
	struct pool pool;
	struct person loaded;
	size_t at = 0;
	enum result r;

	pool_init(&pool, (size_t)4 * 1024 * 1024);
	r = person_load(&vault->read, account, person, &pool, &loaded, err);
	while (r == OK && at < loaded.identity_count && loaded.identities[at].identity != identity)
		at++;
	if (r == OK && at == loaded.identity_count)
		r = err_set(err, ERR_NOT_FOUND, "that identity is not one of this person's");
	else if (r == OK && loaded.identity_count == 1)
		r = err_set(err, ERR_INPUT, "that is the person's only identity: there is nothing to take it from");
	pool_free(&pool);
	return r == OK ? identities_unlink(vault, account, identity, now, out, err) : r;
}

/* ---- reads are acts too ---- */

enum result person_note_read_(struct session *session, const char *what, const struct account *account, struct id id,
			      struct instant now, struct err *err)
{
	struct act act;

	act_begin_(&act, what, account->number, now);
	act_id(&act, "person", PERSON_PREFIX, id);
	return vault_note(session, &act, err);
}
