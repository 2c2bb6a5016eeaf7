/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Catching Ctrl-C; the question itself, call_interrupted(), is in call.h.
 */
#ifndef LETHE_API_INTERRUPT_H
#define LETHE_API_INTERRUPT_H

/* From here on the first SIGINT or SIGTERM only asks to stop. */
void interrupt_watch(void);
/* They end the process again: while a person is being asked something. */
void interrupt_unwatch(void);

#endif
