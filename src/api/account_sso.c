/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "access/oidc_signin.h"
#include "api/operations.h"
#include "base/quote.h"
#include "privacy/user.h"

/* `secret` comes over HTTP, where it is no word of a command that others see. */
struct sso_words { const char *issuer, *client, *secret, *secret_file, *adds; bool off; };

static enum result show(struct call *call, const struct account *account, struct err *err)
{
	struct oidc_setting s;
	bool is;
	enum result r = oidc_setting_get(&call->vault->read, account->number, &call->pool, &is, &s, err);

	if (r != OK)
		return r;
	json_begin_object(&call->w, NULL);
	json_string(&call->w, "issuer", is ? s.issuer : NULL);
	json_string(&call->w, "client_id", is ? s.client_id : NULL);
	json_bool(&call->w, "client_secret", is && s.client_secret != NULL);
	json_string(&call->w, "adds", is && s.adds ? user_role_name(s.role) : NULL);
	json_end_object(&call->w);
	if (!is) {
		call_say(call, "The account's users sign in here, with passwords.\n");
		return OK;
	}
	call_say(call, "Users sign in at %s too, as client %s, %s.\n", call_clean(call, s.issuer),
		 call_clean(call, s.client_id), s.client_secret != NULL ? "with a secret" : "without a secret");
	if (s.adds)
		call_say(call, "Who is no user is added, as %s.\n", user_role_name(s.role));
	return OK;
}

static enum result read_adds(const char *text, struct oidc_setting *out, struct err *err)
{
	char shown[QUOTE_MAX];

	out->adds = text != NULL;
	if (text == NULL || user_role_parse(text, &out->role))
		return OK;
	err_set(err, ERR_INPUT, "%s is no role of a user", quote(text, strlen(text), shown));
	err_where(err, "--adds");
	return err_mend(err, "give admin, agent or auditor");
}

static enum result change(struct call *call, const struct account *account, const struct sso_words *words,
			  struct err *err)
{
	struct oidc_setting setting = {.issuer = words->issuer, .client_id = words->client};
	struct secret secret = {.len = 0};
	enum result r;

	if (words->off)
		return oidc_setting_put(call->vault, account, call_actor(call).user, NULL, call->now, err);
	r = read_adds(words->adds, &setting, err);
	if (r == OK && words->secret_file != NULL) {
		r = call_secret(call, words->secret_file, "Client secret", false, &secret, err);
		setting.client_secret = secret.text;
	} else if (r == OK) {
		setting.client_secret = words->secret;
	}
	if (r == OK)
		r = oidc_setting_put(call->vault, account, call_actor(call).user, &setting, call->now, err);
	secret_wipe(&secret);
	return r;
}

static enum result check_words(const struct sso_words *words, struct err *err)
{
	bool any = words->issuer != NULL || words->client != NULL || words->secret != NULL || words->secret_file != NULL ||
		   words->adds != NULL;

	if (words->off ? !any : any == (words->issuer != NULL && words->client != NULL))
		return OK;
	err_set(err, ERR_INPUT, "an OpenID provider is set by its issuer and a client id, or turned off");
	return err_mend(err, "give --issuer URL --client-id ID, and --client-secret-file FILE if there is one; or --off");
}

static enum result no_word(struct err *err)
{
	err_set(err, ERR_INPUT, "a secret is no word of a command: others see what runs");
	err_where(err, "--client-secret");
	return err_mend(err, "give --client-secret-file FILE");
}

enum result op_account_sso(struct call *call, int argc, char **argv, bool *partly, struct err *err)
{
	struct sso_words words = {.off = false};
	const struct call_option options[] = {
	    {"issuer", &words.issuer, NULL}, {"client-id", &words.client, NULL},
	    {"client-secret", &words.secret, NULL}, {"client-secret-file", &words.secret_file, NULL}, {"adds", &words.adds, NULL}, {"off", NULL, &words.off}};
	bool writes;
	struct account account;
	enum result r = call_parse(call, options, 6, &argc, argv, 1, 1, err);

	(void)partly;
	if (r == OK)
		r = check_words(&words, err);
	if (r == OK && words.secret != NULL && call->actor == NULL)
		r = no_word(err);
	writes = words.off || words.issuer != NULL;
	if (r == OK)
		r = call_open_named(call, argv[0], writes, &account, err);
	if (r == OK && writes) /* the provider says who is an owner, too */
		r = call_may_give(call, account.number, ROLE_OWNER, err);
	if (r == OK && writes)
		r = change(call, &account, &words, err);
	return r == OK ? show(call, &account, err) : r;
}
