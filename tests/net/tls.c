/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <time.h>
#include <curl/curl.h>
#include "base/file.h"
#include "folder.h"
#include "net/certificate.h"
#include "net/serving.h"
#include "net/tls.h"

static char folder[PATH_MAX], certificate[PATH_MAX + 32], key[PATH_MAX + 32];

static void renew(bool rsa, long serial)
{
	time_t now = (time_t)(instant_now().ms / 1000);

	assert_true(make_certificate(certificate, key, rsa, serial, now - 3600, now + 3600));
}

static int make(void **state)
{
	if (folder_make(folder, sizeof folder, "tls") != 0 || prepare(state) != 0)
		return -1;
	snprintf(certificate, sizeof certificate, "%s/cert.pem", folder);
	snprintf(key, sizeof key, "%s/key.pem", folder);
	renew(false, 1);
	at.listen[0].tls = true;
	at.listen[1] = (struct server_listen){.address = "127.0.0.1:0"};
	at.settings.listen_count = 2;
	at.settings.certificate_file = certificate;
	at.settings.key_file = key;
	return 0;
}

static int drop(void **state)
{
	int r = stop(state);

	return folder_remove(folder) != 0 || r != 0 ? -1 : 0;
}

/* --- a client that checks ------------------------------------------------------------ */

struct got {
	struct buf body, head;
	long status;
	long serial;
	CURLcode code;
};

static size_t append(char *data, size_t size, size_t count, void *to)
{
	buf_add(to, data, size * count);
	return size * count;
}

static long serial_of(CURL *curl)
{
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info || info->num_of_certs < 1)
		return 0;
	for (struct curl_slist *at_line = info->certinfo[0]; at_line; at_line = at_line->next)
		if (strncmp(at_line->data, "Serial Number:", 14) == 0)
			return strtol(at_line->data + 14, NULL, 16);
	return 0;
}

/* `version` of CURL_SSLVERSION_..; ciphers may be NULL. */
static CURL *client_new(struct got *got, long version, const char *ciphers)
{
	CURL *curl = curl_easy_init();

	assert_non_null(curl);
	*got = (struct got){0};
	buf_init(&got->body, 16 << 20);
	buf_init(&got->head, 1 << 20);
	curl_easy_setopt(curl, CURLOPT_CAINFO, certificate);
	curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, version);
	if (ciphers)
		curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, ciphers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got->body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, append);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &got->head);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)CLIENT_WAIT_S);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	return curl;
}

static void get(CURL *curl, struct got *got, const char *path)
{
	char url[128];

	buf_reset(&got->body);
	buf_reset(&got->head);
	snprintf(url, sizeof url, "https://127.0.0.1:%d%s", at.port, path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	got->code = curl_easy_perform(curl);
	got->status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &got->status);
	got->serial = serial_of(curl);
}

static void got_free(CURL *curl, struct got *got)
{
	curl_easy_cleanup(curl);
	buf_free(&got->body);
	buf_free(&got->head);
}

/* --- tests ------------------------------------------------------------------------------ */

