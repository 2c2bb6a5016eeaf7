/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "crypto/root.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/keyfile.h"
#include "crypto/root_provider.h"
#include "shim/json_parse.h"

#define CONFIG_MAX ((size_t)64 * 1024)

static const struct root_ops *const providers[] = {&root_file_ops, &root_passphrase_ops, &root_pkcs11_ops};

/* ---- shared errors ---- */

enum result root_gone(uint32_t epoch, struct err *err)
{
	return err_set(err, ERR_GONE, "the key of epoch %u has been destroyed", epoch);
}

enum result root_exists(uint32_t epoch, struct err *err)
{
	return err_set(err, ERR_EXISTS, "the root has a key for epoch %u already", epoch);
}

enum result root_full(struct err *err)
{
	err_set(err, ERR_LIMIT, "the root keeps %d epochs already, which is the most it can", ROOT_EPOCHS_MAX);
	return err_mend(err, "finish the key rotations that were interrupted; each ends by destroying an old epoch");
}

enum result root_damaged(uint32_t epoch, struct err *err)
{
	err_set(err, ERR_CORRUPT, "a key wrapped in epoch %u does not open: it was changed, or is another region's",
		epoch);
	return err_mend(err, "restore the key store from its last backup, or check that root and key store belong together");
}

/* ---- root.json ---- */

enum result root_config_text(const struct json *config, const char *name, const char **out, struct err *err)
{
	*out = json_get_text(config, name);
	if (*out != NULL && **out != '\0')
		return OK;
	return err_set(err, ERR_CORRUPT, "\"%s\" is missing or is not a text", name);
}

static enum result print_config(const struct root *root, struct buf *out, struct err *err)
{
	struct json_writer w;

	buf_init(out, CONFIG_MAX);
	json_writer_init(&w, out, 2);
	json_begin_object(&w, NULL);
	json_string(&w, "provider", root->ops->name);
	root->ops->write_config(root, &w);
	json_end_object(&w);
	buf_add_char(out, '\n');
	return buf_ok(out, "root.json", err);
}

static enum result save_config(struct root *root, bool first, struct err *err)
{
	struct buf text;
	enum result rc = print_config(root, &text, err);

	if (rc == OK && first)
		rc = keyfile_create(root->config_path, text.data, text.len, err);
	else if (rc == OK)
		rc = keyfile_replace(root->config_path, text.data, text.len, err);
	buf_free(&text);
	return rc;
}

enum result root_save_config(struct root *root, struct err *err)
{
	return save_config(root, false, err);
}

static enum result put_back(struct err *err)
{
	return err_mend(err, "copy root.json back from a backup of this vault; that of a passphrase root is in none, so "
			     "only a copy of your own helps there");
}

static enum result read_config(const char *path, struct pool *pool, const struct json **out, struct err *err)
{
	struct buf text = {0};
	enum result rc = keyfile_clean(path, err);

	if (rc == OK)
		rc = file_read(path, CONFIG_MAX, &text, err);
	if (rc == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, "this region has no root: root.json is missing");
		err_where(err, "%s", path);
		put_back(err);
	} else if (rc == OK) {
		rc = json_parse_once(text.len > 0 ? text.data : "", text.len, pool, out, err);
		if (rc == ERR_INPUT) {
			err->code = rc = ERR_CORRUPT;
			err_where(err, "%s", path);
			put_back(err);
		}
	}
	buf_free(&text);
	return rc;
}

/* ---- opening ---- */

static const struct root_ops *provider_named(const char *name)
{
	for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
		if (name != NULL && strcmp(providers[i]->name, name) == 0)
			return providers[i];
	return NULL;
}

static struct root *root_new(const struct root_ops *ops, const char *config_path)
{
	struct root *root = calloc(1, sizeof *root);

	if (root == NULL)
		return NULL;
	*root = (struct root){.ops = ops, .config_path = strdup(config_path), .promise = ROOT_CANNOT_FORGET};
	if (root->config_path != NULL)
		return root;
	free(root);
	return NULL;
}

