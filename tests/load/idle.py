#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: idle.py PORT COUNT
# Opens COUNT connections, asks once on each and keeps them; says "held COUNT". When standard input ends it asks once more on
# each, and says "alive N": on how many it was answered. Ends with 2 where the system allows no so many open files.
import resource
import socket
import sys

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def allow(files):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        print(f"idle.py: {files} open files are needed, and the system allows {hard} (ulimit -Hn)", file=sys.stderr)
        sys.exit(2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))


def answered(connection):
    said = b""
    try:
        connection.sendall(REQUEST)
        while not said.endswith(b"alive\n"):
            more = connection.recv(4096)
            if not more:
                return False
            said += more
    except OSError:
        return False
    return said.startswith(b"HTTP/1.1 200 ")


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    allow(count + 64)
    held = []
    while len(held) < count:
        held.append(socket.create_connection(("127.0.0.1", port), 30))
        if not answered(held[-1]):
            sys.exit(f"idle.py: connection {len(held)} was not answered")
    print("held", count, flush=True)
    sys.stdin.read()
    print("alive", sum(answered(one) for one in held), flush=True)


main()
