/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The vault of a world, checked as `lethe check` does.
 */
#ifndef LETHE_TESTS_CHECKING_H
#define LETHE_TESTS_CHECKING_H

#include "world.h"

#include "vault/check.h"

/* What it finds; `quick`: media are not read. */
WORLD_UNUSED static struct check_report checked(const struct world *world, bool quick)
{
	const struct check_options options = {.quick = quick};
	struct check_report report;
	struct err err;

	assert_ok(check_vault(world->vault, &options, &report, &err), &err);
	return report;
}

/* Nothing, but for what the checks whose bits (1 << CHECK_..) are in `made_up` find: of that a test has only numbers. */
WORLD_UNUSED static struct check_report checks_out_but(const struct world *world, bool quick, unsigned made_up)
{
	struct check_report report = checked(world, quick);

	for (int id = 0; id < CHECK_COUNT; id++) {
		if (report.checks[id].problems > 0 && (made_up & 1U << id) == 0)
			fail_msg("check: %s", check_name((enum check_id)id));
	}
	return report;
}

WORLD_UNUSED static void checks_out(const struct world *world, bool quick)
{
	checks_out_but(world, quick, 0);
}

#endif
