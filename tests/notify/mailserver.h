/* SPDX-FileCopyrightText: The Lethe authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A mail server that misbehaves, in another program. What it does is in `mode` of its folder, "STAGE ACT", looked at as
 * somebody connects. A stage: banner, ehlo, starttls, tls, ehlo2 (behind TLS), auth, mail, rcpt, data, dot, quit. An act:
 * a status with which it answers there; or
 *
 *     drop     hangs up            silent   says nothing any more     endless  a reply without an end
 *     slow     a byte in a while   garbage  what is no reply          inject   answers of its own behind the right one
 *     late     the right answer, and hangs up                         none     (starttls, auth) does not offer it
 *     old      (tls) with a certificate that is past its time
 *
 * All other stages are as they should be. It is at 127.0.0.2 too, which its certificate does not name. It lets in "lethe"
 * with "correct horse". Each command is a line in `said`, each mail that it took one in `mails`, whole.
 */
#ifndef LETHE_TESTS_NOTIFY_MAILSERVER_H
#define LETHE_TESTS_NOTIFY_MAILSERVER_H

#include "notify/peer.h"

#include <time.h>

#include "net/certificate.h"

static const char mailserver_script[] =
    "import socket, ssl, sys, threading, base64, time\n"
    "folder = sys.argv[1]\n"
    "GOOD = {'banner': '220 here', 'starttls': '220 go on', 'auth': '235 in', 'mail': '250 ok', 'rcpt': '250 ok', 'data': '354 go on', 'dot': '250 taken', 'quit': '221 bye'}\n"
    "class Gone(Exception): pass\n"
    "class Session:\n"
    "    def __init__(self, conn):\n"
    "        self.conn, self.kept, self.secure = conn, b'', False\n"
    "        self.stage, self.act = open(folder + '/mode').read().split()\n"
    "    def write(self, text): self.conn.sendall(text.encode())\n"
    "    def line(self):\n"
    "        while b'\\n' not in self.kept:\n"
    "            got = self.conn.recv(65536)\n"
    "            if not got: raise Gone\n"
    "            self.kept += got\n"
    "        line, self.kept = self.kept.split(b'\\n', 1)\n"
    "        return line.decode('latin-1').rstrip('\\r')\n"
    "    def say(self, stage, right=None):\n"
    "        right = right or GOOD[stage]\n"
    "        if stage != self.stage or self.act == 'none': self.write(right + '\\r\\n'); return int(right[:3])\n"
    "        if self.act.isdigit(): self.write(self.act + ' no\\r\\n'); return int(self.act)\n"
    "        if self.act == 'drop': raise Gone\n"
    "        if self.act == 'silent':\n"
    "            while self.conn.recv(65536): pass\n"
    "            raise Gone\n"
    "        if self.act == 'slow':\n"
    "            while True: self.write(right[:3] + '-'); time.sleep(0.02)\n"
    "        if self.act == 'endless':\n"
    "            while True: self.write((right[:3] + '-' + 'x' * 60 + '\\r\\n') * 1000)\n"
    "        if self.act == 'garbage': self.write('\\0\\xff what\\r\\n' * 5); raise Gone\n"
    "        if self.act == 'inject': self.write(right + '\\r\\n250-injected\\r\\n250 AUTH PLAIN\\r\\n235 in\\r\\n'); return int(right[:3])\n"
    "        if self.act == 'late': self.write(right + '\\r\\n'); raise Gone\n"
    "    def offers(self):\n"
    "        words = ['here']\n"
    "        if not self.secure and (self.stage, self.act) != ('starttls', 'none'): words.append('STARTTLS')\n"
    "        if self.secure and (self.stage, self.act) != ('auth', 'none'): words.append('AUTH PLAIN')\n"
    "        return '\\r\\n'.join('250' + (' ' if i + 1 == len(words) else '-') + w for i, w in enumerate(words))\n"
    "    def upgrade(self):\n"
    "        if self.stage == 'tls' and self.act == 'drop': raise Gone\n"
    "        if self.stage == 'tls' and self.act == 'garbage': self.write('250 what is TLS\\r\\n' * 20); raise Gone\n"
    "        if self.stage == 'tls' and self.act == 'silent':\n"
    "            while self.conn.recv(65536): pass\n"
    "            raise Gone\n"
    "        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
    "        name = '/old' if (self.stage, self.act) == ('tls', 'old') else '/cert'\n"
    "        context.load_cert_chain(folder + name, folder + name + '.key')\n"
    "        self.conn, self.secure, self.kept = context.wrap_socket(self.conn, server_side=True), True, b''\n"
    "    def take(self):\n"
    "        lines = []\n"
    "        while (line := self.line()) != '.': lines.append(line[1:] if line.startswith('.') else line)\n"
    "        if self.stage != 'dot' or self.act == 'late':\n"
    "            with open(folder + '/mails', 'a') as out: out.write('|'.join(lines) + '\\n')\n"
    "        self.say('dot')\n"
    "    def run(self):\n"
    "        self.say('banner')\n"
    "        while True:\n"
    "            line = self.line()\n"
    "            with open(folder + '/said', 'a') as out: out.write(('secure ' if self.secure else 'clear ') + line + '\\n')\n"
    "            word = line.split(' ')[0].upper()\n"
    "            if word in ('EHLO', 'HELO'): self.say('ehlo2' if self.secure else 'ehlo', self.offers())\n"
    "            elif word == 'STARTTLS':\n"
    "                if self.say('starttls') == 220: self.upgrade()\n"
    "            elif word == 'AUTH':\n"
    "                self.write('334 \\r\\n')\n"
    "                good = base64.b64decode(self.line()) == b'\\0lethe\\0correct horse'\n"
    "                self.say('auth', None if good else '535 no')\n"
    "            elif word == 'MAIL': self.say('mail')\n"
    "            elif word == 'RCPT': self.say('rcpt')\n"
    "            elif word == 'DATA':\n"
    "                if self.say('data') == 354: self.take()\n"
    "            elif word == 'QUIT': self.say('quit'); raise Gone\n"
    "            else: self.write('500 what\\r\\n')\n"
    "def serve(conn):\n"
    "    session = Session(conn)\n"
    "    try: session.run()\n"
    "    except (Gone, OSError, ValueError): pass\n"
    "    session.conn.close()\n"
    "def listen(s):\n"
    "    while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()\n"
    "s = socket.create_server(('127.0.0.1', 0))\n"
    "port = s.getsockname()[1]\n"
    "other = socket.create_server(('127.0.0.2', port))\n"
    "print(port, flush=True)\n"
    "threading.Thread(target=listen, args=(other,), daemon=True).start()\n"
    "listen(s)\n";

/* From now on it does so; what it was told before is forgotten. */
static inline void mailserver_mode(const struct peer *s, const char *mode)
{
	char path[300];
	FILE *file;

	unlink(peer_path(s, "said", path));
	unlink(peer_path(s, "mails", path));
	file = fopen(peer_path(s, "mode", path), "w");
	assert_non_null(file);
	fputs(mode, file);
	fclose(file);
}

static inline void mailserver_certify(const struct peer *s)
{
	time_t now = time(NULL);
	char cert[300], key[300];

	assert_true(make_certificate(peer_path(s, "cert", cert), peer_path(s, "cert.key", key), false, 1, now - 60,
				     now + 86400));
	assert_true(make_certificate(peer_path(s, "old", cert), peer_path(s, "old.key", key), false, 2,
				     now - 86400, now - 3600));
}

static inline void mailserver_start(struct peer *s)
{
	assert_int_equal(folder_make(s->folder, sizeof s->folder, "mailserver"), 0);
	mailserver_certify(s);
	mailserver_mode(s, "none none");
	peer_run(s, mailserver_script);
}

#endif
