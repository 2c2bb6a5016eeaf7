/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * P70: whatever a provider says, who is let in is who they are.
 */
#include "access/people.h"
#include "access/provider.h"

#include "access/oidc_signin.h"
#include "access/second.h"
#include "store/setting.h"

#define CLIENT "lethe client"
#define REDIRECT "https://lethe.example.org/v1/sign-in/openid"

struct place { struct people *people; struct provider provider; struct oidc *oidc; struct oidc_provider us; char state[100], nonce[100]; };

static int set_up(void **state)
{
	struct place *p = test_calloc(1, sizeof *p);
	void *people;
	struct err err;

	people_set_up(&people);
	p->people = people;
	provider_begin(&p->provider, JWT_ES256);
	assert_ok(oidc_new(provider_answer, &p->provider, &p->oidc, &err), &err);
	p->us = (struct oidc_provider){ISSUER, CLIENT, "s3cret:&", REDIRECT};
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	void *people = p->people;

	oidc_free(p->oidc);
	signer_free(&p->provider.signer);
	people_tear_down(&people);
	test_free(p);
	return 0;
}

#define AT(p) ((p)->people->world.now)
#define POOL(p) (&(p)->people->world.pool)

static void parameter(const char *url, const char *name, char *out, size_t size)
{
	char wanted[40];
	const char *at;

	snprintf(wanted, sizeof wanted, "&%s=", name);
	at = strstr(url, wanted);
	assert_non_null(at);
	at += strlen(wanted);
	snprintf(out, size, "%.*s", (int)strcspn(at, "&"), at);
}

static struct oidc_start begin(struct place *p)
{
	struct oidc_start start;
	struct err err;

	assert_ok(oidc_begin(p->oidc, 1, &p->us, AT(p), POOL(p), &start, &err), &err);
	parameter(start.url, "state", p->state, sizeof p->state);
	parameter(start.url, "nonce", p->nonce, sizeof p->nonce);
	snprintf(p->provider.claims, sizeof p->provider.claims,
		 "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"s-1\",\"nonce\":\"%s\",\"exp\":%lld,\"iat\":%lld,\"email\":\"anna@example.org\","
		 "\"email_verified\":true}", ISSUER, CLIENT, p->nonce, (long long)(AT(p).ms / 1000 + 900), (long long)(AT(p).ms / 1000));
	return start;
}

static enum result finish(struct place *p, const struct oidc_start *start, struct oidc_who *who, struct err *err)
{
	const struct oidc_answer answer = {start->kept, p->state, "the code", NULL};

	return oidc_finish(p->oidc, 1, &p->us, &answer, AT(p), POOL(p), who, err);
}

/* A set with that key alone, in the pool. */
static const char *publish(struct place *p, const struct signer *signer)
{
	struct buf keys;
	const char *text;

	buf_init(&keys, 8192);
	buf_add_str(&keys, "{\"keys\":[");
	signer_jwk(signer, &keys);
	buf_add_str(&keys, "]}");
	text = pool_strndup(POOL(p), keys.data, keys.len);
	buf_free(&keys);
	return text;
}

/* ---- the flow ---- */

static void the_browser_is_sent_with_all_that_is_needed(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);

	assert_int_equal(strncmp(start.url, ISSUER "/auth?response_type=code&client_id=lethe%20client&redirect_uri="
					    "https%3A%2F%2Flethe.example.org%2Fv1%2Fsign-in%2Fopenid&scope=openid%20email&state=", 40), 0);
	assert_non_null(strstr(start.url, "&code_challenge_method=S256"));
	assert_int_equal(strlen(p->state), 43);
	assert_int_equal(strlen(p->nonce), 43);
	assert_null(strstr(start.kept, p->state)); /* sealed */
	assert_true(strlen(start.kept) < 400);     /* fits a cookie */
}

static void who_comes_back_with_a_code_is_known(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);
	struct oidc_who who;
	char challenge[100], verifier[100], wanted[100];
	struct hash hash;
	struct err err;

	assert_ok(finish(p, &start, &who, &err), &err);
	assert_string_equal(who.subject, "s-1");
	assert_string_equal(who.email, "anna@example.org");
	assert_int_equal(strncmp(p->provider.form, "grant_type=authorization_code&code=the%20code&redirect_uri=https%3A%2F%2F", 70), 0);
	assert_null(strstr(p->provider.form, "client_secret"));
	assert_string_equal(p->provider.user, "lethe%20client");
	assert_string_equal(p->provider.password, "s3cret%3A%26");
	parameter(start.url, "code_challenge", challenge, sizeof challenge);
	parameter(p->provider.form, "code_verifier", verifier, sizeof verifier);
	hash = sha256(verifier, strlen(verifier));
	assert_string_equal(challenge, base64url_write(hash.bytes, HASH_LEN, wanted));
}

