/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Catching Ctrl-C: the first press asks to stop, a second one ends at once.
 */
#ifndef LETHE_CLI_INTERRUPT_H
#define LETHE_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on the first SIGINT or SIGTERM only asks to stop. */
void interrupt_watch(void);
bool interrupt_asked(void);
/* They end the process again: while a person is being asked something. */
void interrupt_unwatch(void);

#endif
