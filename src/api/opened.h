/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An answer that is a sealed stream, opened as it is sent: in any part, with
 * no byte before its segment's tag is checked.
 */
#ifndef LETHE_API_OPENED_H
#define LETHE_API_OPENED_H

#include "crypto/stream.h"
#include "net/response.h"

/* `reader` is borrowed until `close` is called with `arg`, once, when all is over; not when this fails. */
MUST_CHECK enum result opened_answer(struct response *response, struct stream_reader *reader, void (*close)(void *arg),
				     void *arg, struct err *err);

#endif
