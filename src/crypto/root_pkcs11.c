/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Epoch keys in a hardware security module, by PKCS #11 v2.40: one AES-256
 * key object per epoch, labelled LABEL-epoch-N, sensitive and not extractable.
 * The module wraps and unwraps with AES-GCM; a wrapped key is nonce (12, ours)
 * || ciphertext || tag (16), as aead_seal would make it.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/root_provider.h"
#include "crypto/secret.h"

#define LABEL_MAX 64 /* of ours, before "-epoch-N" */
#define OBJECT_LABEL_MAX 96
#define SLOTS_MAX 64

/* A loaded library. C_Initialize is per process, so that all roots of one module share it; it is finalised with the
 * last of them and stays loaded, since modules leave exit handlers behind. */
struct module {
	struct module *next;
	char *path;
	CK_FUNCTION_LIST *calls;
	unsigned users;
	bool ours; /* initialised by us, and so finalised by us */
};

struct pkcs11_state {
	struct module *module;
	CK_SESSION_HANDLE session;
	bool in_session, is_software;
	char *module_path, *token, *label;
	size_t count;
	uint32_t epochs[ROOT_EPOCHS_MAX]; /* ascending */
	CK_OBJECT_HANDLE objects[ROOT_EPOCHS_MAX];
};

static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;
static struct module *modules;

/* ---- errors ---- */

struct reason { CK_RV rv; enum result code; const char *name, *mend; };

static const struct reason reasons[] = {
    {CKR_HOST_MEMORY, ERR_NO_MEMORY, "CKR_HOST_MEMORY", "free some memory"},
    {CKR_GENERAL_ERROR, ERR_IO, "CKR_GENERAL_ERROR", "look into the log of the module; its own configuration is often the cause"},
    {CKR_FUNCTION_FAILED, ERR_IO, "CKR_FUNCTION_FAILED", "look into the log of the module"},
    {CKR_ARGUMENTS_BAD, ERR_IO, "CKR_ARGUMENTS_BAD", "check that the module implements PKCS #11 v2.40"},
    {CKR_ATTRIBUTE_VALUE_INVALID, ERR_UNSUPPORTED, "CKR_ATTRIBUTE_VALUE_INVALID", "check that the token's policy allows AES-256 keys that encrypt and decrypt"},
    {CKR_DEVICE_ERROR, ERR_IO, "CKR_DEVICE_ERROR", "check the device and its connection"},
    {CKR_DEVICE_MEMORY, ERR_FULL, "CKR_DEVICE_MEMORY", "remove objects that are not used from the token"},
    {CKR_DEVICE_REMOVED, ERR_IO, "CKR_DEVICE_REMOVED", "connect the device again and restart Lethe"},
    {CKR_ENCRYPTED_DATA_INVALID, ERR_CORRUPT, "CKR_ENCRYPTED_DATA_INVALID", NULL},
    {CKR_ENCRYPTED_DATA_LEN_RANGE, ERR_CORRUPT, "CKR_ENCRYPTED_DATA_LEN_RANGE", NULL},
    {CKR_FUNCTION_NOT_SUPPORTED, ERR_UNSUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", "use a module that generates AES keys and encrypts"},
    {CKR_KEY_HANDLE_INVALID, ERR_GONE, "CKR_KEY_HANDLE_INVALID", NULL},
    {CKR_OBJECT_HANDLE_INVALID, ERR_GONE, "CKR_OBJECT_HANDLE_INVALID", NULL},
    {CKR_MECHANISM_INVALID, ERR_UNSUPPORTED, "CKR_MECHANISM_INVALID", "use a module that offers CKM_AES_GCM and CKM_AES_KEY_GEN"},
    {CKR_MECHANISM_PARAM_INVALID, ERR_UNSUPPORTED, "CKR_MECHANISM_PARAM_INVALID", "use a module that takes a 96-bit IV from its caller; in FIPS mode some do not"},
    {CKR_PIN_INCORRECT, ERR_DENIED, "CKR_PIN_INCORRECT", "check the PIN; a token locks itself after a few wrong ones"},
    {CKR_PIN_INVALID, ERR_DENIED, "CKR_PIN_INVALID", "check the PIN"},
    {CKR_PIN_LEN_RANGE, ERR_DENIED, "CKR_PIN_LEN_RANGE", "check the PIN: no PIN of this token has that length"},
    {CKR_PIN_EXPIRED, ERR_DENIED, "CKR_PIN_EXPIRED", "set a new PIN with the token's own tool"},
    {CKR_PIN_LOCKED, ERR_DENIED, "CKR_PIN_LOCKED", "unlock the token with its security officer's PIN"},
    {CKR_SESSION_CLOSED, ERR_IO, "CKR_SESSION_CLOSED", "restart Lethe"},
    {CKR_SESSION_COUNT, ERR_BUSY, "CKR_SESSION_COUNT", "close other programs that use the token"},
    {CKR_SESSION_HANDLE_INVALID, ERR_IO, "CKR_SESSION_HANDLE_INVALID", "the connection to the device was lost: restart Lethe"},
    {CKR_TEMPLATE_INCONSISTENT, ERR_UNSUPPORTED, "CKR_TEMPLATE_INCONSISTENT", "check that the token's policy allows sensitive AES-256 keys that encrypt and decrypt"},
    {CKR_TOKEN_NOT_PRESENT, ERR_IO, "CKR_TOKEN_NOT_PRESENT", "insert the token"},
    {CKR_TOKEN_NOT_RECOGNIZED, ERR_IO, "CKR_TOKEN_NOT_RECOGNIZED", "initialise the token with its own tool"},
    {CKR_TOKEN_WRITE_PROTECTED, ERR_DENIED, "CKR_TOKEN_WRITE_PROTECTED", "allow writing to the token"},
    {CKR_USER_NOT_LOGGED_IN, ERR_DENIED, "CKR_USER_NOT_LOGGED_IN", "restart Lethe; something else has logged out of the token"},
    {CKR_USER_PIN_NOT_INITIALIZED, ERR_DENIED, "CKR_USER_PIN_NOT_INITIALIZED", "set the user PIN with the token's own tool"},
    {CKR_CRYPTOKI_NOT_INITIALIZED, ERR_IO, "CKR_CRYPTOKI_NOT_INITIALIZED", "restart Lethe"},
};

static enum result failed(const struct pkcs11_state *state, const char *call, CK_RV rv, struct err *err)
{
	const struct reason *reason = NULL;

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].rv == rv)
			reason = &reasons[i];
	if (reason == NULL) {
		err_set(err, ERR_IO, "%s failed with 0x%08lx", call, rv);
		err_mend(err, "look the number up in the manual of the module, among its CKR_ values");
	} else {
		err_set(err, reason->code, "%s failed: %s", call, reason->name);
		if (reason->mend != NULL)
			err_mend(err, "%s", reason->mend);
	}
	return err_where(err, "token \"%s\" of %s", state->token, state->module_path);
}

