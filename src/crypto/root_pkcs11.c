/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Epoch keys in a hardware security module, by PKCS #11 v2.40: one AES-256
 * key object per epoch, labelled LABEL-epoch-N, sensitive and not extractable.
 * The module wraps and unwraps with AES-GCM; a wrapped key is nonce (12, ours)
 * || ciphertext || tag (16), as aead_seal would make it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/pkcs11.h"
#include "crypto/root_provider.h"

#define LABEL_MAX 64 /* of ours, before "-epoch-N" */
#define OBJECT_LABEL_MAX 96

struct pkcs11_state {
	struct pkcs11 hsm;
	char *label;
	size_t count;
	uint32_t epochs[ROOT_EPOCHS_MAX]; /* ascending */
	CK_OBJECT_HANDLE objects[ROOT_EPOCHS_MAX];
};

/* ---- key objects ---- */

static void object_label(const struct pkcs11_state *state, uint32_t epoch, char out[OBJECT_LABEL_MAX])
{
	snprintf(out, OBJECT_LABEL_MAX, "%s-epoch-%u", state->label, epoch);
}

/* The epoch in "LABEL-epoch-N", 0 when it is another label. */
static uint32_t epoch_of_label(const struct pkcs11_state *state, const char *label, size_t len)
{
	char number[12], canonical[OBJECT_LABEL_MAX];
	size_t skip = strlen(state->label) + strlen("-epoch-");
	unsigned long epoch;

	if (len <= skip || len - skip >= sizeof number)
		return 0;
	memcpy(number, label + skip, len - skip);
	number[len - skip] = '\0';
	epoch = strtoul(number, NULL, 10);
	if (epoch == 0 || epoch > UINT32_MAX)
		return 0;
	object_label(state, (uint32_t)epoch, canonical);
	return strlen(canonical) == len && memcmp(canonical, label, len) == 0 ? (uint32_t)epoch : 0;
}

static size_t place_of(const struct pkcs11_state *state, uint32_t epoch)
{
	size_t i = 0;

	while (i < state->count && state->epochs[i] < epoch)
		i++;
	return i;
}

static bool has_epoch(const struct pkcs11_state *state, uint32_t epoch)
{
	size_t i = place_of(state, epoch);

	return i < state->count && state->epochs[i] == epoch;
}

static void remember(struct pkcs11_state *state, uint32_t epoch, CK_OBJECT_HANDLE object)
{
	size_t i = place_of(state, epoch), after = state->count - i;

	memmove(&state->epochs[i + 1], &state->epochs[i], after * sizeof *state->epochs);
	memmove(&state->objects[i + 1], &state->objects[i], after * sizeof *state->objects);
	state->epochs[i] = epoch;
	state->objects[i] = object;
	state->count++;
}

static void forget(struct pkcs11_state *state, uint32_t epoch)
{
	size_t i = place_of(state, epoch), after = state->count - i - 1;

	memmove(&state->epochs[i], &state->epochs[i + 1], after * sizeof *state->epochs);
	memmove(&state->objects[i], &state->objects[i + 1], after * sizeof *state->objects);
	state->count--;
}

static enum result note_object(struct pkcs11_state *state, CK_OBJECT_HANDLE object, struct err *err)
{
	char label[OBJECT_LABEL_MAX];
	CK_ATTRIBUTE attribute = {CKA_LABEL, label, sizeof label};
	CK_RV rv = state->hsm.calls->C_GetAttributeValue(state->hsm.session, object, &attribute, 1);
	uint32_t epoch;

