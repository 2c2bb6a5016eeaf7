/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A session with one token of a PKCS #11 v2.40 module: loading, finding,
 * logging in, and saying what went wrong.  What is done with it is root_pkcs11.c's.
 */
#ifndef LETHE_CRYPTO_PKCS11_H
#define LETHE_CRYPTO_PKCS11_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include "base/err.h"

struct pkcs11_module;

/* Zeroed at first. One thread at a time; several may share a module. */
struct pkcs11 {
	char *module_path, *token;    /* owned */
	struct pkcs11_module *module; /* shared with others of the same path; NULL: not loaded */
	CK_FUNCTION_LIST *calls;
	CK_SESSION_HANDLE session;
	bool in_session;
	bool is_software; /* SoftHSM: a token in files, whatever its module says */
};

/* Opens a read-write session and logs in as the user; the PIN as secret_read (crypto/secret.h) reads it. `module` is a
 * full path, `token` the token's label. ERR_NOT_FOUND: no such module or token. ERR_DENIED: the PIN.
 * ERR_UNSUPPORTED: no module, or a token without AES-GCM. pkcs11_close is due after a failure as well. */
MUST_CHECK enum result pkcs11_open(struct pkcs11 *p, const char *module, const char *token, const char *secret_file,
				   struct err *err);
void pkcs11_close(struct pkcs11 *p);
/* The error of a call that returned `rv`, by its CKR_ name, with what to do about it. */
enum result pkcs11_failed(const struct pkcs11 *p, const char *call, CK_RV rv, struct err *err);
/* Says which token as the error's place. */
enum result pkcs11_where(const struct pkcs11 *p, struct err *err);

#endif
