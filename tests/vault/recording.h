/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Recordings with a sealed blob, and damage done behind Lethe's back.
 */
#ifndef LETHE_TESTS_VAULT_RECORDING_H
#define LETHE_TESTS_VAULT_RECORDING_H

#include "world.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/stream.h"
#include "store/hold.h"
#include "store/job.h"
#include "store/leaf.h"
#include "store/policy.h"
#include "vault/remove.h"

struct recording {
	struct world *world;
	struct id id, blob;
	struct instant at;
	const char *phone;
	size_t bytes;
	struct blob_batch *batch;
	bool without_row; /* leave the rows out: a blob that no record has */
};

static enum result recording_sink(void *arg, const void *data, size_t len, struct err *err)
{
	return blob_put_write(arg, data, len, err);
}

static enum result recording_seal(struct recording *rec, const struct media_row *media, const struct key *key,
				  struct blob_put *put, struct err *err)
{
	unsigned char aad[MEDIA_AAD_LEN], *sound = calloc(1, rec->bytes + 1);
	size_t aad_len = media_aad(media, aad);
	struct stream_writer *writer;
	enum result r = stream_writer_new(key, aad, aad_len, media->segment, recording_sink, put, &writer, err);

	assert_non_null(sound);
	if (r != OK)
		return r;
	r = stream_write(writer, sound, rec->bytes, err);
	if (r == OK)
		r = stream_finish(writer, err);
	stream_writer_free(writer);
	free(sound);
	return r;
}

static enum result recording_op(struct session *session, void *arg, struct err *err)
{
	struct recording *rec = arg;
	struct date day = instant_date(rec->at);
	uint32_t account = rec->world->account.number;
	struct record_row row = {.account = account, .kind = KIND_RECORDING, .id = rec->id, .duration_ms = 1, .media = 1};
	struct media_row media = {.account = account, .kind = KIND_RECORDING, .id = rec->id, .blob = rec->blob,
				  .bytes = rec->bytes, .segment = 65536, .format = MEDIA_WAV};
	struct blob_name name = {account, KIND_RECORDING, day, rec->blob};
	struct period delta = {.kind = KIND_RECORDING, .day = day, .records = 1, .media = 1,
			       .media_bytes = (int64_t)rec->bytes};
	struct party_key party = {date_month_index(day), 0, KIND_RECORDING, rec->id};
	struct key period, record_key, media_key = key_random();
	struct blob_put *put;
	struct entry entry;
	bool inserted;

	assert_ok(world_identity(session, account, IDENTITY_PHONE, rec->phone, rec->world->now, &entry, err), err);
	row.parties[row.party_count++] = (struct party){entry.identity, ROLE_FROM};
	party.identity = entry.identity;
	assert_ok(keyring_get_or_make(session->ring, account, KEY_PERIOD, key_period_number(KIND_RECORDING, day, 0), &period,
				      err), err);
	assert_ok(seal_record_key(session->ring, &row, &record_key, err), err);
	assert_ok(seal_payload(&record_key, &row, "{\"call\":1}", 10, &rec->world->pool, err), err);
	assert_ok(seal_media_key(&record_key, &media_key, &media, err), err);
	assert_ok(blob_batch_new(rec->world->vault->blobs, &rec->batch, err), err);
	assert_ok(blob_put_begin(rec->batch, &name, &put, err), err);
	assert_ok(recording_seal(rec, &media, &media_key, put, err), err);
	assert_ok(blob_put_finish(put, err), err);
	assert_ok(blob_publish(rec->batch, err), err);
	if (rec->without_row)
		return OK;
	delta.bytes = (int64_t)row.payload_len;
	assert_ok(record_insert(session->data, &row, &inserted, err), err);
	assert_ok(media_insert(session->data, &media, err), err);
	assert_ok(party_insert(session->data, account, &party, 1, err), err);
	return period_add(session->data, account, &delta, err);
}

static void recording_put_in(struct recording *rec)
{
	struct err err;

	rec->id = id_new(rec->at);
	rec->blob = id_new(rec->at);
	assert_ok(vault_write(rec->world->vault, recording_op, rec, &err), &err);
	assert_ok(blob_settle(rec->batch, &err), &err);
	blob_batch_free(rec->batch);
}

/* One recording of `bytes` silent bytes. */
WORLD_UNUSED static struct recording recording_put(struct world *world, const char *at, const char *phone, size_t bytes)
{
	struct recording rec = {.world = world, .at = world_time(at), .phone = phone, .bytes = bytes};

	recording_put_in(&rec);
	return rec;
}

