/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/dispatch.h"
#include "cli/exit.h"
#include "cli/terminal.h"

/* Who closed one of the three would have us write what we say into the first file that we open. */
static bool standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	return fd > STDERR_FILENO;
}

int main(int argc, char **argv)
{
	struct err err;

	if (!standard_descriptors())
		return EXIT_IO;
	signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error like a full disk, and is said */
	if (crypto_init(&err) != OK) {
		terminal_error(false, &err);
		return exit_code_of(err.code);
	}
	return (int)dispatch(argc, argv);
}
