/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/oidc.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/coding.h"
#include "access/jwt.h"
#include "base/text.h"
#include "crypto/primitives.h"
#include "shim/json_parse.h"

#define PROVIDERS 16               /* whose papers are remembered */
#define REMEMBERED_MS (60 * INT64_C(60000))
#define AGAIN_MS INT64_C(60000)    /* keys that lack one are asked for again, but no more often */
#define LASTS_MS (10 * INT64_C(60000))
#define SKEW_S 120                 /* between our clock and the provider's */
#define SECRET_LEN 32
#define SECRET_TEXT BASE64URL_LEN(SECRET_LEN)

/* What a provider publishes, as text. */
struct papers {
	char issuer[OIDC_URL_MAX];
	struct buf discovery, keys;
	struct instant fetched, keys_fetched;
	bool full;
};

struct oidc {
	pthread_mutex_t lock;
	oidc_fetch *fetch;
	void *arg;
	struct key key;
	struct papers papers[PROVIDERS];
};

/* ---- asking a provider ---- */

/* Of what an address may be made of, so that it goes into a header as it is; and without a fragment, behind which a query
 * would not be one (RFC 6749 section 3.1). */
static bool is_https(const char *url)
{
	if (url == NULL || strncmp(url, "https://", 8) != 0 || url[8] == '\0' || strlen(url) >= OIDC_URL_MAX)
		return false;
	for (const char *at = url; *at != '\0'; at++) {
		if (*at <= 0x20 || *at >= 0x7f || *at == '#')
			return false;
	}
	return true;
}

static enum result provider_says(struct err *err, const char *what)
{
	err_set(err, ERR_IO, "the OpenID provider %s", what);
	return err_mend(err, "ask who runs it, or see whether the account's issuer is right");
}

static enum result ask(struct oidc *oidc, const struct oidc_request *request, struct buf *body, int *status,
		       struct err *err)
{
	enum result r;

	if (!is_https(request->url))
		return provider_says(err, "names an address that is not https");
	r = oidc->fetch(oidc->arg, request, body, status, err);
	return r == OK ? buf_ok(body, "the answer of the OpenID provider", err) : r;
}

static enum result get(struct oidc *oidc, const char *url, struct buf *body, struct err *err)
{
	const struct oidc_request request = {.url = url};
	int status = 0;
	enum result r;

	buf_reset(body);
	r = ask(oidc, &request, body, &status, err);
	return r == OK && status != 200 ? provider_says(err, "does not give out what it publishes") : r;
}

static enum result read_json(const struct buf *body, struct pool *pool, const struct json **out, struct err *err)
{
	struct err ignored;

	if (body->len == 0 || json_parse_once(body->data, body->len, pool, out, &ignored) != OK ||
	    (*out)->type != JSON_OBJECT)
		return provider_says(err, "answers with something that is not a JSON object");
	return OK;
}

/* ---- what it publishes ---- */

struct published { const char *authorize, *token, *keys_url; const struct json *keys; bool by_form; };

/* All of it: what has a NUL in it is no other text. */
static bool is_text(const struct json *value, const char *wanted)
{
	return value != NULL && value->type == JSON_STRING && value->len == strlen(wanted) &&
	       memcmp(value->text, wanted, value->len) == 0;
}

static bool lists(const struct json *array, const char *word)
{
	for (const struct json *at = array != NULL && array->type == JSON_ARRAY ? array->first : NULL; at != NULL;
	     at = at->next) {
		if (is_text(at, word))
			return true;
	}
	return false;
}

static enum result read_discovery(const struct papers *papers, struct pool *pool, struct published *out,
				  struct err *err)
{
	const struct json *json, *methods;
	enum result r = read_json(&papers->discovery, pool, &json, err);

