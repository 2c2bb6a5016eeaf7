/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>

#include "cli/dispatch.h"

int main(int argc, char **argv)
{
	const struct cli cli = {0};
	struct err err;

	signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error like a full disk, and is said */
	if (crypto_init(&err) != OK) {
		cli_print_error(&cli, &err);
		return exit_code_of(err.code);
	}
	return (int)dispatch(argc, argv);
}
