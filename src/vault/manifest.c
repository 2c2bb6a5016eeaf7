/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "shim/json_parse.h"
#include "vault/proof.h"

#define VERSION 1
#define CHUNK ((size_t)1024 * 1024)
#define MANIFEST_MAX ((size_t)64 * 1024)
#define SIGNED_LABEL "lethe/manifest/1\n"

enum result manifest_path(const char *dir, const char *name, char out[VAULT_PATH_MAX], struct err *err)
{
	int len = snprintf(out, VAULT_PATH_MAX, "%s/%s", dir, name);

	if (len < 0 || len >= VAULT_PATH_MAX)
		return err_set(err, ERR_INPUT, "the path of the backup is too long");
	return OK;
}

char *manifest_hex(const struct hash *hash, char out[65])
{
	for (size_t i = 0; i < sizeof hash->bytes; i++)
		snprintf(out + 2 * i, 3, "%02x", hash->bytes[i]);
	return out;
}

static bool unhex(const char *text, unsigned char *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	if (text == NULL || strlen(text) != 2 * len || strspn(text, digits) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)((strchr(digits, text[2 * i]) - digits) << 4 |
					 (strchr(digits, text[2 * i + 1]) - digits));
	return true;
}

enum result manifest_copy_blob(struct blob_file *from, uint64_t size, const struct blob_name *name,
			       struct blob_batch *to, struct err *err)
{
	unsigned char *chunk = malloc(CHUNK);
	struct blob_put *put = NULL;
	enum result r = chunk != NULL ? blob_put_begin(to, name, &put, err) : err_no_memory(err);

	for (uint64_t at = 0; at < size && r == OK; at += CHUNK) {
		size_t len = size - at < CHUNK ? (size_t)(size - at) : CHUNK;

		r = blob_read(from, at, chunk, len, err);
		if (r == OK)
			r = blob_put_write(put, chunk, len, err);
	}
	if (r == OK)
		r = blob_put_finish(put, err);
	else if (put != NULL)
		blob_put_abort(put);
	free(chunk);
	return r;
}

/* ---- files ---- */

struct hashing {
	const struct manifest_progress *progress;
	uint64_t done, total;
};

static enum result stopped(struct hashing *hashing, struct err *err)
{
	const struct manifest_progress *progress = hashing->progress;

	if (progress == NULL || progress->show == NULL || !progress->show(progress->arg, hashing->done, hashing->total))
		return OK;
	return err_set(err, ERR_INTERRUPTED, "stopped while reading the backup; nothing was changed");
}

static enum result hash_all(int fd, unsigned char *chunk, struct sha256_stream *stream, uint64_t *bytes,
			    struct hashing *hashing, struct err *err)
{
	ssize_t got;
	enum result r = OK;

	*bytes = 0;
	while (r == OK && (got = read(fd, chunk, CHUNK)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "cannot read a file of the backup");
		sha256_update(stream, chunk, (size_t)got);
		*bytes += (uint64_t)got;
		hashing->done += (uint64_t)got;
		r = stopped(hashing, err);
	}
	return r;
}

static enum result hash_file(const char *path, struct manifest_file *out, struct hashing *hashing, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sha256_stream *stream = sha256_begin();
	unsigned char *chunk = malloc(CHUNK);
	enum result r = OK;

	if (fd < 0)
		r = errno == ENOENT ? err_set(err, ERR_CORRUPT, "a file of the backup is missing")
				    : err_sys(err, "cannot open a file of the backup");
	else if (stream == NULL || chunk == NULL)
		r = err_no_memory(err);
	else
		r = hash_all(fd, chunk, stream, &out->bytes, hashing, err);
	if (stream != NULL)
		out->hash = sha256_end(stream);
	free(chunk);
	if (fd >= 0)
		close(fd);
	return r == OK ? OK : err_where(err, "%s", path);
}

enum result manifest_add_file(struct manifest *manifest, const char *dir, const char *name, struct err *err)
{
	struct manifest_file *file = &manifest->files[manifest->file_count];
	struct hashing hashing = {0};
	char path[VAULT_PATH_MAX];
	enum result r = manifest_path(dir, name, path, err);

	INVARIANT(manifest->file_count < MANIFEST_FILES_MAX && strlen(name) < sizeof file->name);
	snprintf(file->name, sizeof file->name, "%s", name);
	if (r == OK)
		r = hash_file(path, file, &hashing, err);
	if (r == OK)
		manifest->file_count++;
	return r;
}

/* ---- writing ---- */

