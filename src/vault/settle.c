/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/settle.h"

#include "store/media.h"
#include "vault/kept.h"
#include "vault/rotate.h"

#define TRASH_BATCH 1000

static enum result blob_has_row(void *arg, const struct blob_name *name, bool *known, struct err *err)
{
	struct vault *vault = arg;
	struct trash_row trash = {name->account, (enum record_kind)name->kind, name->day, name->id};
	enum result r = media_names_blob(vault->read.data, name->account, trash.kind, name->day, name->id, known, err);

	/* Listed as trash is known too: it is removed by way of the list. */
	if (r == OK && !*known)
		r = trash_has(vault->read.data, &trash, known, err);
	return r;
}

struct trash_batch { struct trash_row rows[TRASH_BATCH]; size_t count; };

static enum result forget_trash(struct session *session, void *arg, struct err *err)
{
	const struct trash_batch *batch = arg;
	enum result r = OK;

	for (size_t i = 0; i < batch->count && r == OK; i++)
		r = trash_remove(session->data, &batch->rows[i], err);
	return r;
}

static enum result remove_blobs(struct vault *vault, const struct trash_batch *batch, struct err *err)
{
	enum result r = OK;

	for (size_t i = 0; i < batch->count && r == OK; i++) {
		struct blob_name name = {.account = batch->rows[i].account,
					 .kind = (uint32_t)batch->rows[i].kind,
					 .day = batch->rows[i].day,
					 .id = batch->rows[i].blob};

		r = blob_remove(vault->blobs, &name, err);
	}
	return r == OK ? blob_sync_removed(vault->blobs, err) : r;
}

enum result vault_empty_trash(struct vault *vault, uint64_t *removed, struct err *err)
{
	struct trash_batch batch;
	enum result r;

	*removed = 0;
	for (;;) {
		r = trash_list(vault->read.data, batch.rows, TRASH_BATCH, &batch.count, err);
		if (r != OK || batch.count == 0)
			return r;
		r = remove_blobs(vault, &batch, err);
		if (r == OK)
			r = vault_write(vault, forget_trash, &batch, err);
		if (r != OK)
			return r;
		*removed += batch.count;
	}
}

enum result vault_trash_left(struct vault *vault, int64_t *left, struct err *err)
{
	struct trash_batch batch;
	uint64_t removed;
	enum result r = trash_list(vault->read.data, batch.rows, TRASH_BATCH, &batch.count, err);

	*left = 0;
	if (r == OK && batch.count > 0)
		r = vault_empty_trash(vault, &removed, err);
	for (size_t i = 0; i < batch.count && r == OK; i++) {
		bool has;

		r = trash_has(vault->read.data, &batch.rows[i], &has, err);
		*left += r == OK && has;
	}
	return r;
}

enum result settle(struct vault *vault, struct instant now, struct err *err)
{
	struct rotation rotation;
	uint64_t removed;
	enum result r = blob_recover(vault->blobs, blob_has_row, vault, &removed, err);

	if (r == OK)
		r = vault_empty_trash(vault, &removed, err);
	if (r == OK)
		r = kept_settle(vault, now, err);
	if (r == OK)
		r = rotate_resume(vault, now, NULL, NULL, &rotation, err);
	return r;
}
