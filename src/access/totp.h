/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One-time codes by the clock: RFC 6238 with SHA-1, 6 digits, 30 seconds, which
 * is what every program for it can do.
 */
#ifndef LETHE_ACCESS_TOTP_H
#define LETHE_ACCESS_TOTP_H

#include <stdbool.h>
#include "base/buf.h"
#include "base/time.h"

#define TOTP_KEY_LEN 20  /* bytes: the size of the hash (RFC 4226 section 4) */
#define TOTP_DIGITS 6
#define TOTP_SECONDS 30
#define TOTP_DRIFT 1     /* steps before and after now that are taken */

void totp_key(unsigned char key[TOTP_KEY_LEN]);
int64_t totp_step(struct instant now);
/* Of any length of key and 6 to 8 digits: what the RFC's vectors need. */
uint32_t totp_code(const unsigned char *key, size_t len, int64_t step, int digits);
/* Is `code` that of now, or of a step beside it, and of one after `last`? Then `*step` is which: the next `last`. Spaces
 * in it are passed over. All steps are compared, whichever fits. */
bool totp_fits(const unsigned char key[TOTP_KEY_LEN], struct instant now, int64_t last, const char *code, int64_t *step);
/* Appends the URI that programs read it by ("otpauth://totp/Lethe:anna%40example.org?secret=.."): for a QR code. */
void totp_uri(struct buf *out, const unsigned char key[TOTP_KEY_LEN], const char *issuer, const char *name);

#endif
