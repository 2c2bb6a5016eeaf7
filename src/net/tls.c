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

static enum result refuse(struct err *err, const char *path, int code)
{
	err_set(err, ERR_INPUT, "the certificate and its key cannot be used: %s", gnutls_strerror(code));
	err_where(err, "%s", path);
	return err_mend(err,
			"both must be PEM, belong together, and the chain begin with the server's own certificate");
}

/* Who can read the key can be the server. */
static enum result check_mode(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "there is no file %s", path)
				       : err_sys(err, "cannot look at %s", path);
	if ((st.st_mode & 07) == 0)
		return OK;
	err_set(err, ERR_DENIED, "everybody may use the key file %s", path);
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
		return refuse(err, path, code < 0 ? code : GNUTLS_E_NO_CERTIFICATE_FOUND);
	certificate->begins.ms = (int64_t)gnutls_x509_crt_get_activation_time(chain[0]) * 1000;
	certificate->ends.ms = (int64_t)gnutls_x509_crt_get_expiration_time(chain[0]) * 1000;
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
	int code = gnutls_certificate_allocate_credentials(&certificate->credentials);

	if (code < 0)
		return err_no_memory(err);
	code = gnutls_certificate_set_x509_key_mem(certificate->credentials, &chain_in, &key_in, GNUTLS_X509_FMT_PEM);
	if (code < 0)
		return refuse(err, tls->certificate_file, code);
	return read_validity(certificate, tls->certificate_file, err);
}

static enum result certificate_load(const struct tls *tls, struct tls_certificate **out, struct err *err)
{
	struct tls_certificate *certificate = calloc(1, sizeof *certificate);
	struct buf chain = {0}, key = {0};
	enum result r = certificate ? check_mode(tls->key_file, err) : err_no_memory(err);

	if (r == OK)
		r = file_read(tls->certificate_file, FILE_MAX, &chain, err);
	if (r == OK)
		r = file_read(tls->key_file, FILE_MAX, &key, err);
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