	if (rv == CKR_BUFFER_TOO_SMALL || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return OK; /* not one of ours */
	if (rv != CKR_OK)
		return pkcs11_failed(&state->hsm, "C_GetAttributeValue", rv, err);
	epoch = epoch_of_label(state, label, attribute.ulValueLen);
	if (epoch == 0)
		return OK;
	if (has_epoch(state, epoch)) {
		err_set(err, ERR_CORRUPT, "two keys of the token are labelled \"%s-epoch-%u\"", state->label, epoch);
		return err_mend(err, "remove the one that Lethe did not make, with the token's own tool");
	}
	if (state->count == ROOT_EPOCHS_MAX)
		return root_full(err);
	remember(state, epoch, object);
	return OK;
}

static enum result scan(struct pkcs11_state *state, struct err *err)
{
	CK_FUNCTION_LIST *calls = state->hsm.calls;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_TOKEN, &yes, sizeof yes}};
	CK_RV rv = calls->C_FindObjectsInit(state->hsm.session, template, 2);
	CK_ULONG found = 1;
	enum result rc = OK;

	if (rv != CKR_OK)
		return pkcs11_failed(&state->hsm, "C_FindObjectsInit", rv, err);
	while (rc == OK && found > 0) {
		CK_OBJECT_HANDLE object;

		rv = calls->C_FindObjects(state->hsm.session, &object, 1, &found);
		if (rv != CKR_OK)
			rc = pkcs11_failed(&state->hsm, "C_FindObjects", rv, err);
		else if (found > 0)
			rc = note_object(state, object, err);
	}
	calls->C_FindObjectsFinal(state->hsm.session);
	return rc;
}

/* How many keys of that label the token holds now. */
static enum result count_label(struct pkcs11_state *state, const char *label, CK_ULONG *count, struct err *err)
{
	CK_FUNCTION_LIST *calls = state->hsm.calls;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	char text[OBJECT_LABEL_MAX];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_LABEL, text, strlen(label)}};
	CK_OBJECT_HANDLE objects[2];
	CK_RV rv;

	snprintf(text, sizeof text, "%s", label);
	rv = calls->C_FindObjectsInit(state->hsm.session, template, 2);
	if (rv != CKR_OK)
		return pkcs11_failed(&state->hsm, "C_FindObjectsInit", rv, err);
	rv = calls->C_FindObjects(state->hsm.session, objects, 2, count);
	calls->C_FindObjectsFinal(state->hsm.session);
	return rv == CKR_OK ? OK : pkcs11_failed(&state->hsm, "C_FindObjects", rv, err);
}

static CK_RV generate(struct pkcs11_state *state, char *label, CK_OBJECT_HANDLE *object)
{
	CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG bytes = KEY_LEN;
	CK_ATTRIBUTE template[] = {
	    {CKA_LABEL, label, strlen(label)}, {CKA_VALUE_LEN, &bytes, sizeof bytes},
	    {CKA_TOKEN, &yes, sizeof yes},     {CKA_PRIVATE, &yes, sizeof yes},
	    {CKA_SENSITIVE, &yes, sizeof yes}, {CKA_EXTRACTABLE, &no, sizeof no},
	    {CKA_ENCRYPT, &yes, sizeof yes},   {CKA_DECRYPT, &yes, sizeof yes},
	    {CKA_WRAP, &no, sizeof no},        {CKA_UNWRAP, &no, sizeof no},
	};

	return state->hsm.calls->C_GenerateKey(state->hsm.session, &mechanism, template,
					      sizeof template / sizeof *template, object);
}

/* ---- the provider ---- */

static enum result set_up(struct root *root, const char *module, const char *token, const char *label,
			  const char *secret_file, struct err *err)
{
	struct pkcs11_state *state = calloc(1, sizeof *state);
	enum result rc;

	root->state = state;
	if (state == NULL)
		return err_no_memory(err);
	if (strlen(label) > LABEL_MAX)
		return err_set(err, ERR_INPUT, "the label \"%s\" is longer than %d bytes", label, LABEL_MAX);
	state->label = strdup(label);
	if (state->label == NULL)
		return err_no_memory(err);
	rc = pkcs11_open(&state->hsm, module, token, secret_file, err);
	if (rc == OK)
		root->promise = state->hsm.is_software ? ROOT_FORGETS_OUTSIDE : ROOT_FORGETS_EVERYWHERE;
	return rc == OK ? scan(state, err) : rc;
}

static enum result hsm_create(struct root *root, const struct root_options *options, struct err *err)
{
	struct pkcs11_state *state;
	enum result rc;

