/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A receiver of webhooks, in another program: what it gets is in `requests` of its folder, a line each of path, id,
 * timestamp, signature and body, with tabs between. The path says what it answers: /204, /410, /500; /away leads to
 * /204 on 127.0.0.1, /later wants ten minutes, /big answers without end, /slow never.
 */
#ifndef LETHE_TESTS_NOTIFY_RECEIVER_H
#define LETHE_TESTS_NOTIFY_RECEIVER_H

#include "world.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/file.h"

static const char receiver_script[] =
    "import http.server, sys, threading\n"
    "lock = threading.Lock()\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_POST(self):\n"
    "        body = self.rfile.read(int(self.headers['content-length'])).decode()\n"
    "        with lock, open(sys.argv[1] + '/requests', 'a') as out:\n"
    "            out.write('\\t'.join([self.path] + [self.headers['webhook-' + n] for n in ('id', 'timestamp', 'signature')] + [body]) + '\\n')\n"
    "        word = self.path[1:]\n"
    "        if word == 'slow': threading.Event().wait()\n"
    "        self.send_response({'away': 302, 'later': 503, 'big': 200}.get(word) or int(word))\n"
    "        if word == 'away': self.send_header('Location', 'http://127.0.0.1:%d/204' % self.server.server_port)\n"
    "        if word == 'later': self.send_header('Retry-After', '600')\n"
    "        if word == 'big': self.send_header('Transfer-Encoding', 'chunked')\n"
    "        self.end_headers()\n"
    "        try:\n"
    "            while word == 'big': self.wfile.write(b'1000\\r\\n' + b'x' * 4096 + b'\\r\\n')\n"
    "        except OSError: pass\n"
    "    def log_message(self, *a): pass\n"
    "s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)\n"
    "s.daemon_threads = True\n"
    "print(s.server_port, flush=True)\n"
    "s.serve_forever()\n";

struct receiver { char folder[256]; pid_t pid; int port; };

static inline void receiver_start(struct receiver *r)
{
	char line[32] = "";
	int ends[2];
	FILE *from;

	assert_int_equal(folder_make(r->folder, sizeof r->folder, "receiver"), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], 1);
		execlp("python3", "python3", "-c", receiver_script, r->folder, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	from = fdopen(ends[0], "r");
	assert_non_null(from);
	assert_non_null(fgets(line, sizeof line, from));
	fclose(from);
	r->port = (int)strtol(line, NULL, 10);
	assert_true(r->port > 0);
}

static inline void receiver_stop(struct receiver *r)
{
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	folder_remove(r->folder);
}

struct received { char *path, *id, *timestamp, *signature, *body; };

/* All there are, in order; text in the pool. */
static inline size_t receiver_got(const struct receiver *r, struct pool *pool, struct received *out, size_t max)
{
	char path[300], *rest, *line;
	struct buf text;
	struct err err;
	size_t count = 0;

	snprintf(path, sizeof path, "%s/requests", r->folder);
	if (!file_exists(path))
		return 0;
	assert_ok(file_read(path, (size_t)16 * 1024 * 1024, &text, &err), &err);
	rest = pool_strndup(pool, text.data != NULL ? text.data : "", text.len);
	buf_free(&text);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		assert_true(count < max);
		out[count] = (struct received){.path = strsep(&line, "\t"), .id = strsep(&line, "\t"),
					       .timestamp = strsep(&line, "\t"), .signature = strsep(&line, "\t"), .body = line};
		count++;
	}
	return count;
}

#endif
