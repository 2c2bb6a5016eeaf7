/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LETHE_API_VERSION_H
#define LETHE_API_VERSION_H

#define LETHE_VERSION "0.1.0"

#endif
