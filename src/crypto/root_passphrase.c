/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Epoch keys in root.json, sealed under a key that Argon2id makes of a
 * passphrase.  It cannot forget: an old root.json and the passphrase open what
 * they opened then.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "crypto/root_provider.h"
#include "crypto/secret.h"

#define CHARACTERS_MIN 12
#define SALT_LEN 16
#define SEALED_KEY_LEN (KEY_LEN + SEAL_OVERHEAD)
#define SEALED_KEY_HEX (2 * SEALED_KEY_LEN)
/* What a root.json may ask for: enough for years to come, not enough to stop a server. */
#define PASSES_MAX 100
#define MEMORY_MAX ((int64_t)4 << 30)

/* RFC 9106 section 4, the second recommended choice, with libsodium's one lane. */
static const struct argon2_cost new_cost = {.passes = 3, .memory = 64 << 20};

/* In locked memory. */
struct passphrase_state {
	struct root_keys keys;
	struct key kek;
	struct argon2_cost cost;
	unsigned char salt[SALT_LEN];
};

/* ---- sealing under the passphrase ---- */

/* Epoch 0 stands for the check value, which tells a wrong passphrase from a damaged key. */
static void make_aad(uint32_t epoch, char out[40])
{
	snprintf(out, 40, "lethe/root/epoch/%u", epoch);
}

static void write_sealed(struct json_writer *w, const char *name, const struct key *kek, uint32_t epoch,
			 const struct key *key)
{
	unsigned char sealed[SEALED_KEY_LEN];
	char hex[SEALED_KEY_HEX + 1], aad[40];
	struct err err;

	make_aad(epoch, aad);
	INVARIANT(aead_seal(kek, aad, strlen(aad), key->bytes, KEY_LEN, sealed, &err) == OK);
	json_string(w, name, sodium_bin2hex(hex, sizeof hex, sealed, sizeof sealed));
}

/* ERR_CORRUPT when the member is malformed. */
static enum result read_sealed(const struct json *object, const char *name, unsigned char sealed[SEALED_KEY_LEN],
			       struct err *err)
{
	const char *hex;
	size_t len = 0;
	enum result rc = root_config_text(object, name, &hex, err);

	if (rc != OK)
		return rc;
	if (strlen(hex) == SEALED_KEY_HEX &&
	    sodium_hex2bin(sealed, SEALED_KEY_LEN, hex, SEALED_KEY_HEX, NULL, &len, NULL) == 0 && len == SEALED_KEY_LEN)
		return OK;
	return err_set(err, ERR_CORRUPT, "\"%s\" is not %d hexadecimal digits", name, SEALED_KEY_HEX);
}

static enum result open_sealed(const struct key *kek, uint32_t epoch, const unsigned char sealed[SEALED_KEY_LEN],
			       struct key *out, struct err *err)
{
	char aad[40];

	make_aad(epoch, aad);
	return aead_open(kek, aad, strlen(aad), sealed, SEALED_KEY_LEN, out->bytes, err);
}

static enum result derive_kek(struct passphrase_state *state, const struct secret *passphrase, struct err *err)
{
	return argon2id(passphrase->text, passphrase->len, state->salt, state->cost, &state->kek, err);
}

/* ---- making ---- */

static enum result set_up(struct root *root, struct err *err)
{
	root->state = sodium_malloc(sizeof(struct passphrase_state));
	if (root->state == NULL)
		return err_no_memory(err);
	sodium_memzero(root->state, sizeof(struct passphrase_state));
	root->promise = ROOT_CANNOT_FORGET;
	return OK;
}

static enum result check_strength(const struct secret *passphrase, struct err *err)
{
	if (secret_characters(passphrase) >= CHARACTERS_MIN)
		return OK;
	err_set(err, ERR_INPUT, "the passphrase has %zu characters; it needs at least %d", secret_characters(passphrase),
		CHARACTERS_MIN);
	return err_mend(err, "take five or six random words; there is no way in without it, so keep a copy in a safe");
}

