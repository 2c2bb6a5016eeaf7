/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an OpenID provider answers, whatever it is: the input is its answers, NULs between. Nobody is let in by one that signs
 * nothing with a key that it could have.
 */
#include <stdlib.h>
#include <string.h>

#include "access/oidc.h"
#include "crypto/primitives.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct oidc_provider provider = {.issuer = "https://id.example.org", .client_id = "lethe", .client_secret = "secret",
					      .redirect = "https://lethe.example/callback"};
static const struct instant now = {1772442000000};

struct answers { const uint8_t *data; size_t size; };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err err;

	(void)argc, (void)argv;
	INVARIANT(crypto_init(&err) == OK);
	return 0;
}

static enum result answer(void *arg, const struct oidc_request *request, struct buf *body, int *status, struct err *err)
{
	struct answers *answers = arg;
	const uint8_t *end = memchr(answers->data, '\0', answers->size);
	size_t len = end != NULL ? (size_t)(end - answers->data) : answers->size;

	(void)err;
	INVARIANT(strncmp(request->url, "https://", strlen("https://")) == 0);
	buf_add(body, answers->data, len);
	*status = len > 0 && answers->data[0] == '!' ? 400 : 200;
	len += end != NULL;
	answers->data += len;
	answers->size -= len;
	return OK;
}

/* The value of "state" in the address that the browser is sent to. */
static char *state_of(const char *url)
{
	const char *at = strstr(url, "state=");

	INVARIANT(at != NULL);
	at += strlen("state=");
	return strndup(at, strcspn(at, "&"));
}

static void sign_in(struct oidc *oidc, struct pool *pool)
{
	struct oidc_answer back = {.code = "code", .issuer = provider.issuer};
	struct oidc_start start;
	struct oidc_who who;
	struct err err;
	char *state;

	if (oidc_begin(oidc, 1, &provider, now, pool, &start, &err) != OK) {
		INVARIANT(err.what[0] != '\0');
		return;
	}
	INVARIANT(strncmp(start.url, "https://", strlen("https://")) == 0);
	back.kept = start.kept;
	back.state = state = state_of(start.url);
	INVARIANT(oidc_finish(oidc, 1, &provider, &back, now, pool, &who, &err) != OK && err.what[0] != '\0');
	free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answers answers = {data, size};
	struct oidc *oidc;
	struct pool pool;
	struct err err;

	if (oidc_new(answer, &answers, &oidc, &err) != OK)
		return 0;
	pool_init(&pool, (size_t)16 * 1024 * 1024);
	sign_in(oidc, &pool);
	pool_free(&pool);
	oidc_free(oidc);
	return 0;
}
