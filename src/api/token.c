/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "access/token.h"
#include "api/handout.h"
#include "api/operations.h"
#include "api/paging.h"
#include "base/quote.h"

#define PAGE 64
#define EXPIRES "12 months" /* unless said */

/* ---- creating ---- */

static enum result read_role(const char *text, bool platform, enum access_role *out, struct err *err)
{
	char shown[QUOTE_MAX];

	*out = ROLE_OPERATOR;
	if (platform && text == NULL)
		return OK;
	if (platform || text == NULL) {
		err_set(err, ERR_INPUT, platform ? "a token is the operator's or has a role, not both"
						 : "the token needs a role");
		return err_mend(err, "give --role owner, admin or auditor; or --operator for the platform's own");
	}
	if (access_role_parse(text, out) && *out != ROLE_OPERATOR)
		return OK;
	err_set(err, ERR_INPUT, "%s is no role of a token", quote(text, strlen(text), shown));
	err_where(err, "--role");
	return err_mend(err, "give owner, admin or auditor; or --operator for the platform's own");
}

static enum result read_expiry(const struct call *call, const char *text, struct token_new *new, struct err *err)
{
	struct span span;

	if (span_parse(text != NULL ? text : EXPIRES, &span, err) != OK)
		return err_where(err, "--expires");
	new->expires = !span.unlimited;
	if (new->expires)
		new->expires_at = instant_add_span(call->now, span);
	return OK;
}

static enum result say_created(struct call *call, const struct token_new *new, struct id id, struct handout *handout,
			       const struct opaque *token, struct err *err)
{
	char at[TIME_TEXT_MAX];
	enum result r;

	call_say(call, "Made %s, %s, %s%s.\n", id_format(TOKEN_PREFIX, id, call->made), access_role_name(new->role),
		 new->expires ? "good until " : "which does not expire",
		 new->expires ? instant_format(new->expires_at, at) : "");
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", TOKEN_PREFIX, id);
	json_string(&call->w, "role", access_role_name(new->role));
	json_string(&call->w, "expires", new->expires ? instant_format(new->expires_at, at) : NULL);
	r = handout_give(call, handout, "token", token->text, err);
	json_end_object(&call->w);
	if (r == OK && handout->path == NULL)
		call_say(call, "It is shown this once.\n");
	return r;
}

/* A token that nobody could be told is none. */
static enum result take_back(struct call *call, uint32_t account, struct id id, enum result why)
{
	struct err ignored;

	if (tokens_revoke(call->vault, account, id, call->now, &ignored) != OK)
		call_remark(call, "The token that could not be handed out is still in force: revoke it.\n");
	return why;
}

static enum result create(struct call *call, uint32_t account, const struct token_new *new, struct handout *handout,
			  struct err *err)
{
	struct actor actor = call_actor(call);
	struct opaque token;
	struct id id;
	enum result r = tokens_create(call->vault, &actor, account, new, call->now, &token, &id, err);

	if (r != OK)
		return r;
	r = say_created(call, new, id, handout, &token, err);
	opaque_wipe(&token);
	return r == OK ? OK : take_back(call, account, id, r);
}

enum result op_token_create(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	const char *role = NULL, *scopes = NULL, *expires = NULL, *out = NULL;
	bool platform = false;
	const struct call_option options[] = {
	    {"role", &role, NULL}, {"scopes", &scopes, NULL}, {"expires", &expires, NULL},
	    {"out", &out, NULL},   {"operator", NULL, &platform},
	};
	struct handout handout = {.fd = -1};
	struct token_new new = {.name = NULL};
	uint32_t account;
	enum result r = call_parse(call, options, 5, &argc, argv, 1, 1, err);

	(void)partly;
	new.name = argv[0];
	if (r == OK)
		r = read_role(role, platform, &new.role, err);
	if (r == OK && token_scopes_parse(scopes, new.role, &new.scopes, err) != OK)
		r = err_where(err, "--scopes");
	if (r == OK)
		r = read_expiry(call, expires, &new, err);
	if (r == OK)
		r = call_open_owner(call, platform, true, &account, err);
	if (r == OK)
		r = handout_begin(call, out, &handout, err);
	if (r == OK)
		r = create(call, account, &new, &handout, err);
	handout_end(&handout);
	return r;
}

/* ---- listing ---- */

static const char *state_of(const struct token_row *row, struct instant now)
{
	if (row->revoked)
		return "revoked";
	return token_ended(row, now) ? "expired" : "active";
}

static void say_token(struct call *call, const struct token_row *row, const char *name, const char *scopes)
{
	char id[ID_TEXT_MAX], at[TIME_TEXT_MAX], until[TIME_TEXT_MAX];
	bool all = row->scopes == permission_scopes((enum access_role)row->role);

	call_say(call, "%s  %-8s %-7s  %s\n", id_format(TOKEN_PREFIX, row->id, id),
		 access_role_name((enum access_role)row->role), state_of(row, call->now), call_clean(call, name));
	call_say(call, "  may: %s\n", all ? "all that its role may" : scopes);
	call_say(call, "  used: %s; %s%s; made by %s\n", row->used ? instant_format(row->used_at, at) : "never",
		 row->expires ? "expires " : "does not expire", row->expires ? instant_format(row->expires_at, until) : "",
		 call_clean(call, row->made_by));
}

