/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The mark of a device that somebody signed in from: kept by the client, so
 * that strangers who guess at a password slow down themselves and not them.
 * It lets nobody in.
 *
 *     base64url( 16 random bytes || when, 8 bytes || HMAC-SHA256 )
 *
 * under a key of the user's, over the bytes before it and when the password
 * was set: it ends with the user, with their password, and after 180 days.
 * Nothing of it is stored.
 */
#ifndef LETHE_ACCESS_DEVICE_H
#define LETHE_ACCESS_DEVICE_H

#include "vault/vault.h"

#define DEVICE_NONCE 16
#define DEVICE_LEN 75 /* characters */

extern const struct duration device_lasts; /* 180 days */

MUST_CHECK enum result device_make(struct keyring *ring, const struct user_row *user, struct instant password_set,
				   struct instant now, char out[DEVICE_LEN + 1], struct err *err);
/* `*known` when it is this user's and in force; then `nonce` tells devices apart. */
MUST_CHECK enum result device_known(struct keyring *ring, const struct user_row *user, struct instant password_set,
				    const char *text, struct instant now, bool *known,
				    unsigned char nonce[DEVICE_NONCE], struct err *err);

#endif
