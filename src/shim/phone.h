/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Telephone numbers to E.164, through libphonenumber.
 */
#ifndef LETHE_SHIM_PHONE_H
#define LETHE_SHIM_PHONE_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stddef.h>
#include <stdbool.h>
#include "base/err.h"

#define PHONE_E164_MAX 17 /* '+', 15 digits, NUL */

/* A bounded cache of spellings seen; one thread at a time. Wiped when freed. */
struct phone_cache;

MUST_CHECK enum result phone_cache_new(size_t entries, struct phone_cache **out, struct err *err);
void phone_cache_free(struct phone_cache *cache);

/* `text` in any spelling, read with `country` (ISO 3166-1 alpha-2) where it has no international prefix.
 * What is E.164 already and plausible by length ('+', 8 to 15 digits) passes without the library.
 * An extension ("x12", "ext. 12") is dropped; letters otherwise, "@", and fewer than 8 digits in all (but for the few
 * valid numbers so short) make it no number. `country` NULL or "": only international spellings are read.
 * ERR_INPUT when it is no possible number ("anonymous", "1000", a SIP name). `cache` may be NULL. */
MUST_CHECK enum result phone_to_e164(struct phone_cache *cache, const char *text, size_t len, const char *country,
				     char out[PHONE_E164_MAX], struct err *err);
/* "+45 20 12 34 56"; copies the input when it cannot. `out` of 40 bytes. */
void phone_pretty(const char *e164, char out[40]);
/* Is `country` one libphonenumber knows ("FR")? */
bool phone_country_known(const char *country);

#ifdef __cplusplus
}
#endif
#endif
