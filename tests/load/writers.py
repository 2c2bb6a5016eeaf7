#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: writers.py PORT TOKEN-FILE ACCOUNT CLIENTS
# So many clients add holds, one after another, each on a connection of its own, until the daemon hears them no more. Says of each
# what came of it, a line with its reason: "added" or "unheard"; any other answer is said too.
import http.client
import sys
import threading

port, token, account, clients = int(sys.argv[1]), open(sys.argv[2]).read().strip(), sys.argv[3], int(sys.argv[4])
saying = threading.Lock()


def say(what, reason):
    with saying:
        print(what, reason, flush=True)


def add(connection, reason):
    connection.request("POST", f"/v1/accounts/{account}/holds", f'{{"reason": "{reason}"}}',
                       {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    say("added" if answer.status == 201 else answer.status, reason)
    return answer.getheader("Connection") != "close"


def write(client):
    connection, n, goes_on = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0, True
    while goes_on:
        n += 1
        reason = f"{client}-{n}"
        try:
            goes_on = add(connection, reason)
        except (http.client.HTTPException, OSError):
            say("unheard", reason)
            goes_on = False


threads = [threading.Thread(target=write, args=(client,)) for client in range(clients)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