static void write_counts(const struct manifest *m, struct json_writer *w)
{
	json_begin_object(w, "counts");
	json_int(w, "accounts", m->accounts);
	json_int(w, "identities", m->identities);
	json_int(w, "contacts", m->contacts);
	json_int(w, "records", m->records);
	json_int(w, "media", m->media);
	json_end_object(w);
	json_begin_object(w, "blobs");
	json_int(w, "count", m->blobs);
	json_int(w, "bytes", (int64_t)m->blob_bytes);
	json_int(w, "removed_meanwhile", m->blobs_removed);
	json_int(w, "missing", m->blobs_missing);
	json_end_object(w);
}

static void write_files(const struct manifest *m, struct json_writer *w)
{
	char hex[65];

	json_begin_array(w, "files");
	for (size_t i = 0; i < m->file_count; i++) {
		json_begin_object(w, NULL);
		json_string(w, "name", m->files[i].name);
		json_int(w, "bytes", (int64_t)m->files[i].bytes);
		json_string(w, "sha256", manifest_hex(&m->files[i].hash, hex));
		json_end_object(w);
	}
	json_end_array(w);
}

static void write_manifest(const struct manifest *m, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, 2);
	json_begin_object(&w, NULL);
	json_int(&w, "lethe_backup", VERSION);
	json_id(&w, "vault", "vault", m->vault);
	json_string(&w, "region", m->region);
	json_instant(&w, "created", m->created);
	json_bool(&w, "with_keys", m->with_keys);
	json_int(&w, "log_size", (int64_t)m->log_size);
	write_counts(m, &w);
	write_files(m, &w);
	json_end_object(&w);
	buf_add_char(out, '\n');
}

/* What is signed: a label, so that no other signature of this key can stand in for it, and the bytes. */
static enum result signed_text(const char *text, size_t len, struct buf *out, struct err *err)
{
	buf_init(out, MANIFEST_MAX + sizeof SIGNED_LABEL);
	buf_add_str(out, SIGNED_LABEL);
	buf_add(out, text, len);
	return buf_ok(out, "the manifest", err);
}

static enum result sign(struct session *session, const char *dir, const struct buf *text, struct err *err)
{
	unsigned char signature[SIGNATURE_LEN];
	char line[2 * SIGNATURE_LEN + 2], path[VAULT_PATH_MAX];
	struct buf message;
	struct key seed;
	enum result r = signed_text(text->data, text->len, &message, err);

	if (r == OK)
		r = keyring_get(session->ring, VAULT_ACCOUNT, KEY_OWN, OWN_SIGN, &seed, err);
	if (r == OK) {
		sign_detached(seed.bytes, message.data, message.len, signature);
		key_wipe(&seed);
		for (size_t i = 0; i < sizeof signature; i++)
			snprintf(line + 2 * i, 3, "%02x", signature[i]);
		memcpy(line + 2 * SIGNATURE_LEN, "\n", 2);
		r = manifest_path(dir, "manifest.sig", path, err);
	}
	if (r == OK)
		r = file_write_atomic(path, line, strlen(line), 0600, err);
	buf_free(&message);
	return r;
}

enum result manifest_write(const struct manifest *manifest, struct session *session, const char *dir,
			   struct hash *digest, struct err *err)
{
	char path[VAULT_PATH_MAX];
	struct buf text;
	enum result r;

	buf_init(&text, MANIFEST_MAX);
	write_manifest(manifest, &text);
	r = buf_ok(&text, "the manifest", err);
	if (r == OK)
		r = sign(session, dir, &text, err);
	if (r == OK)
		r = manifest_path(dir, "manifest.json", path, err);
	if (r == OK)
		r = file_write_atomic(path, text.data, text.len, 0600, err);
	if (r == OK)
		*digest = sha256(text.data, text.len);
	buf_free(&text);
	return r;
}

/* ---- reading ---- */

static bool read_file(const struct json *node, struct manifest_file *out)
{
	const char *name = json_get_text(node, "name");
	int64_t bytes = json_get_int(node, "bytes", -1);

	if (name == NULL || name[0] == '\0' || strlen(name) >= sizeof out->name ||
	    strchr(name, '/') != NULL || bytes < 0)
		return false;
	snprintf(out->name, sizeof out->name, "%s", name);
	out->bytes = (uint64_t)bytes;
	return unhex(json_get_text(node, "sha256"), out->hash.bytes, sizeof out->hash.bytes);
}

