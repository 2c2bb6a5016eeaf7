/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "net/tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gnutls/x509.h>

#include "base/file.h"

#define FILE_MAX ((size_t)256 * 1024)

struct tls_certificate {
	gnutls_certificate_credentials_t credentials;
	struct instant begins, ends;
	size_t references; /* guarded by the lock of the tls */
};

struct tls {
	char *certificate_file, *key_file;
	pthread_mutex_t lock;
	struct tls_certificate *current;
};

/* --- one certificate --------------------------------------------------------- */

static enum result refuse_chain(struct err *err, const char *path, int code)
{
	err_set(err, ERR_INPUT, "the certificate cannot be used: %s", gnutls_strerror(code));
	err_where(err, "%s", path);
	return err_mend(err, "it must be PEM, and begin with the server's own certificate");
}

static enum result refuse_key(struct err *err, const char *path, int code)
{
	if (code == GNUTLS_E_DECRYPTION_FAILED) {
		err_set(err, ERR_UNSUPPORTED, "the certificate's key needs a passphrase, and nobody can be asked");
		err_where(err, "%s", path);
		return err_mend(err, "take it off: openssl pkey -in %s -out NEW", path);
	}
	err_set(err, ERR_INPUT, "the certificate's key cannot be used: %s", gnutls_strerror(code));
	err_where(err, "%s", path);
	return err_mend(err, "it must be one private key, in PEM");
}

/* A pipe or a device could keep who reads it waiting for ever. */
static enum result check_file(const char *path, struct stat *st, struct err *err)
{
	if (stat(path, st) != 0) {
		if (errno == ENOENT)
			err_set(err, ERR_NOT_FOUND, "there is no file %s", path);
		else
			err_sys(err, "cannot look at %s", path);
		return err_where(err, "%s", path);
	}
	if (S_ISREG(st->st_mode))
		return OK;
	err_set(err, ERR_INPUT, "%s is not a file", path);
	err_where(err, "%s", path);
	return err_mend(err, "name a file in PEM: it is read again on SIGHUP");
}

static enum result read_chain(const char *path, struct buf *out, struct err *err)
{
	struct stat st;
	enum result r = check_file(path, &st, err);

	return r == OK ? file_read(path, FILE_MAX, out, err) : r;
}

/* Who can read the key can be the server. */
static enum result read_key(const char *path, struct buf *out, struct err *err)
{
	struct stat st;
	enum result r = check_file(path, &st, err);

	if (r != OK)
		return r;
	if ((st.st_mode & 07) == 0)
		return file_read(path, FILE_MAX, out, err);
	err_set(err, ERR_DENIED, "everybody may use the key file %s", path);
	err_where(err, "%s", path);
	return err_mend(err, "run: chmod o= %s", path);
}

static void certificate_free(struct tls_certificate *certificate)
{
	if (certificate && certificate->credentials)
		gnutls_certificate_free_credentials(certificate->credentials);
	free(certificate);
}

/* From when to when the server's own certificate, the first of the chain, is valid. */
static enum result read_validity(struct tls_certificate *certificate, const char *path, struct err *err)
{
	gnutls_x509_crt_t *chain = NULL;
	unsigned count = 0;
	int code = gnutls_certificate_get_x509_crt(certificate->credentials, 0, &chain, &count);

	if (code < 0 || count == 0)
		return refuse_chain(err, path, code < 0 ? code : GNUTLS_E_NO_CERTIFICATE_FOUND);
	certificate->begins.ms = (int64_t)gnutls_x509_crt_get_activation_time(chain[0]) * 1000;
	certificate->ends.ms = (int64_t)gnutls_x509_crt_get_expiration_time(chain[0]) * 1000;
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(chain[i]);
	gnutls_free(chain);
	return OK;
}

/* ---- why a pair does not do ---- */

