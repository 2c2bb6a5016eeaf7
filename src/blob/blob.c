/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "blob/driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define JOURNAL_MAX ((size_t)64 << 20)

/* A journal is lines of paths and this one: without it, it was never synced, and nothing was renamed. */
#define JOURNAL_END "end\n"

struct entry {
	struct blob_name name;
	uint64_t number; /* of its token */
	bool published;
};

struct blob_batch {
	struct blob_store *store;
	char token[BLOB_TOKEN_MAX / 2];
	struct entry *entries;
	size_t count, room;
	uint64_t next_number;
	size_t writing; /* puts begun and not ended */
	bool journalled, settled;
};

struct blob_put {
	struct blob_batch *batch;
	void *writing; /* the driver's */
	struct entry entry;
};

struct blob_file {
	struct blob_store *store;
	void *reading; /* the driver's */
};

/* --- names -------------------------------------------------------------- */

char *blob_path(const struct blob_name *name, char out[BLOB_PATH_MAX])
{
	char day[TIME_TEXT_MAX], hex[33];

	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", name->id.bytes[i]);
	snprintf(out, BLOB_PATH_MAX, "%" PRIu32 "/%" PRIu32 "/%s/%s", name->account, name->kind,
		 date_format(name->day, day), hex);
	return out;
}