	if (r != OK)
		return r;
	if (!is_text(json_get(json, "issuer"), papers->issuer))
		return provider_says(err, "names itself otherwise than the account does");
	out->authorize = json_get_text(json, "authorization_endpoint");
	out->token = json_get_text(json, "token_endpoint");
	out->keys_url = json_get_text(json, "jwks_uri");
	if (!is_https(out->authorize) || !is_https(out->token) || !is_https(out->keys_url))
		return provider_says(err, "does not say by https where to sign in, where its tokens are, or its keys");
	methods = json_get(json, "code_challenge_methods_supported");
	if (methods != NULL && !lists(methods, "S256"))
		return provider_says(err, "does not do PKCE with S256");
	methods = json_get(json, "token_endpoint_auth_methods_supported");
	out->by_form = methods != NULL && !lists(methods, "client_secret_basic") && lists(methods, "client_secret_post");
	return OK;
}

static bool is_old(struct instant fetched, int64_t lasts, struct instant now)
{
	return fetched.ms == INT64_MIN || now.ms < fetched.ms || now.ms - fetched.ms >= lasts;
}

static void papers_init(struct papers *papers, const char *issuer)
{
	snprintf(papers->issuer, sizeof papers->issuer, "%s", issuer);
	buf_init(&papers->discovery, OIDC_ANSWER_MAX);
	buf_init(&papers->keys, JWKS_MAX);
	papers->fetched = papers->keys_fetched = (struct instant){INT64_MIN};
	papers->full = false;
}

static void papers_free(struct papers *papers)
{
	buf_free(&papers->discovery);
	buf_free(&papers->keys);
}

static void papers_copy(const struct papers *from, struct papers *to)
{
	buf_reset(&to->discovery);
	buf_reset(&to->keys);
	buf_add(&to->discovery, from->discovery.data, from->discovery.len);
	buf_add(&to->keys, from->keys.data, from->keys.len);
	snprintf(to->issuer, sizeof to->issuer, "%s", from->issuer);
	to->fetched = from->fetched;
	to->keys_fetched = from->keys_fetched;
	to->full = !to->discovery.failed && !to->keys.failed;
}

static void recall(struct oidc *oidc, struct papers *papers)
{
	pthread_mutex_lock(&oidc->lock);
	for (size_t i = 0; i < PROVIDERS; i++) {
		if (oidc->papers[i].full && strcmp(oidc->papers[i].issuer, papers->issuer) == 0)
			papers_copy(&oidc->papers[i], papers);
	}
	pthread_mutex_unlock(&oidc->lock);
}

/* In its own place, or in that of whoever was asked longest ago. */
static void remember(struct oidc *oidc, const struct papers *papers)
{
	struct papers *place = &oidc->papers[0];

	pthread_mutex_lock(&oidc->lock);
	for (size_t i = 0; i < PROVIDERS; i++) {
		struct papers *other = &oidc->papers[i];

		if (other->full && strcmp(other->issuer, papers->issuer) == 0) {
			place = other;
			break;
		}
		if (!other->full || (place->full && other->fetched.ms < place->fetched.ms))
			place = other;
	}
	papers_copy(papers, place);
	pthread_mutex_unlock(&oidc->lock);
}

static enum result fetch_discovery(struct oidc *oidc, struct papers *papers, struct instant now, struct err *err)
{
	static const char path[] = "/.well-known/openid-configuration";
	size_t len = strlen(papers->issuer);
	struct buf url;
	enum result r;

	buf_init(&url, OIDC_URL_MAX + sizeof path);
	if (papers->issuer[len - 1] == '/') /* which some have, and which does not count here (OpenID Connect Discovery 1.0, section 4) */
		len--;
	buf_printf(&url, "%.*s%s", (int)len, papers->issuer, path);
	r = buf_ok(&url, "the address of an OpenID provider", err);
	if (r == OK)
		r = get(oidc, url.data, &papers->discovery, err);
	buf_free(&url);
	papers->fetched = now;
	papers->keys_fetched = (struct instant){INT64_MIN};
	return r;
}

/* `*changed` when something was fetched. */
static enum result get_papers(struct oidc *oidc, struct papers *papers, bool keys, int64_t keys_last, struct instant now,
			      struct pool *pool, struct published *out, bool *changed, struct err *err)
{
	bool old = is_old(papers->fetched, REMEMBERED_MS, now);
	enum result r = old ? fetch_discovery(oidc, papers, now, err) : OK;