static void both_versions_of_tls_are_spoken_and_checked(void **state)
{
	static const long versions[] = {CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2,
					CURL_SSLVERSION_TLSv1_3 | CURL_SSLVERSION_MAX_TLSv1_3, CURL_SSLVERSION_DEFAULT};
	struct got got;
	struct answer answer;

	(void)state;
	serve();
	for (size_t i = 0; i < 3; i++) {
		CURL *curl = client_new(&got, versions[i], NULL);

		get(curl, &got, "/who");
		assert_int_equal(got.code, CURLE_OK);
		assert_int_equal(got.status, 200);
		assert_int_equal(got.serial, 1);
		assert_non_null(strstr(got.body.data, "\"tls\":true"));
		assert_non_null(strstr(got.head.data, "Strict-Transport-Security: max-age=63072000"));
		get(curl, &got, "/work"); /* on the same connection */
		assert_string_equal(got.body.data, "worked");
		got_free(curl, &got);
	}
	/* The plain address beside it tells nobody to insist on TLS. */
	ask(server_port(at.server, 1), "GET /who HTTP/1.1\r\n" HOST "\r\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_null(answer_header(&answer, "Strict-Transport-Security"));
	answer_free(&answer);
}

static void rsa_certificates_will_do(void **state)
{
	struct got got;
	CURL *curl;

	(void)state;
	renew(true, 5);
	serve();
	curl = client_new(&got, CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2, NULL);
	get(curl, &got, "/hello");
	assert_int_equal(got.code, CURLE_OK);
	assert_int_equal(got.serial, 5);
	got_free(curl, &got);
}

static void what_is_weak_is_not_spoken(void **state)
{
	static const char *const weak[] = {"AES256-SHA@SECLEVEL=0",
					   "AES128-SHA256@SECLEVEL=0",
					   "ECDHE-ECDSA-AES256-SHA@SECLEVEL=0",
					   "ECDHE-ECDSA-AES256-SHA384@SECLEVEL=0",
					   "AES256-GCM-SHA384@SECLEVEL=0",
					   "DHE-RSA-AES256-GCM-SHA384@SECLEVEL=0"};
	struct got got;

	(void)state;
	serve();
	for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
		CURL *curl = client_new(&got, CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2, weak[i]);

		get(curl, &got, "/hello");
		assert_int_equal(got.code, CURLE_SSL_CONNECT_ERROR);
		got_free(curl, &got);
	}
	CURL *old = client_new(&got, CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_MAX_TLSv1_1, "ALL@SECLEVEL=0");

	get(old, &got, "/hello");
	assert_int_equal(got.code, CURLE_SSL_CONNECT_ERROR);
	got_free(old, &got);
}

static void large_bodies_go_both_ways(void **state)
{
	struct got got;
	struct buf body;
	CURL *curl;

	(void)state;
	serve();
	curl = client_new(&got, CURL_SSLVERSION_DEFAULT, NULL);
	get(curl, &got, "/media");
	assert_int_equal(got.body.len, MEDIA_SIZE);
	for (uint64_t i = 0; i < MEDIA_SIZE; i++)
		if (got.body.data[i] != media_byte(i))
			fail_msg("byte %llu differs", (unsigned long long)i);
	buf_init(&body, 16 << 20);
	memset(buf_extend(&body, 5000000), 'a', 5000000);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 5000000L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
	get(curl, &got, "/lines");
	assert_int_equal(got.status, 200);
	assert_string_equal(got.body.data, "5000000 485000000");
	buf_free(&body);
	got_free(curl, &got);
}

static void a_new_certificate_is_for_new_connections(void **state)
{
	struct got before, after;
	CURL *old, *new;

	(void)state;
	serve();
	old = client_new(&before, CURL_SSLVERSION_DEFAULT, NULL);
	get(old, &before, "/hello");
	assert_int_equal(before.serial, 1);
	renew(false, 2);
	assert_int_equal(server_reload_certificate(at.server, instant_now(), &err), OK);
	new = client_new(&after, CURL_SSLVERSION_DEFAULT, NULL);
	get(new, &after, "/hello");
	assert_int_equal(after.code, CURLE_OK);
	assert_int_equal(after.serial, 2);
	get(old, &before, "/hello"); /* the connection that is there goes on */
	assert_int_equal(before.code, CURLE_OK);
	assert_int_equal(before.status, 200);
	got_free(old, &before);
	got_free(new, &after);
}

static void keeps_the_old(enum result why)
{
	struct got got;
	CURL *curl;

	assert_int_equal(server_reload_certificate(at.server, instant_now(), &err), why);
	assert_true(err.what[0] != '\0');
	curl = client_new(&got, CURL_SSLVERSION_DEFAULT, NULL);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L); /* the file is no longer what is used */
	get(curl, &got, "/hello");
	assert_int_equal(got.code, CURLE_OK);
	assert_int_equal(got.serial, 1);
	got_free(curl, &got);
}

