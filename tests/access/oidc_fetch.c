/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Against a server of another program, with a certificate made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/oidc_fetch.h"
#include "folder.h"

static char folder[256], ca[300];
static pid_t server;
static int port;
static struct err err;

/* Says what it was asked; /big is larger than any answer, /slow comes never, /away leads elsewhere. */
static const char script[] =
    "import http.server, ssl, sys, threading, time\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def answer(self):\n"
    "        n = int(self.headers.get('Content-Length', 0))\n"
    "        body = '%s %s|%s|%s' % (self.command, self.path, self.rfile.read(n).decode(), self.headers.get('Authorization', '-'))\n"
    "        if self.path == '/slow': time.sleep(30)\n"
    "        self.send_response(302 if self.path == '/away' else 404 if self.path == '/none' else 200)\n"
    "        if self.path == '/away': self.send_header('Location', '/other')\n"
    "        self.end_headers()\n"
    "        self.wfile.write(b'x' * 300000 if self.path == '/big' else body.encode())\n"
    "    do_GET = do_POST = answer\n"
    "    def log_message(self, *a): pass\n"
    "s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)\n"
    "c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
    "c.load_cert_chain(sys.argv[1] + '/cert', sys.argv[1] + '/key')\n"
    "s.socket = c.wrap_socket(s.socket, server_side=True)\n"
    "print(s.server_port, flush=True)\n"
    "s.serve_forever()\n";

static pid_t run(const char *const argv[], int *out)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(ends[1], 1);
		dup2(null, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv); /* which does not change them */
		_exit(127);
	}
	close(ends[1]);
	*out = ends[0];
	return pid;
}

static void make_certificate(void)
{
	char cert[300], key[300];
	const char *const argv[] = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
			      "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", cert, "-keyout", key, NULL};
	int out, status;
	pid_t pid;

	snprintf(cert, sizeof cert, "%s/cert", folder);
	snprintf(key, sizeof key, "%s/key", folder);
	snprintf(ca, sizeof ca, "%s", cert);
	pid = run(argv, &out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(out);
	assert_int_equal(status, 0);
}

static int set_up(void **state)
{
	const char *const argv[] = {"python3", "-c", script, folder, NULL};
	char line[32] = "";
	FILE *from;
	int out;

	(void)state;
	assert_int_equal(folder_make(folder, sizeof folder, "fetch"), 0);
	make_certificate();
	server = run(argv, &out);
	from = fdopen(out, "r");
	assert_non_null(from);
	assert_non_null(fgets(line, sizeof line, from));
	fclose(from);
	port = (int)strtol(line, NULL, 10);
	return oidc_fetch_init(&err) == OK && port > 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return folder_remove(folder);
}

static enum result fetch(struct oidc_fetcher *how, const char *host, const char *path, const char *form, const char *user, struct buf *body,
			 int *status)
{
	char url[200];
	const struct oidc_request request = {.url = url, .form = form, .user = user, .password = user != NULL ? "p%3A" : NULL};

	snprintf(url, sizeof url, "https://%s:%d%s", host, port, path);
	buf_init(body, OIDC_ANSWER_MAX);
	return oidc_fetch_https(how, &request, body, status, &err);
}

static void a_request_is_made_and_its_answer_comes_whole(void **state)
{
	struct oidc_fetcher how = {.allow_inside = true, .ca_file = ca};
	struct buf body;
	int status;

	(void)state;
	if (fetch(&how, "localhost", "/it", NULL, NULL, &body, &status) != OK)
		fail_msg("%s", err.what);
	assert_int_equal(status, 200);
	assert_string_equal(body.data, "GET /it||-");
	buf_free(&body);
	assert_int_equal(fetch(&how, "127.0.0.1", "/token", "a=b&c=d", "u", &body, &status), OK);
	assert_string_equal(body.data, "POST /token|a=b&c=d|Basic dTpwJTNB");
	buf_free(&body);
	assert_int_equal(fetch(&how, "localhost", "/none", NULL, NULL, &body, &status), OK);
	assert_int_equal(status, 404);
	buf_free(&body);
}

static void an_address_inside_is_refused_whatever_its_name(void **state)
{
	static const char *const inside[] = {"localhost", "127.0.0.1", "[::1]", "0.0.0.0", "169.254.169.254", "10.1.2.3", "172.31.0.1", "192.168.1.1",
					     "100.64.0.1", "[::ffff:127.0.0.1]", "[fe80::1]", "[fd00::1]", "[2002:7f00:1::]", "2130706433", "0x7f.1"};
	struct oidc_fetcher how = {.ca_file = ca, .timeout_ms = 2000};
	struct buf body;
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		if (fetch(&how, inside[i], "/", NULL, NULL, &body, &status) != ERR_DENIED)
			fail_msg("%s: %s", inside[i], err.what);
		assert_string_equal(err.what, "the OpenID provider is at an address inside, which accounts may not reach");
		buf_free(&body);
	}
}

static void a_certificate_that_is_not_trusted_or_of_another_name_is_refused(void **state)
{
	struct oidc_fetcher how = {.allow_inside = true, .ca_file = ca}, systems = {.allow_inside = true};
	struct buf body;
	int status;

	(void)state;
	assert_int_equal(fetch(&systems, "localhost", "/", NULL, NULL, &body, &status), ERR_IO);
	buf_free(&body);
	assert_int_equal(fetch(&how, "127.0.0.2", "/", NULL, NULL, &body, &status), ERR_IO);
	buf_free(&body);
}

static void nothing_is_followed_and_nothing_too_large_or_too_slow_is_taken(void **state)
{
	struct oidc_fetcher how = {.allow_inside = true, .ca_file = ca, .timeout_ms = 1000};
	struct buf body;
	int status;

	(void)state;
	assert_int_equal(fetch(&how, "localhost", "/away", NULL, NULL, &body, &status), OK);
	assert_int_equal(status, 302);
	buf_free(&body);
	assert_int_equal(fetch(&how, "localhost", "/slow", NULL, NULL, &body, &status), ERR_IO);
	buf_free(&body);
	how.timeout_ms = 0;
	assert_int_equal(fetch(&how, "localhost", "/big", NULL, NULL, &body, &status), ERR_IO);
	assert_string_equal(err.what, "the OpenID provider answers with more than 262144 bytes");
	buf_free(&body);
}

static void only_https_is_spoken(void **state)
{
	struct oidc_fetcher how = {.allow_inside = true};
	const struct oidc_request request = {.url = "http://localhost/"}, file = {.url = "file:///etc/passwd"};
	struct buf body;
	int status;

	(void)state;
	buf_init(&body, OIDC_ANSWER_MAX);
	assert_int_equal(oidc_fetch_https(&how, &request, &body, &status, &err), ERR_IO);
	assert_int_equal(oidc_fetch_https(&how, &file, &body, &status, &err), ERR_IO);
	assert_int_equal(body.len, 0);
	buf_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_is_made_and_its_answer_comes_whole),
	    cmocka_unit_test(an_address_inside_is_refused_whatever_its_name),
	    cmocka_unit_test(a_certificate_that_is_not_trusted_or_of_another_name_is_refused),
	    cmocka_unit_test(nothing_is_followed_and_nothing_too_large_or_too_slow_is_taken),
	    cmocka_unit_test(only_https_is_spoken),
	};

	return cmocka_run_group_tests_name("access/oidc_fetch", tests, set_up, tear_down);
}
