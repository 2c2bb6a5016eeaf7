/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>
#include <unistd.h>

#include "api/call.h"
#include "api/interrupt.h"

bool call_can_ask(const struct call *call)
{
	return isatty(STDIN_FILENO) && !call->json;
}

bool call_said_yes(void)
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