/* ---- modules ---- */

static enum result load(const struct pkcs11_state *state, CK_FUNCTION_LIST **calls, struct err *err)
{
	void *library = dlopen(state->module_path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get = NULL;

	if (library == NULL) {
		err_set(err, ERR_NOT_FOUND, "cannot load the PKCS #11 module: %s", dlerror());
		return err_mend(err, "give the full path of the module that came with the device");
	}
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	if (get != NULL && get(calls) == CKR_OK && *calls != NULL)
		return OK;
	dlclose(library);
	err_set(err, ERR_UNSUPPORTED, "the library is not a PKCS #11 module: it has no C_GetFunctionList");
	return err_where(err, "%s", state->module_path);
}

static enum result initialize(const struct pkcs11_state *state, struct module *module, struct err *err)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	CK_RV rv = module->calls->C_Initialize(&args);

	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return failed(state, "C_Initialize", rv, err);
	module->ours = rv == CKR_OK;
	return OK;
}

static struct module *module_find(const char *path)
{
	struct module *m = modules;

	while (m != NULL && strcmp(m->path, path) != 0)
		m = m->next;
	return m;
}

static enum result module_load(const struct pkcs11_state *state, struct module **out, struct err *err)
{
	struct module *m;
	CK_FUNCTION_LIST *calls;
	enum result rc = load(state, &calls, err);

	if (rc != OK)
		return rc;
	m = calloc(1, sizeof *m);
	if (m == NULL || (m->path = strdup(state->module_path)) == NULL) {
		free(m);
		return err_no_memory(err);
	}
	m->calls = calls;
	m->next = modules;
	modules = *out = m;
	return OK;
}

static enum result module_acquire(struct pkcs11_state *state, struct err *err)
{
	struct module *m;
	enum result rc = OK;

