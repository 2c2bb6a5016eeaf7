/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "privacy/contacts.h"

#include <stdio.h>
#include <string.h>

#include "privacy/person.h"
#include "retention/settings.h"
#include "vault/contact_key.h"

bool contacts_in_grace(const struct contact_row *row, struct instant now)
{
	return contact_is_deleted(row) && row->hold == 0 && instant_date(now).days < row->gone_on.days;
}

/* ---- finding ---- */

/* A tombstone tells what became of one that is not there. */
static enum result not_there(struct session *session, uint32_t account, struct id id, struct err *err)
{
	char text[ID_TEXT_MAX], on[TIME_TEXT_MAX];
	struct instant at;
	bool gone;
	enum result r = contact_key_gone(session, account, id, &gone, &at, err);

	if (r != OK)
		return r;
	id_format(CONTACT_PREFIX, id, text);
	if (!gone) {
		err_set(err, ERR_NOT_FOUND, "there is no contact %s in this account", text);
		return err_mend(err,
				"`lethe contact list` shows those that are there, with --deleted those that can be "
				"brought back");
	}
	err_set(err, ERR_GONE, "%s was deleted, and its grace was over by %s: nobody can read it any more", text,
		date_format(instant_date(at), on));
	return err_mend(err, "`lethe contact readmit %s` lets an import bring it again", text);
}

static enum result several(const struct id *ids, size_t count, bool deleted, struct err *err)
{
	char text[ID_TEXT_MAX], list[200] = "";
	size_t shown = 0;

	for (; shown < count && shown < 4; shown++)
		snprintf(list + strlen(list), sizeof list - strlen(list), " %s",
			 id_format(CONTACT_PREFIX, ids[shown], text));
	err_set(err, ERR_INPUT, "that person is in %zu %scontacts", count, deleted ? "deleted " : "");
	return err_mend(err, "name one by its id:%s%s", list, shown < count ? " .." : "");
}

static enum result of_person(struct session *session, const struct account *account, struct id id, bool deleted,
			     struct pool *pool, struct id *out, struct err *err)
{
	struct person *person = pool_alloc(pool, sizeof *person);
	const struct id *ids;
	size_t count;
	enum result r = person != NULL ? OK : err_no_memory(err);

	if (r == OK)
		r = person_load(session, account, id, pool, person, err);
	if (r != OK)
		return r;
	ids = deleted ? person->deleted : person->contacts;
	count = deleted ? person->deleted_count : person->contact_count;
	if (count > 1)
		return several(ids, count, deleted, err);
	if (count == 1) {
		*out = ids[0];
		return OK;
	}
	err_set(err, ERR_NOT_FOUND, "that person is in no %s", deleted ? "deleted contact" : "contact that is there");
	if (!deleted && person->deleted_count > 0)
		err_mend(err, "in a deleted one: `lethe contact list --deleted`");
	return ERR_NOT_FOUND;
}

enum result contacts_find(struct session *session, const struct account *account, const char *text, bool deleted,
			  struct pool *pool, struct contact_row *out, struct err *err)
{
	struct id person, id;
	enum result r;

	if (id_parse(CONTACT_PREFIX, text, &id, err) == OK) {
		r = contact_get(session->data, account->number, id, pool, out, err);
		return r == ERR_NOT_FOUND ? not_there(session, account->number, id, err) : r;
	}
	r = person_find_one(session, account, text, pool, &person, err);
	if (r == ERR_NOT_FOUND && deleted)
		err_mend(err, "a deleted contact is not found by its name: give a number or address in it, or its id "
			      "(`lethe contact list --deleted`)");
	if (r == OK)
		r = of_person(session, account, person, deleted, pool, &id, err);
	return r == OK ? contact_get(session->data, account->number, id, pool, out, err) : r;
}

/* ---- changing ---- */

struct changing {
	const struct account *account;
	struct id id;
	struct instant now;
	struct pool *pool;
	struct contact_row *row;
};

static enum result load(struct session *session, struct changing *c, struct err *err)
{
	enum result r = contact_get(session->data, c->account->number, c->id, c->pool, c->row, err);

	return r == ERR_NOT_FOUND ? not_there(session, c->account->number, c->id, err) : r;
}

static enum result only_held(struct err *err)
{
	err_set(err, ERR_HELD, "only a legal hold or a restriction keeps this contact, as it is");
	return err_mend(err, "it goes when that ends: `lethe hold list`");
}

static enum result is_deleted(const struct contact_row *row, struct instant now, struct err *err)
{
	char since[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

	err_set(err, ERR_EXISTS, "it is deleted already, since %s", date_format(instant_date(row->deleted), since));
	date_format(row->gone_on, until);
	if (contacts_in_grace(row, now))
		return err_mend(err, "it can be brought back before %s: `lethe contact undelete`", until);
	return err_mend(err, "its grace is over since %s: the next `lethe retention run` takes it, unless it is held",
			until);
}

static enum result note(struct session *session, const struct changing *c, struct act *act, struct err *err)
{
	act_id(act, "contact", CONTACT_PREFIX, c->id);
	return act_append(act, session->data, NULL, err);
}

static enum result delete_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct act act;
	int64_t days;
	enum result r = load(session, c, err);

