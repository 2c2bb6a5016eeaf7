/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "vault/read_recover.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "store/account.h"
#include "store/leaf.h"
#include "vault/act.h"
#include "vault/keyring.h"
#include "vault/read_frame.h"

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_MAX 64
#define BOOT_UNKNOWN "unknown" /* and no boot that this one is */
/* The newest leaf says that the machine was up then: what was not on disk by then had come less than that before. */
#define LOOSE_AT_MOST_MS (60 * 1000)
#define ACCOUNTS 256

/* ---- where the log has got to ---- */

enum result read_position(struct db *data, uint64_t *out, struct err *err)
{
	struct pool pool;
	const char *text;
	enum result r;

	*out = 1;
	pool_init(&pool, 4096);
	r = meta_get(data, READ_LOG_META, &pool, &text, err);
	if (r == OK)
		*out = strtoull(text, NULL, 10);
	if (r == OK && *out == 0)
		r = err_set(err, ERR_CORRUPT, "the vault does not say which reads are in its log");
	pool_free(&pool);
	return r == ERR_NOT_FOUND ? OK : r;
}

enum result read_set_position(struct db *data, uint64_t next, struct err *err)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, next);
	return meta_set(data, READ_LOG_META, text, err);
}

/* ---- what a crash, or a daemon at work, has left in the file ---- */

struct recovery { struct db *data; struct leaf_run run; uint64_t next; };

static enum result see_one(void *arg, const struct read_frame *frame, struct err *err)
{
	struct recovery *recovery = arg;

	(void)err;
	recovery->next = frame->number + 1;
	return OK;
}

static enum result recover_one(void *arg, const struct read_frame *frame, struct err *err)
{
	struct recovery *recovery = arg;

	recovery->next = frame->number + 1;
	return leaf_run_append(&recovery->run, &frame->leaf, err);
}

static enum result recover_in(int fd, struct recovery *recovery, struct id vault, struct err *err)
{
	uint64_t from;
	enum result r = read_position(recovery->data, &from, err);

	recovery->next = from;
	if (r == OK)
		r = leaf_run_begin(recovery->data, &recovery->run, err);
	if (r == OK)
		r = read_frames(fd, vault, from, recover_one, recovery, err);
	if (r == OK)
		r = leaf_run_end(&recovery->run, err);
	return r == OK && recovery->next != from ? read_set_position(recovery->data, recovery->next, err) : r;
}

static enum result recover(int fd, struct recovery *recovery, struct id vault, struct err *err)
{
	enum result r = db_begin(recovery->data, err);

	if (r != OK)
		return r;
	r = recover_in(fd, recovery, vault, err);
	if (r == OK)
		return db_commit(recovery->data, err);
	db_rollback(recovery->data);
	return r;
}

enum result read_recover(const char *path, struct db *data, struct id vault, struct err *err)
{
	struct recovery recovery = {.data = data};
	uint64_t from;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum result r;

	if (fd < 0)
		return errno == ENOENT ? OK : err_sys(err, "cannot read %s", path);
	r = read_position(data, &from, err);
	recovery.next = from;
	/* Looked at first: most of the time there is nothing, and the writer need not be waited for. */
	if (r == OK)
		r = read_frames(fd, vault, from, see_one, &recovery, err);
	if (r == OK && recovery.next != from)
		r = recover(fd, &recovery, vault, err);
	close(fd);
	return r;
}

/* ---- what the machine took with it ---- */

/* Is it known? */
static bool this_boot(char out[BOOT_MAX])
{
	int fd = open(BOOT_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, out, BOOT_MAX - 1) : 0;

	if (fd >= 0)
		close(fd);
	out[len > 0 ? len : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (out[0] != '\0')
		return true;
	snprintf(out, BOOT_MAX, "%s", BOOT_UNKNOWN);
	return false;
}

bool read_boot_known(void)
{
	char boot[BOOT_MAX];

	return this_boot(boot);
}

enum result read_set_loose(struct db *data, bool loose, struct err *err)
{
	char boot[BOOT_MAX] = "";

	if (loose)
		this_boot(boot);
	return meta_set(data, READ_LOOSE_META, boot, err);
}

enum loose { LOOSE_NONE, LOOSE_NOW, LOOSE_LOST };

static enum result look(struct db *data, enum loose *out, struct err *err)
{
	char boot[BOOT_MAX];
	const char *said;
	struct pool pool;
	enum result r;

	*out = LOOSE_NONE;
	this_boot(boot);
	pool_init(&pool, 4096);
	r = meta_get(data, READ_LOOSE_META, &pool, &said, err);
	if (r == OK && said[0] != '\0')
		*out = strcmp(said, boot) == 0 && strcmp(boot, BOOT_UNKNOWN) != 0 ? LOOSE_NOW : LOOSE_LOST;
	pool_free(&pool);
	return r == ERR_NOT_FOUND ? OK : r;
}

struct gap { struct db *data; struct instant now, from, until; };

static enum result say_gap_in(const struct gap *gap, uint32_t account, struct err *err)
{
	struct act act;

	act_begin(&act, "audit.gap", account, gap->now);
	act_instant(&act, "from", gap->from);
	act_instant(&act, "until", gap->until);
	return act_append(&act, gap->data, NULL, err);
}

static enum result say_gap(const struct gap *gap, struct err *err)
{
	uint32_t accounts[ACCOUNTS], last = VAULT_ACCOUNT;
	size_t count = ACCOUNTS;
	enum result r = say_gap_in(gap, VAULT_ACCOUNT, err);

	while (r == OK && count == ACCOUNTS) {
		r = account_list(gap->data, last, accounts, ACCOUNTS, &count, err);
		for (size_t i = 0; r == OK && i < count; i++)
			r = say_gap_in(gap, last = accounts[i], err);
	}
	return r;
}

/* By the clock of then, as what is missing was: after a power cut the clock may well be behind it. */
static enum result find_gap(struct db *data, struct instant now, struct gap *out, struct err *err)
{
	struct instant newest;
	enum result r = leaf_newest(data, &newest, err);

	if (r != OK)
		return r;
	if (newest.ms < 0) /* there is none */
		newest = now;
	*out = (struct gap){.data = data, .now = now, .from = {newest.ms - LOOSE_AT_MOST_MS},
			    .until = newest.ms > now.ms ? newest : now};
	return OK;
}

static enum result say_lost(struct db *data, struct instant now, struct err *err)
{
	struct gap gap;
	enum result r = find_gap(data, now, &gap, err);

	return r == OK ? say_gap(&gap, err) : r;
}

static enum result settle_in(struct db *data, struct instant now, struct err *err)
{
	enum loose loose;
	enum result r = look(data, &loose, err); /* another process may have been quicker */

	if (r == OK && loose == LOOSE_LOST)
		r = say_lost(data, now, err);
	return r == OK && loose != LOOSE_NONE ? read_set_loose(data, false, err) : r;
}

enum result read_unsettled(struct db *data, bool alone, bool *out, struct err *err)
{
	enum loose loose;
	enum result r = look(data, &loose, err);

	/* Who cannot tell leaves it to who can; but who writes may be about to note its own. */
	*out = r == OK && (alone ? loose != LOOSE_NONE : loose == LOOSE_LOST && read_boot_known());
	return r;
}

enum result read_settle(struct db *data, struct instant now, struct err *err)
{
	enum result r = db_begin(data, err);

	if (r != OK)
		return r;
	r = settle_in(data, now, err);
	if (r == OK)
		return db_commit(data, err);
	db_rollback(data);
	return r;
}
