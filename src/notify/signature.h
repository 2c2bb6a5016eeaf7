/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Secrets and signatures of Standard Webhooks (github.com/standard-webhooks, spec 1.0): a secret is "whsec_" and the
 * base64 of its bytes; a signature is "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body".
 */
#ifndef LETHE_NOTIFY_SIGNATURE_H
#define LETHE_NOTIFY_SIGNATURE_H

#include "base/time.h"
#include "crypto/primitives.h"

#define WEBHOOK_SECRET_MAX 64     /* "whsec_", base64 of 32 bytes, NUL */
#define WEBHOOK_SIGNATURE_MAX 128 /* two signatures and NUL */

/* A new one of 32 random bytes. Wipe with sodium_memzero or secret_wipe_text. */
void webhook_secret_make(char out[WEBHOOK_SECRET_MAX]);
void webhook_secret_wipe(char secret[WEBHOOK_SECRET_MAX]);

/* The value of webhook-signature; `old` may be NULL: then only `secret` signs. ERR_CORRUPT when one is no secret. */
MUST_CHECK enum result webhook_sign(const char *secret, const char *old, const char *id, int64_t timestamp,
				    const char *body, size_t len, char out[WEBHOOK_SIGNATURE_MAX], struct err *err);

#endif
