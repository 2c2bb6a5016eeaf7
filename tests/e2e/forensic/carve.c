/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "carve.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "store/key.h"
#include "store/kind.h"

#define ACCOUNTS 2       /* the vault itself and the first account */
#define IDENTITIES 20000 /* numbers tried, from 1 */
#define CONTACTS 2000
#define HOLDS 64
#define DAY_FIRST 20088  /* 2025-01-01 */
#define DAYS 1100
#define PARTS 4 /* of a day */
#define SLOTS (1u << 18) /* of the table of names; a power of 2 */
#define FOUND_MAX 65536

static struct carved found[FOUND_MAX];
static size_t found_count;

size_t carved_list(const struct carved **out)
{
	*out = found;
	return found_count;
}

const struct key *carved_find(uint32_t account, int class, int64_t number)
{
	for (size_t i = 0; i < found_count; i++) {
		if (found[i].account == account && found[i].class == class && found[i].number == number)
			return &found[i].key;
	}
	return NULL;
}

static void keep(const struct carved *carved)
{
	for (size_t i = 0; i < found_count; i++) {
		if (found[i].account == carved->account && found[i].class == carved->class &&
		    found[i].number == carved->number && found[i].epoch == carved->epoch)
			return;
	}
	if (found_count == FOUND_MAX)
		errx(2, "too many keys");
	found[found_count++] = *carved;
}

/* ---- what a wrapping binds: as src/vault/keyring.c says ---- */

#define AAD_LEN 46

static unsigned char *put(unsigned char *at, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*at++ = (unsigned char)(value >> (8 * i));
	return at;
}

static void make_aad(struct id vault, uint32_t account, int class, int64_t number, uint32_t epoch,
		     unsigned char out[AAD_LEN])
{
	unsigned char *at = out;

	memcpy(at, "lethe/wrap/1", 13);
	memcpy(at + 13, vault.bytes, 16);
	at = put(at + 29, account, 4);
	at = put(at, (uint64_t)class, 1);
	at = put(at, (uint64_t)number, 8);
	put(at, epoch, 4);
}

/* ---- account keys: few, so each is tried ---- */

void carve_accounts(struct root *root, struct id vault, const unsigned char *data, size_t len)
{
	unsigned char aad[ROOT_EPOCHS_MAX * ACCOUNTS][AAD_LEN];
	uint32_t epochs[ROOT_EPOCHS_MAX];
	size_t count;
	struct err ignored;

	if (root_epochs(root, epochs, &count, &ignored) != OK)
		errx(2, "the root does not tell its epochs");
	for (size_t e = 0; e < count; e++) {
		for (uint32_t account = 0; account < ACCOUNTS; account++)
			make_aad(vault, account, 0, 0, epochs[e], aad[e * ACCOUNTS + account]);
	}
	for (size_t at = 0; at + KEY_WRAPPED_LEN <= len; at++) {
		for (size_t i = 0; i < count * ACCOUNTS; i++) {
			struct carved one = {.account = (uint32_t)(i % ACCOUNTS), .epoch = epochs[i / ACCOUNTS]};

			if (root_unwrap(root, one.epoch, aad[i], AAD_LEN, data + at, KEY_WRAPPED_LEN, &one.key, &ignored) ==
			    OK)
				keep(&one);
		}
	}
}

/* ---- other keys: many names, tried at once ----
 *
 * GCM's tag is linear in what it binds: for the same key, nonce and ciphertext, the tags with two different names differ by
 * a value that depends on the names alone.  So a table of these differences, one for each name, tells at each offset
 * with one look-up which name, if any, the 60 bytes there were wrapped for. */

struct name { uint64_t difference[2]; int class; int64_t number; };
static struct name names[SLOTS];

/* Tag of `plain` under `key` with `aad`. */
static void tag_of(const struct key *key, const unsigned char *nonce, const unsigned char *aad, size_t aad_len,
		   const unsigned char plain[KEY_LEN], unsigned char cipher[KEY_LEN + TAG_LEN])
{
	struct err why;

	if (aead_seal_nonce(key, nonce, aad, aad_len, plain, KEY_LEN, cipher, &why) != OK)
		errx(2, "%s", why.what);
}

