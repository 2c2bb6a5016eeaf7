/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto/pkcs11.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

#define SLOTS_MAX 64

/* A loaded library. C_Initialize is per process, so that all roots of one module share it; it is finalised with the
 * last of them and stays loaded, since modules leave exit handlers behind. */
struct pkcs11_module {
	struct pkcs11_module *next;
	char *path;
	void *library;
	CK_FUNCTION_LIST *calls;
	unsigned users;
	bool ours; /* initialised by us, and so finalised by us */
};

static pthread_mutex_t modules_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pkcs11_module *modules;

/* ---- errors ---- */

struct reason { CK_RV rv; enum result code; const char *name, *mend; };

static const struct reason reasons[] = {
    {CKR_HOST_MEMORY, ERR_NO_MEMORY, "CKR_HOST_MEMORY", "free some memory"},
    {CKR_GENERAL_ERROR, ERR_IO, "CKR_GENERAL_ERROR",
     "look into the log of the module; its own configuration is often the cause"},
    {CKR_FUNCTION_FAILED, ERR_IO, "CKR_FUNCTION_FAILED", "look into the log of the module"},
    {CKR_ARGUMENTS_BAD, ERR_IO, "CKR_ARGUMENTS_BAD", "check that the module implements PKCS #11 v2.40"},
    {CKR_ATTRIBUTE_VALUE_INVALID, ERR_UNSUPPORTED, "CKR_ATTRIBUTE_VALUE_INVALID",
     "check that the token's policy allows AES-256 keys that encrypt and decrypt"},
    {CKR_DEVICE_ERROR, ERR_IO, "CKR_DEVICE_ERROR", "check the device and its connection"},
    {CKR_DEVICE_MEMORY, ERR_FULL, "CKR_DEVICE_MEMORY", "remove objects that are not used from the token"},
    {CKR_DEVICE_REMOVED, ERR_IO, "CKR_DEVICE_REMOVED", "connect the device again and restart Lethe"},
    {CKR_ENCRYPTED_DATA_INVALID, ERR_CORRUPT, "CKR_ENCRYPTED_DATA_INVALID", NULL},
    {CKR_ENCRYPTED_DATA_LEN_RANGE, ERR_CORRUPT, "CKR_ENCRYPTED_DATA_LEN_RANGE", NULL},
    {CKR_FUNCTION_NOT_SUPPORTED, ERR_UNSUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED",
     "use a module that generates AES keys and encrypts"},
    {CKR_KEY_HANDLE_INVALID, ERR_GONE, "CKR_KEY_HANDLE_INVALID", NULL},
    {CKR_OBJECT_HANDLE_INVALID, ERR_GONE, "CKR_OBJECT_HANDLE_INVALID", NULL},
    {CKR_MECHANISM_INVALID, ERR_UNSUPPORTED, "CKR_MECHANISM_INVALID",
     "use a module that offers CKM_AES_GCM and CKM_AES_KEY_GEN"},
    {CKR_MECHANISM_PARAM_INVALID, ERR_UNSUPPORTED, "CKR_MECHANISM_PARAM_INVALID",
     "use a module that takes a 96-bit IV from its caller; in FIPS mode some do not"},
    {CKR_PIN_INCORRECT, ERR_DENIED, "CKR_PIN_INCORRECT",
     "check the PIN; a token locks itself after a few wrong ones"},
    {CKR_PIN_INVALID, ERR_DENIED, "CKR_PIN_INVALID", "check the PIN"},
    {CKR_PIN_LEN_RANGE, ERR_DENIED, "CKR_PIN_LEN_RANGE",
     "check the PIN: no PIN of this token has that length"},
    {CKR_PIN_EXPIRED, ERR_DENIED, "CKR_PIN_EXPIRED", "set a new PIN with the token's own tool"},
    {CKR_PIN_LOCKED, ERR_DENIED, "CKR_PIN_LOCKED", "unlock the token with its security officer's PIN"},
    {CKR_SESSION_CLOSED, ERR_IO, "CKR_SESSION_CLOSED", "restart Lethe"},
    {CKR_SESSION_COUNT, ERR_BUSY, "CKR_SESSION_COUNT", "close other programs that use the token"},
    {CKR_SESSION_HANDLE_INVALID, ERR_IO, "CKR_SESSION_HANDLE_INVALID",
     "the connection to the device was lost: restart Lethe"},
    {CKR_TEMPLATE_INCONSISTENT, ERR_UNSUPPORTED, "CKR_TEMPLATE_INCONSISTENT",
     "check that the token's policy allows sensitive AES-256 keys that encrypt and decrypt"},
    {CKR_TOKEN_NOT_PRESENT, ERR_IO, "CKR_TOKEN_NOT_PRESENT", "insert the token"},
    {CKR_TOKEN_NOT_RECOGNIZED, ERR_IO, "CKR_TOKEN_NOT_RECOGNIZED", "initialise the token with its own tool"},
    {CKR_TOKEN_WRITE_PROTECTED, ERR_DENIED, "CKR_TOKEN_WRITE_PROTECTED", "allow writing to the token"},
    {CKR_USER_NOT_LOGGED_IN, ERR_DENIED, "CKR_USER_NOT_LOGGED_IN",
     "restart Lethe; something else has logged out of the token"},
    {CKR_USER_PIN_NOT_INITIALIZED, ERR_DENIED, "CKR_USER_PIN_NOT_INITIALIZED",
     "set the user PIN with the token's own tool"},
    {CKR_CRYPTOKI_NOT_INITIALIZED, ERR_IO, "CKR_CRYPTOKI_NOT_INITIALIZED", "restart Lethe"},
};

