/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A receiver of webhooks, in another program: what it gets is in `requests` of its folder, a line each of path, id,
 * timestamp, signature and body, with tabs between. The path says what it answers: /204, /410, /500; /503?600 with that as
 * Retry-After; /away leads to /204 on 127.0.0.1, /big answers without end, /slow never, /gate once there is a file `gate`.
 * /drop hangs up, /headers answers with headers without end, /half with half a body, /stall with none of the one it announced, /gone so too with 410.
 */
#ifndef LETHE_TESTS_NOTIFY_RECEIVER_H
#define LETHE_TESTS_NOTIFY_RECEIVER_H

#include "notify/peer.h"

static const char receiver_script[] =
    "import http.server, os, sys, threading, time, urllib.parse\n"
    "lock = threading.Lock()\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_POST(self):\n"
    "        body = self.rfile.read(int(self.headers['content-length'])).decode()\n"
    "        with lock, open(sys.argv[1] + '/requests', 'a') as out:\n"
    "            out.write('\\t'.join([self.path] + [self.headers['webhook-' + n] for n in ('id', 'timestamp', 'signature')] + [body]) + '\\n')\n"
    "        word, _, after = self.path[1:].partition('?')\n"
    "        if word == 'slow': threading.Event().wait()\n"
    "        if word == 'drop': return self.connection.close()\n"
    "        while word == 'gate' and not os.path.exists(sys.argv[1] + '/gate'): time.sleep(0.01)\n"
    "        self.send_response({'away': 302, 'big': 200, 'gate': 204, 'headers': 200, 'half': 200, 'stall': 200, 'gone': 410}.get(word) or int(word))\n"
    "        if word == 'away': self.send_header('Location', 'http://127.0.0.1:%d/204' % self.server.server_port)\n"
    "        if after: self.send_header('Retry-After', urllib.parse.unquote(after))\n"
    "        if word == 'big': self.send_header('Transfer-Encoding', 'chunked')\n"
    "        if word in ('half', 'stall', 'gone'): self.send_header('Content-Length', '100')\n"
    "        try:\n"
    "            if word == 'headers': self.flush_headers()\n"
    "            while word == 'headers': self.wfile.write(b'x: ' + b'y' * 4096 + b'\\r\\n')\n"
    "            self.end_headers()\n"
    "            if word == 'half': self.wfile.write(b'x' * 50)\n"
    "            if word in ('stall', 'gone'): self.wfile.flush(); threading.Event().wait()\n"
    "            while word == 'big': self.wfile.write(b'1000\\r\\n' + b'x' * 4096 + b'\\r\\n')\n"
    "        except OSError: pass\n"
    "    def log_message(self, *a): pass\n"
    "s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)\n"
    "s.daemon_threads = True\n"
    "print(s.server_port, flush=True)\n"
    "s.serve_forever()\n";

static inline void receiver_start(struct peer *r)
{
	assert_int_equal(folder_make(r->folder, sizeof r->folder, "receiver"), 0);
	peer_run(r, receiver_script);
}

struct received { char *path, *id, *timestamp, *signature, *body; };

/* All there are, in order; text in the pool. */
static inline size_t receiver_got(const struct peer *r, struct pool *pool, struct received *out, size_t max)
{
	char *rest = peer_file(r, "requests", pool), *line;
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		assert_true(count < max);
		out[count] = (struct received){.path = strsep(&line, "\t"), .id = strsep(&line, "\t"),
					       .timestamp = strsep(&line, "\t"), .signature = strsep(&line, "\t"), .body = line};
		count++;
	}
	return count;
}

#endif