	if (r == OK)
		r = read_discovery(papers, pool, out, err);
	*changed = old;
	if (r != OK || !keys)
		return r;
	if (is_old(papers->keys_fetched, keys_last, now)) {
		r = get(oidc, out->keys_url, &papers->keys, err);
		papers->keys_fetched = now;
		*changed = true;
	}
	return r == OK ? read_json(&papers->keys, pool, &out->keys, err) : r;
}

/* `keys_last`: how old they may be. Nobody waits while somebody else's provider is asked, and what cannot be used is not
 * remembered. */
static enum result published(struct oidc *oidc, const char *issuer, bool keys, int64_t keys_last, struct instant now,
			     struct pool *pool, struct published *out, struct err *err)
{
	struct papers papers;
	bool changed = false;
	enum result r;

	if (!is_https(issuer))
		return provider_says(err, "has an issuer that is not https");
	papers_init(&papers, issuer);
	recall(oidc, &papers);
	r = get_papers(oidc, &papers, keys, keys_last, now, pool, out, &changed, err);
	if (r == OK && changed)
		remember(oidc, &papers);
	papers_free(&papers);
	return r;
}

/* ---- what a process remembers ---- */

enum result oidc_new(oidc_fetch *fetch, void *arg, struct oidc **out, struct err *err)
{
	struct oidc *oidc = calloc(1, sizeof *oidc);

	if (oidc == NULL)
		return err_no_memory(err);
	pthread_mutex_init(&oidc->lock, NULL);
	oidc->fetch = fetch;
	oidc->arg = arg;
	oidc->key = key_random();
	for (size_t i = 0; i < PROVIDERS; i++)
		papers_init(&oidc->papers[i], "");
	*out = oidc;
	return OK;
}

void oidc_free(struct oidc *oidc)
{
	if (oidc == NULL)
		return;
	for (size_t i = 0; i < PROVIDERS; i++)
		papers_free(&oidc->papers[i]);
	pthread_mutex_destroy(&oidc->lock);
	key_wipe(&oidc->key);
	free(oidc);
}

/* ---- what the browser keeps ---- */

struct kept {
	unsigned char account[4], ends[8];
	char state[SECRET_TEXT + 1], nonce[SECRET_TEXT + 1], verifier[SECRET_TEXT + 1];
};

static void put_number(uint64_t number, unsigned char *out, size_t len)
{
	for (size_t i = len; i-- > 0; number >>= 8)
		out[i] = (unsigned char)number;
}

static uint64_t get_number(const unsigned char *in, size_t len)
{
	uint64_t number = 0;

	for (size_t i = 0; i < len; i++)
		number = number << 8 | in[i];
	return number;
}

static void make_secret(char out[SECRET_TEXT + 1])
{
	unsigned char random[SECRET_LEN];

	random_bytes(random, sizeof random);
	base64url_write(random, sizeof random, out);
	explicit_bzero(random, sizeof random);
}

/* What it was begun for, which it is good for alone: accounts of two regions may have one number, and an account may have
 * another provider by the time that somebody is back. None of these has a line's end in it. */
static const char *purpose(const struct oidc_provider *provider, struct pool *pool)
{
	return pool_printf(pool, "lethe/oidc/1\n%s\n%s\n%s", provider->issuer, provider->client_id, provider->redirect);
}

static enum result seal_kept(const struct oidc *oidc, const struct oidc_provider *provider, const struct kept *kept,
			     struct pool *pool, const char **out, struct err *err)
{
	unsigned char sealed[sizeof *kept + SEAL_OVERHEAD];
	char *text = pool_alloc(pool, BASE64URL_LEN(sizeof sealed) + 1);
	const char *aad = purpose(provider, pool);
	enum result r = text != NULL && aad != NULL ? OK : err_no_memory(err);

	if (r == OK)
		r = aead_seal(&oidc->key, aad, strlen(aad), kept, sizeof *kept, sealed, err);
	*out = r == OK ? base64url_write(sealed, sizeof sealed, text) : NULL;
	return r;
}

static enum result not_ours(struct err *err)
{
	err_set(err, ERR_DENIED, "this sign-in was not begun here, or more than ten minutes ago");
	return err_mend(err, "begin again");
}

