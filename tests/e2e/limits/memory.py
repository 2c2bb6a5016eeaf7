#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: memory.py PORT TOKEN-FILE ORDERS [long]
# Asks a daemon, of the account Acme, for one thing after the other, and each time lets the Nth allocation from then on fail, and some
# after it (scarce.c). It answers as always, or that it is busy, or not at all; and once there is memory again, as always.
import collections
import http.client
import json
import mmap
import struct
import sys

PORT, TOKEN, LONG = int(sys.argv[1]), open(sys.argv[2]).read().strip(), len(sys.argv) > 4
ACCOUNT = "/v1/accounts/Acme"
DONE, BUSY, FAULT = (200, 201), 503, 500
with open(sys.argv[3], "r+b") as file:
    orders = mmap.mmap(file.fileno(), 40)
tally = collections.Counter()
number = 0


def scarce(let, fail):
    orders[8:32] = struct.pack("qqq", let, fail, 0)
    orders[0:8] = struct.pack("q", 1)


def plenty():
    """How many allocations failed."""
    orders[0:8] = struct.pack("q", 0)
    return struct.unpack("q", orders[24:32])[0]


def ask(method, path, body=None, media="application/json"):
    """Status and body; 0 when there was no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if body is not None:
        headers["Content-Type"] = media
    try:
        connection.request(method, ACCOUNT + path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def lines(n):
    return "".join(json.dumps({"type": "message", "id": f"{n}-{i}", "time": "2026-01-02T03:04:05Z", "from": f"+4520{n % 10}0000{i}",
                               "to": "+4511111111", "text": "hello"}) + "\n" for i in range(5))


CALLS = "/records?kind=call&from=2000-01-01&until=2030-01-01&limit=10"


def kinds():
    """Not a person's copy: libarchive ends the process when there is no memory, and the job is carried out after the next start."""
    record = json.loads(ask("GET", CALLS)[1])["records"][0]["id"]
    contact = json.loads(ask("GET", "/contacts?limit=1")[1])["contacts"][0]["id"]
    person = json.loads(ask("POST", "/persons/search", '{"who": "+4520000256"}')[1])["persons"][0]["id"]
    return {
        "record": lambda n: ("GET", f"/records/{record}"),
        "contact": lambda n: ("GET", f"/contacts/{contact}"),
        "records": lambda n: ("GET", CALLS),
        "person": lambda n: ("GET", f"/persons/{person}"),
        "why": lambda n: ("GET", f"/records/{record}/disposition"),
        "plan": lambda n: ("GET", "/retention/plan"),
        "audit": lambda n: ("GET", "/audit"),
        "hold": lambda n: ("POST", "/holds", json.dumps({"reason": f"case {n}"})),
        "new": lambda n: ("POST", "/contacts", json.dumps({"id": f"new-{n}", "name": "Ann", "emails": [f"ann{n}@example.org"]})),
        "run": lambda n: ("POST", "/retention/runs", "{}"),
        "lines": lambda n: ("POST", "/ingest", lines(n), "application/x-ndjson"),
        "media": lambda n: ("PUT", f"/records/{record}/media/0", b"x" * 100000, "audio/wav"),
    }


def heard(*words):
    """Once the worker of the request before it is through."""
    while True:
        status, body = ask(*words)
        if b"problems/share" not in body:
            return status, body


def as_always(name, request):
    """On every thread there is: who has a connection of its own to the vault."""
    global number
    for _ in range(8):
        number += 1
        status, body = heard(*request(number))
        if status not in DONE:
            raise SystemExit(f"{name}, with memory again: {status} {body.decode()}")


def starve(name, request):
    """Until nothing fails any more, as it needs no more allocations than that. What was done, and which were refused."""
    global number
    done, refused, spared, let = [], [], 0, 0
    while spared < 4:
        let += 1 if LONG or let < 40 else let // 20
        for fail in (1, 40):
            number += 1
            scarce(let, fail)
            status, body = ask(*request(number))
            spared = spared + 1 if plenty() == 0 else 0
            tally[status] += 1
            if status in DONE:
                done.append((number, body))
            elif status == BUSY:
                refused.append(number)
            elif status != 0 and (status, request(0)[0] == "GET") != (FAULT, False):
                raise SystemExit(f"{name}, after {let} allocations {fail} of which failed: {status} {body.decode()}")
    as_always(name, request)
    return done, refused


def check_holds(done, refused):
    """What was acknowledged is there, and nothing of what may be asked again."""
    found, cursor = {}, ""
    while cursor is not None:
        page = json.loads(ask("GET", f"/holds?limit=1000{cursor and '&cursor=' + cursor}")[1])
        found |= {one["id"]: one["reason"] for one in page["holds"]}
        cursor = page["next"]
    lost = [body for _, body in done if json.loads(body)["id"] not in found]
    made = [n for n in refused if f"case {n}" in found.values()]
    if lost or made or not refused:
        raise SystemExit(f"holds: acknowledged and not there: {lost}; refused ({len(refused)}) and there: {made}")


def main():
    all_of_them = {name: starve(name, request) for name, request in kinds().items()}
    check_holds(*all_of_them["hold"])
    for n, body in all_of_them["lines"][0]:
        again = heard("POST", "/ingest", lines(n), "application/x-ndjson")[1]
        if json.loads(body.splitlines()[-1])["complete"] and json.loads(again.splitlines()[-1])["new"]:
            raise SystemExit(f"lines {n} were acknowledged and are not there: {body.decode()}, then {again.decode()}")
    print(f"{sum(tally.values())} cases: {dict(tally)}")


main()