static void every_algorithm_will_do(void **state)
{
	struct place *p = *state;

	for (int alg = JWT_RS256; alg <= JWT_EDDSA; alg++) {
		struct oidc_start start;
		struct oidc_who who;
		struct err err;

		signer_free(&p->provider.signer);
		p->provider.signer = signer_new((enum jwt_alg)alg, alg == JWT_RS256 ? "a" : alg == JWT_ES256 ? "b" : "c");
		later(p->people, 61);
		start = begin(p);
		assert_ok(finish(p, &start, &who, &err), &err);
	}
}

static void a_client_without_a_secret_or_with_one_in_the_form(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);
	struct oidc_who who;
	struct err err;

	p->us.client_secret = NULL;
	assert_ok(finish(p, &start, &who, &err), &err);
	assert_string_equal(p->provider.user, "-");
	assert_non_null(strstr(p->provider.form, "&client_id=lethe%20client"));
	p->us.client_secret = "x";
	later(p->people, 3600);
	snprintf(p->provider.discovery + strlen(p->provider.discovery) - 1, 200, ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]}");
	start = begin(p);
	assert_ok(finish(p, &start, &who, &err), &err);
	assert_string_equal(p->provider.user, "-");
	assert_non_null(strstr(p->provider.form, "&client_secret=x"));
}

/* Auth0 and authentik name themselves so. */
static void an_issuer_may_end_in_a_slash_and_is_another_without_it(void **state)
{
	struct place *p = *state;
	const struct oidc_setting with = {.issuer = ISSUER "/", .client_id = "lethe"};
	struct oidc_setting got;
	struct oidc_start start;
	struct oidc_who who;
	struct err err;
	bool is;

	assert_ok(oidc_setting_put(p->people->world.vault, &p->people->world.account, 0, &with, AT(p), &err), &err);
	assert_ok(oidc_setting_get(&p->people->world.vault->read, 1, POOL(p), &is, &got, &err), &err);
	assert_string_equal(got.issuer, ISSUER "/");
	p->us.issuer = ISSUER "/";
	assert_int_equal(oidc_begin(p->oidc, 1, &p->us, AT(p), POOL(p), &start, &err), ERR_IO);
	assert_string_equal(err.what, "the OpenID provider names itself otherwise than the account does");
	snprintf(p->provider.discovery, sizeof p->provider.discovery, "{\"issuer\":\"" ISSUER "/\",\"authorization_endpoint\":\"" ISSUER "/auth\","
		 "\"token_endpoint\":\"" ISSUER "/token?x=1\",\"jwks_uri\":\"" ISSUER "/keys\"}");
	start = begin(p);
	assert_int_equal(finish(p, &start, &who, &err), ERR_DENIED);
	assert_string_equal(err.what, "the OpenID provider's token is of another issuer");
	start = begin(p);
	snprintf(p->provider.claims, sizeof p->provider.claims, "{\"iss\":\"" ISSUER "/\",\"aud\":\"" CLIENT "\",\"sub\":\"s-1\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}",
		 p->nonce);
	assert_ok(finish(p, &start, &who, &err), &err);
	assert_string_equal(who.subject, "s-1");
}

/* ---- what the browser brings ---- */

static void a_sign_in_that_was_not_begun_here_is_refused(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p), other;
	struct oidc_answer answer = {start.kept, "x", "code", NULL};
	char mine[100];
	struct oidc_who who;
	struct oidc *restarted;
	struct err err;

	memcpy(mine, p->state, sizeof mine);
	other = begin(p);
	assert_int_equal(oidc_finish(p->oidc, 1, &p->us, &answer, AT(p), POOL(p), &who, &err), ERR_DENIED);
	assert_string_equal(err.what, "this sign-in was not begun here, or more than ten minutes ago");
	answer.state = p->state; /* of the other one */
	assert_int_equal(oidc_finish(p->oidc, 1, &p->us, &answer, AT(p), POOL(p), &who, &err), ERR_DENIED);
	answer = (struct oidc_answer){other.kept, p->state, "code", NULL};
	assert_int_equal(oidc_finish(p->oidc, 2, &p->us, &answer, AT(p), POOL(p), &who, &err), ERR_DENIED); /* another account's */
	answer.issuer = "https://evil.example";
	assert_int_equal(oidc_finish(p->oidc, 1, &p->us, &answer, AT(p), POOL(p), &who, &err), ERR_DENIED);
	answer.issuer = ISSUER;
	answer.kept = "";
	assert_int_equal(oidc_finish(p->oidc, 1, &p->us, &answer, AT(p), POOL(p), &who, &err), ERR_DENIED);
	answer.kept = other.kept;
	later(p->people, 600);
	assert_int_equal(oidc_finish(p->oidc, 1, &p->us, &answer, AT(p), POOL(p), &who, &err), ERR_DENIED);
	assert_int_equal(p->provider.asked_token, 0); /* nothing of it was asked */
	p->people->world.now.ms -= 1;
	assert_ok(oidc_new(provider_answer, &p->provider, &restarted, &err), &err);
	assert_int_equal(oidc_finish(restarted, 1, &p->us, &answer, AT(p), POOL(p), &who, &err), ERR_DENIED);
	oidc_free(restarted);
	assert_ok(oidc_finish(p->oidc, 1, &p->us, &answer, AT(p), POOL(p), &who, &err), &err);
}

