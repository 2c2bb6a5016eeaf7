/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where SQLite keeps the pages it has read or changed: a range of memory of
 * their own, one size of slot, had from the system a piece at a time.  A
 * process that reads a few hundred pages and ends would else wait longer for
 * the memory of most of them, a fault each, than for their content.
 *
 * What does not fit, and whatever else SQLite asks for, comes from malloc.
 * Slots are used again and not given back before the process ends.
 */
#ifndef LETHE_DB_PAGEMEM_H
#define LETHE_DB_PAGEMEM_H

/* Before SQLite is used; only the first call counts, from whatever thread. Without such memory SQLite does as always. */
void pagemem_install(void);

#endif
