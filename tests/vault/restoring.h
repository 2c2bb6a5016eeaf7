/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A backup of a world, and the way back to it.
 */
#ifndef LETHE_TESTS_VAULT_RESTORING_H
#define LETHE_TESTS_VAULT_RESTORING_H

#include "world.h"

#include "vault/backup.h"
#include "vault/restore.h"

WORLD_UNUSED static char *backup_dir(struct world *world)
{
	return pool_printf(&world->pool, "%s/backup", world->base);
}

WORLD_UNUSED static void back_up(struct world *world)
{
	struct backup_options options = {.dir = backup_dir(world), .now = world->now};
	struct manifest manifest;
	struct err err;

	assert_ok(backup_create(world->vault, &options, &manifest, &err), &err);
}

WORLD_UNUSED static void restore(struct world *world)
{
	struct restore_options options = {.dir = backup_dir(world), .now = world->now};
	struct restore_result out;
	struct err err;

	assert_ok(restore_run(world->vault, &options, &out, &err), &err);
}

#endif