static void expect_not_ours(struct place *p, const struct oidc_provider *with, const struct oidc_answer *answer)
{
	struct oidc_who who;
	struct err err;

	assert_int_equal(oidc_finish(p->oidc, 1, with, answer, AT(p), POOL(p), &who, &err), ERR_DENIED);
	assert_string_equal(err.what, "this sign-in was not begun here, or more than ten minutes ago");
}

/* An account of the same number in another region has another address to come back to. */
static void a_sign_in_that_was_begun_for_another_provider_is_refused(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);
	const struct oidc_answer answer = {start.kept, p->state, "code", NULL};
	struct oidc_provider other[] = {p->us, p->us, p->us};
	struct oidc_who who;
	struct err err;

	other[0].issuer = "https://other.example";
	other[1].client_id = "another";
	other[2].redirect = "https://lethe.example/v1/session/oidc/acc_other/callback";
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
		expect_not_ours(p, &other[i], &answer);
	assert_int_equal(p->provider.asked_token, 0); /* nobody was given the code */
	p->people->world.now.ms -= 1;
	expect_not_ours(p, &p->us, &answer); /* of a time to come: the clock was set back */
	p->people->world.now.ms += 1;
	assert_ok(oidc_finish(p->oidc, 1, &p->us, &answer, AT(p), POOL(p), &who, &err), &err);
}

/* ---- what the provider says ---- */

static void what_a_token_claims_is_checked(void **state)
{
	static const struct { const char *claims, *what; } bad[] = {
	    {"{\"iss\":\"https://evil.example\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is of another issuer"},
	    {"{\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is of another issuer"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"other\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is not for this client"},
	    {"{\"iss\":\"" ISSUER "\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is not for this client"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":[\"lethe client\",\"other\"],\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is not for this client"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":[\"lethe client\"],\"azp\":\"other\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is not for this client"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":[],\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is not for this client"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"x%s\",\"exp\":9999999999,\"iat\":1}", "is of another sign-in"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"exp\":9999999999,\"iat\":1,\"x\":\"%s\"}", "is of another sign-in"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":1000,\"iat\":1}", "has expired"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"iat\":1}", "has expired"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999}", "is of a time to come"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":9999999999}", "is of a time to come"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1,\"nbf\":9999999999}", "is of a time to come"},
	    {"{\"iss\":\"" ISSUER "\\u0000\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is of another issuer"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\\u0000x\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is not for this client"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":[\"lethe client\\u0000x\"],\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is not for this client"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"azp\":[\"other\"],\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "is not for this client"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\\u0000\",\"exp\":9999999999,\"iat\":1}", "is of another sign-in"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":\"9999999999\",\"iat\":1}", "has expired"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":1e300,\"iat\":1}", "has expired"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1,\"nbf\":\"0\"}", "is of a time to come"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1,\"nbf\":9999999999.5}", "is of a time to come"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":null}", "is of a time to come"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "does not say who it is about"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "does not say who it is about"},
	    {"{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"a\\u0000b\",\"nonce\":\"%s\",\"exp\":9999999999,\"iat\":1}", "does not say who it is about"},
	};
	struct place *p = *state;
	struct oidc_who who;
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct oidc_start start = begin(p);
		char wanted[100];
		const char *at = strstr(bad[i].claims, "%s");

		snprintf(p->provider.claims, sizeof p->provider.claims, "%.*s%s%s", (int)(at - bad[i].claims), bad[i].claims, p->nonce, at + 2);
		if (finish(p, &start, &who, &err) != ERR_DENIED)
			fail_msg("%s: %s", p->provider.claims, result_name(err.code));
		snprintf(wanted, sizeof wanted, "the OpenID provider's token %s", bad[i].what);
		assert_string_equal(err.what, wanted);
	}
}

static void clocks_may_be_two_minutes_apart_and_no_more(void **state)
{
	static const struct { int expires, made, not_before; bool fine; } cases[] = {
	    {-119, 0, 0, true}, {-120, 0, 0, false}, {60, 120, 120, true}, {60, 121, 0, false}, {60, 0, 121, false},
	};
	struct place *p = *state;
	struct oidc_who who;
	struct err err;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct oidc_start start = begin(p);
		long long now = AT(p).ms / 1000;

		snprintf(p->provider.claims, sizeof p->provider.claims,
			 "{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":%lld,\"iat\":%lld,\"nbf\":%lld}",
			 p->nonce, now + cases[i].expires, now + cases[i].made, now + cases[i].not_before);
		if ((finish(p, &start, &who, &err) == OK) != cases[i].fine)
			fail_msg("%zu: %s", i, p->provider.claims);
	}
}

