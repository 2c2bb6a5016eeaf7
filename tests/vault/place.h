/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A vault with three records, its backup, and the way back.
 */
#ifndef LETHE_TESTS_VAULT_PLACE_H
#define LETHE_TESTS_VAULT_PLACE_H

#include "checking.h"
#include "vault/recording.h"

#include "store/setting.h"
#include "vault/remove_account.h"

#include <sys/file.h>

#include "privacy/contacts.h"
#include "privacy/person.h"
#include "privacy/user_end.h"
#include "retention/holds.h"
#include "retention/sweep.h"
#include "vault/backup.h"
#include "vault/calendar.h"
#include "vault/labels.h"
#include "vault/reseal.h"
#include "vault/restore.h"
#include "vault/rotate.h"

struct place { struct world world; char dir[400]; struct id call, other, old; };

#define ANNA "+4520000001"
#define BENT "+4520000002"

WORLD_UNUSED static int set_up(void **state)
{
	struct place *p = test_calloc(1, sizeof *p);

	world_begin(&p->world, "2025-06-01T00:00:00Z");
	snprintf(p->dir, sizeof p->dir, "%s/backup", p->world.base);
	p->call = world_put(&p->world, KIND_CALL, "2025-05-01T10:00:00Z", "{\"a\":1}", ANNA, BENT, NULL);
	p->other = world_put(&p->world, KIND_CALL, "2025-05-01T11:00:00Z", "{\"a\":2}", BENT, NULL);
	p->old = world_put(&p->world, KIND_MESSAGE, "2025-02-01T11:00:00Z", "{\"a\":3}", BENT, NULL);
	*state = p;
	return 0;
}

WORLD_UNUSED static int tear_down(void **state)
{
	struct place *p = *state;

	world_end(&p->world);
	test_free(p);
	return 0;
}

WORLD_UNUSED static void back_up(struct place *p)
{
	struct backup_options options = {.dir = p->dir, .now = p->world.now};
	struct manifest manifest;
	struct err err;

	assert_ok(backup_create(p->world.vault, &options, &manifest, &err), &err);
}

WORLD_UNUSED static void sound(const struct place *p)
{
	checks_out(&p->world, false);
}

WORLD_UNUSED static enum result try_restore(struct place *p, struct restore_result *out, struct err *err)
{
	struct restore_options options = {.dir = p->dir, .now = p->world.now};

	return restore_run(p->world.vault, &options, out, err);
}

WORLD_UNUSED static struct restore_result restore(struct place *p)
{
	struct restore_result out;
	struct err err;

	assert_ok(try_restore(p, &out, &err), &err);
	sound(p);
	return out;
}

WORLD_UNUSED static int64_t all(const struct removed *removed)
{
	int64_t sum = 0;

	for (int kind = KIND_FIRST; kind <= KIND_LAST; kind++)
		sum += removed->records[kind];
	return sum;
}

WORLD_UNUSED static uint64_t log_size(struct place *p)
{
	uint64_t size;
	struct err err;

	assert_ok(leaf_tree_size(p->world.vault->read.data, &size, &err), &err);
	return size;
}

WORLD_UNUSED static bool opens(struct place *p, enum record_kind kind, struct id id)
{
	const char *text;
	struct err err;

	return world_open_record(&p->world, kind, id, &text, &err) == OK;
}

WORLD_UNUSED static void lose(struct place *p, const char *how)
{
	struct vault_options options = {.data_dir = p->world.data, .command = "restore", .write = true};
	struct id id = p->world.vault->id;
	char path[PATH_MAX];
	struct vault *vault;
	struct err err;

	vault_close(p->world.vault);
	p->world.vault = NULL;
	snprintf(path, sizeof path, "%s/regions/default/vault.db", p->world.data);
	if (strcmp(how, "lost") == 0)
		assert_int_equal(unlink(path), 0);
	else
		assert_int_equal(truncate(path, 5000), 0);
	assert_int_not_equal(vault_open(&options, p->world.now, &vault, &err), OK);
	assert_ok(vault_open_without_data(&options, id, &p->world.vault, &err), &err);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