enum result pkcs11_where(const struct pkcs11 *p, struct err *err)
{
	return err_where(err, "token \"%s\" of %s", p->token, p->module_path);
}

enum result pkcs11_failed(const struct pkcs11 *p, const char *call, CK_RV rv, struct err *err)
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
	return pkcs11_where(p, err);
}

/* ---- modules ---- */

static enum result load(const struct pkcs11 *p, struct pkcs11_module *m, struct err *err)
{
	CK_C_GetFunctionList get = NULL;

	m->library = dlopen(p->module_path, RTLD_NOW | RTLD_LOCAL);
	if (m->library == NULL) {
		err_set(err, ERR_NOT_FOUND, "cannot load the PKCS #11 module: %s", dlerror());
		return err_mend(err, "give the full path of the module that came with the device");
	}
	*(void **)&get = dlsym(m->library, "C_GetFunctionList");
	if (get != NULL && get(&m->calls) == CKR_OK && m->calls != NULL)
		return OK;
	dlclose(m->library);
	err_set(err, ERR_UNSUPPORTED, "the library is not a PKCS #11 module: it has no C_GetFunctionList");
	return err_where(err, "%s", p->module_path);
}

static enum result initialize(const struct pkcs11 *p, struct pkcs11_module *module, struct err *err)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	CK_RV rv = module->calls->C_Initialize(&args);

	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return pkcs11_failed(p, "C_Initialize", rv, err);
	module->ours = rv == CKR_OK;
	return OK;
}

static struct pkcs11_module *module_find(const char *path)
{
	struct pkcs11_module *m = modules;

	while (m != NULL && strcmp(m->path, path) != 0)
		m = m->next;
	return m;
}

static enum result module_load(const struct pkcs11 *p, struct pkcs11_module **out, struct err *err)
{
	struct pkcs11_module *m = calloc(1, sizeof *m);
	enum result rc;

	if (m == NULL || (m->path = strdup(p->module_path)) == NULL) {
		free(m);
		return err_no_memory(err);
	}
	rc = load(p, m, err);
	if (rc != OK) {
		free(m->path);
		free(m);
		return rc;
	}
	m->next = modules;
	modules = *out = m;
	return OK;
}

static enum result module_acquire(struct pkcs11 *p, struct err *err)
{
	struct pkcs11_module *m;
	enum result rc = OK;

	pthread_mutex_lock(&modules_lock);
	m = module_find(p->module_path);
	if (m == NULL)
		rc = module_load(p, &m, err);
	if (rc == OK && m->users == 0)
		rc = initialize(p, m, err);
	if (rc == OK) {
		m->users++;
		p->module = m;
		p->calls = m->calls;
	}
	pthread_mutex_unlock(&modules_lock);
	return rc;
}