	if (options->module == NULL || options->token == NULL || options->label == NULL)
		return err_set(err, ERR_INPUT, "a PKCS #11 root needs a module, a token and a label for its keys");
	rc = set_up(root, options->module, options->token, options->label, options->secret_file, err);
	state = root->state;
	if (rc != OK || state->count == 0)
		return rc;
	err_set(err, ERR_EXISTS, "the token holds keys labelled \"%s-epoch-..\" already", state->label);
	pkcs11_where(&state->hsm, err);
	return err_mend(err, "choose another label, unless these are left from a region that is no more: then remove them");
}

static enum result hsm_open(struct root *root, const struct root_options *options, const struct json *config,
			    struct err *err)
{
	const char *module = NULL, *token = NULL, *label = NULL;
	enum result rc = root_config_text(config, "module", &module, err);

	if (rc == OK)
		rc = root_config_text(config, "token", &token, err);
	if (rc == OK)
		rc = root_config_text(config, "label", &label, err);
	return rc == OK ? set_up(root, module, token, label, options->secret_file, err) : rc;
}

static void hsm_close(struct root *root)
{
	struct pkcs11_state *state = root->state;

	if (state == NULL)
		return;
	pkcs11_close(&state->hsm);
	free(state->label);
	free(state);
}

static void hsm_write_config(const struct root *root, struct json_writer *w)
{
	const struct pkcs11_state *state = root->state;

	json_string(w, "module", state->hsm.module_path);
	json_string(w, "token", state->hsm.token);
	json_string(w, "label", state->label);
}

static const char *hsm_promise_text(const struct root *root)
{
	if (root->promise == ROOT_FORGETS_OUTSIDE)
		return "The epoch keys are in SoftHSM, which is software and keeps its tokens in files: a destroyed epoch is "
		       "unreadable in every copy that does not include them. A hardware module would cover those too.";
	return "The epoch keys are in a hardware security module and cannot leave it: a destroyed epoch is unreadable in "
	       "every copy anywhere, whole-machine images included, unless the module itself was backed up.";
}

static void hsm_epochs(const struct root *root, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count)
{
	const struct pkcs11_state *state = root->state;

	memcpy(epochs, state->epochs, state->count * sizeof *epochs);
	*count = state->count;
}

static enum result hsm_epoch_create(struct root *root, uint32_t epoch, struct err *err)
{
	struct pkcs11_state *state = root->state;
	char label[OBJECT_LABEL_MAX];
	CK_OBJECT_HANDLE object;
	CK_RV rv;

	if (has_epoch(state, epoch))
		return root_exists(epoch, err);
	if (state->count == ROOT_EPOCHS_MAX)
		return root_full(err);
	object_label(state, epoch, label);
	rv = generate(state, label, &object);
	if (rv != CKR_OK)
		return pkcs11_failed(&state->hsm, "C_GenerateKey", rv, err);
	remember(state, epoch, object);
	return OK;
}

/* Destroys, then looks again. */
static enum result hsm_epoch_destroy(struct root *root, uint32_t epoch, struct err *err)
{
	struct pkcs11_state *state = root->state;
	char label[OBJECT_LABEL_MAX];
	CK_ULONG left = 0;
	CK_RV rv;
	enum result rc;

	if (!has_epoch(state, epoch))
		return OK;
	rv = state->hsm.calls->C_DestroyObject(state->hsm.session, state->objects[place_of(state, epoch)]);
	if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID)
		return pkcs11_failed(&state->hsm, "C_DestroyObject", rv, err);
	object_label(state, epoch, label);
	rc = count_label(state, label, &left, err);
	if (rc != OK)
		return rc;
	if (left > 0)
		return err_set(err, ERR_IO, "the token says that key \"%s\" is destroyed, and still shows it", label);
	forget(state, epoch);
	return OK;
}

static void gcm_params(CK_GCM_PARAMS *params, unsigned char *nonce, const void *aad, size_t aad_len)
{
	*params = (CK_GCM_PARAMS){.pIv = nonce, .ulIvLen = NONCE_LEN, .ulIvBits = NONCE_LEN * 8, .ulAADLen = aad_len,
				  .ulTagBits = TAG_LEN * 8};
	memcpy(&params->pAAD, &aad, sizeof aad); /* PKCS #11 knows no const, and does not write there */
}