static enum result passphrase_create(struct root *root, const struct root_options *options, struct err *err)
{
	struct passphrase_state *state;
	struct secret passphrase;
	enum result rc = set_up(root, err);

	if (rc != OK)
		return rc;
	state = root->state;
	rc = secret_read(options->secret_file, "New passphrase of this region", true, &passphrase, err);
	if (rc != OK)
		return rc;
	state->cost = new_cost;
	random_bytes(state->salt, SALT_LEN);
	rc = check_strength(&passphrase, err);
	if (rc == OK)
		rc = derive_kek(state, &passphrase, err);
	secret_wipe(&passphrase);
	return rc;
}

/* ---- opening ---- */

static enum result read_cost(struct passphrase_state *state, const struct json *config, struct err *err)
{
	int64_t passes = json_get_int(config, "passes", 0), memory = json_get_int(config, "memory", 0);
	const char *salt;
	size_t len = 0;
	enum result rc = root_config_text(config, "salt", &salt, err);

	if (rc != OK)
		return rc;
	if (strlen(salt) != 2 * SALT_LEN ||
	    sodium_hex2bin(state->salt, SALT_LEN, salt, 2 * SALT_LEN, NULL, &len, NULL) != 0 || len != SALT_LEN)
		return err_set(err, ERR_CORRUPT, "\"salt\" is not %d hexadecimal digits", 2 * SALT_LEN);
	if (passes < 1 || passes > PASSES_MAX)
		return err_set(err, ERR_CORRUPT, "\"passes\" is not a number from 1 to %d", PASSES_MAX);
	if (memory < 8192 || memory > MEMORY_MAX)
		return err_set(err, ERR_CORRUPT, "\"memory\" is not a number of bytes from 8192 to %lld",
			       (long long)MEMORY_MAX);
	state->cost = (struct argon2_cost){.passes = (uint32_t)passes, .memory = (uint64_t)memory};
	return OK;
}

static enum result check_passphrase(const struct passphrase_state *state, const struct json *config, struct err *err)
{
	unsigned char sealed[SEALED_KEY_LEN];
	struct key check;
	enum result rc = read_sealed(config, "check", sealed, err);

	if (rc != OK)
		return rc;
	rc = open_sealed(&state->kek, 0, sealed, &check, err);
	if (rc != ERR_CORRUPT)
		return rc;
	err_set(err, ERR_DENIED, "the passphrase is wrong, or root.json was changed");
	return err_mend(err, "try again; after a keyboard or terminal change, mind other characters than ASCII");
}

static enum result read_epoch(struct passphrase_state *state, const struct json *item, struct err *err)
{
	int64_t epoch = json_get_int(item, "epoch", 0);
	unsigned char sealed[SEALED_KEY_LEN];
	struct key key;
	enum result rc;

	if (epoch < 1 || epoch > UINT32_MAX)
		return err_set(err, ERR_CORRUPT, "an \"epoch\" is not a number from 1 to %u", UINT32_MAX);
	rc = read_sealed(item, "wrapped", sealed, err);
	if (rc == OK)
		rc = open_sealed(&state->kek, (uint32_t)epoch, sealed, &key, err);
	if (rc != OK)
		return err_mend(err, "restore root.json from a backup of the same epoch");
	rc = root_keys_add(&state->keys, (uint32_t)epoch, &key, err);
	key_wipe(&key);
	if (rc == OK)
		return OK;
	return err_set(err, ERR_CORRUPT, "epoch %u is there twice, or there are more than %d", (uint32_t)epoch,
		       ROOT_EPOCHS_MAX);
}

static enum result read_epochs(struct passphrase_state *state, const struct json *config, struct err *err)
{
	const struct json *list = json_get(config, "epochs");
	enum result rc = OK;

