/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/accounts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "shim/phone.h"

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

static enum result name_blind(struct keyring *ring, const char *name, struct pool *pool, struct blind *out,
			      struct err *err)
{
	char *folded = text_fold(pool, name, strlen(name));

	if (has_control(name)) {
		err_set(err, ERR_INPUT, "an account's name holds no control characters and no line ends");
		return err_mend(err, "leave them out");
	}
	if (folded == NULL || *folded == '\0' || strlen(name) > ACCOUNT_NAME_MAX)
		return err_set(err, ERR_INPUT, "an account's name is 1 to %d bytes of UTF-8", ACCOUNT_NAME_MAX);
	return keyring_blind(ring, VAULT_ACCOUNT, BLIND_ACCOUNT_NAME, folded, strlen(folded), out, err);
}

static enum result read_country(const char *country, char out[3], struct err *err)
{
	if (strlen(country) == 2) {
		out[0] = (char)toupper((unsigned char)country[0]);
		out[1] = (char)toupper((unsigned char)country[1]);
		out[2] = '\0';
		if (phone_country_known(out))
			return OK;
	}
	err_set(err, ERR_INPUT, "'%.20s' is no country", country);
	return err_mend(err, "give its ISO 3166-1 code of two letters, such as FR");
}

/* It would be looked for as an id, and never be found by its name. */
static enum result refuse_id(const char *name, struct err *err)
{
	struct id id;
	struct err is_none;

	if (id_parse(ACCOUNT_PREFIX, name, &id, &is_none) != OK)
		return OK;
	err_set(err, ERR_INPUT, "an account's name cannot have the form of an account's id");
	return err_mend(err, "give it a name by which people know it");
}

struct creation {
	const char *name;
	struct account_row row;
	struct instant now;
	struct pool *pool;
	account_also *also; /* may be NULL */
	void *arg;
};

static enum result insert(struct session *session, struct creation *c, struct err *err)
{
	int64_t number;
	enum result r = counter_next(session->keys, VAULT_ACCOUNT, "account", &number, err);

	if (r != OK)
		return r;
	c->row.account = (uint32_t)number;
	r = keyring_account_create(session->ring, c->row.account, err);
	if (r == OK)
		r = seal_data(session->ring, c->row.account, "name", c->row.id, c->name, c->pool, &c->row.name,
			      &c->row.name_len, err);
	return r == OK ? account_insert(session->data, &c->row, err) : r;
}

static enum result create(struct session *session, void *arg, struct err *err)
{
	struct creation *c = arg;
	struct act act;
	uint32_t taken;
	enum result r = account_find_by_name(session->data, &c->row.name_blind, &taken, err);

	if (r == OK)
		return err_set(err, ERR_EXISTS, "there is an account of that name already");
	if (r == ERR_NOT_FOUND)
		r = insert(session, c, err);
	if (r != OK)
		return r;
	act_begin(&act, "account.create", c->row.account, c->now);
	act_id(&act, "id", ACCOUNT_PREFIX, c->row.id);
	r = act_append(&act, session->data, NULL, err);
	return r == OK && c->also != NULL ? c->also(session, c->row.account, c->arg, err) : r;
}

enum result accounts_create(struct vault *vault, const char *name, const char *country, struct instant now,
			    struct pool *pool, struct account *out, struct err *err)
{
	return accounts_create_with(vault, name, country, NULL, NULL, now, pool, out, err);
}

enum result accounts_create_with(struct vault *vault, const char *name, const char *country, account_also *also,
				 void *arg, struct instant now, struct pool *pool, struct account *out, struct err *err)
{
	struct creation c = {.name = name, .now = now, .pool = pool, .also = also, .arg = arg,
			     .row = {.id = id_new(now), .created = now}};
	enum result r = read_country(country, c.row.country, err);

	if (r == OK)
		r = refuse_id(name, err);
	if (r == OK)
		r = name_blind(vault->read.ring, name, pool, &c.row.name_blind, err);
	if (r == OK)
		r = vault_write(vault, create, &c, err);
	return r == OK ? accounts_get(&vault->read, c.row.account, pool, out, err) : r;
}

enum result accounts_get(struct session *session, uint32_t number, struct pool *pool, struct account *out,
			 struct err *err)
{
	struct account_row row;
	enum result r = account_get(session->data, number, pool, &row, err);

	if (r != OK)
		return r;
	*out = (struct account){.number = row.account, .id = row.id, .created = row.created};
	snprintf(out->country, sizeof out->country, "%s", row.country);
	return open_data(session->ring, number, "name", row.id, row.name, row.name_len, pool, &out->name, err);
}

/* ---- found before ---- */

#define KNOWN 8

struct known { uint64_t written; char who[ACCOUNT_NAME_MAX + 1], name[ACCOUNT_NAME_MAX + 1]; struct account account; };
struct accounts_known { size_t next; struct known entries[KNOWN]; };

void accounts_known_free(struct accounts_known *known)
{
	if (known != NULL)
		explicit_bzero(known, sizeof *known);
	free(known);
}

static bool recall(const struct accounts_known *known, const char *who, uint64_t written, struct account *out)
{
	for (size_t i = 0; known != NULL && i < KNOWN; i++) {
		const struct known *entry = &known->entries[i];

		if (entry->written == written && strcmp(entry->who, who) == 0) {
			*out = entry->account;
			out->name = entry->name;
			return true;
		}
	}
	return false;
}

static void remember(struct vault *view, const char *who, uint64_t written, const struct account *account)
{
	struct known *entry;

	if (view->known == NULL)
		view->known = calloc(1, sizeof *view->known);
	if (view->known == NULL || strlen(who) > ACCOUNT_NAME_MAX || strlen(account->name) > ACCOUNT_NAME_MAX)
		return;
	entry = &view->known->entries[view->known->next++ % KNOWN];
	*entry = (struct known){.written = written, .account = *account};
	memcpy(entry->who, who, strlen(who) + 1);
	memcpy(entry->name, account->name, strlen(account->name) + 1);
}

enum result accounts_find_known(struct vault *view, const char *who, struct pool *pool, struct account *out,
				struct err *err)
{
	uint64_t written = vault_written(view);
	enum result r;

	if (written != 0 && recall(view->known, who, written, out)) {
		out->name = pool_strdup(pool, out->name);
		return out->name != NULL ? OK : err_no_memory(err);
	}
	r = accounts_find(&view->read, who, pool, out, err);
	if (r == OK && written != 0)
		remember(view, who, written, out);
	return r;
}

enum result accounts_find(struct session *session, const char *who, struct pool *pool, struct account *out,
			  struct err *err)
{
	struct blind blind;
	struct id id;
	uint32_t number;
	enum result r;

	if (id_parse(ACCOUNT_PREFIX, who, &id, err) == OK) {
		r = account_find_by_id(session->data, id, &number, err);
	} else {
		r = name_blind(session->ring, who, pool, &blind, err);
		if (r == OK)
			r = account_find_by_name(session->data, &blind, &number, err);
	}
	if (r == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, "there is no account '%.100s' here", who);
		return err_mend(err, "`lethe account list` shows those there are");
	}
	return r == OK ? accounts_get(session, number, pool, out, err) : r;
}