static void read_counts(const struct json *tree, struct manifest *out)
{
	const struct json *counts = json_get(tree, "counts"), *blobs = json_get(tree, "blobs");
	const struct json *with_keys = json_get(tree, "with_keys");

	out->with_keys = with_keys != NULL && with_keys->boolean;
	out->log_size = (uint64_t)json_get_int(tree, "log_size", 0);
	out->accounts = json_get_int(counts, "accounts", 0);
	out->identities = json_get_int(counts, "identities", 0);
	out->contacts = json_get_int(counts, "contacts", 0);
	out->records = json_get_int(counts, "records", 0);
	out->media = json_get_int(counts, "media", 0);
	out->blobs = json_get_int(blobs, "count", 0);
	out->blob_bytes = (uint64_t)json_get_int(blobs, "bytes", 0);
	out->blobs_removed = json_get_int(blobs, "removed_meanwhile", 0);
	out->blobs_missing = json_get_int(blobs, "missing", 0);
}

static bool has_file(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->file_count; i++) {
		if (strcmp(manifest->files[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool read_tree(const struct json *tree, struct manifest *out, struct err *err)
{
	const char *vault = json_get_text(tree, "vault"), *region = json_get_text(tree, "region");
	const char *created = json_get_text(tree, "created");
	const struct json *files = json_get(tree, "files");

	if (vault == NULL || region == NULL || created == NULL || files == NULL || strlen(region) > VAULT_REGION_MAX)
		return false;
	snprintf(out->region, sizeof out->region, "%s", region);
	read_counts(tree, out);
	for (const struct json *node = files->first; node != NULL; node = node->next) {
		if (out->file_count == MANIFEST_FILES_MAX || !read_file(node, &out->files[out->file_count++]))
			return false;
	}
	return has_file(out, "vault.db") && has_file(out, "checkpoint") && has_file(out, MANIFEST_BLOBS) &&
	       id_parse("vault", vault, &out->vault, err) == OK &&
	       instant_parse(created, strlen(created), &out->created, err) == OK;
}

static enum result read_text(const char *text, size_t len, struct manifest *out, struct err *err)
{
	const struct json *tree;
	struct pool pool;
	enum result r;

	*out = (struct manifest){0};
	pool_init(&pool, (size_t)4 * 1024 * 1024);
	r = json_parse_once(text, len, &pool, &tree, err);
	if (r == OK && json_get_int(tree, "lethe_backup", 0) > VERSION) {
		r = err_set(err, ERR_UNSUPPORTED, "the backup was made by a newer lethe");
		err_mend(err, "restore it with the lethe that made it, or a newer one");
	} else if (r != OK || json_get_int(tree, "lethe_backup", 0) != VERSION || !read_tree(tree, out, err)) {
		r = err_set(err, ERR_CORRUPT, "the manifest cannot be read");
	}
	pool_free(&pool);
	return r;
}

enum result manifest_read(const char *dir, struct manifest *out, struct err *err)
{
	char path[VAULT_PATH_MAX];
	struct buf text;
	enum result r = manifest_path(dir, "manifest.json", path, err);

	if (r != OK)
		return r;
	r = file_read(path, MANIFEST_MAX, &text, err);
	if (r == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, "this folder is no finished backup: it has no manifest.json");
		return err_where(err, "%s", dir);
	}
	if (r != OK)
		return r;
	r = read_text(text.data != NULL ? text.data : "", text.len, out, err);
	buf_free(&text);
	return r == OK ? OK : err_where(err, "%s", path);
}

/* ---- verifying ---- */

static enum result damaged(struct err *err, const char *what, const char *dir, const char *name)
{
	err_set(err, ERR_CORRUPT, "%s", what);
	err_where(err, "%s/%s", dir, name);
	return err_mend(err, "this copy of the backup is damaged or was changed: use another copy, or another backup");
}

static enum result verify_signature(struct session *session, struct id vault, const char *dir, struct err *err)
{
	char path[VAULT_PATH_MAX];
	unsigned char signature[SIGNATURE_LEN];
	struct buf text = {0}, line = {0}, message = {0};
	struct note_key key;
	enum result r = proof_key(session, vault, &key, err);

	if (r == OK)
		r = manifest_path(dir, "manifest.json", path, err);
	if (r == OK)
		r = file_read(path, MANIFEST_MAX, &text, err);
	if (r == OK)
		r = signed_text(text.data, text.len, &message, err);
	if (r == OK)
		r = manifest_path(dir, "manifest.sig", path, err);
	if (r == OK)
		r = file_read(path, 1024, &line, err);
	if (r == OK && line.len > 0 && line.data[line.len - 1] == '\n')
		line.data[line.len - 1] = '\0';
	if (r == ERR_NOT_FOUND)
		r = damaged(err, "a file of the backup is missing", dir, "manifest.sig");
	else if (r == OK && (!unhex(line.data, signature, sizeof signature) ||
			     !sign_verify(key.public_key, message.data, message.len, signature)))
		r = damaged(err, "the manifest is not signed by this vault", dir, "manifest.sig");
	buf_free(&message);
	buf_free(&line);
	buf_free(&text);
	return r;
}

static enum result verify_files(const struct manifest *manifest, const char *dir,
				const struct manifest_progress *progress, struct err *err)
{
	struct hashing hashing = {.progress = progress};
	enum result r = OK;

	for (size_t i = 0; i < manifest->file_count; i++)
		hashing.total += manifest->files[i].bytes;
	for (size_t i = 0; i < manifest->file_count && r == OK; i++) {
		const struct manifest_file *file = &manifest->files[i];
		struct manifest_file now;
		char path[VAULT_PATH_MAX];

		/* Kept elsewhere by now, as it should be; a restore never reads it. */
		r = manifest_path(dir, file->name, path, err);
		if (r == OK && strcmp(file->name, "keys.db") == 0 && !file_exists(path))
			continue;
		if (r == OK)
			r = hash_file(path, &now, &hashing, err);
		if (r == OK && (now.bytes != file->bytes ||
				memcmp(&now.hash, &file->hash, sizeof now.hash) != 0))
			r = damaged(err, "a file of the backup is not what the manifest says", dir, file->name);
	}
	return r;
}

static enum result verify_blob(const char *dir, char *line, struct err *err)
{
	char path[VAULT_PATH_MAX], *end;
	unsigned long long bytes = strtoull(line, &end, 10);
	struct blob_name name;
	struct stat st;

	line[strcspn(line, "\n")] = '\0';
	if (*end != ' ' || blob_path_parse(end + 1, &name, err) != OK)
		return damaged(err, "a line of the list of blobs cannot be read", dir, MANIFEST_BLOBS);
	if (snprintf(path, sizeof path, "%s/blobs/%s", dir, end + 1) >= (int)sizeof path)
		return err_set(err, ERR_INPUT, "the path of the backup is too long");
	if (stat(path, &st) != 0)
		return damaged(err, "a blob of the backup is missing", dir, end + 1);
	if (!S_ISREG(st.st_mode) || (unsigned long long)st.st_size != bytes)
		return damaged(err, "a blob of the backup has another size than the list says", dir, end + 1);
	return OK;
}

static enum result verify_blobs(const struct manifest *manifest, const char *dir, struct err *err)
{
	char path[VAULT_PATH_MAX], line[MANIFEST_LINE_MAX];
	int64_t count = 0;
	FILE *list;
	enum result r = manifest_path(dir, MANIFEST_BLOBS, path, err);

	if (r != OK)
		return r;
	list = fopen(path, "re");
	if (list == NULL)
		return err_sys(err, "cannot open %s", path);
	while (r == OK && fgets(line, sizeof line, list) != NULL) {
		r = verify_blob(dir, line, err);
		count++;
	}
	fclose(list);
	if (r == OK && count != manifest->blobs)
		r = damaged(err, "the list of blobs has another length than the manifest says", dir, MANIFEST_BLOBS);
	return r;
}

static enum result verify_checkpoint(const struct manifest *manifest, struct session *session, const char *dir,
				     struct checkpoint *at, struct err *err)
{
	char path[VAULT_PATH_MAX];
	struct note_key key;
	struct buf note;
	enum result r = proof_key(session, manifest->vault, &key, err);

	if (r == OK)
		r = manifest_path(dir, "checkpoint", path, err);
	if (r == OK)
		r = file_read(path, NOTE_MAX, &note, err);
	if (r != OK)
		return r;
	r = checkpoint_verify(note.data != NULL ? note.data : "", note.len, &key, at, err);
	buf_free(&note);
	if (r == OK && at->size != manifest->log_size)
		r = damaged(err, "the checkpoint is of another log than the manifest says", dir, "checkpoint");
	return r;
}

enum result manifest_verify(const struct manifest *manifest, struct session *session, const char *dir,
			    const struct manifest_progress *progress, struct checkpoint *at, struct err *err)
{
	enum result r = verify_signature(session, manifest->vault, dir, err);

	if (r == OK)
		r = verify_files(manifest, dir, progress, err);
	if (r == OK)
		r = verify_checkpoint(manifest, session, dir, at, err);
	return r == OK ? verify_blobs(manifest, dir, err) : r;
}