static void subtract(const unsigned char a[TAG_LEN], const unsigned char b[TAG_LEN], uint64_t out[2])
{
	uint64_t x[2], y[2];

	memcpy(x, a, TAG_LEN);
	memcpy(y, b, TAG_LEN);
	out[0] = x[0] ^ y[0];
	out[1] = x[1] ^ y[1];
}

static void add_name(const struct key *key, struct id vault, uint32_t account, uint32_t epoch, int class,
		     int64_t number)
{
	const unsigned char nonce[NONCE_LEN] = {0}, plain[KEY_LEN] = {0};
	unsigned char aad[AAD_LEN], with[KEY_LEN + TAG_LEN], without[KEY_LEN + TAG_LEN];
	struct name name = {.class = class, .number = number};
	size_t slot;

	make_aad(vault, account, class, number, epoch, aad);
	tag_of(key, nonce, aad, AAD_LEN, plain, with);
	tag_of(key, nonce, NULL, 0, plain, without);
	subtract(with + KEY_LEN, without + KEY_LEN, name.difference);
	for (slot = name.difference[0] % SLOTS; names[slot].class != 0; slot = (slot + 1) % SLOTS)
		;
	names[slot] = name;
}

static void fill_names(const struct carved *account, struct id vault)
{
	memset(names, 0, sizeof names);
	for (int64_t n = 1; n <= IDENTITIES; n++)
		add_name(&account->key, vault, account->account, account->epoch, KEY_IDENTITY, n);
	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++) {
		for (int32_t day = DAY_FIRST; day < DAY_FIRST + DAYS; day++)
			for (int part = 0; part < PARTS; part++)
				add_name(&account->key, vault, account->account, account->epoch, KEY_PERIOD,
					 key_period_number(kind, (struct date){day}, part));
	}
	for (int64_t n = 1; n <= CONTACTS; n++)
		add_name(&account->key, vault, account->account, account->epoch, KEY_CONTACT, n);
	for (int64_t n = 1; n <= HOLDS; n++)
		add_name(&account->key, vault, account->account, account->epoch, KEY_HOLD, n);
	for (int64_t n = 1; n <= HOLDS; n++)
		add_name(&account->key, vault, account->account, account->epoch, KEY_FILE, n);
	for (int64_t n = OWN_INDEX; n <= OWN_ANSWERS; n++)
		add_name(&account->key, vault, account->account, account->epoch, KEY_OWN, n);
}

static const struct name *find_name(const struct key *account, const unsigned char *wrapped)
{
	unsigned char plain[KEY_LEN + TAG_LEN], without[KEY_LEN + TAG_LEN];
	uint64_t difference[2];

	/* Counter mode is its own inverse: this opens, without looking at the tag. */
	tag_of(account, wrapped, NULL, 0, wrapped + NONCE_LEN, plain);
	tag_of(account, wrapped, NULL, 0, plain, without);
	subtract(wrapped + NONCE_LEN + KEY_LEN, without + KEY_LEN, difference);
	for (size_t slot = difference[0] % SLOTS; names[slot].class != 0; slot = (slot + 1) % SLOTS) {
		if (names[slot].difference[0] == difference[0] && names[slot].difference[1] == difference[1])
			return &names[slot];
	}
	return NULL;
}

static void carve_under(const struct carved *account, struct id vault, const unsigned char *data, size_t len)
{
	struct err ignored;

	fill_names(account, vault);
	for (size_t at = 0; at + KEY_WRAPPED_LEN <= len; at++) {
		const struct name *name = find_name(&account->key, data + at);
		struct carved one = {.account = account->account, .epoch = account->epoch};
		unsigned char aad[AAD_LEN];

		if (name == NULL)
			continue;
		one.class = name->class;
		one.number = name->number;
		make_aad(vault, one.account, one.class, one.number, one.epoch, aad);
		if (aead_open(&account->key, aad, AAD_LEN, data + at, KEY_WRAPPED_LEN, one.key.bytes, &ignored) != OK)
			errx(2, "the sum of tags is wrong");
		keep(&one);
	}
}

void carve_keys(struct id vault, const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < found_count; i++) {
		struct carved account = found[i];

		if (account.class == 0)
			carve_under(&account, vault, data, len);
	}
}