/* Or was begun in a time to come, by a clock that has been set back since. */
static bool has_ended(const struct kept *kept, struct instant now)
{
	int64_t left = (int64_t)get_number(kept->ends, sizeof kept->ends) - now.ms;

	return left <= 0 || left > LASTS_MS;
}

static enum result open_kept(const struct oidc *oidc, uint32_t account, const struct oidc_provider *provider,
			     const struct oidc_answer *answer, struct instant now, struct pool *pool, struct kept *out,
			     struct err *err)
{
	unsigned char sealed[sizeof *out + SEAL_OVERHEAD];
	const char *aad = purpose(provider, pool);
	struct err ignored;
	size_t len;

	if (aad == NULL)
		return err_no_memory(err);
	if (!base64url_read(answer->kept, strlen(answer->kept), sealed, sizeof sealed, &len) || len != sizeof sealed ||
	    aead_open(&oidc->key, aad, strlen(aad), sealed, len, out, &ignored) != OK)
		return not_ours(err);
	if (get_number(out->account, sizeof out->account) != account || has_ended(out, now) ||
	    strlen(answer->state) != SECRET_TEXT || !secret_equal(answer->state, out->state, SECRET_TEXT))
		return not_ours(err);
	return OK;
}

/* ---- beginning ---- */

/* RFC 3986: all but what is unreserved. */
static void add_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		char c = *text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c) != NULL)
			buf_add_char(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned char)c);
	}
}

static void add_parameter(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s%s=", out->len > 0 ? "&" : "", name);
	add_escaped(out, value);
}

static void add_query(struct buf *out, const struct oidc_provider *provider, const struct kept *kept)
{
	struct hash hash = sha256(kept->verifier, SECRET_TEXT);
	char challenge[BASE64URL_LEN(HASH_LEN) + 1];

	add_parameter(out, "response_type", "code");
	add_parameter(out, "client_id", provider->client_id);
	add_parameter(out, "redirect_uri", provider->redirect);
	add_parameter(out, "scope", "openid email");
	add_parameter(out, "state", kept->state);
	add_parameter(out, "nonce", kept->nonce);
	add_parameter(out, "code_challenge", base64url_write(hash.bytes, HASH_LEN, challenge));
	add_parameter(out, "code_challenge_method", "S256");
}

static enum result write_url(const struct published *published, const struct oidc_provider *provider,
			     const struct kept *kept, struct pool *pool, const char **out, struct err *err)
{
	const char *joint = strchr(published->authorize, '?') != NULL ? "&" : "?";
	struct buf query;
	enum result r;

	buf_init(&query, (size_t)8 * OIDC_URL_MAX);
	add_query(&query, provider, kept);
	r = buf_ok(&query, "the address to sign in at", err);
	*out = r == OK ? pool_printf(pool, "%s%s%s", published->authorize, joint, query.data) : NULL;
	buf_free(&query);
	return r == OK && *out == NULL ? err_no_memory(err) : r;
}

enum result oidc_begin(struct oidc *oidc, uint32_t account, const struct oidc_provider *provider, struct instant now,
		       struct pool *pool, struct oidc_start *out, struct err *err)
{
	struct published at;
	struct kept kept;
	enum result r = published(oidc, provider->issuer, false, 0, now, pool, &at, err);

	if (r != OK)
		return r;
	put_number(account, kept.account, sizeof kept.account);
	put_number((uint64_t)(now.ms + LASTS_MS), kept.ends, sizeof kept.ends);
	make_secret(kept.state);
	make_secret(kept.nonce);
	make_secret(kept.verifier);
	r = write_url(&at, provider, &kept, pool, &out->url, err);
	if (r == OK)
		r = seal_kept(oidc, provider, &kept, pool, &out->kept, err);
	explicit_bzero(&kept, sizeof kept);
	return r;
}

/* ---- the code for a token ---- */

static enum result escape(const char *text, struct pool *pool, const char **out, struct err *err)
{
	struct buf buf;

	buf_init(&buf, (size_t)4 * OIDC_URL_MAX);
	add_escaped(&buf, text);
	*out = buf_to_pool(&buf, "what a client signs in with", pool, err);
	return *out != NULL ? OK : err->code;
}

