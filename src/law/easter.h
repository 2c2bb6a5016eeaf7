/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Easter Sunday, as a date of the Gregorian calendar. Source: Meeus,
 * Astronomical Algorithms, chapter 8.
 */
#ifndef LETHE_LAW_EASTER_H
#define LETHE_LAW_EASTER_H

#include "base/time.h"

/* Years from 1583, when the Gregorian calendar began (INVARIANT). */
struct date easter_western(int32_t year);
/* Of the churches that reckon it in the Julian calendar (GR, CY, RO, BG). */
struct date easter_orthodox(int32_t year);

#endif
