/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Media over HTTP: up in a stream, down in a stream, ranges without the rest.
 */
#ifndef LETHE_API_MEDIA_H
#define LETHE_API_MEDIA_H

#include "api/direct.h"

/* PUT: 201, 200 when the same is there already, 409 when something else is. Content-Digest and Repr-Digest are checked. */
enum result media_put(struct direct *direct, struct err *err);
/* GET and HEAD, as it is stored; its leaf is on disk before anything is sent. */
enum result media_get(struct direct *direct, struct err *err);

#endif