/* Digits without a leading zero, then '/'. Returns what follows, NULL when malformed. */
static const char *parse_number(const char *at, uint32_t *out)
{
	uint64_t value = 0;
	const char *digit = at;

	for (; *digit >= '0' && *digit <= '9' && value <= UINT32_MAX; digit++)
		value = value * 10 + (uint64_t)(*digit - '0');
	if (digit == at || *digit != '/' || value > UINT32_MAX || (*at == '0' && digit - at > 1))
		return NULL;
	*out = (uint32_t)value;
	return digit + 1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *at, struct id *out)
{
	if (strlen(at) != 32)
		return false;
	for (int i = 0; i < 16; i++) {
		int high = hex_digit(at[2 * i]), low = hex_digit(at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out->bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

enum result blob_path_parse(const char *path, struct blob_name *out, struct err *err)
{
	struct blob_name name;
	const char *at = path;
	char again[BLOB_PATH_MAX];
	struct err ignored;

	at = parse_number(at, &name.account);
	if (at)
		at = parse_number(at, &name.kind);
	if (!at || strlen(at) != 10 + 1 + 32 || at[10] != '/' || date_parse(at, 10, &name.day, &ignored) ||
	    !parse_hex(at + 11, &name.id) || strcmp(blob_path(&name, again), path)) {
		err_set(err, ERR_INPUT, "not the name of a blob: it is account/kind/YYYY-MM-DD/32 hex digits");
		return err_where(err, "%.200s", path);
	}
	*out = name;
	return OK;
}

/* --- batches ------------------------------------------------------------ */

void blob_close(struct blob_store *store)
{
	if (store)
		store->driver->close(store);
}

enum result blob_batch_new(struct blob_store *store, struct blob_batch **out, struct err *err)
{
	struct blob_batch *batch = calloc(1, sizeof *batch);
	uint64_t random;

	if (!batch)
		return err_no_memory(err);
	if (getrandom(&random, sizeof random, 0) != sizeof random) {
		free(batch);
		return err_sys(err, "cannot get random bytes");
	}
	batch->store = store;
	snprintf(batch->token, sizeof batch->token, "%016" PRIx64, random);
	*out = batch;
	return OK;
}

static char *token_of(const struct blob_batch *batch, const struct entry *entry, char out[BLOB_TOKEN_MAX])
{
	snprintf(out, BLOB_TOKEN_MAX, "%s-%" PRIu64, batch->token, entry->number);
	return out;
}

/* Room is made before the blob is written, so that finishing cannot fail for want of it. */
static enum result make_room(struct blob_batch *batch, struct err *err)
{
	size_t room = batch->room ? batch->room * 2 : 16;
	struct entry *grown;

	if (batch->count + batch->writing < batch->room)
		return OK;
	grown = reallocarray(batch->entries, room, sizeof *grown);
	if (!grown)
		return err_no_memory(err);
	batch->entries = grown;
	batch->room = room;
	return OK;
}

enum result blob_put_begin(struct blob_batch *batch, const struct blob_name *name, struct blob_put **out,
			   struct err *err)
{
	struct blob_put *put;
	char token[BLOB_TOKEN_MAX];
	enum result r;

	INVARIANT(!batch->journalled && !batch->settled);
	r = make_room(batch, err);
	if (r)
		return r;
	put = calloc(1, sizeof *put);
	if (!put)
		return err_no_memory(err);
	put->batch = batch;
	put->entry = (struct entry){.name = *name, .number = batch->next_number++};
	r = batch->store->driver->begin(batch->store, token_of(batch, &put->entry, token), &put->writing, err);
	if (r) {
		free(put);
		return r;
	}
	batch->writing++;
	*out = put;
	return OK;
}

enum result blob_put_write(struct blob_put *put, const void *data, size_t len, struct err *err)
{
	struct blob_store *store = put->batch->store;

	return store->driver->write(store, put->writing, data, len, err);
}

static void put_free(struct blob_put *put)
{
	put->batch->writing--;
	free(put);
}

static void put_discard(struct blob_put *put)
{
	struct blob_store *store = put->batch->store;
	char token[BLOB_TOKEN_MAX];
	struct err ignored;

	/* What cannot be removed now, recovery removes. */
	(void)!store->driver->discard(store, token_of(put->batch, &put->entry, token), &ignored);
	put_free(put);
}

enum result blob_put_finish(struct blob_put *put, struct err *err)
{
	struct blob_batch *batch = put->batch;
	enum result r = batch->store->driver->finish(batch->store, put->writing, err);

	if (r) {
		put_discard(put);
		return r;
	}
	batch->entries[batch->count++] = put->entry;
	put_free(put);
	return OK;
}

void blob_put_abort(struct blob_put *put)
{
	if (!put)
		return;
	put->batch->store->driver->abandon(put->batch->store, put->writing);
	put_discard(put);
}

static bool same_name(const struct blob_name *a, const struct blob_name *b)
{
	return a->account == b->account && a->kind == b->kind && a->day.days == b->day.days &&
	       id_compare(a->id, b->id) == 0;
}

/* Searched from the end: what is dropped was put just now. */
enum result blob_batch_drop(struct blob_batch *batch, const struct blob_name *name, struct err *err)
{
	char token[BLOB_TOKEN_MAX];
	size_t i = batch->count;
	enum result r;

	INVARIANT(!batch->journalled);
	while (i > 0 && !same_name(&batch->entries[i - 1].name, name))
		i--;
	if (i == 0)
		return err_set(err, ERR_NOT_FOUND, "the batch has no such blob");
	r = batch->store->driver->discard(batch->store, token_of(batch, &batch->entries[i - 1], token), err);
	if (r)
		return r;
	memmove(&batch->entries[i - 1], &batch->entries[i], (batch->count - i) * sizeof *batch->entries);
	batch->count--;
	return OK;
}

static enum result write_journal(struct blob_batch *batch, struct err *err)
{
	char path[BLOB_PATH_MAX];
	struct buf text;
	enum result r;

	buf_init(&text, JOURNAL_MAX);
	for (size_t i = 0; i < batch->count; i++) {
		buf_add_str(&text, blob_path(&batch->entries[i].name, path));
		buf_add_char(&text, '\n');
	}
	buf_add_str(&text, JOURNAL_END);
	r = buf_ok(&text, "the journal of a batch of blobs", err);
	/* Counted as written even when that fails: a part of it may be there, and freeing the batch removes it. */
	batch->journalled = true;
	if (r == OK)
		r = batch->store->driver->journal_write(batch->store, batch->token, text.data, text.len, err);
	buf_free(&text);
	return r;
}

static bool same_folder(const struct entry *a, const struct entry *b)
{
	return a->name.account == b->name.account && a->name.kind == b->name.kind &&
	       a->name.day.days == b->name.day.days;
}

/* Each folder once for a run of neighbours; batches come in order of time. */
static enum result sync_published(struct blob_batch *batch, struct err *err)
{
	const struct blob_driver *driver = batch->store->driver;
	const struct entry *last = NULL;
	char path[BLOB_PATH_MAX];
	enum result r = OK;

	for (size_t i = 0; driver->sync_path && i < batch->count && r == OK; i++) {
		const struct entry *entry = &batch->entries[i];

		if (!entry->published || (last && same_folder(last, entry)))
			continue;
		r = driver->sync_path(batch->store, blob_path(&entry->name, path), err);
		last = entry;
	}
	return r;
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->name.account != b->name.account)
		return a->name.account < b->name.account ? -1 : 1;
	if (a->name.kind != b->name.kind)
		return a->name.kind < b->name.kind ? -1 : 1;
	if (a->name.day.days != b->name.day.days)
		return a->name.day.days < b->name.day.days ? -1 : 1;
	return id_compare(a->name.id, b->name.id);
}

enum result blob_publish(struct blob_batch *batch, struct err *err)
{
	char token[BLOB_TOKEN_MAX], path[BLOB_PATH_MAX];
	enum result r;

	INVARIANT(batch->writing == 0 && !batch->journalled && !batch->settled);
	if (batch->count == 0)
		return OK;
	qsort(batch->entries, batch->count, sizeof *batch->entries, compare_entries);
	r = write_journal(batch, err);
	for (size_t i = 0; i < batch->count && r == OK; i++) {
		struct entry *entry = &batch->entries[i];

		r = batch->store->driver->publish(batch->store, token_of(batch, entry, token),
						  blob_path(&entry->name, path), err);
		entry->published = r == OK;
	}
	return r ? r : sync_published(batch, err);
}

/* The rows are committed: from here on nothing may remove the blobs, whatever becomes of the journal. */
enum result blob_settle(struct blob_batch *batch, struct err *err)
{
	INVARIANT(batch->writing == 0);
	batch->settled = true;
	if (!batch->journalled)
		return OK;
	return batch->store->driver->journal_remove(batch->store, batch->token, err);
}

static bool undo_entry(struct blob_batch *batch, const struct entry *entry)
{
	const struct blob_driver *driver = batch->store->driver;
	char text[BLOB_PATH_MAX];
	struct err ignored;
	bool removed;

	if (entry->published)
		return driver->remove(batch->store, blob_path(&entry->name, text), &removed, &ignored) == OK;
	(void)!driver->discard(batch->store, token_of(batch, entry, text), &ignored);
	return true;
}

/* The journal goes last, and only when all it names are gone for good; else recovery sees to it. */
static void undo(struct blob_batch *batch)
{
	const struct blob_driver *driver = batch->store->driver;
	struct err ignored;
	bool all = true;

	for (size_t i = batch->count; i-- > 0;)
		all = undo_entry(batch, &batch->entries[i]) && all;
	if (batch->journalled && all && driver->sync_removed(batch->store, &ignored) == OK)
		(void)!driver->journal_remove(batch->store, batch->token, &ignored);
}

void blob_batch_free(struct blob_batch *batch)
{
	if (!batch)
		return;
	INVARIANT(batch->writing == 0);
	if (!batch->settled)
		undo(batch);
	free(batch->entries);
	free(batch);
}

/* --- recovery ----------------------------------------------------------- */

struct recovery {
	struct blob_store *store;
	blob_known *known;
	void *arg;
	uint64_t removed;
};

static enum result recover_name(struct recovery *rec, const char *path, struct err *err)
{
	struct blob_name name;
	bool known = false, removed = false;
	enum result r;

	r = blob_path_parse(path, &name, err);
	if (r) {
		err->code = ERR_CORRUPT;
		return err_mend(err, "a journal of the blob store is damaged; run the check, then remove the journal");
	}
	r = rec->known(rec->arg, &name, &known, err);
	if (r == OK && !known)
		r = rec->store->driver->remove(rec->store, path, &removed, err);
	rec->removed += removed;
	return r;
}

static bool is_whole(const char *text, size_t len)
{
	size_t end = strlen(JOURNAL_END);

	return len >= end && memcmp(text + len - end, JOURNAL_END, end) == 0 &&
	       (len == end || text[len - end - 1] == '\n');
}

static enum result recover_journal(void *arg, const char *token, const char *text, size_t len, struct err *err)
{
	struct recovery *rec = arg;
	const char *end = is_whole(text, len) ? text + len - strlen(JOURNAL_END) : text;
	char path[BLOB_PATH_MAX];
	enum result r = OK;

	for (const char *at = text; at < end && r == OK;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		snprintf(path, sizeof path, "%.*s", (int)(newline - at), at);
		r = recover_name(rec, path, err);
		at = newline + 1;
	}
	if (r == OK)
		r = rec->store->driver->sync_removed(rec->store, err);
	return r ? r : rec->store->driver->journal_remove(rec->store, token, err);
}

enum result blob_recover(struct blob_store *store, blob_known *known, void *arg, uint64_t *removed, struct err *err)
{
	struct recovery rec = {store, known, arg, 0};
	enum result r = OK;

	if (store->driver->settle_disk)
		r = store->driver->settle_disk(store, err);
	if (r == OK)
		r = store->driver->journal_each(store, recover_journal, &rec, err);
	if (r == OK)
		r = store->driver->clear_incoming(store, err);
	*removed = rec.removed;
	return r;
}

static enum result count_journal(void *arg, const char *token, const char *text, size_t len, struct err *err)
{
	uint64_t *count = arg;

	(void)token, (void)text, (void)len, (void)err;
	(*count)++;
	return OK;
}

enum result blob_unsettled(struct blob_store *store, uint64_t *count, struct err *err)
{
	*count = 0;
	return store->driver->journal_each(store, count_journal, count, err);
}

/* --- reading and removing ----------------------------------------------- */

enum result blob_get(struct blob_store *store, const struct blob_name *name, struct blob_file **out, uint64_t *size,
		     struct err *err)
{
	struct blob_file *file = calloc(1, sizeof *file);
	char path[BLOB_PATH_MAX];
	enum result r;

	if (!file)
		return err_no_memory(err);
	file->store = store;
	r = store->driver->open(store, blob_path(name, path), &file->reading, size, err);
	if (r) {
		free(file);
		return r;
	}
	*out = file;
	return OK;
}

enum result blob_read(struct blob_file *file, uint64_t offset, void *out, size_t len, struct err *err)
{
	return file->store->driver->read(file->reading, offset, out, len, err);
}

void blob_file_close(struct blob_file *file)
{
	if (!file)
		return;
	file->store->driver->end(file->reading);
	free(file);
}

enum result blob_remove(struct blob_store *store, const struct blob_name *name, struct err *err)
{
	char path[BLOB_PATH_MAX];
	bool removed;

	return store->driver->remove(store, blob_path(name, path), &removed, err);
}

enum result blob_sync_removed(struct blob_store *store, struct err *err)
{
	return store->driver->sync_removed(store, err);
}

enum result blob_walk(struct blob_store *store, blob_visit *visit, void *arg, struct err *err)
{
	return store->driver->walk(store, visit, arg, err);
}
