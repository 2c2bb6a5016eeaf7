/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>

#include "cli/dispatch.h"
#include "cli/terminal.h"

int main(int argc, char **argv)
{
	struct err err;

	signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error like a full disk, and is said */
	if (crypto_init(&err) != OK) {
		terminal_error(false, &err);
		return exit_code_of(err.code);
	}
	return (int)dispatch(argc, argv);
}