	if (list == NULL || list->type != JSON_ARRAY)
		return err_set(err, ERR_CORRUPT, "\"epochs\" is missing or is not a list");
	for (const struct json *item = list->first; rc == OK && item != NULL; item = item->next)
		rc = read_epoch(state, item, err);
	return rc;
}

static enum result passphrase_open(struct root *root, const struct root_options *options, const struct json *config,
				   struct err *err)
{
	struct passphrase_state *state;
	struct secret passphrase;
	enum result rc = set_up(root, err);

	if (rc != OK)
		return rc;
	state = root->state;
	rc = read_cost(state, config, err);
	if (rc == OK)
		rc = secret_read(options->secret_file, "Passphrase of this region", false, &passphrase, err);
	if (rc != OK)
		return rc;
	rc = derive_kek(state, &passphrase, err);
	secret_wipe(&passphrase);
	if (rc == OK)
		rc = check_passphrase(state, config, err);
	return rc == OK ? read_epochs(state, config, err) : rc;
}

static void passphrase_close(struct root *root)
{
	sodium_free(root->state); /* wipes; NULL is fine */
}

/* ---- the provider ---- */

static void passphrase_write_config(const struct root *root, struct json_writer *w)
{
	static const struct key check; /* its value does not matter, that it opens does */
	const struct passphrase_state *state = root->state;
	char salt[2 * SALT_LEN + 1];

	json_string(w, "salt", sodium_bin2hex(salt, sizeof salt, state->salt, SALT_LEN));
	json_int(w, "passes", state->cost.passes);
	json_int(w, "memory", (int64_t)state->cost.memory);
	write_sealed(w, "check", &state->kek, 0, &check);
	json_begin_array(w, "epochs");
	for (size_t i = 0; i < state->keys.count; i++) {
		json_begin_object(w, NULL);
		json_int(w, "epoch", state->keys.epochs[i]);
		write_sealed(w, "wrapped", &state->kek, state->keys.epochs[i], &state->keys.keys[i]);
		json_end_object(w);
	}
	json_end_array(w);
}

static const char *passphrase_promise_text(const struct root *root)
{
	(void)root;
	return "The epoch keys are sealed by a passphrase, and a passphrase cannot be forgotten: who has it and an old copy "
	       "of root.json can open old backups of the key store. Only what is destroyed here is gone. A file outside "
	       "backups, or an HSM, would cover the copies too.";
}

static void passphrase_epochs(const struct root *root, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count)
{
	const struct passphrase_state *state = root->state;

	root_keys_list(&state->keys, epochs, count);
}

static enum result passphrase_epoch_create(struct root *root, uint32_t epoch, struct err *err)
{
	struct passphrase_state *state = root->state;

	return root_keys_create(&state->keys, epoch, root_save_config, root, err);
}

static enum result passphrase_epoch_destroy(struct root *root, uint32_t epoch, struct err *err)
{
	struct passphrase_state *state = root->state;

	return root_keys_destroy(&state->keys, epoch, root_save_config, root, err);
}

static enum result passphrase_wrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
				   const struct key *key, unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len,
				   struct err *err)
{
	const struct passphrase_state *state = root->state;

	return root_keys_wrap(&state->keys, epoch, aad, aad_len, key, out, out_len, err);
}

static enum result passphrase_unwrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
				     const unsigned char *wrapped, size_t wrapped_len, struct key *out, struct err *err)
{
	const struct passphrase_state *state = root->state;

	return root_keys_unwrap(&state->keys, epoch, aad, aad_len, wrapped, wrapped_len, out, err);
}

const struct root_ops root_passphrase_ops = {
    .name = "passphrase",
    .create = passphrase_create,
    .open = passphrase_open,
    .close = passphrase_close,
    .write_config = passphrase_write_config,
    .promise_text = passphrase_promise_text,
    .epochs = passphrase_epochs,
    .epoch_create = passphrase_epoch_create,
    .epoch_destroy = passphrase_epoch_destroy,
    .wrap = passphrase_wrap,
    .unwrap = passphrase_unwrap,
};