static void moments_may_have_fractions(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);
	long long now = AT(p).ms / 1000;
	struct oidc_who who;
	struct err err;

	snprintf(p->provider.claims, sizeof p->provider.claims,
		 "{\"iss\":\"" ISSUER "\",\"aud\":\"lethe client\",\"sub\":\"s\",\"nonce\":\"%s\",\"exp\":%lld.75,\"iat\":%lld.25,\"nbf\":%lld.5}",
		 p->nonce, now + 60, now, now);
	assert_ok(finish(p, &start, &who, &err), &err);
}

static void an_address_counts_only_when_it_is_verified_and_is_one(void **state)
{
	static const char *const ends[] = {
	    "\"email\":\"anna@example.org\"}", "\"email\":\"anna@example.org\",\"email_verified\":false}",
	    "\"email\":\"anna@example.org\",\"email_verified\":\"true\"}", "\"email\":\"usr_01h455vb4pex5vsknk084sn02q\",\"email_verified\":true}",
	    "\"email\":5,\"email_verified\":true}",
	};
	struct place *p = *state;
	struct oidc_who who;
	struct err err;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct oidc_start start = begin(p);

		snprintf(strstr(p->provider.claims, "\"email\""), 200, "%s", ends[i]);
		assert_ok(finish(p, &start, &who, &err), &err);
		assert_null(who.email);
	}
}

static void a_provider_that_is_not_what_it_should_be_is_refused(void **state)
{
	static const char *const bad[] = {
	    "", "[]", "{}", "not json",
	    "{\"issuer\":\"https://other\",\"authorization_endpoint\":\"https://a\",\"token_endpoint\":\"https://b\",\"jwks_uri\":\"https://c\"}",
	    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"http://a\",\"token_endpoint\":\"https://b\",\"jwks_uri\":\"https://c\"}",
	    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://a\",\"token_endpoint\":\"file:///etc/passwd\",\"jwks_uri\":\"https://c\"}",
	    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://a\",\"token_endpoint\":\"https://b\"}",
	    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://a\",\"token_endpoint\":\"https://b\",\"jwks_uri\":\"https://c\","
	    "\"code_challenge_methods_supported\":[\"plain\"]}",
	    "{\"issuer\":\"" ISSUER "\\u0000\",\"authorization_endpoint\":\"https://a\",\"token_endpoint\":\"https://b\",\"jwks_uri\":\"https://c\"}",
	    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://a\\r\\nSet-Cookie: a=b\",\"token_endpoint\":\"https://b\",\"jwks_uri\":\"https://c\"}",
	    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://a#b\",\"token_endpoint\":\"https://b\",\"jwks_uri\":\"https://c\"}",
	    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://\\u00e1\",\"token_endpoint\":\"https://b\",\"jwks_uri\":\"https://c\"}",
	    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://a\",\"token_endpoint\":\"https://b\",\"jwks_uri\":\"https://c d\"}",
	};
	struct place *p = *state;
	struct oidc_start start;
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(p->provider.discovery, sizeof p->provider.discovery, "%s", bad[i]);
		if (oidc_begin(p->oidc, 1, &p->us, AT(p), POOL(p), &start, &err) != ERR_IO)
			fail_msg("%s", bad[i]);
		assert_int_equal(p->provider.asked_discovery, i + 1); /* what cannot be used is not remembered */
	}
	p->us.issuer = "http://id.example.org";
	assert_int_equal(oidc_begin(p->oidc, 1, &p->us, AT(p), POOL(p), &start, &err), ERR_IO);
	p->us.issuer = ISSUER;
	p->provider.down = true;
	assert_int_equal(oidc_begin(p->oidc, 1, &p->us, AT(p), POOL(p), &start, &err), ERR_IO);
}

static void a_code_that_is_refused_and_an_answer_without_a_token(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);
	struct oidc_who who;
	struct err err;

	p->provider.status = 400;
	assert_int_equal(finish(p, &start, &who, &err), ERR_DENIED);
	assert_string_equal(err.what, "the OpenID provider gives no token for this sign-in");
	p->provider.status = 503;
	assert_int_equal(finish(p, &start, &who, &err), ERR_IO);
	p->provider.status = 200;
	p->provider.no_token = true;
	assert_int_equal(finish(p, &start, &who, &err), ERR_IO);
	p->provider.no_token = false;
	p->provider.keys = "{\"keys\":[]}";
	assert_int_equal(finish(p, &start, &who, &err), ERR_DENIED);
	assert_string_equal(err.what, "the OpenID provider's token is signed with a key that it does not publish");
}

