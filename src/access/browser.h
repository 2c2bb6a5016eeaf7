/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a client says of itself (User-Agent), as one of a few browsers on one of
 * a few systems: so that people tell their own sessions apart.  Nothing else of
 * it is kept, so that nothing personal is.
 */
#ifndef LETHE_ACCESS_BROWSER_H
#define LETHE_ACCESS_BROWSER_H

/* Stored: only add. 0 is unknown. */
enum browser_program { BROWSER_EDGE = 1, BROWSER_OPERA, BROWSER_FIREFOX, BROWSER_CHROME, BROWSER_SAFARI, BROWSER_CURL, BROWSER_PROGRAMS };
enum browser_system { BROWSER_ANDROID = 1, BROWSER_IOS, BROWSER_WINDOWS, BROWSER_MACOS, BROWSER_LINUX, BROWSER_SYSTEMS };
struct browser { enum browser_program program; enum browser_system system; };

struct browser browser_read(const char *user_agent); /* NULL is fine */
/* As one number that is not negative, and back; a number that none has is unknown. */
int browser_number(struct browser browser);
struct browser browser_of(int number);
/* "Firefox on Linux", "Firefox", "Linux"; NULL: nothing is known. Returns `out`. */
#define BROWSER_TEXT_MAX 32
const char *browser_text(struct browser browser, char out[BROWSER_TEXT_MAX]);

#endif
