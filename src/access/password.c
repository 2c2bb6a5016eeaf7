/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "access/password.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/known.h"
#include "base/text.h"

#define BYTES_MOST ((size_t)PASSWORD_MOST * 4)
#define NAME_LEAST 4  /* shorter ones are in everything */
#define BESIDE_NAME 6 /* characters that must be left without it */

_Static_assert(PASSWORD_HASH_MAX == crypto_pwhash_argon2id_STRBYTES, "what libsodium writes");

/* ---- what may be one ---- */

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	}
	return false;
}

enum result password_compose(const char *text, size_t len, struct pool *pool, const char **out, struct err *err)
{
	if (len > BYTES_MOST) {
		err_set(err, ERR_INPUT, "a password has at most %d characters", PASSWORD_MOST);
		return err_mend(err, "give a shorter one");
	}
	if (!text_is_utf8(text, len) || has_control(text, len)) {
		err_set(err, ERR_INPUT, "a password is UTF-8 without control characters");
		return err_mend(err, "type it as text");
	}
	*out = text_compose(pool, text, len);
	if (*out == NULL)
		return err_no_memory(err);
	if (characters(*out) > PASSWORD_MOST) {
		err_set(err, ERR_INPUT, "a password has at most %d characters", PASSWORD_MOST);
		return err_mend(err, "give a shorter one");
	}
	return OK;
}

/* How many characters are left when every `name` is taken out of it. */
static size_t beside(const char *text, const char *name)
{
	size_t len = strlen(name), left = 0;

	while (*text != '\0') {
		if (strncmp(text, name, len) == 0) {
			text += len;
			continue;
		}
		left += ((unsigned char)*text & 0xc0) != 0x80;
		text++;
	}
	return left;
}

/* The whole name, or of an address what is before the '@'. */
static bool is_mostly(const char *folded, const char *name, struct pool *pool, bool *failed)
{
	char *whole = name != NULL ? text_fold(pool, name, strlen(name)) : NULL;
	bool is;

	*failed = name != NULL && whole == NULL;
	if (whole == NULL || characters(whole) < NAME_LEAST)
		return false;
	is = beside(folded, whole) < BESIDE_NAME;
	whole[strcspn(whole, "@")] = '\0';
	return is || (characters(whole) >= NAME_LEAST && beside(folded, whole) < BESIDE_NAME);
}

static enum result refuse_guessable(const char *password, const char *user, const char *account, struct pool *pool,
				    struct err *err)
{
	const char *folded = text_fold(pool, password, strlen(password));
	bool failed = folded == NULL, named;

	if (failed)
		return err_no_memory(err);
	if (known_password(folded)) {
		err_set(err, ERR_INPUT, "the password is one of those that are tried first");
		return err_mend(err, "give another, such as four words that have nothing to do with each other");
	}
	named = is_mostly(folded, user, pool, &failed) || (!failed && is_mostly(folded, account, pool, &failed));
	if (failed)
		return err_no_memory(err);
	if (!named)
		return OK;
	err_set(err, ERR_INPUT, "the password is little else than the name of the user or the account");
	return err_mend(err, "give another, such as four words that have nothing to do with each other");
}

enum result password_accept(const char *text, size_t len, const char *user, const char *account, struct pool *pool,
			    const char **out, struct err *err)
{
	enum result r = password_compose(text, len, pool, out, err);

	if (r != OK)
		return r;
	if (characters(*out) < PASSWORD_LEAST) {
		err_set(err, ERR_INPUT, "the password has %zu characters; it needs at least %d", characters(*out),
			PASSWORD_LEAST);
		return err_mend(err, "give a longer one: four words do better than one with signs in it");
	}
	return refuse_guessable(*out, user, account, pool, err);
}

/* ---- how many at once ---- */

struct password_gate {
	pthread_mutex_t lock;
	pthread_cond_t left;
	size_t at_once, most_waiting, running;
	size_t waiting[2]; /* by enum password_whose */
};

enum result password_gate_new(size_t at_once, size_t waiting, struct password_gate **out, struct err *err)
{
	struct password_gate *gate = calloc(1, sizeof *gate);

	INVARIANT(at_once > 0);
	if (gate == NULL)
		return err_no_memory(err);
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->left, NULL);
	gate->at_once = at_once;
	gate->most_waiting = waiting;
	*out = gate;
	return OK;
}