WORLD_UNUSED static struct recording recording_orphan(struct world *world, const char *at)
{
	struct recording rec = {.world = world, .at = world_time(at), .phone = "+4520000001", .bytes = 100,
				.without_row = true};

	recording_put_in(&rec);
	return rec;
}

WORLD_UNUSED static char *recording_path(const struct recording *rec, char out[PATH_MAX])
{
	struct blob_name name = {rec->world->account.number, KIND_RECORDING, instant_date(rec->at), rec->blob};
	char path[BLOB_PATH_MAX];

	snprintf(out, PATH_MAX, "%s/regions/default/blobs/%s", rec->world->data, blob_path(&name, path));
	return out;
}

/* Changes the byte at `offset`, from the end when negative. */
WORLD_UNUSED static void flip(const char *path, off_t offset)
{
	int fd = open(path, O_RDWR);
	unsigned char byte;
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	offset = offset < 0 ? st.st_size + offset : offset;
	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 0x40;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

/* Statements behind Lethe's back, by a plain connection; the log's triggers are taken off first. */
WORLD_UNUSED static void tamper(struct world *world, const char *file, const char *sql)
{
	char path[PATH_MAX], *why = NULL;
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/regions/default/%s", world->data, file);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	sqlite3_exec(db, "DROP TRIGGER audit_leaf_fixed; DROP TRIGGER audit_leaf_kept;", NULL, NULL, NULL);
	sqlite3_exec(db, "DROP TRIGGER audit_hash_fixed; DROP TRIGGER audit_hash_kept;", NULL, NULL, NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

/* ---- erasing and expiring, as far as these tests need it ---- */

struct destroying { struct world *world; enum key_class class; int64_t number; struct blind blind; };

static enum result destroying_op(struct session *session, void *arg, struct err *err)
{
	struct destroying *d = arg;
	bool existed;
	enum result r = OK;

	if (d->class == KEY_IDENTITY)
		r = tombstone_put(session->keys, d->world->account.number, &d->blind, d->world->now, err);
	if (r == OK)
		r = keyring_destroy(session->ring, d->world->account.number, d->class, d->number, &existed, err);
	directory_clear(session->directory);
	return r;
}

WORLD_UNUSED static int64_t identity_of(struct world *world, const char *phone)
{
	struct identity_row row = {0};
	struct blind blind;
	struct err err;
	bool found;

	assert_ok(keyring_blind(world->vault->read.ring, world->account.number, IDENTITY_PHONE, phone, strlen(phone),
				&blind, &err), &err);
	assert_ok(identity_find(world->vault->read.data, world->account.number, &blind, &found, &row, &err), &err);
	return found ? row.identity : 0;
}

/* Its key goes and a tombstone is set; the rows stay, as in a backup. */
WORLD_UNUSED static void destroy_identity(struct world *world, const char *phone)
{
	struct destroying d = {.world = world, .class = KEY_IDENTITY, .number = identity_of(world, phone)};
	struct err err;

	assert_ok(keyring_blind(world->vault->read.ring, world->account.number, IDENTITY_PHONE, phone, strlen(phone),
				&d.blind, &err), &err);
	assert_ok(vault_write(world->vault, destroying_op, &d, &err), &err);
}

WORLD_UNUSED static void destroy_period(struct world *world, enum record_kind kind, const char *day)
{
	struct destroying d = {.world = world, .class = KEY_PERIOD,
			       .number = key_period_number(kind, instant_date(world_time(day)), 0)};
	struct err err;

	assert_ok(vault_write(world->vault, destroying_op, &d, &err), &err);
}

struct removing { struct world *world; enum record_kind kind; struct id id; struct removed removed; };

static enum result removing_op(struct session *session, void *arg, struct err *err)
{
	struct removing *rm = arg;
	struct record_row row;
	enum result r = record_get(session->data, rm->world->account.number, rm->kind, rm->id, &rm->world->pool, &row,
				   err);

	return r == OK ? remove_records(session, rm->world->account.number, &row, 1, &rm->removed, err) : r;
}

WORLD_UNUSED static struct removed remove_one(struct world *world, enum record_kind kind, struct id id)
{
	struct removing rm = {.world = world, .kind = kind, .id = id};
	struct err err;

	assert_ok(vault_write(world->vault, removing_op, &rm, &err), &err);
	return rm.removed;
}

WORLD_UNUSED static int64_t count_records(struct world *world, enum record_kind kind)
{
	struct period sum;
	struct err err;
	int64_t days;

	assert_ok(period_sum(world->vault->read.data, world->account.number, kind, (struct date){INT32_MAX}, &sum, &days,
			     &err), &err);
	return sum.records;
}

#endif
