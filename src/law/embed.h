/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files below law/ of the sources, byte for byte as they were when the
 * program was built: it needs none of them at run time.
 */
#ifndef LETHE_LAW_EMBED_H
#define LETHE_LAW_EMBED_H

#include <stddef.h>

/* Lives as long as the program. */
struct law_file {
	const char *path;        /* "law/obligations/DE.json": from the top of the sources */
	const char *text, *end;  /* not terminated */
};

#define LAW_OBLIGATION_FILES 6
#define LAW_PROFILE_FILES 6
extern const struct law_file law_obligation_files[LAW_OBLIGATION_FILES]; /* by path */
extern const struct law_file law_profile_files[LAW_PROFILE_FILES];
extern const struct law_file law_holidays_file;

#endif