/* RFC 6749 section 2.3.1: both are escaped before they are a user and a password. */
static enum result authenticate(const struct oidc_provider *provider, struct oidc_request *request, struct pool *pool,
				struct err *err)
{
	enum result r = escape(provider->client_id, pool, &request->user, err);

	return r == OK ? escape(provider->client_secret, pool, &request->password, err) : r;
}

static enum result write_form(const struct published *at, const struct oidc_provider *provider, const char *code,
			      const struct kept *kept, struct buf *form, struct err *err)
{
	bool basic = provider->client_secret != NULL && !at->by_form;

	add_parameter(form, "grant_type", "authorization_code");
	add_parameter(form, "code", code);
	add_parameter(form, "redirect_uri", provider->redirect);
	add_parameter(form, "code_verifier", kept->verifier);
	if (!basic)
		add_parameter(form, "client_id", provider->client_id);
	if (provider->client_secret != NULL && at->by_form)
		add_parameter(form, "client_secret", provider->client_secret);
	return buf_ok(form, "the request for a token", err);
}

static enum result refused_code(struct err *err)
{
	err_set(err, ERR_DENIED, "the OpenID provider gives no token for this sign-in");
	return err_mend(err, "begin again; if it stays so, see whether the account's client id and secret are right");
}

static enum result exchange(struct oidc *oidc, const struct published *at, const struct oidc_provider *provider,
			    const char *code, const struct kept *kept, struct buf *body, struct pool *pool,
			    struct err *err)
{
	struct oidc_request request = {.url = at->token};
	struct buf form;
	int status = 0;
	enum result r;

	buf_init(&form, (size_t)16 * OIDC_URL_MAX);
	r = write_form(at, provider, code, kept, &form, err);
	if (r == OK && provider->client_secret != NULL && !at->by_form)
		r = authenticate(provider, &request, pool, err);
	request.form = form.data;
	if (r == OK)
		r = ask(oidc, &request, body, &status, err);
	buf_free(&form);
	if (r == OK && status >= 400 && status < 500)
		return refused_code(err);
	return r == OK && status != 200 ? provider_says(err, "does not give out tokens now") : r;
}

/* ---- the token ---- */

static enum result doubtful(struct err *err, const char *what)
{
	err_set(err, ERR_DENIED, "the OpenID provider's token %s", what);
	return err_mend(err, "begin again; if it stays so, ask who runs the provider");
}

static bool is_for_us(const struct json *claims, const char *client)
{
	const struct json *aud = json_get(claims, "aud"), *azp = json_get(claims, "azp");

	if (aud == NULL || (azp != NULL && !is_text(azp, client)))
		return false;
	if (aud->type == JSON_STRING)
		return is_text(aud, client);
	/* For several only when it says that it was made for us. */
	return lists(aud, client) && (aud->len == 1 || azp != NULL);
}

#define NEVER INT64_MAX

/* Seconds, of which some providers give fractions (RFC 7519 section 2). `unsaid` when it is not there, `wrong` when it is none. */
static int64_t moment(const struct json *claims, const char *name, int64_t unsaid, int64_t wrong)
{
	const struct json *value = json_get(claims, name);

	if (value == NULL)
		return unsaid;
	if (value->type == JSON_INT)
		return value->integer;
	return value->type == JSON_DOUBLE && fabs(value->real) < 1e15 ? (int64_t)floor(value->real) : wrong;
}

static enum result check_claims(const struct json *claims, const struct oidc_provider *provider, const char *nonce,
				struct instant now, struct err *err)
{
	int64_t seconds = now.ms / 1000;

	if (!is_text(json_get(claims, "iss"), provider->issuer))
		return doubtful(err, "is of another issuer");
	if (!is_for_us(claims, provider->client_id))
		return doubtful(err, "is not for this client");
	if (!is_text(json_get(claims, "nonce"), nonce))
		return doubtful(err, "is of another sign-in");
	if (moment(claims, "exp", 0, 0) <= seconds - SKEW_S)
		return doubtful(err, "has expired");
	if (moment(claims, "iat", NEVER, NEVER) > seconds + SKEW_S || moment(claims, "nbf", 0, NEVER) > seconds + SKEW_S)
		return doubtful(err, "is of a time to come");
	return OK;
}

