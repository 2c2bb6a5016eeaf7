/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A region's folder below $TMPDIR, with a file for its secret and one beside it for a root.
 */
#ifndef LETHE_TESTS_CRYPTO_REGION_H
#define LETHE_TESTS_CRYPTO_REGION_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/root.h"
#include "folder.h"

struct region {
	char top[256], data[300], config[340], root[300], secret[300];
	struct root_options options;
};

static inline void write_text(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* malloc'd */
static inline char *read_text(const char *path)
{
	struct buf text;
	struct err err;

	assert_int_equal(file_read(path, 1 << 20, &text, &err), OK);
	return text.data;
}

static inline void region_make(struct region *r, const char *provider)
{
	memset(r, 0, sizeof *r);
	assert_int_equal(folder_make(r->top, sizeof r->top, "root"), 0);
	snprintf(r->data, sizeof r->data, "%s/data", r->top);
	snprintf(r->config, sizeof r->config, "%s/root.json", r->data);
	snprintf(r->root, sizeof r->root, "%s/eu.root", r->top);
	snprintf(r->secret, sizeof r->secret, "%s/secret", r->top);
	assert_int_equal(mkdir(r->data, 0700), 0);
	r->options = (struct root_options){.provider = provider, .config_path = r->config, .data_dir = r->data,
					   .file_path = r->root, .secret_file = r->secret};
}

static inline void region_remove(struct region *r)
{
	static const char *const names[] = {"data/root.json", "data/root.json.new", "data/eu.root", "data/eu.root.new",
					    "eu.root",	      "eu.root.new",	    "secret",	    "link",
					    "softhsm.conf"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", r->top, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(r->data), 0);
	assert_int_equal(rmdir(r->top), 0); /* so nothing else was left behind */
}

static inline struct root *region_create(struct region *r)
{
	struct root *root;
	struct err err;

	if (root_create(&r->options, &root, &err) != OK)
		fail_msg("root_create: %s", err.what);
	return root;
}

static inline struct root *region_open(struct region *r)
{
	struct root *root;
	struct err err;

	if (root_open(&r->options, &root, &err) != OK)
		fail_msg("root_open: %s", err.what);
	return root;
}

static inline enum result open_fails(struct region *r, struct err *err)
{
	struct root *root;
	enum result rc = root_open(&r->options, &root, err);

	assert_int_not_equal(rc, OK);
	assert_int_equal(rc, err->code);
	return rc;
}

static inline void make_epoch(struct root *root, uint32_t epoch)
{
	struct err err;

	if (root_epoch_create(root, epoch, &err) != OK)
		fail_msg("root_epoch_create: %s", err.what);
}

static inline void destroy_epoch(struct root *root, uint32_t epoch)
{
	struct err err;

	if (root_epoch_destroy(root, epoch, &err) != OK)
		fail_msg("root_epoch_destroy: %s", err.what);
}

/* The epochs as text: "1 3 ". */
static inline const char *epochs_of(struct root *root, char out[200])
{
	uint32_t epochs[ROOT_EPOCHS_MAX];
	size_t count, used = 0;
	struct err err;

	assert_int_equal(root_epochs(root, epochs, &count, &err), OK);
	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(out + used, 200 - used, "%u ", epochs[i]);
	return out;
}

struct wrapped {
	unsigned char bytes[ROOT_WRAPPED_MAX];
	size_t len;
};

static inline struct wrapped wrap(struct root *root, uint32_t epoch, const struct key *key)
{
	struct wrapped w;
	struct err err;

	if (root_wrap(root, epoch, "account 1", 9, key, w.bytes, &w.len, &err) != OK)
		fail_msg("root_wrap: %s", err.what);
	return w;
}

static inline enum result unwrap(struct root *root, uint32_t epoch, const struct wrapped *w, struct key *out)
{
	struct err err;
	enum result rc = root_unwrap(root, epoch, "account 1", 9, w->bytes, w->len, out, &err);

	assert_true(rc == OK || rc == err.code);
	return rc;
}

/* What every provider must do, given a new one with no epoch; leaves epoch 3. */
static inline void check_epochs(struct root *root)
{
	struct key key = key_random(), got;
	struct wrapped w, again;
	unsigned char out[ROOT_WRAPPED_MAX];
	size_t len;
	char list[200];
	struct err err;

	assert_string_equal(epochs_of(root, list), "");
	assert_int_equal(root_wrap(root, 1, NULL, 0, &key, out, &len, &err), ERR_GONE);
	assert_int_equal(root_epoch_create(root, 0, &err), ERR_INPUT);
	make_epoch(root, 3);
	make_epoch(root, 1);
	assert_string_equal(epochs_of(root, list), "1 3 ");
	assert_int_equal(root_epoch_create(root, 3, &err), ERR_EXISTS);
	w = wrap(root, 1, &key);
	again = wrap(root, 1, &key);
	assert_memory_not_equal(w.bytes, again.bytes, w.len);
	assert_int_equal(unwrap(root, 1, &w, &got), OK);
	assert_memory_equal(&got, &key, sizeof key);
	assert_int_equal(unwrap(root, 3, &w, &got), ERR_CORRUPT);
	assert_int_equal(root_unwrap(root, 1, "account 2", 9, w.bytes, w.len, &got, &err), ERR_CORRUPT);
	assert_int_equal(root_unwrap(root, 1, "account 1", 9, w.bytes, w.len - 1, &got, &err), ERR_CORRUPT);
	assert_int_equal(root_unwrap(root, 1, "account 1", 9, w.bytes, 0, &got, &err), ERR_CORRUPT);
	for (size_t i = 0; i < w.len; i++) {
		w.bytes[i] ^= 0x10;
		assert_int_equal(unwrap(root, 1, &w, &got), ERR_CORRUPT);
		w.bytes[i] ^= 0x10;
	}
	destroy_epoch(root, 1);
	destroy_epoch(root, 1);
	destroy_epoch(root, 99);
	assert_string_equal(epochs_of(root, list), "3 ");
	assert_int_equal(unwrap(root, 1, &w, &got), ERR_GONE);
	assert_int_equal(root_wrap(root, 1, NULL, 0, &key, out, &len, &err), ERR_GONE);
	assert_string_equal(err.what, "the key of epoch 1 has been destroyed");
	make_epoch(root, 1); /* the number may come again; the key does not */
	assert_int_equal(unwrap(root, 1, &w, &got), ERR_CORRUPT);
	destroy_epoch(root, 1);
}

/* Keys outlive the closing of their root, and do not outlive their own destruction. Leaves no epoch. */
static inline void check_reopening(struct region *r)
{
	struct root *root = region_create(r);
	struct key key = key_random(), got;
	struct wrapped w;
	char list[200];

	make_epoch(root, 4294967295u);
	make_epoch(root, 7);
	w = wrap(root, 7, &key);
	root_close(root);
	root = region_open(r);
	assert_string_equal(epochs_of(root, list), "7 4294967295 ");
	assert_int_equal(unwrap(root, 7, &w, &got), OK);
	assert_memory_equal(&got, &key, sizeof key);
	destroy_epoch(root, 7);
	root_close(root);
	root = region_open(r);
	assert_int_equal(unwrap(root, 7, &w, &got), ERR_GONE);
	destroy_epoch(root, 4294967295u);
	root_close(root);
}

static inline void check_limit(struct root *root)
{
	struct err err;

	for (uint32_t epoch = 1; epoch <= ROOT_EPOCHS_MAX; epoch++)
		make_epoch(root, epoch);
	assert_int_equal(root_epoch_create(root, ROOT_EPOCHS_MAX + 1, &err), ERR_LIMIT);
	for (uint32_t epoch = 1; epoch <= ROOT_EPOCHS_MAX; epoch++)
		destroy_epoch(root, epoch);
}

#endif