static void print_token(struct call *call, const struct token_row *row, const char *name)
{
	struct json_writer *w = &call->w;
	char text[TIME_TEXT_MAX];

	json_begin_object(w, NULL);
	json_id(w, "id", TOKEN_PREFIX, row->id);
	json_string(w, "name", name);
	json_string(w, "role", access_role_name((enum access_role)row->role));
	json_string(w, "state", state_of(row, call->now));
	json_begin_array(w, "scopes");
	for (int permission = 0; permission < PERMISSION_COUNT; permission++) {
		if ((row->scopes >> permission & 1) != 0)
			json_string(w, NULL, permission_name((enum permission)permission));
	}
	json_end_array(w);
	json_string(w, "made_by", row->made_by);
	json_instant(w, "created", row->created);
	json_string(w, "expires", row->expires ? instant_format(row->expires_at, text) : NULL);
	json_string(w, "last_used", row->used ? instant_format(row->used_at, text) : NULL);
	json_string(w, "revoked", row->revoked ? instant_format(row->revoked_at, text) : NULL);
	json_end_object(w);
}

static enum result show_token(struct call *call, const struct token_row *row, struct err *err)
{
	const char *name, *scopes;
	enum result r = tokens_name(&call->vault->read, row, &call->pool, &name, err);

	if (r == OK)
		r = token_scopes_text(row->scopes, &call->pool, &scopes, err);
	if (r != OK)
		return r;
	say_token(call, row, name, scopes);
	print_token(call, row, name);
	return OK;
}

static enum result show_tokens(struct call *call, uint32_t account, struct paging *page, size_t *shown,
			       struct err *err)
{
	struct token_row rows[PAGE];
	size_t count, ask;
	enum result r;

	do {
		ask = paging_ask(page, PAGE);
		r = token_list(call->vault->read.data, account, page->id, &call->pool, rows, ask, &count, err);
		for (size_t i = 0; i < count && r == OK && paging_take(page); i++) {
			page->id = rows[i].id;
			r = show_token(call, &rows[i], err);
		}
		*shown += count;
	} while (r == OK && count == ask && !page->more);
	return r;
}

enum result op_token_list(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	bool platform = false;
	struct paging page = {0};
	const struct call_option options[] = {{"operator", NULL, &platform}, PAGING_OPTIONS(page)};
	size_t shown = 0;
	uint32_t account = 0;
	enum result r = call_parse(call, options, 3, &argc, argv, 0, 0, err);

	(void)partly;
	if (r == OK)
		r = call_open_owner(call, platform, false, &account, err);
	if (r == OK)
		r = paging_begin(call, &page, account, PAGING_ALL, "", err);
	if (r == OK)
		r = tokens_note_read(&call->vault->read, account, call->now, err);
	if (r != OK)
		return r;
	paging_open(call, "tokens");
	r = show_tokens(call, account, &page, &shown, err);
	r = paging_close(call, &page, account, "", r, err);
	if (r == OK && shown == 0 && !page.begun)
		call_say(call, "There are no tokens yet: `lethe token create` makes one.\n");
	return r;
}

/* The token that the operand names, of the account or, with --operator, the operator's. */
static enum result begin_one(struct call *call, int argc, char **argv, bool write, uint32_t *account, struct id *id,
			     struct err *err)
{
	bool platform = false;
	const struct call_option options[] = {{"operator", NULL, &platform}};
	enum result r = call_parse(call, options, 1, &argc, argv, 1, 1, err);

	if (r == OK && id_parse(TOKEN_PREFIX, argv[0], id, err) != OK)
		r = err_mend(err, "give the token's id, tok_..: `lethe token list` shows it");
	return r == OK ? call_open_owner(call, platform, write, account, err) : r;
}

enum result op_token_show(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct token_row row;
	uint32_t account;
	struct id id;
	enum result r = begin_one(call, argc, argv, false, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = token_get(call->vault->read.data, account, id, &call->pool, &row, err);
	if (r == ERR_NOT_FOUND)
		return err_mend(err, "`lethe token list` shows those there are");
	if (r == OK)
		r = tokens_note_read(&call->vault->read, account, call->now, err);
	return r == OK ? show_token(call, &row, err) : r;
}

/* ---- revoking ---- */

enum result op_token_revoke(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	char text[ID_TEXT_MAX];
	uint32_t account;
	struct id id;
	enum result r = begin_one(call, argc, argv, true, &account, &id, err);

	(void)partly;
	if (r == OK)
		r = tokens_revoke(call->vault, account, id, call->now, err);
	if (r != OK)
		return r;
	call_say(call, "Revoked %s: nobody is let in by it any more.\n", id_format(TOKEN_PREFIX, id, text));
	json_begin_object(&call->w, NULL);
	json_id(&call->w, "id", TOKEN_PREFIX, id);
	json_end_object(&call->w);
	return OK;
}