static void module_release(struct pkcs11_module *m)
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

static enum result no_token(const struct pkcs11 *p, int found, struct err *err)
{
	if (found == 0) {
		err_set(err, ERR_NOT_FOUND, "the module shows no token labelled \"%s\"", p->token);
		err_mend(err, "list the tokens: pkcs11-tool --module %s --list-token-slots", p->module_path);
	} else {
		err_set(err, ERR_INPUT, "the module shows %d tokens labelled \"%s\"", found, p->token);
		err_mend(err, "give each token a label of its own");
	}
	return err_where(err, "%s", p->module_path);
}

static enum result find_token(struct pkcs11 *p, CK_SLOT_ID *slot, struct err *err)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	int found = 0;
	CK_RV rv = p->calls->C_GetSlotList(CK_TRUE, slots, &count);

	if (rv != CKR_OK)
		return pkcs11_failed(p, "C_GetSlotList", rv, err);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info;

		if (p->calls->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    !padded_equal(info.label, sizeof info.label, p->token))
			continue;
		*slot = slots[i];
		p->is_software = memcmp(info.manufacturerID, "SoftHSM", 7) == 0;
		found++;
	}
	return found == 1 ? OK : no_token(p, found, err);
}

/* Said when the root is opened, not at the first rotation at night. */
static enum result check_mechanisms(const struct pkcs11 *p, CK_SLOT_ID slot, struct err *err)
{
	CK_MECHANISM_INFO gcm, generate;

	if (p->calls->C_GetMechanismInfo(slot, CKM_AES_GCM, &gcm) == CKR_OK &&
	    (gcm.flags & CKF_ENCRYPT) != 0 && (gcm.flags & CKF_DECRYPT) != 0 &&
	    p->calls->C_GetMechanismInfo(slot, CKM_AES_KEY_GEN, &generate) == CKR_OK)
		return OK;
	err_set(err, ERR_UNSUPPORTED, "the token does not offer AES-GCM and the generation of AES keys");
	pkcs11_where(p, err);
	return err_mend(err, "use a token that lists CKM_AES_GCM and CKM_AES_KEY_GEN: pkcs11-tool --module %s -M",
			p->module_path);
}

static enum result log_in(const struct pkcs11 *p, const char *secret_file, struct err *err)
{
	struct secret pin;
	CK_RV rv;
	enum result rc = secret_read(secret_file, "PIN of the token", false, &pin, err);

	if (rc != OK)
		return rc;
	rv = p->calls->C_Login(p->session, CKU_USER, (unsigned char *)pin.text, pin.len);
	secret_wipe(&pin);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return pkcs11_failed(p, "C_Login", rv, err);
	return OK;
}

static enum result open_session(struct pkcs11 *p, struct err *err)
{
	CK_SLOT_ID slot = 0;
	CK_RV rv;
	enum result rc = find_token(p, &slot, err);

	if (rc == OK)
		rc = check_mechanisms(p, slot, err);
	if (rc != OK)
		return rc;
	rv = p->calls->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &p->session);
	if (rv != CKR_OK)
		return pkcs11_failed(p, "C_OpenSession", rv, err);
	p->in_session = true;
	return OK;
}

enum result pkcs11_open(struct pkcs11 *p, const char *module, const char *token, const char *secret_file,
			struct err *err)
{
	enum result rc;

	p->module_path = strdup(module);
	p->token = strdup(token);
	if (p->module_path == NULL || p->token == NULL)
		return err_no_memory(err);
	if (module[0] != '/') {
		err_set(err, ERR_INPUT, "\"%s\" is not the full path of a PKCS #11 module", module);
		return err_mend(err, "give it from the root folder on: a search path could be made to lead elsewhere");
	}
	rc = module_acquire(p, err);
	if (rc == OK)
		rc = open_session(p, err);
	return rc == OK ? log_in(p, secret_file, err) : rc;
}

void pkcs11_close(struct pkcs11 *p)
{
	if (p->in_session)
		p->calls->C_CloseSession(p->session); /* the last one logs out */
	if (p->module != NULL)
		module_release(p->module);
	free(p->module_path);
	free(p->token);
	*p = (struct pkcs11){0};
}
