# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: askers.py PORT TLS_PORT HOOK: everybody who asks a daemon, all at once: readers, senders of lines and of files, who
# erases, holds, signs in, makes tokens and webhooks, rotates keys, and who goes away in the middle. Their tokens, the
# certificate `cert` and the files to send are in the current folder.
#
# Makes the file `warm` when each has come round ROUNDS times. They go on until the daemon is gone; then it prints how often
# each came round, as JSON. What was acknowledged is in the file `acknowledged`, a line each as it was sent. Fails when
# something was answered that should not have been.
import base64
import http.client
import json
import socket
import ssl
import sys
import threading
import urllib.parse

PORT, TLS_PORT, HOOK = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
ROUNDS = 2
PASSWORD = "correct horse battery"
ACME = "/v1/accounts/Acme"
FILE = bytes(range(256)) * 1200

lock = threading.Lock()  # of all below
rounds = {}
wrong = []
gone = threading.Event()  # the daemon


class Gone(Exception):
    """The daemon stops, or is no more."""


def token(name):
    with open(f"{name}.token", encoding="ascii") as file:
        return file.read().strip()


def connect(tls=False):
    if not tls:
        return http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
    context = ssl.create_default_context(cafile="cert")
    return http.client.HTTPSConnection("127.0.0.1", TLS_PORT, timeout=120, context=context)


class Asker:
    """One client; its connection is kept alive, but for each seventh request."""

    def __init__(self, who, tls=False):
        self.tls, self.asked = tls, 0
        self.connection = connect(tls)
        self.headers = {"Authorization": "Bearer " + token(who)} if who else {}

    def ask(self, method, path, body=None, ok=(200,), **headers):
        """The body of the answer, whose status is one of `ok`."""
        words = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        if body is not None:
            words.setdefault("Content-Type", "application/json")
        self.asked += 1
        if self.asked % 7 == 0:
            self.connection.close()
        try:
            self.connection.request(method, path, body, {**self.headers, **words})
            answer = self.connection.getresponse()
            self.answer, text = answer, answer.read()
        except (OSError, http.client.HTTPException) as why:
            raise Gone(repr(why)) from why
        if answer.status == 503 and 503 not in ok and not gone.wait(0.1):
            return self.ask(method, path, body, ok, **headers)  # too much at once; if it stops, it is soon gone
        if answer.status not in ok:
            raise (Gone if answer.status == 503 else AssertionError)(f"{method} {path}: {answer.status} {text[:400]}")
        return text

    def json(self, *words, **more):
        return json.loads(self.ask(*words, **more))


# ---- who asks


def read(me, n):
    contacts = me.json("GET", f"{ACME}/contacts?limit=20")["contacts"]
    me.ask("GET", f"{ACME}/contacts/{contacts[n % len(contacts)]['id']}", ok=(200, 404))
    records = me.json("GET", f"{ACME}/records?kind=call&limit=20")["records"]
    for record in records[:3]:
        me.ask("GET", f"{ACME}/records/{record['id']}", ok=(200, 404, 410))
        me.ask("GET", f"{ACME}/records/{record['id']}/disposition", ok=(200, 404, 410))
    for path in ("status", "events?limit=50", "retention/plan", "retention/forecast", "audit", "jobs", "policies"):
        me.ask("GET", f"{ACME}/{path}")


def line(kind, name, n, who):
    return {"type": kind, "id": f"{name}-{n}", "source": "pbx", "time": f"2025-11-{10 + n % 9}T14:03:00Z",
            "from": who, "to": "+4520000300"}


def send_lines(me, n, name, base):
    lines = [line("call", name, n * 60 + i, f"+452{base + i % 50:07}") for i in range(60)]
    body = "".join(json.dumps(one) + "\n" for one in lines).encode()
    said = me.ask("POST", f"{ACME}/ingest", body, Content_Type="application/x-ndjson").decode().splitlines()
    done = [json.loads(one) for one in said]
    with lock, open("acknowledged", "a", encoding="utf-8") as out:
        for one in done:
            if one.get("result") == "new":
                out.write(json.dumps(lines[one["line"] - 1]) + "\n")
    if not done[-1].get("complete"):
        raise Gone("the lines were not taken to their end")


def send_file(me, n):
    made = me.json("POST", f"{ACME}/records", line("recording", "file", n, "+4520000578"), ok=(201, 200))
    path = f"{ACME}/records/{made['id']}/media/0"
    me.ask("PUT", path, FILE, ok=(201,), Content_Type="application/octet-stream")
    if me.ask("GET", path) != FILE:
        raise AssertionError("a file is not as it was sent")
    if me.ask("GET", path, ok=(206,), Range="bytes=70000-80000") != FILE[70000:80001]:
        raise AssertionError("a part of a file is not as it was sent")


def file_job(me, path, body=None, **headers):
    """Files it, and watches it to its end; returns its path."""
    me.ask("POST", path, body, ok=(202,), Prefer="respond-async", **headers)
    where = me.answer.headers["Location"]
    path = urllib.parse.urlparse(where).path
    me.ask("GET", path + "/events", Accept="text/event-stream")
    said = me.json("GET", path)
    if said["state"] not in ("done", "waiting", "running"):
        raise AssertionError(f"a job ended so: {said}")
    return path


