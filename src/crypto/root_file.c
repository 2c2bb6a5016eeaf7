/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Epoch keys in a file. It forgets as well as its disk does, and in every copy
 * that does not hold this file: so it belongs outside data and backups.
 */
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "crypto/root_provider.h"

#define FIRST_LINE "lethe-root 1"

struct file_state {
	char *path; /* absolute, without links in its folders */
	struct root_keys *keys;
};

/* ---- the text ---- */

struct line { const char *text; size_t len; };

static bool next_line(const char **at, const char *end, struct line *line)
{
	const char *stop;

	if (*at == end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	*line = (struct line){*at, (size_t)((stop != NULL ? stop : end) - *at)};
	*at = stop != NULL ? stop + 1 : end;
	return true;
}

static bool is(struct line line, const char *text)
{
	return line.len == strlen(text) && memcmp(line.text, text, line.len) == 0;
}

/* "epoch N HEX": digits without sign or leading zero, one space, 64 hexadecimal digits. */
static bool parse_epoch(struct line line, uint32_t *epoch, struct key *key)
{
	static const char word[] = "epoch ";
	const char *at = line.text + sizeof word - 1, *end = line.text + line.len;
	uint64_t number = 0;
	size_t len = 0;

	if (line.len < sizeof word || memcmp(line.text, word, sizeof word - 1) != 0 || *at == '0')
		return false;
	for (; at < end && *at >= '0' && *at <= '9' && number <= UINT32_MAX; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	if (number == 0 || number > UINT32_MAX || at == end || *at != ' ' || end - ++at != 2 * KEY_LEN)
		return false;
	*epoch = (uint32_t)number;
	return sodium_hex2bin(key->bytes, KEY_LEN, at, 2 * KEY_LEN, NULL, &len, NULL) == 0 && len == KEY_LEN;
}

static enum result add_epoch(struct root_keys *keys, struct line line, int number, struct err *err)
{
	struct key key = {{0}};
	uint32_t epoch;
	enum result rc = OK;

	if (!parse_epoch(line, &epoch, &key))
		rc = err_set(err, ERR_CORRUPT, "line %d of the root file is not \"epoch NUMBER KEY\", with a key of %d "
			     "hexadecimal digits", number, 2 * KEY_LEN);
	else if (keys->count > 0 && keys->epochs[keys->count - 1] >= epoch)
		rc = err_set(err, ERR_CORRUPT, "line %d of the root file: epoch %u does not follow %u", number, epoch,
			     keys->epochs[keys->count - 1]);
	else if (keys->count == ROOT_EPOCHS_MAX)
		rc = err_set(err, ERR_CORRUPT, "line %d of the root file: more than %d epochs", number, ROOT_EPOCHS_MAX);
	else
		rc = root_keys_add(keys, epoch, &key, err);
	key_wipe(&key);
	return rc;
}

static enum result parse_lines(const char *text, size_t len, struct root_keys *keys, struct err *err)
{
	const char *at = text, *end = text + len;
	struct line line;
	bool ended = false;
	enum result rc;

	if (!next_line(&at, end, &line) || !is(line, FIRST_LINE))
		return err_set(err, ERR_CORRUPT, "the root file does not begin with the line \"%s\"", FIRST_LINE);
	for (int number = 2; next_line(&at, end, &line); number++) {
		if (line.len == 0 || line.text[0] == '#')
			continue;
		if (ended)
			return err_set(err, ERR_CORRUPT, "line %d of the root file comes after \"end\"", number);
		ended = is(line, "end");
		rc = ended ? OK : add_epoch(keys, line, number, err);
		if (rc != OK)
			return rc;
	}
	if (!ended)
		return err_set(err, ERR_CORRUPT, "the root file has no line \"end\": it was cut short");
	return OK;
}

enum result root_file_parse(const char *text, size_t len, struct root_keys *keys, struct err *err)
{
	enum result rc;

	sodium_memzero(keys, sizeof *keys);
	rc = parse_lines(text, len, keys, err);
	if (rc == OK)
		return OK;
	sodium_memzero(keys, sizeof *keys);
	return err_mend(err, "put the file back as it was; its keys are all that opens this region");
}

void root_file_print(const struct root_keys *keys, struct buf *out)
{
	char hex[2 * KEY_LEN + 1];

	buf_add_str(out, FIRST_LINE "\n"
			 "# The epoch keys of a Lethe region, written by Lethe. Keep this file outside the data folder and\n"
			 "# outside every backup: what was erased stays readable wherever an old copy of it survives.\n");
	for (size_t i = 0; i < keys->count; i++) {
		sodium_bin2hex(hex, sizeof hex, keys->keys[i].bytes, KEY_LEN);
		buf_printf(out, "epoch %u ", keys->epochs[i]);
		buf_add(out, hex, 2 * KEY_LEN);
		buf_add_char(out, '\n');
	}
	buf_add_str(out, "end\n");
	sodium_memzero(hex, sizeof hex);
}

/* ---- the file ---- */

typedef enum result store_text(const char *path, const void *data, size_t len, struct err *err);

static enum result save(const struct file_state *state, store_text *store, struct err *err)
{
	struct buf text;
	enum result rc;

	buf_init(&text, ROOT_FILE_MAX);
	root_file_print(state->keys, &text);
	rc = buf_ok(&text, "the root file", err);
	if (rc == OK)
		rc = store(state->path, text.data, text.len, err);
	buf_free(&text);
	return rc;
}

static enum result load(const struct file_state *state, struct err *err)
{
	struct buf text;
	enum result rc = keyfile_read(state->path, ROOT_FILE_MAX, &text, err);

	if (rc == OK) {
		rc = root_file_parse(text.len > 0 ? text.data : "", text.len, state->keys, err);
		if (rc != OK)
			err_where(err, "%s", state->path);
	}
	buf_free(&text);
	return rc == OK ? keyfile_clean(state->path, err) : rc;
}

/* ---- where it lies ---- */

/* The folder resolved, the name as it is: the file need not be there yet. malloc'd. */
static enum result resolve(const char *path, char **out, struct err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	char folder[PATH_MAX], real[PATH_MAX];

	*out = NULL;
	if (*name == '\0' || strlen(path) >= PATH_MAX)
		return err_set(err, ERR_INPUT, "\"%s\" is not the path of a file", path);
	snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(name - path), path);
	if (realpath(slash != NULL ? folder : ".", real) == NULL) {
		err_sys(err, "cannot find the folder of the root file");
		return err_where(err, "%s", path);
	}
	if (asprintf(out, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) >= 0)
		return OK;
	*out = NULL;
	return err_no_memory(err);
}

/* Not knowing counts as inside: never promise more. */
static bool lies_inside(const char *path, const char *folder)
{
	char real[PATH_MAX];
	size_t len;

	if (folder == NULL || realpath(folder, real) == NULL)
		return true;
	len = strlen(real);
	return strncmp(path, real, len) == 0 && (path[len] == '/' || len == 1);
}

static enum result set_up(struct root *root, const char *path, const char *data_dir, struct err *err)
{
	struct file_state *state = calloc(1, sizeof *state);
	enum result rc;

	root->state = state;
	if (state == NULL)
		return err_no_memory(err);
	state->keys = sodium_malloc(sizeof *state->keys);
	if (state->keys == NULL)
		return err_no_memory(err);
	sodium_memzero(state->keys, sizeof *state->keys);
	rc = resolve(path, &state->path, err);
	if (rc == OK)
		root->promise = lies_inside(state->path, data_dir) ? ROOT_CANNOT_FORGET : ROOT_FORGETS_OUTSIDE;
	return rc;
}

/* ---- the provider ---- */

/* A root file without a key opens nothing: the making of a vault that was stopped left it. `err` says that it
 * exists. */
static enum result adopt(const struct file_state *state, struct err *err)
{
	struct err ignored;

	if (load(state, &ignored) == OK && state->keys->count == 0)
		return OK;
	sodium_memzero(state->keys, sizeof *state->keys);
	return err_mend(err, "it may hold the keys of another vault: choose another file with --root file:PATH");
}

/* Found there later it is opened, and promises less; but nobody wants to begin so. */
static enum result refuse_inside(const struct file_state *state, struct err *err)
{
	err_set(err, ERR_INPUT, "the root file would lie inside the data folder: whoever copies the one has the other");
	err_where(err, "%s", state->path);
	return err_mend(err, "put it outside, where no backup takes it along: --root file:/etc/lethe/NAME.root");
}

static enum result file_create(struct root *root, const struct root_options *options, struct err *err)
{
	enum result rc;

	if (options->file_path == NULL) {
		err_set(err, ERR_INPUT, "a file root needs the path of its file");
		return err_mend(err, "name one outside the data folder and outside backups, as /etc/lethe/NAME.root");
	}
	rc = set_up(root, options->file_path, options->data_dir, err);
	if (rc == OK && options->data_dir != NULL && root->promise == ROOT_CANNOT_FORGET)
		return refuse_inside(root->state, err);
	if (rc == OK)
		rc = save(root->state, keyfile_create, err);
	return rc == ERR_EXISTS ? adopt(root->state, err) : rc;
}

static void file_undo_create(struct root *root)
{
	const struct file_state *state = root->state;
	struct err ignored;

	if (keyfile_destroy(state->path, &ignored) != OK)
		return; /* why root.json could not be written is the thing to tell */
}

static enum result file_open(struct root *root, const struct root_options *options, const struct json *config,
			     struct err *err)
{
	const char *path;
	enum result rc = root_config_text(config, "path", &path, err);

	if (rc == OK)
		rc = set_up(root, path, options->data_dir, err);
	return rc == OK ? load(root->state, err) : rc;
}

static void file_close(struct root *root)
{
	struct file_state *state = root->state;

	if (state == NULL)
		return;
	sodium_free(state->keys); /* wipes */
	free(state->path);
	free(state);
}

static void file_write_config(const struct root *root, struct json_writer *w)
{
	const struct file_state *state = root->state;

	json_string(w, "path", state->path);
}

static const char *file_promise_text(const struct root *root)
{
	if (root->promise == ROOT_FORGETS_OUTSIDE)
		return "The epoch keys are in a file outside the data folder: a destroyed epoch is unreadable in every copy "
		       "that does not include that file. Keep it out of backups and snapshots; an HSM would cover those too.";
	return "The epoch keys are in a file inside the data folder, so whoever copies the folder copies the keys: only "
	       "what is destroyed here is gone. Move the file outside the data folder and its backups, or use an HSM.";
}

static void file_epochs(const struct root *root, uint32_t epochs[ROOT_EPOCHS_MAX], size_t *count)
{
	const struct file_state *state = root->state;

	root_keys_list(state->keys, epochs, count);
}

static enum result file_save(struct root *root, struct err *err)
{
	return save(root->state, keyfile_replace, err);
}

static enum result file_epoch_create(struct root *root, uint32_t epoch, struct err *err)
{
	struct file_state *state = root->state;

	return root_keys_create(state->keys, epoch, file_save, root, err);
}

static enum result file_epoch_destroy(struct root *root, uint32_t epoch, struct err *err)
{
	struct file_state *state = root->state;

	return root_keys_destroy(state->keys, epoch, file_save, root, err);
}

static enum result file_wrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len, const struct key *key,
			     unsigned char out[ROOT_WRAPPED_MAX], size_t *out_len, struct err *err)
{
	const struct file_state *state = root->state;

	return root_keys_wrap(state->keys, epoch, aad, aad_len, key, out, out_len, err);
}

static enum result file_unwrap(struct root *root, uint32_t epoch, const void *aad, size_t aad_len,
			       const unsigned char *wrapped, size_t wrapped_len, struct key *out, struct err *err)
{
	const struct file_state *state = root->state;

	return root_keys_unwrap(state->keys, epoch, aad, aad_len, wrapped, wrapped_len, out, err);
}

const struct root_ops root_file_ops = {
    .name = "file",
    .create = file_create,
    .undo_create = file_undo_create,
    .open = file_open,
    .close = file_close,
    .write_config = file_write_config,
    .promise_text = file_promise_text,
    .epochs = file_epochs,
    .epoch_create = file_epoch_create,
    .epoch_destroy = file_epoch_destroy,
    .wrap = file_wrap,
    .unwrap = file_unwrap,
};
