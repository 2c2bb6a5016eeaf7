/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Looks for what ought to be gone, as somebody would who has a copy of
 * everything and knows how Lethe keeps it.
 *
 *	forensic raw PATTERN .. -- PATH ..
 *		the bytes of every file at or below PATH, deleted pages and logs included
 *	forensic open ROWS KEYS ROOT PATTERN ..
 *		everything that can be opened: rows and blobs of the region's folder ROWS (a copy:
 *		it is opened), with every key that can be unwrapped from any byte of the files of the
 *		region's folder KEYS by the root that ROOT (a root.json) names
 *
 * LETHE_SECRET_FILE is the root's secret; the file FORENSIC_KEYS gets a list of
 * the keys that were found.  Prints each find, and what could be opened.
 * Exit code 0: nothing found, 1: something, 2: it could not look.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob/blob.h"
#include "carve.h"
#include "crypto/stream.h"
#include "needle.h"
#include "store/column.h"
#include "vault/seal.h"

static struct err why;
static struct pool pool;

/* ---- files ---- */

static const unsigned char *map(const char *path, size_t *len)
{
	static const unsigned char empty[1];
	struct stat st;
	void *data;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		err(2, "%s", path);
	*len = (size_t)st.st_size;
	data = *len > 0 ? mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	close(fd);
	if (data == MAP_FAILED)
		err(2, "%s", path);
	return data != NULL ? data : empty;
}

typedef void visit(const char *path, void *arg);

static size_t walk(char *path, visit *each, void *arg)
{
	char *const paths[] = {path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t files = 0;

	if (tree == NULL)
		err(2, "%s", path);
	for (FTSENT *entry; (entry = fts_read(tree)) != NULL;) {
		if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS)
			errx(2, "%s: %s", entry->fts_path, strerror(entry->fts_errno));
		if (entry->fts_info != FTS_F)
			continue;
		files++;
		each(entry->fts_path, arg);
	}
	fts_close(tree);
	return files;
}

static void look_into_file(const char *path, void *bytes)
{
	size_t len;
	const unsigned char *data = map(path, &len);

	needles_look(data, len, path);
	needles_look(path, strlen(path), "a file's name");
	*(uint64_t *)bytes += len;
	if (len > 0)
		munmap((void *)(uintptr_t)data, len);
}

static int raw(int argc, char **argv)
{
	uint64_t bytes = 0;
	size_t files = 0;
	int at = 0;

	for (; at < argc && strcmp(argv[at], "--") != 0; at++)
		needles_add(argv[at]);
	if (at == argc || needles_count() == 0)
		errx(2, "nothing to look for, or nowhere to look");
	while (++at < argc)
		files += walk(argv[at], look_into_file, &bytes);
	printf("looked for %zu strings in %zu files, %llu bytes\n", needles_count(), files, (unsigned long long)bytes);
	return needles_found() > 0;
}

/* ---- rows ---- */

static sqlite3 *rows_db;

static sqlite3_stmt *query(const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(rows_db, sql, -1, &stmt, NULL) != SQLITE_OK)
		errx(2, "%s", sqlite3_errmsg(rows_db));
	return stmt;
}

static bool next(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	pool_reset(&pool);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		errx(2, "%s", sqlite3_errmsg(rows_db));
	sqlite3_finalize(stmt);
	return false;
}

static struct id column_to_id(sqlite3_stmt *stmt, int column)
{
	struct id id;

	if (sqlite3_column_bytes(stmt, column) != sizeof id.bytes)
		errx(2, "an id is not %zu bytes long", sizeof id.bytes);
	memcpy(id.bytes, sqlite3_column_blob(stmt, column), sizeof id.bytes);
	return id;
}

static struct id open_rows(const char *region)
{
	char path[4096];
	sqlite3_stmt *stmt;
	struct id vault;