def erase(me, n):
    who = f"+453{n:07}"
    me.ask("POST", f"{ACME}/records", line("message", "erased", n, who), ok=(201, 200))
    person = me.json("POST", f"{ACME}/persons/search", {"who": who})["persons"][0]["id"]
    copy = file_job(me, f"{ACME}/persons/{person}/export") + "/result"
    me.ask("GET", copy)
    file_job(me, f"{ACME}/persons/{person}/erasure", {"reference": f"R-{n}"})
    me.ask("GET", copy, ok=(404, 410))


def import_file(me, n):
    lines = [line("message", "imported", n * 90 + i, f"+4529{i:06}") for i in range(90)]
    file_job(me, f"{ACME}/imports", "".join(json.dumps(one) + "\n" for one in lines).encode(), Content_Type="application/x-ndjson")


def sweep(me, n):
    file_job(me, f"{ACME}/retention/runs", {})


def hold(me, n):
    """Twice with one key: the same, or, when an erasure has ended what was kept of answers, that it was done."""
    asked = ("POST", f"{ACME}/holds", {"reason": f"case {n}", "kind": ["voicemail"]})
    made = me.json(*asked, ok=(201,), Idempotency_Key=f'"hold-{n}"')
    again = me.json(*asked, ok=(201, 409), Idempotency_Key=f'"hold-{n}"')
    if again.get("id", made["id"]) != made["id"]:
        raise AssertionError("one key made two holds")
    me.ask("POST", f"{ACME}/holds/{made['id']}/release", {})


def use_token(me, n):
    made = me.json("POST", f"{ACME}/tokens", {"name": f"t-{n}", "role": "auditor"}, ok=(201,))
    other = Asker(None)
    other.headers = {"Authorization": "Bearer " + made["token"]}
    other.ask("GET", f"{ACME}/holds")
    me.ask("DELETE", f"{ACME}/tokens/{made['id']}")
    other.ask("GET", f"{ACME}/holds", ok=(401,))


def sign_in(me, n):
    me.headers = {}
    said = me.json("POST", "/v1/session", {"account": "Acme", "name": "anna", "password": PASSWORD}, ok=(201,))
    cookies = [value.split(";")[0] for name, value in me.answer.getheaders() if name.lower() == "set-cookie"]
    me.headers = {"Cookie": "; ".join(cookies), "X-Lethe-CSRF": said["csrf"]}
    me.ask("GET", "/v1/session")
    me.ask("GET", f"{ACME}/users")
    me.ask("DELETE", "/v1/session")
    me.ask("GET", "/v1/session", ok=(401,))


def hook(me, n):
    made = me.json("POST", f"{ACME}/webhooks", {"url": f"{HOOK}/204"}, ok=(201,))
    me.ask("POST", f"{ACME}/webhooks/{made['id']}/tests", ok=(201,))
    me.ask("GET", f"{ACME}/webhooks/{made['id']}/deliveries")
    me.ask("POST", f"{ACME}/webhooks/{made['id']}/secrets", ok=(201,))
    if n % 3:  # others stay, and are delivered to meanwhile
        me.ask("DELETE", f"{ACME}/webhooks/{made['id']}")


def operate(me, n):
    for path in ("/healthz", "/readyz", "/metrics", "/v1/openapi.json", "/v1/keys", "/v1/accounts", "/v1/jobs"):
        me.ask("GET", path, ok=(200, 503) if path == "/readyz" else (200,))
    me.ask("POST", "/v1/audit/verifications", {})
    me.ask("POST", "/v1/keys/rotations", {})
    me.ask("POST", "/v1/checks", {"quick": True})


def rude(me, n):
    """Goes away: in the middle of a head, of a body, of an answer."""
    head = f"POST {ACME}/ingest HTTP/1.1\r\nHost: localhost\r\nAuthorization: {me.headers['Authorization']}\r\n"
    body = "Content-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n" + json.dumps(line("call", "rude", n, "+4520000301"))
    ask = f"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3
    for text in (head, head + body, ask):
        try:
            with socket.create_connection(("127.0.0.1", PORT), 60) as there:
                there.sendall(text.encode())
        except OSError as why:
            raise Gone(repr(why)) from why
    me.ask("POST", f"{ACME}/ingest", b"", Content_Type="application/x-ndjson")


EVERYBODY = {
    "reader": ("admin", read), "auditing": ("operator", operate), "rude": ("admin", rude),
    "lines": ("admin", lambda me, n: send_lines(me, n, "a", 0)),
    "more lines": ("admin", lambda me, n: send_lines(me, n, "b", 100)),
    "files": ("admin", send_file), "erasing": ("admin", erase), "importing": ("admin", import_file),
    "sweeping": ("admin", sweep), "holding": ("admin", hold),
    "tokens": ("admin", use_token), "signing in": (None, sign_in), "webhooks": ("admin", hook),
    "reader by TLS": ("admin", read),
}


def come_round(name, who, what):
    me = Asker(who, tls=name in ("signing in", "reader by TLS"))
    try:
        for n in range(100000):
            what(me, n)
            with lock:
                rounds[name] += 1
                if min(rounds.values()) == ROUNDS:
                    open("warm", "a").close()
    except Gone:
        gone.set()
    except BaseException as why:  # told by main
        with lock:
            wrong.append(f"{name}: {why!r}")
        open("warm", "a").close()


def main():
    rounds.update({name: 0 for name in EVERYBODY})
    threads = [threading.Thread(target=come_round, args=(name, *what), daemon=True) for name, what in EVERYBODY.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    print(json.dumps(rounds))
    if wrong:
        sys.exit("\n".join(wrong))


main()
