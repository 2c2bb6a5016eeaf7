/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "daemon/first_owner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "access/invite.h"
#include "access/token.h"
#include "base/file.h"
#include "base/log.h"

#define BATCH 16
#define POOL_MAX ((size_t)1024 * 1024)
#define LINKS_MAX 16 /* who has more accounts than that to begin with makes them with `lethe user invite` */
#define LINK_MAX ((size_t)4096)
#define PATH_LEN 4096

struct offering {
	struct call *call;
	const char *url;
	struct vault *vault;
	int64_t made, seen;
	bool somebody; /* can be let in */
};

static void path_of(const char *data_dir, struct id account, char out[PATH_LEN])
{
	char id[ID_TEXT_MAX];

	snprintf(out, PATH_LEN, "%s/first-owner-%s", data_dir, id_format(ACCOUNT_PREFIX, account, id));
}

void first_owner_done(const char *data_dir, struct id account)
{
	char path[PATH_LEN];

	path_of(data_dir, account, path);
	unlink(path);
}

/* ---- is there somebody? ---- */

static enum result note_token(void *arg, const struct token_row *token, struct err *err)
{
	struct offering *o = arg;

	(void)err;
	o->somebody = o->somebody || !token_ended(token, o->call->now);
	return OK;
}

static enum result look_for_token(struct offering *o, struct err *err)
{
	struct pool pool;
	enum result r;

	pool_init(&pool, POOL_MAX);
	r = token_each(o->vault->read.data, VAULT_ACCOUNT, &pool, note_token, o, err);
	pool_free(&pool);
	return r;
}

typedef enum result with_account(struct offering *o, uint32_t account, struct err *err);

static enum result each_account(struct offering *o, with_account *with, struct err *err)
{
	uint32_t numbers[BATCH], after = 0;
	size_t count;
	enum result r;

	do {
		r = account_list(o->vault->read.data, after, numbers, BATCH, &count, err);
		for (size_t i = 0; i < count && r == OK; i++) {
			after = numbers[i];
			r = with(o, after, err);
		}
	} while (r == OK && count == BATCH && !o->somebody);
	return r;
}

static enum result look_for_owner(struct offering *o, uint32_t account, struct err *err)
{
	bool has = false;
	enum result r = o->somebody ? OK : invites_has_owner(&o->vault->read, account, &has, err);

	o->somebody = o->somebody || has;
	return r;
}

/* ---- a link ---- */

/* Does the file hold one that is good still? */
static bool is_good(struct offering *o, const char *path)
{
	struct invite_found found;
	struct buf text;
	struct err ignored;
	const char *hash;
	bool good = false;

	if (file_read(path, LINK_MAX, &text, &ignored) != OK)
		return false;
	hash = text.len > 0 ? memchr(text.data, '#', text.len) : NULL;
	if (hash != NULL && (size_t)(text.data + text.len - hash) > OPAQUE_LEN)
		good = invites_find(&o->vault->read, hash + 1, OPAQUE_LEN, o->call->now, &o->call->pool, &found,
				    &ignored) == OK;
	buf_free(&text);
	return good;
}

static enum result show(struct call *call, const struct account *account, const char *link, struct instant expires,
			struct err *err)
{
	char at[TIME_TEXT_MAX];

	call_say(call, "The account %s has no owner yet. Who uses this link becomes it; good once, until %s:\n\n%s\n"
		       "It is used with POST /v1/links/use: docs/access.md says how.\n",
		 call_clean(call, account->name), instant_format(expires, at), link);
	return call_flush(call, err);
}

static enum result make(struct offering *o, const struct account *account, const char *path, struct err *err)
{
	struct actor actor = call_actor(o->call);
	size_t len = strlen(o->url);
	struct instant expires;
	struct opaque opaque;
	char link[LINK_MAX];
	int used;
	enum result r = invites_first_owner(o->vault, &actor, account, o->call->now, &opaque, &expires, err);

	if (r != OK)
		return r;
	used = snprintf(link, sizeof link, "%.*s/invite#%s\n", (int)(len > 0 && o->url[len - 1] == '/' ? len - 1 : len),
			o->url, opaque.text);
	opaque_wipe(&opaque);
	if (used < 0 || (size_t)used >= sizeof link)
		r = err_set(err, ERR_INPUT, "base-url is too long");
	else if (path == NULL)
		r = show(o->call, account, link, expires, err);
	else
		r = file_write_atomic(path, link, (size_t)used, 0600, err);
	explicit_bzero(link, sizeof link);
	o->made += r == OK;
	return r;
}

static enum result offer_one(struct offering *o, uint32_t number, struct err *err)
{
	bool terminal = o->call->terminal && !o->call->json;
	struct account account;
	char path[PATH_LEN];
	enum result r = accounts_get(&o->vault->read, number, &o->call->pool, &account, err);

	if (r != OK)
		return r;
	path_of(o->call->data_dir, account.id, path);
	if (o->seen++ >= LINKS_MAX || (!terminal && is_good(o, path)))
		return OK;
	return make(o, &account, terminal ? NULL : path, err);
}

enum result first_owner_offer(struct call *call, struct vault *const *vaults, size_t count, const char *url,
			      struct err *err)
{
	struct offering o = {.call = call, .url = url};
	enum result r = OK;

	for (size_t i = 0; i < count && r == OK; i++) {
		o.vault = vaults[i];
		r = look_for_token(&o, err);
		if (r == OK)
			r = each_account(&o, look_for_owner, err);
	}
	for (size_t i = 0; i < count && r == OK && !o.somebody; i++) {
		o.vault = vaults[i];
		r = each_account(&o, offer_one, err);
	}
	if (r == OK && o.made > 0)
		log_event(LOG_INFO, "serve.first_owner", LOG_INT("links", o.made));
	return r;
}
