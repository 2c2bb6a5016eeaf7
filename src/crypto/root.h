/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The root: who keeps the epoch keys, and can it forget?
 *
 * A provider holds one key per living epoch (two during a rotation) and wraps
 * account keys with it.  It never hands an epoch key out.  Three are built in,
 * one file each: root_file.c, root_passphrase.c, root_pkcs11.c.
 */
#ifndef LETHE_CRYPTO_ROOT_H
#define LETHE_CRYPTO_ROOT_H

#include <stdbool.h>
#include "base/buf.h"
#include "base/json.h"
#include "crypto/primitives.h"

#define ROOT_EPOCHS_MAX 16
#define ROOT_WRAPPED_MAX 128

/* What forgetting an epoch key covers; `keys status` prints it. */
enum root_promise {
	ROOT_FORGETS_EVERYWHERE, /* HSM, KMS: every copy, whole-machine images included */
	ROOT_FORGETS_OUTSIDE,    /* file outside data and backups: every copy without that file */
	ROOT_CANNOT_FORGET,      /* passphrase; file inside the data folder: only what destroyed keys cover here */
};

struct root; /* one open provider */

/* How to open one; no secret in it.  It is stored as JSON in the region's root.json:
 * {"provider":"file","path":"/etc/lethe/eu.root"}
 * {"provider":"passphrase","salt":"..hex..","passes":3,"memory":67108864,"epochs":[{"epoch":1,"wrapped":"..hex.."}]}
 * {"provider":"pkcs11","module":"/usr/lib/softhsm/libsofthsm2.so","token":"lethe","label":"lethe-<vault id>"} */
struct root_options {
	const char *provider;        /* "file", "passphrase", "pkcs11" */
	const char *config_path;     /* root.json, in the region's folder */
	const char *data_dir;        /* to judge whether a file root lies inside it */
	const char *file_path;       /* file: where the epoch keys are */
	const char *module, *token, *label;   /* pkcs11 */
	const char *secret_file;     /* passphrase or PIN, one line; NULL: ask on the terminal, "-" standard input */
};

/* Creates the provider's state (an empty file of mode 0600, ..) and root.json. ERR_EXISTS when it is there.
 * No epoch yet. */
MUST_CHECK enum result root_create(const struct root_options *options, struct root **out, struct err *err);
/* Opens by root.json; only config_path, data_dir and secret_file of the options are read.
 * A file root that is not mode 0600 or not ours is refused (ERR_DENIED) with the chmod to run. */
MUST_CHECK enum result root_open(const struct root_options *options, struct root **out, struct err *err);
void root_close(struct root *root); /* wipes */

const char *root_provider(const struct root *root);
enum root_promise root_promise(const struct root *root);
/* One sentence for people, of what this root can promise and what would be stronger. */
const char *root_promise_text(const struct root *root);

/* The epochs that exist, ascending. */
MUST_CHECK enum result root_epochs(struct root *root, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count, struct err *err);
/* Makes the key of `epoch`, durably. ERR_EXISTS when it is there. */
MUST_CHECK enum result root_epoch_create(struct root *root, uint32_t epoch, struct err *err);
/* Destroys it, durably and as thoroughly as the provider can. Destroying what is gone is OK. */
MUST_CHECK enum result root_epoch_destroy(struct root *root, uint32_t epoch, struct err *err);
/* AES-256-GCM under the epoch key. ERR_GONE when that epoch is destroyed. */
MUST_CHECK enum result root_wrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
				 const struct key *key, unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len,
				 struct err *err);
MUST_CHECK enum result root_unwrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
				   const unsigned char *wrapped, size_t wrapped_len, struct key *out, struct err *err);

#endif