/* P63 */
static void a_broken_new_certificate_leaves_the_old_in_use(void **state)
{
	time_t now = (time_t)(instant_now().ms / 1000);

	(void)state;
	serve();
	assert_int_equal(file_write_atomic(certificate, "no certificate", 14, 0600, &err), OK);
	keeps_the_old(ERR_INPUT);
	assert_string_equal(err.where, certificate);
	assert_int_equal(file_write_atomic(certificate, "", 0, 0600, &err), OK);
	keeps_the_old(ERR_INPUT);
	assert_true(make_certificate(certificate, NULL, false, 3, now - 10, now + 3600)); /* not of this key */
	keeps_the_old(ERR_INPUT);
	assert_true(make_certificate(certificate, key, false, 3, now - 20, now - 10));
	keeps_the_old(ERR_INPUT);
	assert_non_null(strstr(err.what, "is valid from"));
	assert_true(make_certificate(certificate, key, false, 3, now + 1000, now + 2000));
	keeps_the_old(ERR_INPUT);
	renew(false, 3);
	assert_int_equal(chmod(key, 0604), 0);
	keeps_the_old(ERR_DENIED);
	assert_non_null(strstr(err.mend, "chmod"));
	assert_int_equal(remove(key), 0);
	keeps_the_old(ERR_NOT_FOUND);
	renew(false, 1);
	assert_int_equal(remove(certificate), 0);
	keeps_the_old(ERR_NOT_FOUND);
}

/* What is in `first`, then what is in `second`, up to `len`, in the certificate's file. */
static void put_together(const char *first, const char *second, size_t len)
{
	struct buf chain, rest;

	assert_int_equal(file_read(first, 65536, &chain, &err), OK);
	assert_int_equal(file_read(second, 65536, &rest, &err), OK);
	buf_add(&chain, rest.data, rest.len < len ? rest.len : len);
	assert_int_equal(file_write_atomic(certificate, chain.data, chain.len, 0600, &err), OK);
	buf_free(&chain);
	buf_free(&rest);
}

static void a_chain_in_the_wrong_order_or_cut_short_is_not_used(void **state)
{
	char own[PATH_MAX + 32], other[PATH_MAX + 32];
	time_t now = (time_t)(instant_now().ms / 1000);

	(void)state;
	snprintf(own, sizeof own, "%s/own.pem", folder);
	snprintf(other, sizeof other, "%s/other.pem", folder);
	assert_true(make_certificate(own, key, false, 1, now - 3600, now + 3600));
	assert_true(make_certificate(other, NULL, false, 9, now - 3600, now + 3600));
	put_together(own, other, SIZE_MAX);
	serve();
	put_together(other, own, SIZE_MAX);
	keeps_the_old(ERR_INPUT);
	assert_non_null(strstr(err.what, "the certificate of the key is number 2"));
	assert_string_equal(err.where, certificate);
	put_together(own, other, 200);
	keeps_the_old(ERR_INPUT);
	assert_string_equal(err.where, certificate);
}

static void write_sealed_key(void)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	FILE *file = fopen(key, "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, pair, EVP_aes_256_cbc(), (const unsigned char *)"secret", 6, NULL, NULL), 1);
	fclose(file);
	EVP_PKEY_free(pair);
}

static void a_key_that_cannot_be_used_is_named(void **state)
{
	(void)state;
	serve();
	write_sealed_key();
	keeps_the_old(ERR_UNSUPPORTED);
	assert_string_equal(err.where, key);
	assert_non_null(strstr(err.mend, "openssl pkey -in"));
	assert_int_equal(file_write_atomic(key, "-----BEGIN PRIVATE KEY-----\nMIG", 31, 0600, &err), OK);
	keeps_the_old(ERR_INPUT);
	assert_string_equal(err.where, key);
	assert_true(make_certificate(NULL, key, false, 1, 0, 1)); /* a good one, of another certificate */
	keeps_the_old(ERR_INPUT);
	assert_non_null(strstr(err.what, "do not belong together"));
	assert_non_null(strstr(err.mend, key));
}

/* Opening a pipe waits for somebody who writes to it, and nobody could stop the daemon meanwhile. */
static void what_is_no_file_is_not_waited_for(void **state)
{
	(void)state;
	serve();
	assert_int_equal(remove(certificate), 0);
	assert_int_equal(mkfifo(certificate, 0600), 0);
	assert_int_equal(server_reload_certificate(at.server, instant_now(), &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "is not a file"));
	assert_int_equal(remove(certificate), 0);
	renew(false, 1);
	assert_int_equal(remove(key), 0);
	assert_int_equal(mkdir(key, 0700), 0);
	keeps_the_old(ERR_INPUT);
	assert_string_equal(err.where, key);
}