/* The place of the certificate that has this key, from 1; 0: none. */
static unsigned place_of_key(const gnutls_x509_crt_t *chain, unsigned count, gnutls_x509_privkey_t key)
{
	unsigned char of_key[64], of_one[64];
	size_t key_len = sizeof of_key;

	if (gnutls_x509_privkey_get_key_id(key, 0, of_key, &key_len) < 0)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		size_t len = sizeof of_one;

		if (gnutls_x509_crt_get_key_id(chain[i], 0, of_one, &len) == 0 && len == key_len &&
		    memcmp(of_one, of_key, len) == 0)
			return i + 1;
	}
	return 0;
}

static enum result refuse_pair(const struct tls *tls, unsigned place, int code, struct err *err)
{
	if (place == 1)
		return refuse_chain(err, tls->certificate_file, code);
	if (place > 1)
		err_set(err, ERR_INPUT, "the chain is in the wrong order: the certificate of the key is number %u",
			place);
	else
		err_set(err, ERR_INPUT, "the certificate and its key do not belong together");
	err_where(err, "%s", tls->certificate_file);
	if (place > 1)
		return err_mend(err, "put the server's own certificate first, then those that vouch for it");
	return err_mend(err, "put both files of one renewal in place, then reload; the key is %s", tls->key_file);
}

/* The library said no with `code`: which file it is about. */
static enum result explain(const struct tls *tls, const gnutls_datum_t *chain_in, const gnutls_datum_t *key_in,
			   int code, struct err *err)
{
	gnutls_x509_crt_t *chain = NULL;
	gnutls_x509_privkey_t key = NULL;
	unsigned count = 0;
	enum result r;
	int failed = gnutls_x509_crt_list_import2(&chain, &count, chain_in, GNUTLS_X509_FMT_PEM, 0);

	if (failed < 0 || count == 0)
		return refuse_chain(err, tls->certificate_file, failed < 0 ? failed : GNUTLS_E_NO_CERTIFICATE_FOUND);
	failed = gnutls_x509_privkey_init(&key);
	if (failed == 0)
		failed = gnutls_x509_privkey_import2(key, key_in, GNUTLS_X509_FMT_PEM, NULL, 0);
	r = failed < 0 ? refuse_key(err, tls->key_file, failed)
		       : refuse_pair(tls, place_of_key(chain, count, key), code, err);
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(chain[i]);
	gnutls_free(chain);
	gnutls_x509_privkey_deinit(key);
	return r;
}

/* Before the credentials are given it: those leak what there was before the place where a chain is cut. */
static enum result check_chain(const struct tls *tls, const gnutls_datum_t *chain_in, struct err *err)
{
	gnutls_x509_crt_t *chain = NULL;
	unsigned count = 0;
	int code = gnutls_x509_crt_list_import2(&chain, &count, chain_in, GNUTLS_X509_FMT_PEM, 0);

	if (code < 0)
		return refuse_chain(err, tls->certificate_file, code);
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(chain[i]);
	gnutls_free(chain);
	return OK;
}

static enum result load_pair(const struct tls *tls, const struct buf *chain, const struct buf *key,
			     struct tls_certificate *certificate, struct err *err)
{
	gnutls_datum_t chain_in = {(unsigned char *)chain->data, (unsigned)chain->len};
	gnutls_datum_t key_in = {(unsigned char *)key->data, (unsigned)key->len};
	enum result r = check_chain(tls, &chain_in, err);
	int code;

	if (r != OK)
		return r;
	if (gnutls_certificate_allocate_credentials(&certificate->credentials) < 0)
		return err_no_memory(err);
	code = gnutls_certificate_set_x509_key_mem(certificate->credentials, &chain_in, &key_in, GNUTLS_X509_FMT_PEM);
	if (code == GNUTLS_E_MEMORY_ERROR)
		return err_no_memory(err);
	if (code < 0)
		return explain(tls, &chain_in, &key_in, code, err);
	return read_validity(certificate, tls->certificate_file, err);
}