	snprintf(path, sizeof path, "%s/vault.db", region);
	if (sqlite3_open_v2(path, &rows_db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		errx(2, "%s: %s", path, sqlite3_errmsg(rows_db));
	stmt = query("SELECT value FROM meta WHERE name = 'vault'");
	if (!next(stmt) || id_parse("vault", (const char *)sqlite3_column_text(stmt, 0), &vault, &why) != OK)
		errx(2, "%s says not whose it is", path);
	sqlite3_finalize(stmt);
	return vault;
}

/* ---- opening: as src/vault/seal.h says ---- */

static size_t make_aad(const char *label, uint32_t account, int kind, struct id id, int n, unsigned char *out)
{
	size_t len = strlen(label);

	memcpy(out, label, len);
	for (int i = 0; i < 4; i++)
		out[len++] = (unsigned char)(account >> (24 - 8 * i));
	out[len++] = (unsigned char)kind;
	memcpy(out + len, id.bytes, 16);
	out[len + 16] = (unsigned char)n;
	out[len + 17] = 1;
	return len + 18;
}

static bool open_sealed(const struct key *key, const char *label, uint32_t account, int kind, struct id id, int n,
			const unsigned char *sealed, size_t len, unsigned char **plain)
{
	unsigned char aad[64];
	size_t aad_len = make_aad(label, account, kind, id, n, aad);

	if (len < SEAL_OVERHEAD)
		return false;
	*plain = pool_alloc(&pool, len);
	return aead_open(key, aad, aad_len, sealed, len, *plain, &why) == OK;
}

/* Collects keys; false when one was not found. */
struct ring { struct key keys[1 + PARTIES_MAX]; size_t count; };

static bool take(struct ring *ring, uint32_t account, int class, int64_t number)
{
	const struct key *key = carved_find(account, class, number);

	if (key == NULL)
		return false;
	ring->keys[ring->count++] = *key;
	return true;
}

static struct key derive(const struct ring *ring, struct id salt, const char *info)
{
	const struct span_in in = {ring->keys, ring->count * sizeof ring->keys[0]};
	struct key key;

	hkdf_sha256(&in, 1, salt.bytes, sizeof salt.bytes, info, strlen(info), key.bytes, sizeof key.bytes);
	return key;
}

struct opened { size_t all, opened; };
static struct opened identities, contacts, records, media;

static void look_into(const void *plain, size_t len, const char *what, const char *name)
{
	char place[128];

	snprintf(place, sizeof place, "%s %s", what, name);
	needles_look(plain, len, place);
}

/* ---- identities and contacts ---- */

static void open_identities(void)
{
	sqlite3_stmt *stmt = query("SELECT account_id, identity_id, kind, value FROM identity");

	while (next(stmt)) {
		uint32_t account = (uint32_t)sqlite3_column_int64(stmt, 0);
		int64_t number = sqlite3_column_int64(stmt, 1);
		size_t len = (size_t)sqlite3_column_bytes(stmt, 3);
		struct ring ring = {.count = 0};
		struct id salt = {{0}};
		unsigned char *plain;
		char name[32];
		struct key key;

		for (int i = 0; i < 8; i++)
			salt.bytes[8 + i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
		for (int i = 0; i < 4; i++)
			salt.bytes[4 + i] = (unsigned char)(account >> (24 - 8 * i));
		identities.all++;
		if (!take(&ring, account, KEY_IDENTITY, number))
			continue;
		key = derive(&ring, salt, "lethe/identity/1");
		if (!open_sealed(&key, "identity", account, sqlite3_column_int(stmt, 2), salt, 0,
				 sqlite3_column_blob(stmt, 3), len, &plain))
			continue;
		identities.opened++;
		snprintf(name, sizeof name, "%lld", (long long)number);
		look_into(plain, len - SEAL_OVERHEAD, "identity", name);
	}
}

/* The key a sealed thing was sealed under: its hold's, or one of the account's and those of its parties. */
struct recipe { uint32_t account; int64_t hold; int class; int64_t number; bool is_contact; };

static bool collect(const struct recipe *recipe, const void *packed, int packed_len, struct ring *ring)
{
	struct party parties[PARTIES_MAX];
	size_t count;

	ring->count = 0;
	if (recipe->hold != 0)
		return take(ring, recipe->account, KEY_HOLD, recipe->hold);
	if (parties_unpack(packed, (size_t)packed_len, parties, &count, &why) != OK)
		errx(2, "%s", why.what);
	if (!take(ring, recipe->account, recipe->class, recipe->number))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool outside = recipe->is_contact || (parties[i].roles & ~(unsigned)ROLE_AGENT) != 0;

		if (outside && !take(ring, recipe->account, KEY_IDENTITY, parties[i].identity))
			return false;
	}
	return true;
}

static void open_contacts(void)
{
	sqlite3_stmt *stmt = query("SELECT account_id, contact_id, hold_id, identities, payload, key_id FROM contact");

	while (next(stmt)) {
		struct recipe recipe = {.account = (uint32_t)sqlite3_column_int64(stmt, 0),
					.hold = sqlite3_column_int64(stmt, 2),
					.class = KEY_CONTACT, .number = sqlite3_column_int64(stmt, 5),
					.is_contact = true};
		struct id id = column_to_id(stmt, 1);
		size_t len = (size_t)sqlite3_column_bytes(stmt, 4);
		char name[ID_TEXT_MAX];
		unsigned char *plain;
		struct ring ring;
		struct key key;

		contacts.all++;
		if (!collect(&recipe, sqlite3_column_blob(stmt, 3), sqlite3_column_bytes(stmt, 3), &ring))
			continue;
		key = derive(&ring, id, recipe.hold ? "lethe/hold/1" : "lethe/contact/1");
		if (!open_sealed(&key, "contact", recipe.account, 0, id, 0, sqlite3_column_blob(stmt, 4), len, &plain))
			continue;
		contacts.opened++;
		look_into(plain, len - SEAL_OVERHEAD, "contact", id_format(CONTACT_PREFIX, id, name));
	}
}

/* ---- media ---- */

static struct blob_store *blobs;

static enum result read_blob(void *arg, uint64_t offset, void *out, size_t len, struct err *e)
{
	return blob_read(arg, offset, out, len, e);
}

static enum result gather(void *arg, const void *data, size_t len, struct err *e)
{
	struct buf *out = arg;

	buf_add(out, data, len);
	return buf_ok(out, "a file", e);
}

static bool open_blob(const struct key *key, const struct media_row *row, struct buf *out)
{
	struct blob_name name = {row->account, row->kind, instant_date(id_time(row->id)), row->blob};
	unsigned char aad[64];
	size_t aad_len = make_aad("media", row->account, row->kind, row->id, row->n, aad);
	struct stream_reader *reader = NULL;
	struct blob_file *file = NULL;
	uint64_t size;
	enum result r = blob_get(blobs, &name, &file, &size, &why);

	if (r == OK)
		r = stream_reader_new(key, aad, aad_len, row->segment, size, read_blob, file, &reader, &why);
	if (r == OK)
		r = stream_read(reader, 0, UINT64_MAX, gather, out, &why);
	stream_reader_free(reader);
	blob_file_close(file);
	return r == OK;
}

static void open_media(const struct key *record_key, uint32_t account, int kind, struct id id, const char *name)
{
	sqlite3_stmt *stmt = query("SELECT n, blob, segment, key FROM media WHERE account_id = ? AND kind = ? AND id = ?");

	sqlite3_bind_int64(stmt, 1, account);
	sqlite3_bind_int(stmt, 2, kind);
	sqlite3_bind_blob(stmt, 3, id.bytes, sizeof id.bytes, SQLITE_STATIC);
	while (next(stmt)) {
		struct media_row row = {.account = account, .kind = (enum record_kind)kind, .id = id,
					.n = sqlite3_column_int(stmt, 0), .blob = column_to_id(stmt, 1),
					.segment = (uint32_t)sqlite3_column_int64(stmt, 2)};
		size_t len = (size_t)sqlite3_column_bytes(stmt, 3);
		unsigned char *plain;
		struct key key;
		struct buf out;

		media.all++;
		if (!open_sealed(record_key, "mediakey", account, kind, id, row.n, sqlite3_column_blob(stmt, 3), len,
				 &plain))
			continue;
		memcpy(key.bytes, plain, sizeof key.bytes);
		buf_init(&out, (size_t)64 << 20);
		if (open_blob(&key, &row, &out)) {
			media.opened++;
			look_into(out.data, out.len, "media of", name);
		}
		buf_free(&out);
	}
}

/* ---- records ---- */

static void open_records(void)
{
	sqlite3_stmt *stmt = query("SELECT account_id, kind, id, hold_id, parties, payload, part FROM record");

	while (next(stmt)) {
		int kind = sqlite3_column_int(stmt, 1);
		struct id id = column_to_id(stmt, 2);
		struct recipe recipe = {.account = (uint32_t)sqlite3_column_int64(stmt, 0),
					.hold = sqlite3_column_int64(stmt, 3),
					.class = KEY_PERIOD,
					.number = key_period_number(kind, instant_date(id_time(id)),
							    sqlite3_column_int(stmt, 6))};
		size_t len = (size_t)sqlite3_column_bytes(stmt, 5);
		char name[ID_TEXT_MAX];
		unsigned char *plain;
		struct ring ring;
		struct key key;

		records.all++;
		if (!collect(&recipe, sqlite3_column_blob(stmt, 4), sqlite3_column_bytes(stmt, 4), &ring))
			continue;
		key = derive(&ring, id, recipe.hold ? "lethe/hold/1" : "lethe/record/1");
		if (!open_sealed(&key, "payload", recipe.account, kind, id, 0, sqlite3_column_blob(stmt, 5), len, &plain))
			continue;
		records.opened++;
		id_format(kind_prefix((enum record_kind)kind), id, name);
		look_into(plain, len - SEAL_OVERHEAD, "record", name);
		open_media(&key, recipe.account, kind, id, name);
	}
}

/* ---- keys ---- */

struct carving { struct root *root; struct id vault; bool accounts; };

/* All but the data and the blobs, in which no wrapped key ever stood. */
static void carve_file(const char *path, void *arg)
{
	const struct carving *carving = arg;
	size_t len;
	const unsigned char *data;

	if (strstr(path, "/blobs/") != NULL || strstr(path, "/vault.db") != NULL)
		return;
	data = map(path, &len);
	if (carving->accounts)
		carve_accounts(carving->root, carving->vault, data, len);
	else
		carve_keys(carving->vault, data, len);
	if (len > 0)
		munmap((void *)(uintptr_t)data, len);
}

/* "identity 1 289": class, account, number of each key found. */
static void write_keys(const char *path)
{
	static const char *const classes[] = {"account", "identity", "period", "hold", "own", "user", "contact"};
	const struct carved *all;
	size_t count = carved_list(&all);
	FILE *out = path != NULL ? fopen(path, "w") : NULL;

	if (path == NULL)
		return;
	if (out == NULL)
		err(2, "%s", path);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s %u %lld\n", classes[all[i].class], all[i].account, (long long)all[i].number);
	if (fclose(out) != 0)
		err(2, "%s", path);
}

/* A root that cannot be opened opens nothing; that is an answer too. */
static void carve(char *folder, const char *config, struct id vault)
{
	const struct root_options options = {
		.config_path = config, .data_dir = folder, .secret_file = getenv("LETHE_SECRET_FILE")};
	struct carving carving = {.vault = vault, .accounts = true};

	if (root_open(&options, &carving.root, &why) != OK) {
		printf("the root does not open: %s\n", why.what);
		return;
	}
	walk(folder, carve_file, &carving);
	carving.accounts = false;
	walk(folder, carve_file, &carving);
	root_close(carving.root);
}

static int open_all(int argc, char **argv)
{
	char path[4096];

	if (argc < 4)
		errx(2, "usage: forensic open ROWS KEYS ROOT PATTERN ..");
	for (int i = 3; i < argc; i++)
		needles_add(argv[i]);
	carve(argv[1], argv[2], open_rows(argv[0]));
	snprintf(path, sizeof path, "%s/blobs", argv[0]);
	if (blob_open_folder(path, false, &blobs, &why) != OK)
		errx(2, "%s", why.what);
	write_keys(getenv("FORENSIC_KEYS"));
	open_identities();
	open_contacts();
	open_records();
	blob_close(blobs);
	sqlite3_close(rows_db);
	printf("opened %zu of %zu identities, %zu of %zu contacts, %zu of %zu records, %zu files\n", identities.opened,
	       identities.all, contacts.opened, contacts.all, records.opened, records.all, media.opened);
	return needles_found() > 0;
}

int main(int argc, char **argv)
{
	int rc;

	if (crypto_init(&why) != OK)
		errx(2, "%s", why.what);
	pool_init(&pool, (size_t)256 << 20);
	if (argc > 2 && strcmp(argv[1], "raw") == 0)
		rc = raw(argc - 2, argv + 2);
	else if (argc > 2 && strcmp(argv[1], "open") == 0)
		rc = open_all(argc - 2, argv + 2);
	else
		errx(2, "usage: forensic raw|open ..");
	pool_free(&pool);
	return rc;
}