void root_close(struct root *root)
{
	if (root == NULL)
		return;
	root->ops->close(root);
	free(root->config_path);
	free(root);
}

static enum result check_create(const struct root_options *options, const struct root_ops **ops, struct err *err)
{
	*ops = provider_named(options->provider);
	if (*ops == NULL) {
		err_set(err, ERR_INPUT, "there is no root provider \"%s\"", options->provider ? options->provider : "");
		return err_mend(err, "choose \"file\", \"passphrase\" or \"pkcs11\"");
	}
	if (!file_exists(options->config_path))
		return OK;
	err_set(err, ERR_EXISTS, "this region has a root already");
	return err_where(err, "%s", options->config_path);
}

enum result root_create(const struct root_options *options, struct root **out, struct err *err)
{
	const struct root_ops *ops;
	struct root *root;
	enum result rc = check_create(options, &ops, err);

	if (rc != OK)
		return rc;
	root = root_new(ops, options->config_path);
	if (root == NULL)
		return err_no_memory(err);
	rc = ops->create(root, options, err);
	if (rc == OK) {
		rc = save_config(root, true, err);
		if (rc != OK && ops->undo_create != NULL)
			ops->undo_create(root);
	}
	if (rc != OK)
		root_close(root);
	else
		*out = root;
	return rc;
}

static enum result open_with(const struct root_options *options, const struct json *config, struct root **out,
			     struct err *err)
{
	const char *name;
	struct root *root;
	const struct root_ops *ops;
	enum result rc = root_config_text(config, "provider", &name, err);

	if (rc != OK) {
		err_where(err, "%s", options->config_path);
		return put_back(err);
	}
	ops = provider_named(name);
	if (ops == NULL) {
		err_set(err, ERR_UNSUPPORTED, "this version knows no root provider \"%s\"", name);
		return err_where(err, "%s", options->config_path);
	}
	root = root_new(ops, options->config_path);
	if (root == NULL)
		return err_no_memory(err);
	rc = ops->open(root, options, config, err);
	if (rc == ERR_CORRUPT && err->where[0] == '\0')
		err_where(err, "%s", options->config_path);
	if (rc != OK)
		root_close(root);
	else
		*out = root;
	return rc;
}

enum result root_open(const struct root_options *options, struct root **out, struct err *err)
{
	struct pool pool;
	const struct json *config;
	enum result rc;

	pool_init(&pool, 1 << 20);
	rc = read_config(options->config_path, &pool, &config, err);
	if (rc == OK)
		rc = open_with(options, config, out, err);
	pool_free(&pool);
	return rc;
}

/* ---- the rest goes to the provider ---- */

const char *root_provider(const struct root *root)
{
	return root->ops->name;
}

enum root_promise root_promise(const struct root *root)
{
	return root->promise;
}

const char *root_promise_text(const struct root *root)
{
	return root->ops->promise_text(root);
}

enum result root_epochs(struct root *root, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count, struct err *err)
{
	(void)err; /* every provider so far knows its epochs from when it was opened */
	root->ops->epochs(root, epochs, count);
	return OK;
}

enum result root_epoch_create(struct root *root, uint32_t epoch, struct err *err)
{
	if (epoch == 0)
		return err_set(err, ERR_INPUT, "epochs are counted from 1");
	return root->ops->epoch_create(root, epoch, err);
}

enum result root_epoch_destroy(struct root *root, uint32_t epoch, struct err *err)
{
	return root->ops->epoch_destroy(root, epoch, err);
}

enum result root_wrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len, const struct key *key,
		      unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len, struct err *err)
{
	return root->ops->wrap(root, epoch, aad, aad_len, key, out, out_len, err);
}

enum result root_unwrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
			const unsigned char *wrapped, size_t wrapped_len, struct key *out, struct err *err)
{
	return root->ops->unwrap(root, epoch, aad, aad_len, wrapped, wrapped_len, out, err);
}