	pthread_mutex_lock(&modules_lock);
	m = module_find(state->module_path);
	if (m == NULL)
		rc = module_load(state, &m, err);
	if (rc == OK && m->users == 0)
		rc = initialize(state, m, err);
	if (rc == OK) {
		m->users++;
		state->module = m;
	}
	pthread_mutex_unlock(&modules_lock);
	return rc;
}

static void module_release(struct module *m)
{
	pthread_mutex_lock(&modules_lock);
	if (--m->users == 0 && m->ours)
		m->calls->C_Finalize(NULL);
	pthread_mutex_unlock(&modules_lock);
}

/* ---- the token and its session ---- */

/* PKCS #11 pads texts with spaces. */
static bool padded_equal(const unsigned char *padded, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len > size || memcmp(padded, text, len) != 0)
		return false;
	for (size_t i = len; i < size; i++)
		if (padded[i] != ' ')
			return false;
	return true;
}

static enum result no_token(const struct pkcs11_state *state, int found, struct err *err)
{
	if (found == 0) {
		err_set(err, ERR_NOT_FOUND, "the module shows no token labelled \"%s\"", state->token);
		err_mend(err, "list the tokens: pkcs11-tool --module %s --list-token-slots", state->module_path);
	} else {
		err_set(err, ERR_INPUT, "the module shows %d tokens labelled \"%s\"", found, state->token);
		err_mend(err, "give each token a label of its own");
	}
	return err_where(err, "%s", state->module_path);
}

static enum result find_token(struct pkcs11_state *state, CK_SLOT_ID *slot, struct err *err)
{
	CK_FUNCTION_LIST *calls = state->module->calls;
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	int found = 0;
	CK_RV rv = calls->C_GetSlotList(CK_TRUE, slots, &count);

	if (rv != CKR_OK)
		return failed(state, "C_GetSlotList", rv, err);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info;

		if (calls->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    !padded_equal(info.label, sizeof info.label, state->token))
			continue;
		*slot = slots[i];
		state->is_software = memcmp(info.manufacturerID, "SoftHSM", 7) == 0;
		found++;
	}
	return found == 1 ? OK : no_token(state, found, err);
}

/* Said when the root is opened, not at the first rotation at night. */
static enum result check_mechanisms(const struct pkcs11_state *state, CK_SLOT_ID slot, struct err *err)
{
	CK_FUNCTION_LIST *calls = state->module->calls;
	CK_MECHANISM_INFO gcm, generate;

	if (calls->C_GetMechanismInfo(slot, CKM_AES_GCM, &gcm) == CKR_OK &&
	    (gcm.flags & CKF_ENCRYPT) != 0 && (gcm.flags & CKF_DECRYPT) != 0 &&
	    calls->C_GetMechanismInfo(slot, CKM_AES_KEY_GEN, &generate) == CKR_OK)
		return OK;
	err_set(err, ERR_UNSUPPORTED, "the token does not offer AES-GCM and the generation of AES keys");
	err_where(err, "token \"%s\" of %s", state->token, state->module_path);
	return err_mend(err, "use a token that lists CKM_AES_GCM and CKM_AES_KEY_GEN: pkcs11-tool --module %s -M",
			state->module_path);
}

static enum result log_in(const struct pkcs11_state *state, const char *secret_file, struct err *err)
{
	struct secret pin;
	CK_RV rv;
	enum result rc = secret_read(secret_file, "PIN of the token", false, &pin, err);

	if (rc != OK)
		return rc;
	rv = state->module->calls->C_Login(state->session, CKU_USER, (unsigned char *)pin.text, pin.len);
	secret_wipe(&pin);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return failed(state, "C_Login", rv, err);
	return OK;
}

static enum result open_session(struct root *root, const char *secret_file, struct err *err)
{
	struct pkcs11_state *state = root->state;
	CK_SLOT_ID slot;
	CK_RV rv;
	enum result rc = module_acquire(state, err);