void password_gate_free(struct password_gate *gate)
{
	if (gate == NULL)
		return;
	pthread_mutex_destroy(&gate->lock);
	pthread_cond_destroy(&gate->left);
	free(gate);
}

/* Is there no place to wait? Half of them, rounded down, is for strangers too: where there is one it is not theirs. */
static bool is_full(const struct password_gate *gate, enum password_whose whose)
{
	size_t known = gate->waiting[PASSWORD_KNOWN], strangers = gate->waiting[PASSWORD_STRANGERS];

	return known + strangers >= gate->most_waiting ||
	       (whose == PASSWORD_STRANGERS && strangers >= gate->most_waiting / 2);
}

static bool must_wait(const struct password_gate *gate, enum password_whose whose)
{
	return gate->running == gate->at_once || (whose == PASSWORD_STRANGERS && gate->waiting[PASSWORD_KNOWN] > 0);
}

static enum result enter(struct password_gate *gate, enum password_whose whose, struct err *err)
{
	bool full;

	pthread_mutex_lock(&gate->lock);
	full = must_wait(gate, whose) && is_full(gate, whose);
	if (!full) {
		gate->waiting[whose]++;
		while (must_wait(gate, whose))
			pthread_cond_wait(&gate->left, &gate->lock);
		gate->waiting[whose]--;
		gate->running++;
		if (gate->running < gate->at_once)
			pthread_cond_broadcast(&gate->left); /* strangers may have stood back for this one */
	}
	pthread_mutex_unlock(&gate->lock);
	if (!full)
		return OK;
	err_set(err, ERR_BUSY, "too many are signing in at this moment");
	return err_mend(err, "try again in some seconds");
}

static void leave(struct password_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->running--;
	pthread_cond_broadcast(&gate->left); /* who goes first is seen by them */
	pthread_mutex_unlock(&gate->lock);
}

/* ---- hashes ---- */

static enum result no_memory_for_hash(struct err *err)
{
	err_set(err, ERR_NO_MEMORY, "out of memory: hashing a password needs %zu MiB", PASSWORD_MEMORY >> 20);
	return err_mend(err, "free that much memory, or raise the memory limit of the service, and try again");
}

enum result password_hash(struct password_gate *gate, const char *password, char out[PASSWORD_HASH_MAX],
			  struct err *err)
{
	enum result r = enter(gate, PASSWORD_KNOWN, err);
	bool made;

	if (r != OK)
		return r;
	made = crypto_pwhash_argon2id_str(out, password, strlen(password), PASSWORD_PASSES, PASSWORD_MEMORY) == 0;
	leave(gate);
	return made ? OK : no_memory_for_hash(err);
}

/* Of no password: salt and hash are zeros. Costs what a new one costs. */
static const char *nobodys(char out[PASSWORD_HASH_MAX])
{
	snprintf(out, PASSWORD_HASH_MAX, "$argon2id$v=19$m=%zu,t=%d,p=1$%022d$%043d", PASSWORD_MEMORY >> 10,
		 PASSWORD_PASSES, 0, 0);
	for (char *at = strrchr(out, '=') + 2; *at != '\0'; at++)
		*at = *at == '0' ? 'A' : *at;
	return out;
}

enum result password_verify(struct password_gate *gate, enum password_whose whose, const char *hash,
			    const char *password, bool *right, bool *weak, struct err *err)
{
	char none[PASSWORD_HASH_MAX];
	const char *against = hash != NULL ? hash : nobodys(none);
	enum result r = enter(gate, whose, err);
	bool fits;
	int why;

	*right = *weak = false;
	if (r != OK)
		return r;
	errno = 0;
	fits = crypto_pwhash_argon2id_str_verify(against, password, strlen(password)) == 0;
	why = errno;
	leave(gate);
	if (!fits && why == ENOMEM)
		return no_memory_for_hash(err);
	if (!fits && why != EINVAL)
		return err_set(err, ERR_CORRUPT, "a stored hash of a password cannot be read");
	*right = fits && hash != NULL;
	*weak = *right && crypto_pwhash_argon2id_str_needs_rehash(hash, PASSWORD_PASSES, PASSWORD_MEMORY) != 0;
	return OK;
}