static void what_is_published_is_remembered_and_renewed_keys_are_met(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);
	struct oidc_who who;
	struct err err;

	assert_ok(finish(p, &start, &who, &err), &err);
	start = begin(p);
	assert_ok(finish(p, &start, &who, &err), &err);
	assert_int_equal(p->provider.asked_discovery, 1);
	assert_int_equal(p->provider.asked_keys, 1);
	signer_free(&p->provider.signer);
	p->provider.signer = signer_new(JWT_EDDSA, "k2");
	later(p->people, 59);
	start = begin(p);
	assert_int_equal(finish(p, &start, &who, &err), ERR_DENIED); /* asked a moment ago */
	assert_int_equal(p->provider.asked_keys, 1);
	later(p->people, 1);
	assert_ok(finish(p, &start, &who, &err), &err);
	assert_int_equal(p->provider.asked_keys, 2);
	later(p->people, 3600);
	start = begin(p);
	assert_ok(finish(p, &start, &who, &err), &err);
	assert_int_equal(p->provider.asked_discovery, 2);
}

/* Some publish keys without a name, or under that of the one before. */
static void a_renewed_key_is_met_whatever_its_name(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);
	struct oidc_who who;
	struct err err;

	assert_ok(finish(p, &start, &who, &err), &err);
	for (int renewed = 1; renewed <= 2; renewed++) {
		signer_free(&p->provider.signer);
		p->provider.signer = signer_new(JWT_ES256, "k1");
		start = begin(p);
		later(p->people, 59);
		assert_int_equal(finish(p, &start, &who, &err), ERR_DENIED);
		later(p->people, 1);
		assert_ok(finish(p, &start, &who, &err), &err);
		assert_int_equal(p->provider.asked_keys, 1 + renewed);
	}
}

static void a_signature_that_does_not_fit_has_the_keys_asked_for_once_a_minute(void **state)
{
	struct place *p = *state;
	struct oidc_start start = begin(p);
	struct signer own = p->provider.signer, forged = signer_new(own.alg, own.kid);
	struct oidc_who who;
	struct err err;

	assert_ok(finish(p, &start, &who, &err), &err);
	p->provider.keys = publish(p, &own);
	p->provider.signer = forged;
	later(p->people, 60);
	for (int i = 0; i < 5; i++) {
		start = begin(p);
		assert_int_equal(finish(p, &start, &who, &err), ERR_DENIED);
		assert_string_equal(err.what, "the OpenID provider's token has a signature that does not fit");
		assert_int_equal(p->provider.asked_keys, 2);
	}
	p->provider.signer = own;
	signer_free(&forged);
}

/* ---- whose user it is ---- */

static struct oidc_setting setting = {.issuer = ISSUER, .client_id = "lethe"};

static void provide(struct place *p, int64_t by, const struct oidc_setting *with)
{
	struct err err;

	assert_ok(oidc_setting_put(p->people->world.vault, &p->people->world.account, by, with, AT(p), &err), &err);
}

static enum result enter_into(struct place *p, const char *subject, const char *email, struct session_new *session, struct id *user, struct err *err)
{
	const struct oidc_who who = {subject, email};

	return oidc_sign_in(p->people->world.vault, &p->people->world.account, &setting, &who, (struct browser){0}, &p->people->doors.sessions, AT(p),
			    session, user, err);
}

/* At the provider that `setting` says. */
static enum result enter(struct place *p, const char *subject, const char *email, struct id *user, struct err *err)
{
	struct session_new session;
	enum result r;

	provide(p, 0, &setting);
	r = enter_into(p, subject, email, &session, user, err);
	if (r == OK)
		assert_true(is_let_in(p->people, &session));
	return r;
}

static void a_user_is_met_by_their_address_and_known_by_their_subject_after(void **state)
{
	struct place *p = *state;
	struct user_row anna = add_user(p->people, "anna@example.org", USER_ADMIN);
	const char *leaf = NULL;
	struct id id;
	struct err err;

	assert_int_equal(enter(p, "s-1", NULL, &id, &err), ERR_DENIED);
	assert_string_equal(err.what, "who signed in at the provider is no user of this account");
	assert_int_equal(enter(p, "s-1", "bent@example.org", &id, &err), ERR_DENIED);
	assert_int_equal(leaves_of(p->people, "user.sign_in.failed", NULL), 2);
	assert_ok(enter(p, "s-1", "Anna@Example.org", &id, &err), &err);
	assert_memory_equal(&id, &anna.id, sizeof id);
	assert_int_equal(leaves_of(p->people, "user.sign_in", &leaf), 1);
	assert_non_null(strstr(leaf, "\"how\":5"));
	assert_ok(enter(p, "s-1", NULL, &id, &err), &err);                     /* whatever the address is now */
	assert_ok(enter(p, "s-1", "other@example.org", &id, &err), &err);
	assert_int_equal(enter(p, "s-2", "anna@example.org", &id, &err), ERR_DENIED); /* an address that somebody else has now */
	sound(p->people);
	remove_user(p->people, &anna);
	assert_int_equal(enter(p, "s-1", "x@example.org", &id, &err), ERR_DENIED);
	sound(p->people);
}

