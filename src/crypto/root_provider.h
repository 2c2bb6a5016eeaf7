/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a root provider is to root.c, and what the two that keep epoch keys
 * themselves (file, passphrase) share.  Only root*.c and their tests look here.
 */
#ifndef LETHE_CRYPTO_ROOT_PROVIDER_H
#define LETHE_CRYPTO_ROOT_PROVIDER_H

#include "crypto/root.h"

/* `create` and `open` set root->state and root->promise; after a failure of theirs `close` is called too.
 * All members are required but `undo_create`. */
struct root_ops {
	const char *name;
	enum result (*create)(struct root *root, const struct root_options *options, struct err *err);
	/* Removes what `create` made outside root.json, when root.json cannot be written. */
	void (*undo_create)(struct root *root);
	/* `config` lives as long as the call. */
	enum result (*open)(struct root *root, const struct root_options *options, const struct json *config,
			    struct err *err);
	void (*close)(struct root *root); /* root->state may be NULL */
	void (*write_config)(const struct root *root, struct json_writer *w); /* members after "provider" */
	const char *(*promise_text)(const struct root *root);
	void (*epochs)(const struct root *root, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count);
	enum result (*epoch_create)(struct root *root, uint32_t epoch, struct err *err);
	enum result (*epoch_destroy)(struct root *root, uint32_t epoch, struct err *err);
	enum result (*wrap)(struct root *root, uint32_t epoch, const void *aad, size_t aad_len, const struct key *key,
			    unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len, struct err *err);
	enum result (*unwrap)(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
			      const unsigned char *wrapped, size_t wrapped_len, struct key *out, struct err *err);
};

struct root {
	const struct root_ops *ops;
	char *config_path;
	enum root_promise promise;
	void *state; /* the provider's own */
};

extern const struct root_ops root_file_ops, root_passphrase_ops, root_pkcs11_ops;

/* Rewrites root.json, forgetting what it held: for a provider that keeps state there. */
MUST_CHECK enum result root_save_config(struct root *root, struct err *err);
/* A text member of root.json. ERR_CORRUPT when it is absent or empty. */
MUST_CHECK enum result root_config_text(const struct json *config, const char *name, const char **out, struct err *err);

/* Shared errors: epoch destroyed or never made; epoch there already; too many epochs; a wrapped key that is damaged. */
enum result root_gone(uint32_t epoch, struct err *err);
enum result root_exists(uint32_t epoch, struct err *err);
enum result root_full(struct err *err);
enum result root_damaged(uint32_t epoch, struct err *err);

/* ---- epoch keys held by us; in locked memory (sodium_malloc) ---- */

struct root_keys {
	size_t count;
	uint32_t epochs[ROOT_EPOCHS_MAX]; /* ascending */
	struct key keys[ROOT_EPOCHS_MAX];
};

/* NULL when there is none. */
const struct key *root_keys_find(const struct root_keys *keys, uint32_t epoch);
/* ERR_EXISTS, ERR_LIMIT. */
MUST_CHECK enum result root_keys_add(struct root_keys *keys, uint32_t epoch, const struct key *key, struct err *err);
void root_keys_remove(struct root_keys *keys, uint32_t epoch); /* wipes; nothing when absent */
/* Makes or removes an epoch's key and saves; when saving fails the keys are as before, so that trying again works.
 * Removing what is absent is OK and saves nothing. */
typedef enum result root_save(struct root *root, struct err *err);
MUST_CHECK enum result root_keys_create(struct root_keys *keys, uint32_t epoch, root_save *save, struct root *root,
					struct err *err);
MUST_CHECK enum result root_keys_destroy(struct root_keys *keys, uint32_t epoch, root_save *save, struct root *root,
					 struct err *err);
void root_keys_list(const struct root_keys *keys, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count);
MUST_CHECK enum result root_keys_wrap(const struct root_keys *keys, uint32_t epoch, const void *aad, size_t aad_len,
				      const struct key *key, unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len,
				      struct err *err);
MUST_CHECK enum result root_keys_unwrap(const struct root_keys *keys, uint32_t epoch, const void *aad, size_t aad_len,
					const unsigned char *wrapped, size_t wrapped_len, struct key *out,
					struct err *err);

/* ---- the text of a root file ----
 *
 *     lethe-root 1
 *     # comments and empty lines, anywhere after the first line
 *     epoch 7 <64 hexadecimal digits>
 *     end
 *
 * Epochs ascend. "end" is the last line, so that a file cut short is noticed. */
#define ROOT_FILE_MAX ((size_t)16 * 1024)
/* ERR_CORRUPT tells what and on which line; `keys` is then empty and wiped. */
MUST_CHECK enum result root_file_parse(const char *text, size_t len, struct root_keys *keys, struct err *err);
void root_file_print(const struct root_keys *keys, struct buf *out);

#endif
