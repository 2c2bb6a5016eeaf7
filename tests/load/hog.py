# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: hog.py PORT TOKEN-FILE PATH COUNT
# By COUNT connections PATH/1 is sent and by as many PATH/0 is taken, by who has that token, as slowly as a client may be; whatever
# is refused is asked again at once. Says "held COUNT" when some of both were refused, goes on until its input ends, and then says
# "alive COUNT" when there was nothing but what can be: something is still coming or going, or is refused by 503 with Retry-After.
import collections
import selectors
import socket
import sys

STEP = 1024  # bytes, each second: more than the least that is allowed
WRONG = []
REFUSED = collections.Counter()


class Slow:
    """One connection."""

    def __init__(self, where, head, sends):
        self.where, self.head, self.sends = where, head, sends
        self.begin()

    def begin(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(self.where)
        self.socket.setblocking(False)
        self.socket.send(self.head)
        self.seen = b""

    def again(self):
        self.socket.close()
        self.begin()

    def refused(self):
        """All of what was answered; it is asked again."""
        if not self.seen.startswith(b"HTTP/1.1 503 "):
            WRONG.append(self.seen[:300])
        elif b"/problems/share" not in self.seen or b"Retry-After: " not in self.seen:
            WRONG.append(self.seen[:1000])
        REFUSED[self.sends] += 1
        self.again()

    def turn(self):
        """A little more in one direction, and a look at what came."""
        try:
            if self.sends:
                self.socket.send(b"x" * STEP)
            if self.seen.startswith(b"HTTP/1.1 200 "):
                self.socket.recv(STEP)
                return
            got = self.socket.recv(65536 if self.sends else STEP)
        except BlockingIOError:
            return
        except OSError as error:
            got = b""
            if not self.seen:
                WRONG.append(repr(error))
        self.seen += got
        if not got or b"}" in self.seen:
            self.refused()


def main():
    port, token_file, path, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    with open(token_file, encoding="ascii") as file:
        credential = f"Host: localhost\r\nAuthorization: Bearer {file.read().strip()}\r\n"
    put = f"PUT {path}/1 HTTP/1.1\r\n{credential}Content-Type: audio/wav\r\nContent-Length: 1000000000\r\n\r\n"
    get = f"GET {path}/0 HTTP/1.1\r\n{credential}\r\n"
    all_of_them = [Slow(("127.0.0.1", port), head.encode(), head is put) for head in (put, get) for _ in range(count)]
    held = False
    with selectors.DefaultSelector() as ends:
        ends.register(sys.stdin, selectors.EVENT_READ)
        while not ends.select(1 if held else 0.1):
            for one in all_of_them:
                one.turn()
            if not held and (WRONG or REFUSED[True] and REFUSED[False]):
                print(f"held {count}", flush=True)
                held = True
    if WRONG or not REFUSED[True] or not REFUSED[False]:
        print(f"refused {dict(REFUSED)}, wrong: {WRONG[:3]}")
    else:
        print(f"alive {count}")


main()