/* As a name to sign in with all of these are hers; what a provider says of them is of others. */
static void an_address_that_only_looks_like_a_users_lets_nobody_in(void **state)
{
	static const char *const others[] = {
	    "ánna@example.org", "anna@exámple.org", "anna@example.ørg", "ａnna@example.org", "anna@ｅxample.org", "an\u00adna@example.org",
	    "anna@example.oℛg", "annа@example.org", "ﬀ@example.org", "ff@example.org", "ẞ@example.org"};
	struct place *p = *state;
	struct user_row anna = add_user(p->people, "anna@example.org", USER_OWNER), ff = add_user(p->people, "FF@example.org", USER_ADMIN);
	struct id id;
	struct err err;

	add_user(p->people, "zoë@example.org", USER_ADMIN);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		bool hers = strcmp(others[i], "ff@example.org") == 0;

		if ((enter(p, others[i], others[i], &id, &err) == OK) != hers)
			fail_msg("%s", others[i]);
	}
	assert_ok(enter(p, "s-3", "zoe\u0308@Example.org", &id, &err), &err); /* the same letter, written in two */
	assert_int_equal(enter(p, "s-4", "zoe@example.org", &id, &err), ERR_DENIED);
	setting.adds = true;
	setting.role = USER_AGENT;
	assert_int_equal(enter(p, "s-5", "ánna@example.org", &id, &err), ERR_DENIED); /* nor can there be two of one name */
	setting.adds = false;
	assert_ok(enter(p, "s-6", "ANNA@EXAMPLE.ORG", &id, &err), &err);
	assert_memory_equal(&id, &anna.id, sizeof id);
	assert_int_not_equal(ff.user, anna.user);
	sound(p->people);
}

static enum result set_state(struct session *session, void *arg, struct err *err)
{
	return user_put(session->data, arg, err);
}

static void who_is_being_removed_is_neither_let_in_nor_bound(void **state)
{
	struct place *p = *state;
	struct user_row anna = add_user(p->people, "anna@example.org", USER_ADMIN);
	struct id id;
	struct err err;

	anna.state = USER_LEAVING;
	assert_ok(vault_write(p->people->world.vault, set_state, &anna, &err), &err);
	setting.adds = true;
	setting.role = USER_AGENT;
	assert_int_equal(enter(p, "s-1", "anna@example.org", &id, &err), ERR_DENIED);
	setting.adds = false;
	assert_int_equal(leaves_of(p->people, "user.subject.set", NULL), 0);
	anna.state = USER_ACTIVE; /* it was given up */
	assert_ok(vault_write(p->people->world.vault, set_state, &anna, &err), &err);
	assert_ok(enter(p, "s-2", "anna@example.org", &id, &err), &err);
	sound(p->people);
}

static void nobody_is_added_unless_the_account_says_so(void **state)
{
	struct place *p = *state;
	struct id id;
	struct err err;

	assert_int_equal(enter(p, "s-1", "new@example.org", &id, &err), ERR_DENIED);
	setting.adds = true;
	setting.role = USER_AGENT;
	assert_int_equal(enter(p, "s-1", NULL, &id, &err), ERR_DENIED); /* without a name to add */
	assert_ok(enter(p, "s-1", "new@example.org", &id, &err), &err);
	assert_int_equal(user_named(p->people, "new@example.org").role, USER_AGENT);
	assert_ok(enter(p, "s-1", NULL, &id, &err), &err);
	setting.adds = false;
	sound(p->people);
}

static void an_admin_says_what_the_provider_calls_a_user(void **state)
{
	struct place *p = *state;
	struct vault *vault = p->people->world.vault;
	struct user_row anna = add_user(p->people, "anna", USER_ADMIN), bent = add_user(p->people, "bent", USER_ADMIN);
	struct oidc_setting other = {.issuer = "https://other.example", .client_id = "x"};
	struct id id;
	struct err err;

	assert_int_equal(user_subject_put(vault, &anna, "s-1", AT(p), &err), ERR_NOT_FOUND);
	assert_string_equal(err.what, "the account has no OpenID provider");
	assert_ok(oidc_setting_put(vault, &p->people->world.account, 0, &setting, AT(p), &err), &err);
	assert_int_equal(user_subject_put(vault, &anna, "", AT(p), &err), ERR_INPUT);
	assert_ok(user_subject_put(vault, &anna, "s-1", AT(p), &err), &err);
	assert_int_equal(user_subject_put(vault, &bent, "s-1", AT(p), &err), ERR_EXISTS);
	assert_ok(enter(p, "s-1", NULL, &id, &err), &err);
	assert_memory_equal(&id, &anna.id, sizeof id);
	assert_ok(user_subject_put(vault, &anna, "s-9", AT(p), &err), &err);
	assert_int_equal(enter(p, "s-1", NULL, &id, &err), ERR_DENIED);
	assert_ok(user_subject_put(vault, &bent, "s-1", AT(p), &err), &err);
	assert_ok(user_subject_put(vault, &bent, NULL, AT(p), &err), &err);
	assert_int_equal(enter(p, "s-1", NULL, &id, &err), ERR_DENIED);
	assert_ok(oidc_setting_put(vault, &p->people->world.account, 0, &other, AT(p), &err), &err);
	setting.issuer = "https://other.example";
	assert_int_equal(enter(p, "s-9", NULL, &id, &err), ERR_DENIED); /* of the same name at another issuer */
	setting.issuer = ISSUER;
	sound(p->people);
}