	if (rc == OK)
		rc = find_token(state, &slot, err);
	if (rc == OK)
		rc = check_mechanisms(state, slot, err);
	if (rc != OK)
		return rc;
	rv = state->module->calls->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &state->session);
	if (rv != CKR_OK)
		return failed(state, "C_OpenSession", rv, err);
	state->in_session = true;
	root->promise = state->is_software ? ROOT_FORGETS_OUTSIDE : ROOT_FORGETS_EVERYWHERE;
	return log_in(state, secret_file, err);
}

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
	CK_RV rv = state->module->calls->C_GetAttributeValue(state->session, object, &attribute, 1);
	uint32_t epoch;

	if (rv == CKR_BUFFER_TOO_SMALL || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return OK; /* not one of ours */
	if (rv != CKR_OK)
		return failed(state, "C_GetAttributeValue", rv, err);
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
	CK_FUNCTION_LIST *calls = state->module->calls;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_TOKEN, &yes, sizeof yes}};
	CK_RV rv = calls->C_FindObjectsInit(state->session, template, 2);
	CK_ULONG found = 1;
	enum result rc = OK;

	if (rv != CKR_OK)
		return failed(state, "C_FindObjectsInit", rv, err);
	while (rc == OK && found > 0) {
		CK_OBJECT_HANDLE object;

		rv = calls->C_FindObjects(state->session, &object, 1, &found);
		if (rv != CKR_OK)
			rc = failed(state, "C_FindObjects", rv, err);
		else if (found > 0)
			rc = note_object(state, object, err);
	}
	calls->C_FindObjectsFinal(state->session);
	return rc;
}

/* How many keys of that label the token holds now. */
static enum result count_label(struct pkcs11_state *state, const char *label, CK_ULONG *count, struct err *err)
{
	CK_FUNCTION_LIST *calls = state->module->calls;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	char text[OBJECT_LABEL_MAX];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_LABEL, text, strlen(label)}};
	CK_OBJECT_HANDLE objects[2];
	CK_RV rv;

	snprintf(text, sizeof text, "%s", label);
	rv = calls->C_FindObjectsInit(state->session, template, 2);
	if (rv != CKR_OK)
		return failed(state, "C_FindObjectsInit", rv, err);
	rv = calls->C_FindObjects(state->session, objects, 2, count);
	calls->C_FindObjectsFinal(state->session);
	return rv == CKR_OK ? OK : failed(state, "C_FindObjects", rv, err);
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

	return state->module->calls->C_GenerateKey(state->session, &mechanism, template,
						   sizeof template / sizeof *template, object);
}

/* ---- the provider ---- */

static enum result set_up(struct root *root, const char *module, const char *token, const char *label,
			  struct err *err)
{
	struct pkcs11_state *state = calloc(1, sizeof *state);

	root->state = state;
	if (state == NULL)
		return err_no_memory(err);
	state->module_path = strdup(module);
	state->token = strdup(token);
	state->label = strdup(label);
	if (state->module_path == NULL || state->token == NULL || state->label == NULL)
		return err_no_memory(err);
	if (module[0] != '/') {
		err_set(err, ERR_INPUT, "\"%s\" is not the full path of a PKCS #11 module", module);
		return err_mend(err, "give it from the root folder on: a search path could be made to lead elsewhere");
	}
	if (strlen(label) > LABEL_MAX)
		return err_set(err, ERR_INPUT, "the label \"%s\" is longer than %d bytes", label, LABEL_MAX);
	return OK;
}

static enum result pkcs11_create(struct root *root, const struct root_options *options, struct err *err)
{
	struct pkcs11_state *state;
	enum result rc;

	if (options->module == NULL || options->token == NULL || options->label == NULL)
		return err_set(err, ERR_INPUT, "a PKCS #11 root needs a module, a token and a label for its keys");
	rc = set_up(root, options->module, options->token, options->label, err);
	if (rc == OK)
		rc = open_session(root, options->secret_file, err);
	state = root->state;
	if (rc == OK)
		rc = scan(state, err);
	if (rc != OK || state->count == 0)
		return rc;
	err_set(err, ERR_EXISTS, "the token holds keys labelled \"%s-epoch-..\" already", state->label);
	err_where(err, "token \"%s\" of %s", state->token, state->module_path);
	return err_mend(err, "choose another label, unless these are left from a region that is no more: then remove them");
}

static enum result pkcs11_open(struct root *root, const struct root_options *options, const struct json *config,
			       struct err *err)
{
	const char *module, *token, *label;
	enum result rc = root_config_text(config, "module", &module, err);

