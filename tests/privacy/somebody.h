/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LETHE_TESTS_PRIVACY_SOMEBODY_H
#define LETHE_TESTS_PRIVACY_SOMEBODY_H

#include "world.h"

#include "privacy/person.h"

/* The one person a number or an address leads to. */
WORLD_UNUSED static struct id one(struct world *world, const char *who)
{
	struct id id;
	struct err err;

	assert_ok(person_find_one(&world->vault->read, &world->account, who, &world->pool, &id, &err), &err);
	return id;
}

#endif
