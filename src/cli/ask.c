/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/interrupt.h"

bool cli_can_ask(const struct cli *cli)
{
	return isatty(STDIN_FILENO) && !cli->json;
}

bool cli_said_yes(void)
{
	char line[16];
	bool yes;

	fprintf(stderr, "Type yes: ");
	fflush(stderr);
	interrupt_unwatch();
	yes = fgets(line, sizeof line, stdin) != NULL && strcmp(line, "yes\n") == 0;
	interrupt_watch();
	return yes;
}
