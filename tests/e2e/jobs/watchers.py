# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: watchers.py PORT TOKEN-FILE EVENTS COUNT OTHER-TOKEN-FILE OTHER-EVENTS
# Follows a job from COUNT connections that stay, one after another; says how it was answered after that, and how another account
# is, which follows one of its own.
import socket
import sys


class Watching:
    """A connection, and its answer up to the first event or the end of a problem."""

    def __init__(self, port, token_file, path):
        with open(token_file, encoding="ascii") as file:
            token = file.read().strip()
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        said = b""
        while b"event: progress" not in said and b'"instance"' not in said:
            more = self.socket.recv(4096)
            if not more:
                sys.exit(f"it ended after {said}")
            said += more
        self.status = said.split(b" ")[1].decode()
        self.type = said.split(b'"type":"')[-1].split(b'"')[0].decode() if self.status != "200" else "watches"


def main():
    port, count = int(sys.argv[1]), int(sys.argv[4])
    held = []
    while len(held) < count:
        one = Watching(port, *sys.argv[2:4])
        if one.status == "200":
            held.append(one)
        elif one.type != "/problems/share":  # who begins to watch holds a stream worker, for a moment
            sys.exit(f"{len(held)} watch, and then {one.status} {one.type}")
    beyond = [Watching(port, *sys.argv[2:4]) for _ in range(20)]
    print(f"{len(held)} watch, then {' '.join(sorted({f'{one.status} {one.type}' for one in beyond}))}")
    other = Watching(port, *sys.argv[5:7])
    print(f"another account: {other.status} {other.type}")


main()