static void who_came_by_a_provider_is_out_when_it_is_no_more(void **state)
{
	struct place *p = *state;
	struct vault *vault = p->people->world.vault;
	struct user_row anna = add_with_password(p->people, "anna@example.org", USER_OWNER), bent = add_user(p->people, "bent@example.org", USER_ADMIN);
	struct oidc_setting other = {.issuer = "https://other.example", .client_id = "lethe"};
	struct signin by_password = sign_in(p->people, "anna@example.org", PASSWORD);
	struct session_new annas, bents;
	const char *leaf = NULL;
	struct id id;
	struct err err;

	provide(p, 0, &setting);
	assert_ok(enter_into(p, "s-a", "anna@example.org", &annas, &id, &err), &err);
	assert_ok(enter_into(p, "s-b", "bent@example.org", &bents, &id, &err), &err);
	setting.client_secret = "another";
	provide(p, 0, &setting); /* of the same issuer */
	setting.client_secret = NULL;
	assert_true(is_let_in(p->people, &annas) && is_let_in(p->people, &bents));
	provide(p, anna.user, &other); /* by anna herself */
	assert_true(is_let_in(p->people, &annas) && is_let_in(p->people, &by_password.session));
	assert_false(is_let_in(p->people, &bents));
	leaves_of(p->people, "account.sso", &leaf);
	assert_non_null(strstr(leaf, "\"sessions\":1"));
	provide(p, 0, NULL);
	assert_false(is_let_in(p->people, &annas));
	assert_true(is_let_in(p->people, &by_password.session));
	provide(p, 0, &setting);
	assert_ok(enter_into(p, "s-b", NULL, &bents, &id, &err), &err);
	assert_ok(user_subject_put(vault, &bent, "s-c", AT(p), &err), &err);
	assert_false(is_let_in(p->people, &bents)); /* to their provider they are somebody else */
	assert_ok(enter_into(p, "s-c", NULL, &bents, &id, &err), &err);
	assert_ok(user_subject_put(vault, &bent, NULL, AT(p), &err), &err);
	assert_false(is_let_in(p->people, &bents));
	sound(p->people);
}

/* While a provider is asked, which may take half a minute. */
static void who_comes_back_after_the_provider_was_changed_is_refused(void **state)
{
	struct place *p = *state;
	struct oidc_setting other[] = {{.issuer = "https://other.example", .client_id = "lethe"}, {.issuer = ISSUER, .client_id = "another"}};
	struct session_new session;
	struct id id;
	struct err err;

	add_user(p->people, "anna@example.org", USER_OWNER);
	assert_int_equal(enter_into(p, "s-a", "anna@example.org", &session, &id, &err), ERR_DENIED); /* none */
	assert_string_equal(err.what, "the account has another OpenID provider by now, or none");
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		provide(p, 0, &other[i]);
		assert_int_equal(enter_into(p, "s-a", "anna@example.org", &session, &id, &err), ERR_DENIED);
	}
	provide(p, 0, &setting);
	assert_ok(enter_into(p, "s-a", "anna@example.org", &session, &id, &err), &err);
	sound(p->people);
}

static void an_account_that_goes_to_another_provider_takes_its_users_along(void **state)
{
	struct place *p = *state;
	struct user_row anna = add_user(p->people, "anna@example.org", USER_OWNER);
	struct id id;
	struct err err;

	assert_ok(enter(p, "s-1", "anna@example.org", &id, &err), &err);
	setting.issuer = ISSUER "2"; /* which begins as the other did */
	assert_int_equal(enter(p, "s-1", NULL, &id, &err), ERR_DENIED);
	assert_ok(enter(p, "s-2", "anna@example.org", &id, &err), &err);
	assert_memory_equal(&id, &anna.id, sizeof id);
	assert_int_equal(enter(p, "s-3", "anna@example.org", &id, &err), ERR_DENIED); /* she is known here now */
	setting.issuer = ISSUER;
	assert_int_equal(enter(p, "s-1", NULL, &id, &err), ERR_DENIED);
	sound(p->people);
}

/* ---- the setting ---- */