static void what_a_reload_would_say_can_be_asked_before(void **state)
{
	struct instant now = instant_now();

	(void)state;
	assert_int_equal(tls_check(certificate, key, now, &err), OK);
	now.ms += (int64_t)7200 * 1000;
	assert_int_equal(tls_check(certificate, key, now, &err), ERR_INPUT);
	assert_non_null(strstr(err.what, "is valid from"));
	assert_int_equal(remove(key), 0);
	assert_int_equal(tls_check(certificate, key, now, &err), ERR_NOT_FOUND);
	assert_string_equal(err.where, key);
}

static void a_server_does_not_start_without_what_it_needs(void **state)
{
	struct server *server;

	(void)state;
	serve();
	assert_int_equal(remove(key), 0);
	at.settings.metrics = NULL;
	assert_int_equal(server_start(&at.settings, &server, &err), ERR_NOT_FOUND);
	assert_non_null(strstr(err.what, key));
}

static void the_end_of_the_certificate_is_known(void **state)
{
	struct instant now = instant_now();

	(void)state;
	serve();
	assert_in_range(figure("lethe_tls_certificate_expiry_timestamp_seconds"), now.ms / 1000 + 3000,
			now.ms / 1000 + 4000);
}

static void a_handshake_that_does_not_come_is_not_waited_for(void **state)
{
	struct client client;
	struct got got;
	CURL *curl;

	(void)state;
	at.settings.head_ms = 300;
	serve();
	client_open(&client, at.port);
	client_send_bytes(&client, "\x16\x03\x01\x02", 4);
	curl = client_new(&got, CURL_SSLVERSION_DEFAULT, NULL);
	get(curl, &got, "/hello");
	assert_int_equal(got.status, 200);
	got_free(curl, &got);
	while (client_receive(&client))
		;
	client_close(&client);
	client_open(&client, at.port);
	client_send(&client, "GET /hello HTTP/1.1\r\n" HOST "\r\n"); /* plain to a TLS port */
	while (client_receive(&client))
		;
	assert_null(client.in.data ? strstr(client.in.data, "200 OK") : NULL);
	client_close(&client);
}

/* Connections come and go while certificates do: for the sanitizers. */
static void *ask_again_and_again(void *arg)
{
	for (int i = 0; i < 20; i++) {
		struct got got;
		CURL *curl = client_new(&got, CURL_SSLVERSION_DEFAULT, NULL);

		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		get(curl, &got, i % 2 ? "/work" : "/hello");
		if (got.code != CURLE_OK || got.status != 200)
			arg = &at;
		got_free(curl, &got);
	}
	return arg;
}

static void certificates_change_under_load(void **state)
{
	pthread_t threads[4];
	void *failed;

	(void)state;
	serve();
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_again_and_again, NULL), 0);
	for (long i = 2; i < 20; i++) {
		renew(false, i);
		assert_int_equal(server_reload_certificate(at.server, instant_now(), &err), OK);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static int begin_all(void **state)
{
	(void)state;
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

static int end_all(void **state)
{
	(void)state;
	curl_global_cleanup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
	    T(both_versions_of_tls_are_spoken_and_checked),
	    T(rsa_certificates_will_do),
	    T(what_is_weak_is_not_spoken),
	    T(large_bodies_go_both_ways),
	    T(a_new_certificate_is_for_new_connections),
	    T(a_broken_new_certificate_leaves_the_old_in_use),
	    T(a_chain_in_the_wrong_order_or_cut_short_is_not_used),
	    T(a_key_that_cannot_be_used_is_named),
	    T(what_is_no_file_is_not_waited_for),
	    T(what_a_reload_would_say_can_be_asked_before),
	    T(a_server_does_not_start_without_what_it_needs),
	    T(the_end_of_the_certificate_is_known),
	    T(a_handshake_that_does_not_come_is_not_waited_for),
	    T(certificates_change_under_load),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