static enum result certificate_load(const struct tls *tls, struct tls_certificate **out, struct err *err)
{
	struct tls_certificate *certificate = calloc(1, sizeof *certificate);
	struct buf chain = {0}, key = {0};
	enum result r = certificate ? read_chain(tls->certificate_file, &chain, err) : err_no_memory(err);

	if (r == OK)
		r = read_key(tls->key_file, &key, err);
	if (r == OK)
		r = load_pair(tls, &chain, &key, certificate, err);
	buf_free(&chain);
	buf_free(&key);
	if (r) {
		certificate_free(certificate);
		return r;
	}
	certificate->references = 1;
	*out = certificate;
	return OK;
}

/* --- the one in use ------------------------------------------------------------ */

enum result tls_new(const char *certificate_file, const char *key_file, struct tls **out, struct err *err)
{
	struct tls *tls = calloc(1, sizeof *tls);
	enum result r = OK;

	*out = NULL;
	if (!tls)
		return err_no_memory(err);
	pthread_mutex_init(&tls->lock, NULL);
	tls->certificate_file = strdup(certificate_file);
	tls->key_file = strdup(key_file);
	if (!tls->certificate_file || !tls->key_file)
		r = err_no_memory(err);
	if (r == OK)
		r = certificate_load(tls, &tls->current, err);
	if (r)
		tls_free(tls);
	else
		*out = tls;
	return r;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	INVARIANT(!tls->current || tls->current->references == 1);
	certificate_free(tls->current);
	pthread_mutex_destroy(&tls->lock);
	free(tls->certificate_file);
	free(tls->key_file);
	free(tls);
}

static enum result check_validity(const struct tls *tls, const struct tls_certificate *certificate, struct instant now,
				  struct err *err)
{
	char begins[TIME_TEXT_MAX], ends[TIME_TEXT_MAX];

	if (now.ms >= certificate->begins.ms && now.ms < certificate->ends.ms)
		return OK;
	err_set(err, ERR_INPUT, "the certificate is valid from %s to %s, not now",
		instant_format(certificate->begins, begins), instant_format(certificate->ends, ends));
	err_where(err, "%s", tls->certificate_file);
	return err_mend(err, "renew it, or set this machine's clock right; the one in use stays until then");
}

enum result tls_check(const char *certificate_file, const char *key_file, struct instant now, struct err *err)
{
	struct tls *tls;
	enum result r = tls_new(certificate_file, key_file, &tls, err);

	if (r == OK)
		r = check_validity(tls, tls->current, now, err);
	tls_free(tls);
	return r;
}

enum result tls_reload(struct tls *tls, struct instant now, struct err *err)
{
	struct tls_certificate *certificate, *before;
	enum result r = certificate_load(tls, &certificate, err);

	if (r)
		return r;
	r = check_validity(tls, certificate, now, err);
	if (r) {
		certificate_free(certificate);
		return r;
	}
	pthread_mutex_lock(&tls->lock);
	before = tls->current;
	tls->current = certificate;
	pthread_mutex_unlock(&tls->lock);
	tls_release(tls, before);
	return OK;
}

struct instant tls_ends(struct tls *tls)
{
	struct instant ends;

	pthread_mutex_lock(&tls->lock);
	ends = tls->current->ends;
	pthread_mutex_unlock(&tls->lock);
	return ends;
}

struct tls_certificate *tls_use(struct tls *tls, gnutls_session_t session)
{
	struct tls_certificate *certificate;

	pthread_mutex_lock(&tls->lock);
	certificate = tls->current;
	certificate->references++;
	pthread_mutex_unlock(&tls->lock);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, certificate->credentials);
	return certificate;
}

void tls_release(struct tls *tls, struct tls_certificate *certificate)
{
	bool last;

	if (!certificate)
		return;
	pthread_mutex_lock(&tls->lock);
	last = --certificate->references == 0;
	pthread_mutex_unlock(&tls->lock);
	if (last)
		certificate_free(certificate);
}