	if (r == OK && contact_is_deleted(c->row))
		r = is_deleted(c->row, c->now, err);
	else if (r == OK && c->row->hold != 0)
		r = only_held(err);
	if (r == OK)
		r = settings_int(session, c->account->number, "contact_grace_days", c->pool, &days, err);
	if (r != OK)
		return r;
	c->row->deleted = c->now;
	c->row->gone_on = date_add_days(instant_date(c->now), (int32_t)days);
	r = contact_put(session->data, c->row, err);
	if (r != OK)
		return r;
	act_begin(&act, "contact.delete", c->account->number, c->now);
	act_instant(&act, "gone_on", date_start(c->row->gone_on));
	return note(session, c, &act, err);
}

enum result contacts_delete(struct vault *vault, const struct account *account, struct id id, struct instant now,
			    struct pool *pool, struct contact_row *out, struct err *err)
{
	struct changing c = {.account = account, .id = id, .now = now, .pool = pool, .row = out};

	return vault_write(vault, delete_op, &c, err);
}

static enum result grace_over(const struct contact_row *row, struct err *err)
{
	char on[TIME_TEXT_MAX];

	err_set(err, ERR_GONE, "it could be brought back before %s, and cannot any more",
		date_format(row->gone_on, on));
	if (row->hold != 0)
		return err_mend(err, "only a legal hold or a restriction keeps it, and it goes when that ends");
	return err_mend(
	    err, "the next `lethe retention run` takes it; after that `lethe contact readmit` lets an import bring "
		 "it again");
}

static enum result undelete_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct act act;
	enum result r = load(session, c, err);

	if (r == OK && !contact_is_deleted(c->row))
		r = err_set(err, ERR_EXISTS, "it is not deleted");
	else if (r == OK && !contacts_in_grace(c->row, c->now))
		r = grace_over(c->row, err);
	if (r != OK)
		return r;
	c->row->deleted = (struct instant){0};
	c->row->gone_on = (struct date){0};
	r = contact_put(session->data, c->row, err);
	if (r != OK)
		return r;
	act_begin(&act, "contact.undelete", c->account->number, c->now);
	return note(session, c, &act, err);
}

enum result contacts_undelete(struct vault *vault, const struct account *account, struct id id, struct instant now,
			      struct pool *pool, struct contact_row *out, struct err *err)
{
	struct changing c = {.account = account, .id = id, .now = now, .pool = pool, .row = out};

	return vault_write(vault, undelete_op, &c, err);
}

static enum result still_there(const struct contact_row *row, struct instant now, struct err *err)
{
	if (!contact_is_deleted(row))
		return err_set(err, ERR_EXISTS, "it is there: imports update it");
	err_set(err, ERR_EXISTS, "it is deleted, and still there");
	return err_mend(err,
			contacts_in_grace(row, now)
			    ? "`lethe contact undelete` brings it back"
			    : "readmit it when it is gone: its grace is over, and the next `lethe retention run` takes "
			      "it, unless it is held");
}

static enum result readmit_op(struct session *session, void *arg, struct err *err)
{
	struct changing *c = arg;
	struct act act;
	bool existed;
	enum result r = contact_get(session->data, c->account->number, c->id, c->pool, c->row, err);

	if (r == OK)
		return still_there(c->row, c->now, err);
	if (r != ERR_NOT_FOUND)
		return r;
	r = contact_key_readmit(session, c->account->number, c->id, &existed, err);
	if (r == OK && !existed) {
		err_set(err, ERR_NOT_FOUND, "no contact of that id was deleted: imports of it are not refused");
		r = err_mend(err, "`lethe audit list` shows which were, in the acts contact.delete");
	}
	if (r != OK)
		return r;
	act_begin(&act, "contact.readmit", c->account->number, c->now);
	return note(session, c, &act, err);
}

enum result contacts_readmit(struct vault *vault, const struct account *account, struct id id, struct instant now,
			     struct err *err)
{
	struct contact_row row;
	struct pool pool;
	struct changing c = {.account = account, .id = id, .now = now, .pool = &pool, .row = &row};
	enum result r;

	pool_init(&pool, (size_t)64 * 1024 * 1024);
	r = vault_write(vault, readmit_op, &c, err);
	pool_free(&pool);
	return r;
}

/* ---- reads are acts too ---- */

enum result contacts_note_show(struct session *session, uint32_t account, struct id id, struct instant now,
			       struct err *err)
{
	struct act act;

	act_begin(&act, "contact.show", account, now);
	act_id(&act, "contact", CONTACT_PREFIX, id);
	return vault_note(session, &act, err);
}

enum result contacts_note_list(struct session *session, uint32_t account, const struct id *ids, size_t count,
			       struct instant now, struct err *err)
{
	struct act act;

	if (count == 0)
		return OK;
	act_begin(&act, "contact.list", account, now);
	act_id(&act, "first", CONTACT_PREFIX, ids[0]);
	act_id(&act, "last", CONTACT_PREFIX, ids[count - 1]);
	act_int(&act, "contacts", (int64_t)count);
	return vault_note(session, &act, err);
}