static enum result read_who(const struct json *claims, struct oidc_who *out, struct err *err)
{
	const struct json *sub = json_get(claims, "sub"), *email = json_get(claims, "email");
	const struct json *verified = json_get(claims, "email_verified");

	if (sub == NULL || sub->type != JSON_STRING || sub->len == 0 || sub->len > OIDC_SUBJECT_MAX ||
	    strlen(sub->text) != sub->len)
		return doubtful(err, "does not say who it is about");
	out->subject = sub->text;
	out->email = NULL;
	/* An address and nothing else: users are looked up by it. */
	if (email != NULL && email->type == JSON_STRING && text_is_email(email->text, email->len) && verified != NULL &&
	    verified->type == JSON_BOOL && verified->boolean)
		out->email = email->text;
	return OK;
}

/* Keys are renewed now and then: one that is not known is looked for again; so is one that does not fit, for some have no
 * name, or that of the one before. */
static enum result verify(struct oidc *oidc, const struct jwt *jwt, const struct oidc_provider *provider,
			  struct instant now, struct pool *pool, struct err *err)
{
	struct published at;
	enum result r = published(oidc, provider->issuer, true, REMEMBERED_MS, now, pool, &at, err);

	if (r != OK)
		return r;
	if (jwt_verify(jwt, at.keys, err) == OK)
		return OK;
	r = published(oidc, provider->issuer, true, AGAIN_MS, now, pool, &at, err);
	if (r == OK)
		r = jwt_verify(jwt, at.keys, err);
	if (r == ERR_DENIED)
		return doubtful(err, "has a signature that does not fit");
	return r == ERR_NOT_FOUND ? doubtful(err, "is signed with a key that it does not publish") : r;
}

static enum result read_token(struct oidc *oidc, const struct buf *body, const struct oidc_provider *provider,
			      const char *nonce, struct instant now, struct pool *pool, struct oidc_who *out,
			      struct err *err)
{
	const struct json *json;
	const char *text;
	struct jwt jwt;
	enum result r = read_json(body, pool, &json, err);

	if (r != OK)
		return r;
	text = json_get_text(json, "id_token");
	if (text == NULL)
		return provider_says(err, "answers without an id_token");
	r = jwt_parse(text, strlen(text), pool, &jwt, err);
	if (r == ERR_INPUT)
		return doubtful(err, "cannot be read, or is not signed by RS256, ES256 or EdDSA");
	if (r == OK)
		r = verify(oidc, &jwt, provider, now, pool, err);
	if (r == OK)
		r = check_claims(jwt.claims, provider, nonce, now, err);
	return r == OK ? read_who(jwt.claims, out, err) : r;
}

static enum result finish(struct oidc *oidc, const struct oidc_provider *provider, const char *code,
			  const struct kept *kept, struct instant now, struct pool *pool, struct oidc_who *out,
			  struct err *err)
{
	struct published at;
	struct buf body;
	enum result r = published(oidc, provider->issuer, false, 0, now, pool, &at, err);

	if (r != OK)
		return r;
	buf_init(&body, OIDC_ANSWER_MAX);
	r = exchange(oidc, &at, provider, code, kept, &body, pool, err);
	if (r == OK)
		r = read_token(oidc, &body, provider, kept->nonce, now, pool, out, err);
	buf_free(&body);
	return r;
}

enum result oidc_finish(struct oidc *oidc, uint32_t account, const struct oidc_provider *provider,
			const struct oidc_answer *answer, struct instant now, struct pool *pool, struct oidc_who *out,
			struct err *err)
{
	struct kept kept;
	enum result r = open_kept(oidc, account, provider, answer, now, pool, &kept, err);

	if (r == OK && answer->issuer != NULL && strcmp(answer->issuer, provider->issuer) != 0)
		r = not_ours(err); /* of another provider: RFC 9207 */
	if (r == OK)
		r = finish(oidc, provider, answer->code, &kept, now, pool, out, err);
	explicit_bzero(&kept, sizeof kept);
	return r;
}