static void the_setting_is_kept_with_its_secret_sealed(void **state)
{
	struct place *p = *state;
	struct world *world = &p->people->world;
	struct oidc_setting s = {.issuer = ISSUER, .client_id = "lethe", .client_secret = "s3cret-s3cret", .adds = true, .role = USER_AUDITOR}, got;
	const char *text;
	struct err err;
	bool is;

	assert_ok(oidc_setting_get(&world->vault->read, 1, &world->pool, &is, &got, &err), &err);
	assert_false(is);
	assert_ok(oidc_setting_put(world->vault, &world->account, 0, &s, world->now, &err), &err);
	assert_ok(oidc_setting_get(&world->vault->read, 1, &world->pool, &is, &got, &err), &err);
	assert_true(is && got.adds && got.role == USER_AUDITOR);
	assert_string_equal(got.issuer, ISSUER);
	assert_string_equal(got.client_id, "lethe");
	assert_string_equal(got.client_secret, "s3cret-s3cret");
	assert_ok(setting_get(world->vault->read.data, 1, "oidc_secret", &world->pool, &text, &err), &err);
	assert_null(strstr(text, "s3cret"));
	s = (struct oidc_setting){.issuer = ISSUER, .client_id = "lethe"};
	assert_ok(oidc_setting_put(world->vault, &world->account, 0, &s, world->now, &err), &err);
	assert_ok(oidc_setting_get(&world->vault->read, 1, &world->pool, &is, &got, &err), &err);
	assert_true(is && !got.adds && got.client_secret == NULL);
	assert_ok(oidc_setting_put(world->vault, &world->account, 0, NULL, world->now, &err), &err);
	assert_ok(oidc_setting_get(&world->vault->read, 1, &world->pool, &is, &got, &err), &err);
	assert_false(is);
	assert_int_equal(leaves_of(p->people, "account.sso", NULL), 3);
}

static void a_setting_that_cannot_be_is_refused(void **state)
{
	static const struct oidc_setting bad[] = {
	    {.issuer = NULL, .client_id = "x"}, {.issuer = "http://a.example", .client_id = "x"}, {.issuer = "https://", .client_id = "x"},
	    {.issuer = "https:///", .client_id = "x"}, {.issuer = "https://a.example?x", .client_id = "x"},
	    {.issuer = "https://user:secret@a.example", .client_id = "x"}, {.issuer = "https://a@b.example", .client_id = "x"},
	    {.issuer = "https://\u00e1.example", .client_id = "x"}, {.issuer = "https:///a", .client_id = "x"}, {.issuer = "https://a\\@b", .client_id = "x"},
	    {.issuer = "https://a.example:99999", .client_id = "x"}, {.issuer = "https://a example", .client_id = "x"}, {.issuer = "https://a.example"}, {.issuer = "https://a.example", .client_id = ""},
	    {.issuer = "https://a.example", .client_id = "x", .client_secret = "a b"},
	    {.issuer = "https://a.example", .client_id = "x", .adds = true, .role = USER_OWNER},
	};
	struct place *p = *state;
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(oidc_setting_put(p->people->world.vault, &p->people->world.account, 0, &bad[i], AT(p), &err), ERR_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_browser_is_sent_with_all_that_is_needed),
	    TEST(who_comes_back_with_a_code_is_known),
	    TEST(every_algorithm_will_do),
	    TEST(a_client_without_a_secret_or_with_one_in_the_form),
	    TEST(an_issuer_may_end_in_a_slash_and_is_another_without_it),
	    TEST(a_sign_in_that_was_not_begun_here_is_refused),
	    TEST(a_sign_in_that_was_begun_for_another_provider_is_refused),
	    TEST(what_a_token_claims_is_checked),
	    TEST(clocks_may_be_two_minutes_apart_and_no_more),
	    TEST(moments_may_have_fractions),
	    TEST(an_address_counts_only_when_it_is_verified_and_is_one),
	    TEST(a_provider_that_is_not_what_it_should_be_is_refused),
	    TEST(a_code_that_is_refused_and_an_answer_without_a_token),
	    TEST(what_is_published_is_remembered_and_renewed_keys_are_met),
	    TEST(a_renewed_key_is_met_whatever_its_name),
	    TEST(a_signature_that_does_not_fit_has_the_keys_asked_for_once_a_minute),
	    TEST(a_user_is_met_by_their_address_and_known_by_their_subject_after),
	    TEST(an_address_that_only_looks_like_a_users_lets_nobody_in),
	    TEST(who_is_being_removed_is_neither_let_in_nor_bound),
	    TEST(nobody_is_added_unless_the_account_says_so),
	    TEST(an_admin_says_what_the_provider_calls_a_user),
	    TEST(who_came_by_a_provider_is_out_when_it_is_no_more),
	    TEST(who_comes_back_after_the_provider_was_changed_is_refused),
	    TEST(an_account_that_goes_to_another_provider_takes_its_users_along),
	    TEST(the_setting_is_kept_with_its_secret_sealed),
	    TEST(a_setting_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("access/oidc", tests, NULL, NULL);
}