/* The key object of an epoch; ERR_GONE. */
static enum result object_of(const struct pkcs11_state *state, uint32_t epoch, CK_OBJECT_HANDLE *object,
			     struct err *err)
{
	if (!has_epoch(state, epoch))
		return root_gone(epoch, err);
	*object = state->objects[place_of(state, epoch)];
	return OK;
}

static enum result hsm_wrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
			    const struct key *key, unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len,
			    struct err *err)
{
	const struct pkcs11_state *state = root->state;
	CK_FUNCTION_LIST *calls = state->hsm.calls;
	CK_GCM_PARAMS params;
	CK_MECHANISM mechanism = {CKM_AES_GCM, &params, sizeof params};
	CK_ULONG len = ROOT_WRAPPED_MAX - NONCE_LEN;
	struct key plain;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	CK_RV rv;
	enum result rc = object_of(state, epoch, &object, err);

	if (rc != OK)
		return rc;
	plain = *key;
	random_bytes(out, NONCE_LEN);
	gcm_params(&params, out, aad, aad_len);
	rv = calls->C_EncryptInit(state->hsm.session, &mechanism, object);
	if (rv == CKR_OK)
		rv = calls->C_Encrypt(state->hsm.session, plain.bytes, KEY_LEN, out + NONCE_LEN, &len);
	key_wipe(&plain);
	if (rv != CKR_OK)
		return pkcs11_failed(&state->hsm, "C_Encrypt", rv, err);
	if (len != KEY_LEN + TAG_LEN)
		return err_set(err, ERR_UNSUPPORTED, "the token wraps %d bytes into %lu, where AES-GCM gives %d",
			       KEY_LEN, len, KEY_LEN + TAG_LEN);
	*out_len = NONCE_LEN + len;
	return OK;
}

/* Modules tell a tag that does not match in different ways. */
static bool is_bad_tag(CK_RV rv)
{
	return rv == CKR_ENCRYPTED_DATA_INVALID || rv == CKR_ENCRYPTED_DATA_LEN_RANGE || rv == CKR_GENERAL_ERROR ||
	       rv == CKR_FUNCTION_FAILED || rv == CKR_SIGNATURE_INVALID;
}

static enum result hsm_unwrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
			      const unsigned char *wrapped, size_t wrapped_len, struct key *out, struct err *err)
{
	const struct pkcs11_state *state = root->state;
	CK_FUNCTION_LIST *calls = state->hsm.calls;
	unsigned char sealed[KEY_LEN + SEAL_OVERHEAD], plain[ROOT_WRAPPED_MAX];
	CK_GCM_PARAMS params;
	CK_MECHANISM mechanism = {CKM_AES_GCM, &params, sizeof params};
	CK_ULONG len = sizeof plain;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	CK_RV rv, started;
	enum result rc = object_of(state, epoch, &object, err);

	if (rc != OK)
		return rc;
	if (wrapped_len != sizeof sealed)
		return root_damaged(epoch, err);
	memcpy(sealed, wrapped, sizeof sealed);
	gcm_params(&params, sealed, aad, aad_len);
	rv = started = calls->C_DecryptInit(state->hsm.session, &mechanism, object);
	if (rv == CKR_OK)
		rv = calls->C_Decrypt(state->hsm.session, sealed + NONCE_LEN, sizeof sealed - NONCE_LEN, plain, &len);
	if (rv == CKR_OK && len == KEY_LEN)
		memcpy(out->bytes, plain, KEY_LEN);
	explicit_bzero(plain, sizeof plain);
	if (rv == CKR_OK && len == KEY_LEN)
		return OK;
	if (rv == CKR_OK || (started == CKR_OK && is_bad_tag(rv)))
		return root_damaged(epoch, err);
	return pkcs11_failed(&state->hsm, "C_Decrypt", rv, err);
}

const struct root_ops root_pkcs11_ops = {
    .name = "pkcs11",
    .create = hsm_create,
    .open = hsm_open,
    .close = hsm_close,
    .write_config = hsm_write_config,
    .promise_text = hsm_promise_text,
    .epochs = hsm_epochs,
    .epoch_create = hsm_epoch_create,
    .epoch_destroy = hsm_epoch_destroy,
    .wrap = hsm_wrap,
    .unwrap = hsm_unwrap,
};
