#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Lethe authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: clients.py LETHE TOKEN-FILE KILLS SEED
# Clients write to a daemon, which is killed again and again while they do, and repeat what they asked until it is answered: holds,
# contacts and jobs with an Idempotency-Key, lines in bulk as they are. At the end each is there, and once. The vault is in the
# working folder; its account is Acme.
import collections
import http.client
import json
import random
import signal
import subprocess
import sys
import threading

LETHE, TOKEN, KILLS, SEED = sys.argv[1], open(sys.argv[2]).read().strip(), int(sys.argv[3]), int(sys.argv[4])
CLIENTS = 8
ACCOUNT = "/v1/accounts/Acme"
DIED = (OSError, http.client.HTTPException)


class Daemon:
    """One at a time, always at the same port once there was one; others are told when it is there and how much was answered."""

    def __init__(self):
        self.port, self.answers, self.over = 0, 0, False
        self.changed = threading.Condition()
        self.log = open("serve.log", "w", encoding="utf-8")

    def start(self):
        self.process = subprocess.Popen(
            [LETHE, "serve", "--listen", f"127.0.0.1:{self.port}", "--token-rate", "1000000"], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.log.write(line)
            said = json.loads(line)
            if said["event"] == "serve.listening":
                self.port = said["port"]
                threading.Thread(target=lambda out: self.log.writelines(out), args=(self.process.stderr,), daemon=True).start()
                return
        raise SystemExit(f"the daemon did not begin: {self.process.wait()}")

    def end(self, how):
        self.process.send_signal(how)
        return self.process.wait()

    def answered(self):
        with self.changed:
            self.answers += 1
            self.changed.notify_all()

    def wait_for(self, answers):
        with self.changed:
            wanted = self.answers + answers
            self.changed.wait_for(lambda: self.answers >= wanted, 60)


daemon = Daemon()
Answer = collections.namedtuple("Answer", "status body replayed")


def ask(method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json",
                                                **{name.replace("_", "-"): value for name, value in headers.items()}})
        got = connection.getresponse()
        return Answer(got.status, got.read(), got.getheader("Idempotency-Replayed") == "true")
    finally:
        connection.close()


def until_answered(*words, **headers):
    """Again and again: nobody is there, or it is still being done for who asked before."""
    while True:
        try:
            answer = ask(*words, **headers)
        except DIED:
            continue
        if answer.status == 503 or (answer.status == 409 and b"idempotency-key-running" in answer.body):
            continue
        daemon.answered()
        return answer


def fail(what, answer):
    raise SystemExit(f"{what}: answered {answer.status} {answer.body.decode()}")


class Client(threading.Thread):
    """Some of each kind; what it knows to be there is in `there`, by kind."""

    def __init__(self, number):
        super().__init__()
        self.number, self.n, self.wrong = number, 0, None
        self.chance = random.Random(SEED * 100 + number)
        self.there = collections.defaultdict(list)
        self.said = []

    def keyed(self, kind, path, body, status, **headers):
        words = ("POST", ACCOUNT + path, json.dumps(body))
        headers["Idempotency_Key"] = f"{kind}-{self.number}-{self.n}"
        answer = until_answered(*words, **headers)
        if answer.status == status:
            self.said.append((words, headers, answer))
        elif answer.status != 409 or b"idempotency-key-spent" not in answer.body:
            fail(kind, answer)
        return answer

    def hold(self):
        reason = f"case {self.number}-{self.n}"
        self.keyed("hold", "/holds", {"reason": reason}, 201)
        self.there["hold"].append(reason)

    def contact(self):
        name = f"Ann {self.number}-{self.n}"
        self.keyed("contact", "/contacts", {"id": name, "name": name, "emails": [f"ann{self.number}-{self.n}@example.org"]}, 201)
        self.there["contact"].append(name)

    def job(self):
        self.keyed("job", "/retention/runs", {}, 202, Prefer="respond-async")
        self.there["job"].append(self.n)

    def lines(self):
        ids = [f"{self.number}-{self.n}-{i}" for i in range(self.chance.randint(1, 50))]
        body = "".join(json.dumps({"type": "message", "id": one, "time": "2026-01-02T03:04:05Z", "from": f"+4520{self.number:06d}",
                                   "to": "+4511111111", "text": "hello"}) + "\n" for one in ids)
        answer = until_answered("POST", ACCOUNT + "/ingest", body, Content_Type="application/x-ndjson")
        end = json.loads(answer.body.splitlines()[-1])
        if answer.status != 200 or end["new"] + end["known"] != len(ids):
            fail("lines", answer)
        self.there["message"] += ids

    def again(self):
        """What was answered is answered again with the same."""
        if not self.said:
            return
        words, headers, before = self.chance.choice(self.said)
        answer = until_answered(*words, **headers)
        if (answer.status, answer.body, answer.replayed) != (before.status, before.body, True):
            fail(f"again {headers}, not {before.body.decode()}", answer)

    def run(self):
        try:
            while not daemon.over:
                self.n += 1
                self.chance.choices((self.hold, self.contact, self.job, self.lines, self.again), (4, 3, 1, 4, 2))[0]()
        except SystemExit as wrong:
            self.wrong = str(wrong)
            daemon.over = True
            daemon.answered()


def listed(path, name):
    """All of a list, over its pages."""
    found, page = [], {"next": ""}
    while page["next"] is not None:
        cursor = f"&cursor={page['next']}" if page["next"] else ""
        answer = ask("GET", f"{ACCOUNT}{path}{'&' if '?' in path else '?'}limit=1000{cursor}")
        if answer.status != 200:
            fail(path, answer)
        page = json.loads(answer.body)
        found += page[name]
    return found


def same(what, wanted, found):
    if sorted(wanted) != sorted(found):
        more, less = collections.Counter(found) - collections.Counter(wanted), collections.Counter(wanted) - collections.Counter(found)
        raise SystemExit(f"{what}: more than once or never asked for {dict(more)}, missing {dict(less)}")
    return len(found)


def main():
    chance = random.Random(SEED)
    clients = [Client(number) for number in range(CLIENTS)]
    daemon.start()
    for client in clients:
        client.start()
    for _ in range(KILLS):
        daemon.wait_for(chance.randint(1, 60))
        if daemon.over:
            break
        daemon.end(signal.SIGKILL)
        daemon.start()
    daemon.over = True
    for client in clients:
        client.join()
    wrong = [client.wrong for client in clients if client.wrong]
    if wrong:
        raise SystemExit("\n".join(wrong))
    there = {kind: [one for client in clients for one in client.there[kind]] for kind in ("hold", "contact", "message", "job")}
    count = same("holds", there["hold"], [hold["reason"] for hold in listed("/holds", "holds")])
    count += same("contacts", there["contact"], [contact["name"] for contact in listed("/contacts", "contacts")])
    messages = listed("/records?kind=message&from=2026-01-01&until=2026-02-01", "records")
    count += same("messages", range(len(there["message"])), range(len({one["id"] for one in messages})))
    count += same("jobs", range(len(there["job"])), range(len(listed("/jobs", "jobs"))))
    if daemon.end(signal.SIGTERM) != 0:
        raise SystemExit("it did not end well")
    print(f"{KILLS} kills, {daemon.answers} answers, {count} there")


try:
    main()
finally:
    daemon.over = True
    daemon.process.kill()
