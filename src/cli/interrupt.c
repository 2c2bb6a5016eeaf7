/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t asked;

/* SA_RESETHAND has put the default back, so a second signal ends the process; what it was doing is finished or undone
 * when the vault is next opened. */
static void note(int number)
{
	static const char text[] = "\nlethe: stopping after this step; once more ends at once\n";

	(void)number;
	asked = 1;
	if (isatty(STDERR_FILENO) && write(STDERR_FILENO, text, sizeof text - 1) < 0)
		return; /* nobody is there to read it */
}

static void set(const struct sigaction *action)
{
	sigaction(SIGINT, action, NULL);
	sigaction(SIGTERM, action, NULL);
}

void interrupt_watch(void)
{
	struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART | (int)SA_RESETHAND};

	sigemptyset(&action.sa_mask);
	set(&action);
}

void interrupt_unwatch(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	sigemptyset(&action.sa_mask);
	set(&action);
}

bool interrupt_asked(void)
{
	return asked != 0;
}
