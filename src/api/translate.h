/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An error of an operation says options and commands, for it is written once, for
 * the command line.  Over HTTP they are members and resources (api/resource.h):
 *
 *     --min-duration        min_duration
 *     `lethe hold list`     `GET /v1/accounts/{account}/holds`
 *
 * A command is the resource of the longest operation that it begins with; of
 * several that one whose words are most of the command's options.  One that is no
 * resource (`lethe serve`) stays as it is.
 */
#ifndef LETHE_API_TRANSLATE_H
#define LETHE_API_TRANSLATE_H

#include "base/err.h"

/* Changes what, where and mend; what no longer fits is cut off. */
void translate_err(struct err *err);

#endif
