/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Certificates for tests, signed by themselves.
 */
#ifndef LETHE_TESTS_NET_CERTIFICATE_H
#define LETHE_TESTS_NET_CERTIFICATE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static inline bool write_pem(const char *path, X509 *certificate, EVP_PKEY *key)
{
	FILE *file = fopen(path, "w");
	bool written = file != NULL;

	if (certificate)
		written = written && PEM_write_X509(file, certificate) == 1;
	else
		written = written && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (file)
		fclose(file);
	return written && chmod(path, 0600) == 0;
}

/* For 127.0.0.1, with `serial`, valid from `from_s` to `to_s` seconds after 1970; either path may be NULL: not written.
 */
static inline bool make_certificate(const char *certificate_file, const char *key_file, bool rsa, long serial,
				    time_t from_s, time_t to_s)
{
	EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_EXTENSION *host = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
	bool made = key && host;

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
	ASN1_TIME_set(X509_getm_notBefore(certificate), from_s);
	ASN1_TIME_set(X509_getm_notAfter(certificate), to_s);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"lethe test", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	X509_set_pubkey(certificate, key);
	X509_add_ext(certificate, host, -1);
	made = made && X509_sign(certificate, key, EVP_sha256()) > 0;
	made = made && (!certificate_file || write_pem(certificate_file, certificate, NULL));
	made = made && (!key_file || write_pem(key_file, NULL, key));
	X509_EXTENSION_free(host);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return made;
}

#endif
