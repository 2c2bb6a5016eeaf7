/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/exit.h"

enum exit_code exit_code_of(enum result result)
{
	switch (result) {
	case OK:
		return EXIT_OK;
	case ERR_INPUT:
		return EXIT_USAGE;
	case ERR_NOT_FOUND:
		return EXIT_NOT_FOUND;
	case ERR_EXISTS:
	case ERR_DENIED:
	case ERR_WRONG_STATE:
	case ERR_HELD:
	case ERR_UNSEEN:
	case ERR_CHANGED:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
		return EXIT_REFUSED;
	case ERR_BUSY:
		return EXIT_BUSY;
	case ERR_CORRUPT:
		return EXIT_CORRUPT;
	case ERR_IO:
	case ERR_FULL:
		return EXIT_IO;
	case ERR_GONE:
		return EXIT_GONE;
	case ERR_INTERRUPTED:
		return EXIT_INTERRUPTED;
	case ERR_NO_MEMORY:
	case ERR_INTERNAL:
		break;
	}
	return EXIT_FAILED;
}
