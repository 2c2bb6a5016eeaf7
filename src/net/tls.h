/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The certificate of a server, and how it speaks TLS (GnuTLS).
 *
 * TLS 1.3 and 1.2; AEAD ciphers and ephemeral keys on elliptic curves only, no
 * SHA-1, the server's order of preference (Mozilla's "intermediate" without
 * finite-field DH).  No tickets, no renegotiation, no early data.
 *
 * A certificate can be replaced while connections live: each holds what it
 * began with.  What cannot be used does not replace what is in use.
 */
#ifndef LETHE_NET_TLS_H
#define LETHE_NET_TLS_H

#include <gnutls/gnutls.h>
#include "base/time.h"

#define TLS_PRIORITIES                                                                                                 \
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:+AEAD:"                           \
	"+ECDHE-ECDSA:+ECDHE-RSA:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:"                                     \
	"+SIGN-EDDSA-ED25519:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+SIGN-ECDSA-SHA512:"                                \
	"+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-RSA-PSS-RSAE-SHA256:"                         \
	"+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-RSAE-SHA512:+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+SIGN-RSA-SHA512:"      \
	"+COMP-NULL:+CTYPE-X509:%SERVER_PRECEDENCE"

struct tls;
struct tls_certificate; /* counted */

/* Reads both files (PEM; the chain from the server's own upward). ERR_NOT_FOUND and ERR_IO: a file; ERR_DENIED: others
 * may read the key; ERR_UNSUPPORTED: the key is under a passphrase; ERR_INPUT: they are malformed, do not belong together,
 * or the certificate is not valid at `now` (when replacing; at the start it is taken, see tls_ends). `err` says which of
 * the two paths it is about in `where`. The paths are copied. */
MUST_CHECK enum result tls_new(const char *certificate_file, const char *key_file, struct tls **out, struct err *err);
void tls_free(struct tls *tls); /* NULL is fine; after the last certificate was released */
/* Whether tls_reload() would take them. */
MUST_CHECK enum result tls_check(const char *certificate_file, const char *key_file, struct instant now, struct err *err);
/* Reads the files again. After a failure all is as it was. */
MUST_CHECK enum result tls_reload(struct tls *tls, struct instant now, struct err *err);
struct instant tls_ends(struct tls *tls); /* when the certificate in use ends to be valid */

/* The certificate in use, for a connection: gives it to the session. Released when the session is no more. */
struct tls_certificate *tls_use(struct tls *tls, gnutls_session_t session);
void tls_release(struct tls *tls, struct tls_certificate *certificate); /* NULL is fine */

#endif
