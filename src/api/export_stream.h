/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The copy of what there is on a person, over HTTP (docs/export.md).
 *
 * It is sent when it is whole, so its status says how it went and its length is
 * known; until then it is kept sealed, by a key that is nowhere but in memory
 * (net/spool.h).
 */
#ifndef LETHE_API_EXPORT_STREAM_H
#define LETHE_API_EXPORT_STREAM_H

#include "api/direct.h"

enum result export_stream(struct direct *direct, struct err *err);

#endif