	if (rc == OK)
		rc = root_config_text(config, "token", &token, err);
	if (rc == OK)
		rc = root_config_text(config, "label", &label, err);
	if (rc == OK)
		rc = set_up(root, module, token, label, err);
	if (rc == OK)
		rc = open_session(root, options->secret_file, err);
	return rc == OK ? scan(root->state, err) : rc;
}

static void pkcs11_close(struct root *root)
{
	struct pkcs11_state *state = root->state;

	if (state == NULL)
		return;
	if (state->in_session)
		state->module->calls->C_CloseSession(state->session); /* the last one logs out */
	if (state->module != NULL)
		module_release(state->module);
	free(state->module_path);
	free(state->token);
	free(state->label);
	free(state);
}

static void pkcs11_write_config(const struct root *root, struct json_writer *w)
{
	const struct pkcs11_state *state = root->state;

	json_string(w, "module", state->module_path);
	json_string(w, "token", state->token);
	json_string(w, "label", state->label);
}

static const char *pkcs11_promise_text(const struct root *root)
{
	if (root->promise == ROOT_FORGETS_OUTSIDE)
		return "The epoch keys are in SoftHSM, which is software and keeps its tokens in files: a destroyed epoch is "
		       "unreadable in every copy that does not include them. A hardware module would cover those too.";
	return "The epoch keys are in a hardware security module and cannot leave it: a destroyed epoch is unreadable in "
	       "every copy anywhere, whole-machine images included, unless the module itself was backed up.";
}

static void pkcs11_epochs(const struct root *root, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count)
{
	const struct pkcs11_state *state = root->state;

	memcpy(epochs, state->epochs, state->count * sizeof *epochs);
	*count = state->count;
}

static enum result pkcs11_epoch_create(struct root *root, uint32_t epoch, struct err *err)
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
		return failed(state, "C_GenerateKey", rv, err);
	remember(state, epoch, object);
	return OK;
}

/* Destroys, then looks again. */
static enum result pkcs11_epoch_destroy(struct root *root, uint32_t epoch, struct err *err)
{
	struct pkcs11_state *state = root->state;
	char label[OBJECT_LABEL_MAX];
	CK_ULONG left = 0;
	CK_RV rv;
	enum result rc;

	if (!has_epoch(state, epoch))
		return OK;
	rv = state->module->calls->C_DestroyObject(state->session, state->objects[place_of(state, epoch)]);
	if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID)
		return failed(state, "C_DestroyObject", rv, err);
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

static enum result pkcs11_wrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
			       const struct key *key, unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len,
			       struct err *err)
{
	const struct pkcs11_state *state = root->state;
	CK_FUNCTION_LIST *calls = state->module->calls;
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
	rv = calls->C_EncryptInit(state->session, &mechanism, object);
	if (rv == CKR_OK)
		rv = calls->C_Encrypt(state->session, plain.bytes, KEY_LEN, out + NONCE_LEN, &len);
	key_wipe(&plain);
	if (rv != CKR_OK)
		return failed(state, "C_Encrypt", rv, err);
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

static enum result pkcs11_unwrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
				 const unsigned char *wrapped, size_t wrapped_len, struct key *out, struct err *err)
{
	const struct pkcs11_state *state = root->state;
	CK_FUNCTION_LIST *calls = state->module->calls;
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
	rv = started = calls->C_DecryptInit(state->session, &mechanism, object);
	if (rv == CKR_OK)
		rv = calls->C_Decrypt(state->session, sealed + NONCE_LEN, sizeof sealed - NONCE_LEN, plain, &len);
	if (rv == CKR_OK && len == KEY_LEN)
		memcpy(out->bytes, plain, KEY_LEN);
	explicit_bzero(plain, sizeof plain);
	if (rv == CKR_OK && len == KEY_LEN)
		return OK;
	if (rv == CKR_OK || (started == CKR_OK && is_bad_tag(rv)))
		return root_damaged(epoch, err);
	return failed(state, "C_Decrypt", rv, err);
}

const struct root_ops root_pkcs11_ops = {
    .name = "pkcs11",
    .create = pkcs11_create,
    .open = pkcs11_open,
    .close = pkcs11_close,
    .write_config = pkcs11_write_config,
    .promise_text = pkcs11_promise_text,
    .epochs = pkcs11_epochs,
    .epoch_create = pkcs11_epoch_create,
    .epoch_destroy = pkcs11_epoch_destroy,
    .wrap = pkcs11_wrap,
    .unwrap = pkcs11_unwrap,
};
